"""``ksmlib designs``: the designs, and what each costs in bytes."""

from __future__ import annotations

import argparse
import json

from ksmlib.cli.arguments import Commands
from ksmlib.designs import designs
from ksmlib.report.json import designs_json
from ksmlib.report.text import designs_text


def add(commands: Commands) -> None:
    """Add the parser of ``designs``."""
    parser = commands.add_parser(
        "designs",
        help="the designs, and what each costs in bytes",
        description="Lists the designs: what each saves, asks and costs.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps(designs_json(designs())))
    else:
        print(designs_text(designs()), end="")
