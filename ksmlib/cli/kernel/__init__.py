"""``ksmlib kernel``: histories on a real Linux, and the model held against it."""

from __future__ import annotations

from ksmlib.cli import kernel_measure
from ksmlib.cli.arguments import Commands
from ksmlib.cli.kernel import check, fuzz, record, repro, run, show, survey


def add(commands: Commands) -> None:
    """Add the parser of ``kernel`` and those of its own commands."""
    parser = commands.add_parser(
        "kernel",
        help="histories on a real Linux, and the model held against it",
        description="Runs histories on a real Linux, with real processes, and"
        " compares what it does with the model.",
    )
    inner = parser.add_subparsers(required=True, metavar="COMMAND")
    every = (run, show, check, record, fuzz, survey, repro, kernel_measure)
    for command in every:
        command.add(inner)
