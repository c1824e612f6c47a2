"""The same random histories on several kernels: what the walks of each find.

Every KSM folio is walked after every operation. A kernel that has a patch in
place of the designs has one walk, its own, and may merge other pages than the
model does, so that it is not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ksmlib.designs.walk import ANON
from ksmlib.oracle.batch import Failed, run_cases
from ksmlib.oracle.boot import Kernel
from ksmlib.oracle.cases import random_cases
from ksmlib.oracle.check import Count, compare_with_model
from ksmlib.oracle.golden import Recorded
from ksmlib.oracle.journal import Journal

#: What the one walk of a kernel with a patch is called.
OWN = "own"


@dataclass(frozen=True)
class Part:
    """One kernel and one seed."""

    kernel: Kernel
    seed: int

    @property
    def name(self) -> str:
        """As in a journal."""
        return f"{self.kernel.name} {self.seed}"

    @property
    def patch(self) -> str:
        """What the kernel has in place of the designs; empty if nothing."""
        patch = self.kernel.name.partition("-")[2]
        return "" if patch == "stock" else patch


def survey(
    parts: Sequence[Part],
    count: int,
    operations: int,
    journal: Journal,
    step: Callable[[], None],
) -> list[dict[str, Any]]:
    """A row for each part, those of an earlier run from the journal.

    ``step`` is called at each history that is done.
    """
    for part in parts:
        if part.name not in journal.done:
            journal.add(part.name, _row(part, count, operations, step))
    return [journal.done[part.name] for part in parts]


def _row(
    part: Part, count: int, operations: int, step: Callable[[], None]
) -> dict[str, Any]:
    """What one kernel did with the histories of one seed.

    ``differ`` are the histories in which the kernel and the model part, null if
    that was not asked; ``failed`` those that the kernel could not run.
    """
    cases = list(random_cases(part.seed, count, operations))
    counted, failed = Count(), list[str]()
    differ = 0
    for case, result in run_cases(part.kernel, cases):
        if isinstance(result, Failed):
            failed.append(f"{case.name}: {result.why}")
        else:
            counted.add(result)
            if not part.patch:
                differ += compare_with_model(Recorded(case, result)) is not None
        step()
    return {
        "kernel": part.kernel.name,
        "seed": part.seed,
        "operations": operations,
        "histories": counted.histories,
        "states": counted.states,
        "refused": counted.refused,
        "differ": None if part.patch else differ,
        "failed": failed,
        "walks": dict(_walks(counted, part.patch)),
    }


def _walks(count: Count, patch: str) -> Iterator[tuple[str, dict[str, int]]]:
    for name, walk in count.walks.items():
        own = patch and name != ANON
        yield OWN if own else name, asdict(walk)


@dataclass(frozen=True)
class Total:
    """One walk of one kernel over all seeds."""

    kernel: str
    walk: str
    folios: int
    ptes: int
    missed: int
    vmas: int


def totals(rows: Sequence[dict[str, Any]]) -> list[Total]:
    """The rows of a survey added up, the walks of KSM folios in their order."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        for name, walk in row["walks"].items():
            if name != ANON:
                total = sums.setdefault((row["kernel"], name), [0, 0, 0, 0])
                for at, key in enumerate(("folios", "ptes", "missed", "vmas")):
                    total[at] += walk[key]
    return [Total(*key, *total) for key, total in sums.items()]
