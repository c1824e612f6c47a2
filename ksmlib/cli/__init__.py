"""The command ``ksmlib``: one file here for each of its commands.

A command is a module with ``add()``, which adds its parser and names the
function to call. Bad input ends with one sentence and exit status 2.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from ksmlib.cli import bench, cite, claims, designs, explore, kernel, link, repro, run
from ksmlib.cli.arguments import Parser, UsageError


def _parser() -> Parser:
    parser = Parser(
        prog="ksmlib",
        description="Which page offsets must rmap_walk_ksm() ask for?",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    every = (run, designs, explore, link, kernel, repro, claims, cite, bench)
    for command in every:
        command.add(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status, 2 for bad input."""
    try:
        arguments = _parser().parse_args(argv)
        status: int | None = arguments.call(arguments)
        return status or 0
    except UsageError as error:
        message = re.sub(r"[^ -~]", lambda c: ascii(c[0])[1:-1], str(error))
        print(f"ksmlib: {message}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough
        sys.stderr.close()
        return 0
