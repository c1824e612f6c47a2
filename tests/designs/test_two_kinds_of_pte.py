"""Why ``by-index-origin`` misses nothing in the model, step by step.

A PTE maps a KSM folio because ksmd put it there, or because it mapped the
folio before ksmd made it a KSM folio; or it is a copy of such a PTE by fork.
book/what-full-misses.md argues from these two kinds; here each step of the
argument is checked after every operation of random histories.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from ksmlib.designs import designs
from ksmlib.designs.base import DesignCost, Probe
from ksmlib.designs.by_index import ByIndexOrigin
from ksmlib.designs.walk import rmap_walk
from ksmlib.history import History, Replay
from ksmlib.history.random import Bounds, random_history
from ksmlib.mm.observe import mapped_at
from ksmlib.mm.types import VM_MERGEABLE, StableNode
from ksmlib.mm.vma import vma_lookup
from ksmlib.report.merged import MergedPtes


class Origin(ByIndexOrigin):
    """Only the last of its questions: the one the stable node asks."""

    def probes(self, stable_node: StableNode, cost: DesignCost) -> Iterator[Probe]:
        *_, last = super().probes(stable_node, cost)
        yield last


def count(history: History, max_page_sharing: int) -> Counter[str]:
    """Replay; assert the argument; count what was seen, so that it was seen."""
    seen: Counter[str] = Counter()
    merged, chosen = MergedPtes(), designs("full,stored-pgoff,by-index,by-index-origin")
    replay = Replay(history, (*chosen, merged), max_page_sharing)
    while replay.position < len(replay):
        if replay.step() is None:
            merged.follow(replay)
        truth = mapped_at(replay.kernel.mms.values())
        for folio, ptes in truth.items():
            if not folio.test_ksm:
                continue
            by_ksmd = {pte for pte in ptes if pte in merged.ptes}
            found = {d.id: rmap_walk(d, folio).found for d in chosen}
            for mm, address in by_ksmd:
                vma = vma_lookup(mm, address)
                assert vma is not None and vma.vm_flags & VM_MERGEABLE
            assert by_ksmd <= found["full"]
            assert by_ksmd <= found["stored-pgoff"]
            assert by_ksmd <= found["by-index"]
            assert set(ptes) - by_ksmd <= rmap_walk(Origin(), folio).found
            assert found["by-index-origin"] == set(ptes)
            assert found["stored-pgoff"] <= found["full"]
            seen["by ksmd"] += len(by_ksmd)
            seen["before"] += len(ptes) - len(by_ksmd)
            seen["missed by full"] += len(set(ptes) - found["full"])
            seen["only origin"] += len(set(ptes) - found["by-index"])
    return seen


@pytest.mark.parametrize(
    ("bounds", "max_page_sharing"),
    [
        (Bounds(), 256),
        (Bounds(operations=20, pages=4, processes=3, contents=1), 256),
        (Bounds(operations=60, pages=12, processes=6, contents=2), 256),
        (Bounds(operations=40, pages=10, processes=6, contents=1), 2),
    ],
    ids=["default", "tiny", "long", "two sharers"],
)
def test_every_pte_is_of_one_of_two_kinds(
    bounds: Bounds, max_page_sharing: int
) -> None:
    random = Random(2026)
    seen: Counter[str] = Counter()
    for _ in range(150):
        seen += count(random_history(random, bounds), max_page_sharing)
    for what in ("by ksmd", "before", "missed by full", "only origin"):
        assert seen[what] > 0, f"no PTE was {what}: the test proves nothing"
