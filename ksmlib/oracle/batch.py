"""Many histories on one kernel: some to a boot, and a guest may die on any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ksmlib.oracle.boot import GuestError, Kernel, Record
from ksmlib.oracle.records import Trace, traces
from ksmlib.oracle.script import Case, script

#: Histories to one boot: enough that booting costs nothing, few to lose.
CHUNK = 100


@dataclass(frozen=True)
class Failed:
    """A history that a kernel could not be brought to run, even alone."""

    name: str
    why: str
    console: str


def run_cases(
    kernel: Kernel, cases: Sequence[Case], chunk: int = CHUNK
) -> Iterator[tuple[Case, Trace | Failed]]:
    """Run each history, in order; the result of each as soon as it is there.

    A history at which a guest dies or hangs is run once more, alone; if it
    fails again that is its result, and the rest goes on in a new boot. Raises
    GuestError if the kernel does not even start.
    """
    at = 0
    while at < len(cases):
        part = cases[at : at + chunk]
        try:
            for trace in _boot(kernel, part):
                yield cases[at], trace
                at += 1
        except _InHistory:
            yield cases[at], _alone(kernel, cases[at])
            at += 1


class _InHistory(GuestError):
    """The guest failed after it had started."""


def _boot(kernel: Kernel, cases: Sequence[Case]) -> Iterator[Trace]:
    scripts = [script(case) for case in cases]
    started = False

    def watched(records: Iterator[Record]) -> Iterator[Record]:
        nonlocal started
        for record in records:
            started = started or "kernel" in record
            yield record

    try:
        text = "".join(one.text for one in scripts)
        yield from traces(watched(kernel.run(text)), scripts)
    except GuestError as error:
        if not started:
            raise
        raise _InHistory(str(error), error.console) from error


def _alone(kernel: Kernel, case: Case) -> Trace | Failed:
    try:
        [trace] = _boot(kernel, [case])
    except _InHistory as error:
        return Failed(case.name, str(error), error.console)
    return trace


def kernel_record(kernel: Kernel) -> Record:
    """What the kernel says of itself, by a boot that does nothing else."""
    for record in kernel.run(""):
        if "kernel" in record:
            found: Record = record["kernel"]
            return found
    raise GuestError("the guest did not say which kernel it runs")
