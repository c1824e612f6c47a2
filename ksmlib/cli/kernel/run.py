"""``ksmlib kernel run``: replay a history on the kernel."""

from __future__ import annotations

import argparse

from ksmlib.cli.arguments import (
    HISTORY_HELP,
    Commands,
    UsageError,
    chosen_designs,
    read_history,
)
from ksmlib.cli.kernel.shared import (
    add_kernel,
    add_output,
    chosen_kernel,
    one_sentence,
    print_recorded,
)
from ksmlib.oracle.batch import Failed, run_cases
from ksmlib.oracle.boot import Kernel
from ksmlib.oracle.cases import chosen_cases
from ksmlib.oracle.golden import Recorded
from ksmlib.oracle.script import Case


def add(commands: Commands) -> None:
    """Add the parser of ``run``."""
    parser = commands.add_parser(
        "run",
        help="replay a history on the kernel, and say where the model differs",
        description="Replays a history on the kernel, prints what it did as"
        " `ksmlib run` does, and where the model differs. Exit status 1 if it does.",
    )
    parser.add_argument(
        "history", metavar="HISTORY", nargs="?", default="-", help=HISTORY_HELP
    )
    add_output(parser)
    add_kernel(parser)
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> int:
    case = _case(arguments.history)
    chosen_designs(arguments.design)  # bad ones are told before the boot
    return print_recorded(_recorded(chosen_kernel(arguments), case), arguments)


def _case(argument: str) -> Case:
    """The history an argument stands for; that of a rule by its name, too."""
    for case in chosen_cases():
        if case.name == argument:
            return case
    return Case("history", read_history(argument))


def _recorded(kernel: Kernel, case: Case) -> Recorded:
    """What the kernel does with one history. Raises UsageError if it cannot."""
    with one_sentence(kernel):
        [(_, result)] = run_cases(kernel, [case])
    if isinstance(result, Failed):
        raise UsageError(f"{kernel.name} failed on this history: {result.why}")
    return Recorded(case, result)
