"""``ksmlib link``: the address under which the book shows a history."""

from __future__ import annotations

import argparse

from ksmlib.cli.arguments import (
    HISTORY_HELP,
    Commands,
    UsageError,
    chosen_designs,
    read_history,
)
from ksmlib.history.link import fragment
from ksmlib.site import HOME


def add(commands: Commands) -> None:
    """Add the parser of ``link``."""
    parser = commands.add_parser(
        "link",
        help="print the address under which the book shows a history",
        description="Prints an address that holds the history itself, as text, to"
        " be opened in a browser or given to `run`.",
    )
    parser.add_argument(
        "history", metavar="HISTORY", nargs="?", default="-", help=HISTORY_HELP
    )
    parser.add_argument("--step", metavar="N", type=int, help="after N operations")
    parser.add_argument(
        "--design", metavar="A,B", default="full", help="whose walk; others beside it"
    )
    parser.add_argument(
        "--site", metavar="URL", default=HOME, help="where the book is (%(default)s)"
    )
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> None:
    history = read_history(arguments.history)
    last, step = len(history.operations), arguments.step
    if step is not None and not 0 <= step <= last:
        raise UsageError(f"there is no step {step}; the history has {last}")
    design, *beside = (design.id for design in chosen_designs(arguments.design))
    at = None if step == last else step
    print(arguments.site + fragment(history.text, at, design, beside))
