"""``ksmlib repro``: a history as a C program for a real kernel."""

from __future__ import annotations

import argparse

from ksmlib.cli.arguments import HISTORY_HELP, Commands, UsageError, read_history
from ksmlib.history.named import named_histories
from ksmlib.repro import ReproError, c_program


def add(commands: Commands) -> None:
    """Add the parser of ``repro``."""
    parser = commands.add_parser(
        "repro",
        help="print a C program that runs a history on a real kernel",
        description="Prints one C file, without libraries. It runs the history with"
        " real processes, makes the kernel walk each KSM page, and says in TAP which"
        " mappings were reached.",
    )
    parser.add_argument(
        "history", metavar="HISTORY", nargs="?", default="-", help=HISTORY_HELP
    )
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> None:
    history = read_history(arguments.history)
    known = named_histories().get(arguments.history)
    title = f"{arguments.history}: {known.title}" if known else ""
    try:
        print(c_program(history, title), end="")
    except ReproError as error:
        raise UsageError(str(error)) from None
