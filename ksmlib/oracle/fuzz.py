"""Random histories on a kernel and on the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksmlib.oracle.batch import Failed, run_cases
from ksmlib.oracle.boot import Kernel
from ksmlib.oracle.check import Count, Difference, compare_with_model
from ksmlib.oracle.golden import Recorded
from ksmlib.oracle.script import Case
from ksmlib.oracle.shrink import Judge


def fuzz(
    kernel: Kernel, cases: Sequence[Case], count: Count
) -> Iterator[tuple[Case, Difference | Failed | None]]:
    """Run each history on both; the result of each as soon as it is there."""
    for case, result in run_cases(kernel, cases):
        if isinstance(result, Failed):
            yield case, result
        else:
            count.add(result)
            yield case, compare_with_model(Recorded(case, result))


def judge(kernel: Kernel) -> Judge:
    """Says where this kernel and the model part; a guest that dies says nothing."""

    def judged(cases: Sequence[Case]) -> list[Difference | None]:
        results = fuzz(kernel, cases, Count())
        return [None if isinstance(r, Failed) else r for _, r in results]

    return judged
