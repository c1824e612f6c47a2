"""``ksmlib claims``: what the book claims, with its evidence."""

from __future__ import annotations

import argparse
import json

from ksmlib.claims import claims
from ksmlib.claims.block import claim_json
from ksmlib.cli.arguments import Commands
from ksmlib.report.text import folded


def add(commands: Commands) -> None:
    """Add the parser of ``claims``."""
    parser = commands.add_parser(
        "claims",
        help="list what the book claims",
        description="Lists the claims of the book by their ids. An id is never given"
        " to another claim; `cite ID` prints one for a mail.",
    )
    parser.add_argument("--json", action="store_true", help="all of each, as JSON")
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps({"claims": list(map(claim_json, claims().values()))}))
        return
    for one in claims().values():
        withdrawn = "WITHDRAWN: " if one.withdrawn else ""
        print("\n".join(folded(withdrawn + one.statement, 5, f"{one.id:<5}")))
