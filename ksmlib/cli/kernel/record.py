"""``ksmlib kernel record``: record every trace again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from ksmlib.cli.arguments import Commands
from ksmlib.cli.kernel.shared import (
    DIFFERENT,
    STOPPED,
    add_kernel,
    chosen_kernel,
    one_sentence,
    print_lines,
)
from ksmlib.oracle.cases import recorded_cases
from ksmlib.oracle.golden import GOLDEN, record
from ksmlib.oracle.progress import Progress


def add(commands: Commands) -> None:
    """Add the parser of ``record``."""
    parser = commands.add_parser(
        "record",
        help="record every trace again on the kernel",
        description="Runs every named history, those of ksmlib/oracle/cases and"
        " random ones, and records what the kernel does. Goes on where an"
        " interrupted run stopped.",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        default=GOLDEN,
        help=f"default {GOLDEN.name}",
    )
    add_kernel(parser)
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> int:
    kernel, out = chosen_kernel(arguments), arguments.out
    cases = recorded_cases()
    try:
        with one_sentence(kernel):
            failed = record(kernel, cases, out, date.today(), _progress)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return STOPPED
    if failed:
        print_lines(f"failed: {one.name}: {one.why}" for one in failed)
        print("nothing written; the same command tries these histories again")
        return DIFFERENT
    print(f"{len(cases)} histories recorded in {out}, {out.stat().st_size} bytes")
    return 0


def _progress(total: int, done: int) -> Callable[[], None]:
    if done:
        print(f"going on after {done} of {total} histories", file=sys.stderr)
    return Progress(total, "histories", done).step
