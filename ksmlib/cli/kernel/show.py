"""``ksmlib kernel show``: what the recorded Linux did with a history."""

from __future__ import annotations

import argparse
from difflib import get_close_matches

from ksmlib.cli.arguments import Commands, UsageError
from ksmlib.cli.kernel.shared import (
    add_output,
    head_text,
    print_lines,
    print_recorded,
)
from ksmlib.oracle.confirmed import recording


def add(commands: Commands) -> None:
    """Add the parser of ``show``."""
    parser = commands.add_parser(
        "show",
        help="what the recorded Linux did with a history; needs no kernel",
        description="Prints a recorded history as `ksmlib kernel run` does.",
    )
    parser.add_argument("name", metavar="NAME", help="the name of a recorded history")
    add_output(parser)
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> int:
    name, lines = arguments.name, recording().lines
    if name not in lines:
        close = get_close_matches(name, lines, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise UsageError(f"no recorded history {name[:40]!r}{hint}")
    if not arguments.json:
        print_lines([head_text(recording()), ""])
    return print_recorded(recording()[name], arguments)
