"""``ksmlib cite``: a claim as a block of text to paste into a mail."""

from __future__ import annotations

import argparse

from ksmlib.claims import claim, claims
from ksmlib.claims.block import block
from ksmlib.cli.arguments import Commands, UsageError
from ksmlib.report.text import folded


def add(commands: Commands) -> None:
    """Add the parser of ``cite``."""
    parser = commands.add_parser(
        "cite",
        help="print a claim as plain text for a mail",
        description="Prints a claim of the book with its history, verdicts, evidence"
        " and link, ready to paste. Without an id, lists the claims.",
    )
    parser.add_argument("id", metavar="ID", nargs="?", help="such as k1")
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> None:
    if arguments.id is None:
        for one in claims().values():
            print("\n".join(folded(one.says, 5, f"{one.id:<5}")))
        return
    try:
        print(block(claim(arguments.id)), end="")
    except ValueError as error:
        raise UsageError(str(error)) from None
