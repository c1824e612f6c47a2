"""What the commands of ``ksmlib kernel`` share: a kernel, and how to print."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ksmlib.cli.arguments import UsageError, chosen_designs
from ksmlib.oracle.boot import GuestError, Kernel
from ksmlib.oracle.check import Difference, compare_with_model
from ksmlib.oracle.golden import Recorded, Recording
from ksmlib.oracle.kernels import IMAGES, KINDS, NotBuilt, find_kernel
from ksmlib.oracle.script import Case
from ksmlib.oracle.show import difference_text, run_json, run_text, steps_text
from ksmlib.report.text import history_text

#: Exit status: the two sides differ; stopped by Ctrl-C.
DIFFERENT, STOPPED = 1, 130


def add_kernel(parser: argparse.ArgumentParser, several: bool = False) -> None:
    """The options that say which kernel, or which ones."""
    parser.add_argument(
        "--kernel",
        metavar="A,B" if several else "KERNEL",
        default="uml",
        help=f"{', '.join(KINDS)} (default uml), or one built with a patch more,"
        " such as uml-by-index-origin",
    )
    parser.add_argument(
        "--images", metavar="DIR", type=Path, help=f"its images (default {IMAGES})"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """The options that say what to print of a history."""
    parser.add_argument("--step", action="store_true", help="print every state")
    parser.add_argument("--design", metavar="A,B", help="only these designs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def chosen_kernel(arguments: argparse.Namespace, name: str | None = None) -> Kernel:
    """The kernel asked for, or the one of that name. Raises UsageError."""
    # Guests are in sessions of their own: whoever ends us ends them like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return find_kernel(name or arguments.kernel, arguments.images)
    except NotBuilt as error:
        raise UsageError(str(error)) from None


@contextmanager
def one_sentence(kernel: Kernel) -> Iterator[None]:
    """A kernel that does not start is bad input."""
    try:
        yield
    except GuestError as error:
        words = " ".join(error.console.split())[-300:]
        said = f"; it said: {words}" if words else ""
        raise UsageError(f"{kernel.name} did not start: {error}{said}") from None


def print_lines(lines: Iterable[str]) -> None:
    """One line after the other."""
    for line in lines:
        print(line)


def print_recorded(recorded: Recorded, arguments: argparse.Namespace) -> int:
    """What a kernel did with a history, and the differences; the exit status."""
    chosen = [design.id for design in chosen_designs(arguments.design)]
    difference = compare_with_model(recorded)
    if arguments.json:
        found = list(difference.lines) if difference else []
        print(json.dumps(run_json(recorded, chosen) | {"differences": found}))
    else:
        if arguments.step:
            print_lines(steps_text(recorded))
        print_lines([*run_text(recorded, chosen), "", *difference_text(difference)])
    return DIFFERENT if difference else 0


def head_text(recording: Recording) -> str:
    """What was recorded, and when."""
    head = recording.head
    return f"recorded on Linux {head['release']} ({head['kernel']}), {head['date']}"


def found_text(case: Case, difference: Difference, than: str = "model") -> list[str]:
    """A history that differs, and how."""
    return [
        f"history {case.name}",
        *history_text(case.history),
        *difference_text(difference, than),
    ]
