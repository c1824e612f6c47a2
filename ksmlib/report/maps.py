"""Two reverse maps over one replay: the anon_vmas, and the COW contexts.

What each of them holds and what its walks visit, counted in the model. Bytes
are for 64 bits without debugging. Those of the anon_vmas are the sizes of
their slabs (/proc/slabinfo); all others are our estimates from the fields in
the proof of concept (see ``ksmlib.mm.cow_context``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ksmlib.designs.walk import walk_anon
from ksmlib.history.language import History
from ksmlib.history.replay import BASE, Replay
from ksmlib.history.state import folio_name
from ksmlib.mm.cow_context import (
    COW_CONTEXTS,
    CowCost,
    Remap,
    cow_context,
    cow_context_walk,
)
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.observe import live_anon_vmas, mapped_at
from ksmlib.mm.types import Folio, Vma
from ksmlib.mm.vma import VmaMergeStruct, is_mergeable_anon_vma, is_mergeable_vma

ANON_VMA = 104
ANON_VMA_CHAIN = 64
#: Estimate: the fields of ``struct cow_context``.
COW_CONTEXT = 96
#: A node of the maple tree has 16 slots.
MAPLE_NODE = 256
#: Estimate: each entry takes a slot, and the gap beside it another.
REMAPS_PER_NODE = 8
#: Estimate: an entry with several offsets is an array, a word each and one more.
WORD = 8


def replay_both(history: History) -> Replay:
    """A replay that keeps both maps."""
    return Replay(history, (COW_CONTEXTS,))


# --- objects ---------------------------------------------------------------


@dataclass(frozen=True)
class Objects:
    """What the two maps are made of at one moment; ``vmas`` belong to both."""

    processes: int
    vmas: int
    anon_vmas: int
    anon_vma_chains: int
    contexts: int
    remaps: int
    context_bytes: int

    @property
    def anon_vma_bytes(self) -> int:
        """What the anon_vmas and their chains take."""
        return self.anon_vmas * ANON_VMA + self.anon_vma_chains * ANON_VMA_CHAIN


def objects(kernel: Kernel) -> Objects:
    """Count them. The kernel must have been watched by ``COW_CONTEXTS``."""
    mms = kernel.mms.values()
    vmas = [vma for mm in mms for vma in mm.vmas]
    contexts = [c for c in map(cow_context, mms) if c.refcnt > 0]
    return Objects(
        sum(mm.alive for mm in mms),
        len(vmas),
        len(live_anon_vmas(kernel)),
        sum(len(vma.anon_vma_chain) for vma in vmas),
        len(contexts),
        sum(len(context.remaps) for context in contexts),
        sum(COW_CONTEXT + remap_bytes(context.remaps) for context in contexts),
    )


def remap_bytes(remaps: list[Remap]) -> int:
    """Our estimate for a tree of remaps: its leaves, and its arrays."""
    nodes = -(-len(remaps) // REMAPS_PER_NODE)
    several = (r.offsets for r in remaps if len(r.offsets) > 1)
    return nodes * MAPLE_NODE + sum(WORD * (1 + len(each)) for each in several)


# --- merges ----------------------------------------------------------------


@dataclass(frozen=True)
class Refused:
    """Two neighbours that stay two VMAs for the sake of their anon_vmas alone.

    They meet at ``page``. ``why`` is "two anon_vmas", or "fork child": one of
    them was never faulted, the other was cloned from a parent.
    """

    process: str
    page: int
    why: str


def refused_merges(kernel: Kernel) -> list[Refused]:
    """Every such pair. With contexts nothing would stand between them."""
    return [
        Refused(mm.name, b.vm_start - BASE, why)
        for mm in kernel.mms.values()
        for a, b in pairwise(mm.vmas)
        if (why := _refused(a, b))
    ]


def _refused(a: Vma, b: Vma) -> str:
    """Why ``a`` and ``b``, side by side, cannot be one; "" for other reasons."""
    one = VmaMergeStruct(
        b.vm_mm, b.vm_start, b.vm_end, b.vm_pgoff, b.vm_flags, b.vm_file, b.anon_vma
    )
    beside = a.vm_end == b.vm_start and a.last_pgoff + 1 == b.vm_pgoff
    if not beside or not is_mergeable_vma(one, a):
        return ""
    if is_mergeable_anon_vma(b.anon_vma, a.anon_vma, a):
        return ""
    if is_mergeable_anon_vma(a.anon_vma, b.anon_vma, b):
        return ""
    return "two anon_vmas" if a.anon_vma and b.anon_vma else "fork child"


# --- walks -----------------------------------------------------------------


@dataclass(frozen=True)
class Visits:
    """What a walk of one anonymous folio comes by, on each map.

    ``vmas`` and ``nodes`` of the interval tree; ``contexts``, VMA ``lookups``
    by address there, and ``candidates`` among these: with a PTE to look at.
    """

    folio: str
    mapped: int
    vmas: int
    nodes: int
    contexts: int
    lookups: int
    candidates: int


def visits_of(folio: Folio) -> Visits:
    """Walk an anonymous folio on both maps. They must agree."""
    tree, cost = walk_anon(folio), CowCost()
    found = cow_context_walk(folio, cost)
    assert found == tree.found, "the two maps differ"
    return Visits(
        folio_name(folio),
        folio.mapcount,
        tree.cost.vmas,
        tree.cost.nodes,
        cost.contexts,
        cost.lookups,
        cost.vmas,
    )


def anon_folios(kernel: Kernel) -> list[Folio]:
    """The anonymous folios that are mapped and not KSM's, oldest first."""
    folios = (f for f in mapped_at(kernel.mms.values()) if f.kind == "anon")
    return sorted(folios, key=lambda folio: folio.number)


def visits(kernel: Kernel) -> Iterator[Visits]:
    """Walk all of them, one at a time."""
    return map(visits_of, anon_folios(kernel))


# --- step by step ----------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """Both maps after ``step`` operations, of which ``operation`` is the last."""

    step: int
    operation: str
    objects: Objects
    refused: tuple[Refused, ...]
    visits: tuple[Visits, ...]


def moments(history: History) -> Iterator[Moment]:
    """Both maps after each operation of a history; every folio is walked."""
    replay = replay_both(history)
    while replay.position < len(replay):
        replay.step()
        yield Moment(
            replay.position,
            str(replay.operation),
            objects(replay.kernel),
            tuple(refused_merges(replay.kernel)),
            tuple(visits(replay.kernel)),
        )
