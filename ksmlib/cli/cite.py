"""``ksmlib cite``: a claim as a block of text to paste into a mail."""

from __future__ import annotations

import argparse

from ksmlib.claims import claim
from ksmlib.claims.block import bibtex, block
from ksmlib.cli.arguments import Commands, UsageError


def add(commands: Commands) -> None:
    """Add the parser of ``cite``."""
    parser = commands.add_parser(
        "cite",
        help="print a claim as plain text for a mail",
        description="Prints a claim of the book with its history, verdicts, evidence"
        " and link, ready to paste. `ksmlib claims` lists them.",
    )
    parser.add_argument("id", metavar="ID", help="such as k1")
    parser.add_argument("--bibtex", action="store_true", help="for a bibliography")
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> None:
    try:
        cited = claim(arguments.id)
    except ValueError as error:
        raise UsageError(str(error)) from None
    print((bibtex if arguments.bibtex else block)(cited), end="")
