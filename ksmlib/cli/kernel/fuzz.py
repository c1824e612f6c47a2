"""``ksmlib kernel fuzz``: random histories on both, any difference shrunk."""

from __future__ import annotations

import argparse
import sys

from ksmlib.cli.arguments import Commands, UsageError
from ksmlib.cli.kernel.shared import (
    DIFFERENT,
    STOPPED,
    add_kernel,
    chosen_kernel,
    found_text,
    one_sentence,
    print_lines,
)
from ksmlib.oracle.batch import Failed
from ksmlib.oracle.boot import Kernel
from ksmlib.oracle.cases import case_text, random_cases
from ksmlib.oracle.check import Count, Difference
from ksmlib.oracle.fuzz import fuzz, judge
from ksmlib.oracle.progress import Progress
from ksmlib.oracle.script import Case
from ksmlib.oracle.show import count_text
from ksmlib.oracle.shrink import shrink
from ksmlib.report.text import headline

#: Of many differences, that often have one cause, so many are shrunk.
SHRUNK = 3


def add(commands: Commands) -> None:
    """Add the parser of ``fuzz``."""
    parser = commands.add_parser(
        "fuzz",
        help="random histories on both; shrinks any difference",
        description="Runs random histories on the kernel and on the model, and"
        " shrinks any difference to the shortest history that shows it.",
    )
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="default 1")
    parser.add_argument(
        "--count", metavar="M", type=int, default=600, help="histories (default 600)"
    )
    parser.add_argument(
        "--operations", metavar="K", type=int, default=40, help="in each (default 40)"
    )
    add_kernel(parser)
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> int:
    if arguments.count < 1 or arguments.operations < 2:
        raise UsageError("--count must be at least 1 and --operations at least 2")
    kernel = chosen_kernel(arguments)
    cases = list(random_cases(arguments.seed, arguments.count, arguments.operations))
    count, found = Count(), list[tuple[Case, Difference]]()
    failed, stopped = list[Failed](), False
    progress = Progress(len(cases), "histories")
    try:
        with one_sentence(kernel):
            for case, result in fuzz(kernel, cases, count):
                if isinstance(result, Failed):
                    failed.append(result)
                elif result is not None:
                    found.append((case, result))
                progress.step()
            first = sorted(found, key=lambda one: one[1].step)[:SHRUNK]
            for case, difference in first:
                print_lines(_shrunk(kernel, case, difference))
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        stopped = True
    print_lines(f"failed: {one.name}: {one.why}" for one in failed)
    print(f"seed {arguments.seed}, {arguments.operations} operations a history")
    print_lines(count_text(count))
    names = " ".join(case.name for case, _ in found)
    print_lines(headline(f"histories that differ: {names or 'none'}"))
    if stopped:
        return STOPPED
    return DIFFERENT if found or failed else 0


def _shrunk(kernel: Kernel, case: Case, difference: Difference) -> list[str]:
    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    short, difference = shrink(case, difference, judge(kernel), say)
    return [
        *found_text(short, difference),
        "to keep it, put this into a file of ksmlib/oracle/cases:",
        *case_text(short),
        "",
    ]
