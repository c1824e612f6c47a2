"""``ksmlib repro``: a history as a C program for a real kernel."""

from __future__ import annotations

import argparse

from ksmlib.claims import claims
from ksmlib.claims.program import claim_program
from ksmlib.cli.arguments import HISTORY_HELP, Commands, UsageError, read_history
from ksmlib.history.named import named_histories
from ksmlib.repro import ReproError, c_program
from ksmlib.repro.named import named_program
from ksmlib.repro.selftest import selftest


def add(commands: Commands) -> None:
    """Add the parser of ``repro``."""
    parser = commands.add_parser(
        "repro",
        help="print a C program that runs a history on a real kernel",
        description="Prints one C file, without libraries. It runs the history with"
        " real processes, makes the kernel walk each KSM page, and says in TAP which"
        " pages went, and which mappings were reached.",
    )
    parser.add_argument(
        "history",
        metavar="HISTORY",
        nargs="?",
        default="-",
        help=f"the id of a claim, {HISTORY_HELP}",
    )
    parser.add_argument(
        "--selftest",
        metavar="NAME",
        help="print a named history as a case of tools/testing/selftests/mm/rmap.c"
        " instead, if it has one process",
    )
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> None:
    try:
        if arguments.selftest is not None:
            print(_selftest(arguments.selftest), end="")
        else:
            print(_program(arguments.history), end="")
    except ReproError as error:
        raise UsageError(str(error)) from None


def _selftest(name: str) -> str:
    try:
        one = named_histories()[name]
    except KeyError:
        raise UsageError(f"no named history {name[:40]!r}") from None
    return selftest(one.history, name, one.title)


def _program(argument: str) -> str:
    if argument in claims():
        return claim_program(claims()[argument])
    if argument in named_histories():
        return named_program(argument)
    return c_program(read_history(argument))
