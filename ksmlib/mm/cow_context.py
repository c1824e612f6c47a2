"""COW contexts: a second reverse map, kept beside the anon_vmas.

Follows the proof of concept of Lorenzo Stoakes' anon_vma rework as of May
2026: mm/cow_context.c in his branch project/cow-context at a4ac19665445. A
later version may differ. The kernel model does not know it: it is a tracer,
told of all that happens, and finds folios by its own structures alone.

Where it parts from the proof of concept: there is no RCU and no lock; a walk
goes on to its end (``Stop.NEVER``); what a merge takes in is tracked, a merge
with a VMA that was never faulted included; a move changes the index only for
what was moved. As there, a folio that becomes a KSM folio keeps its context
until it is freed (our reading: no code for KSM was found).

Offsets are in pages: the page where a folio is mapped, less its index.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from ksmlib.mm.trace import Trace
from ksmlib.mm.types import Folio, Mm, Vma
from ksmlib.mm.vma import vma_lookup

#: Under which a mm and a folio keep their context in ``saved``.
KEY = "cow_context"


@dataclass(frozen=True)
class Remap:
    """For the page offsets ``first`` to ``last``: by how much VMAs are off."""

    first: int
    last: int
    offsets: tuple[int, ...]


@dataclass(eq=False, repr=False)
class CowContext:
    """What the folios born in one address space point to (``struct cow_context``).

    ``mm`` is None once the process is gone; the context stays while a child or
    a folio needs it. ``remaps`` stands for the maple tree ``remap_mt``: sorted,
    disjoint, only what is off by something.
    """

    mm: Mm | None
    parent: CowContext | None = None
    #: Newest first, as ``list_add_rcu()`` leaves it.
    children: list[CowContext] = field(default_factory=list)
    remaps: list[Remap] = field(default_factory=list)
    #: One for the mm, one for each child, one for each folio.
    refcnt: int = 1

    def offsets(self, index: int) -> tuple[int, ...]:
        """By how much the VMAs with a page offset may be off; 0 is not listed."""
        at = bisect_left(self.remaps, index, key=_last)
        if at < len(self.remaps) and self.remaps[at].first <= index:
            return self.remaps[at].offsets
        return ()


def cow_context(mm: Mm) -> CowContext:
    """The context of an address space."""
    context: CowContext = mm.saved[KEY]
    return context


def folio_cow_context(folio: Folio) -> CowContext:
    """``folio->cow_context``: where a walk of the folio starts."""
    context: CowContext = folio.saved[KEY]
    return context


def get_cow_context(context: CowContext) -> None:
    """Take a reference."""
    context.refcnt += 1


def put_cow_context(context: CowContext) -> None:
    """Drop a reference; the last one takes the context from its parent."""
    while True:
        context.refcnt -= 1
        assert context.refcnt >= 0, "a context put once too often"
        if context.refcnt > 0 or context.parent is None:
            return
        context.parent.children.remove(context)
        context = context.parent


# --- the index of remaps ---------------------------------------------------


def offset_of(vma: Vma) -> int:
    """How far the pages of ``vma`` are from their index, in pages."""
    return vma.vm_start - vma.vm_pgoff


def should_track_remap(vma: Vma) -> bool:
    """Faulted, and away from home; private file mappings nearly always are."""
    return vma.anon_vma is not None and offset_of(vma) != 0


def _set(context: CowContext, first: int, last: int, offset: int, on: bool) -> None:
    """List ``offset`` for ``[first, last]``, or no more.

    Entries are cut where the range begins and ends. Neighbours that list the
    same are not joined: ``mas_store()`` does not either.
    """
    remaps = context.remaps
    lo = bisect_left(remaps, first, key=_last)
    hi = bisect_right(remaps, last, key=_first)
    new: list[Remap] = []
    covered = first
    for old in remaps[lo:hi]:
        left, right = max(old.first, first), min(old.last, last)
        if on and covered < left:
            new.append(Remap(covered, left - 1, (offset,)))
        if old.first < left:
            new.append(Remap(old.first, left - 1, old.offsets))
        inside = {*old.offsets, offset} if on else {*old.offsets} - {offset}
        if inside:
            new.append(Remap(left, right, tuple(sorted(inside))))
        if right < old.last:
            new.append(Remap(right + 1, old.last, old.offsets))
        covered = right + 1
    if on and covered <= last:
        new.append(Remap(covered, last, (offset,)))
    remaps[lo:hi] = new


def _first(remap: Remap) -> int:
    return remap.first


def _last(remap: Remap) -> int:
    return remap.last


class CowContexts(Trace):
    """Keeps the contexts up to date with what the kernel model does."""

    def started(self, mm: Mm) -> None:
        """``mm_init_cow_context()``."""
        mm.saved[KEY] = CowContext(mm)

    def dup_mmap(self, mm: Mm, oldmm: Mm) -> None:
        """``dup_cow_context()``: the child's context goes below its parent's."""
        context, parent = cow_context(mm), cow_context(oldmm)
        context.parent = parent
        parent.children.insert(0, context)
        get_cow_context(parent)

    def exited(self, mm: Mm) -> None:
        """``drop_cow_context()``."""
        context = cow_context(mm)
        context.mm = None
        context.remaps = []
        put_cow_context(context)

    def linked(self, vma: Vma) -> None:
        """``add_new_remap()``."""
        if should_track_remap(vma):
            context = cow_context(vma.vm_mm)
            _set(context, vma.vm_pgoff, vma.last_pgoff, offset_of(vma), True)

    def unlinked(self, vma: Vma) -> None:
        """``cow_context_vma_unmap()``."""
        if should_track_remap(vma):
            context = cow_context(vma.vm_mm)
            _set(context, vma.vm_pgoff, vma.last_pgoff, offset_of(vma), False)

    def added(self, folio: Folio, vma: Vma) -> None:
        """A new folio points to the context of the process that faulted."""
        context = folio.saved[KEY] = cow_context(vma.vm_mm)
        get_cow_context(context)

    def taken_over(self, folio: Folio, vma: Vma) -> None:
        """The folio moves to the context of the process that reuses it."""
        self.freed(folio)
        self.added(folio, vma)

    def freed(self, folio: Folio) -> None:
        """The folio lets go of its context."""
        put_cow_context(folio_cow_context(folio))


#: The one that all designs share: it keeps nothing in itself.
COW_CONTEXTS = CowContexts()


# --- walking ---------------------------------------------------------------


class Stop(Enum):
    """When a walk of the contexts ends before it has seen them all.

    ``POC`` is as coded in the proof of concept: a folio with one mapper is
    looked for at offset 0 of the first context, and nowhere else.
    ``AFTER_REMAPS`` looks at all offsets of the first context. ``MAPCOUNT``
    counts the PTEs found.
    """

    NEVER = "never"
    POC = "poc"
    AFTER_REMAPS = "after-remaps"
    MAPCOUNT = "mapcount"


@dataclass
class CowCost:
    """What a walk cost.

    ``contexts`` were visited, ``lookups`` of a VMA by address were made there,
    and ``vmas`` of them gave a VMA with a PTE to look at.
    """

    contexts: int = 0
    lookups: int = 0
    vmas: int = 0


def traverse_contexts(start: CowContext) -> Iterator[CowContext]:
    """``start``, then all below it, each after its own children."""
    yield start
    path = [(start, iter(start.children))]
    while path:
        context, children = path[-1]
        child = next(children, None)
        if child is not None:
            path.append((child, iter(child.children)))
            continue
        path.pop()
        if path:
            yield context


def candidates(
    context: CowContext, index: int, cost: CowCost
) -> Iterator[tuple[int, Vma | None]]:
    """Each offset that is tried in one context, and the VMA that has it there."""
    assert context.mm is not None
    for offset in (0, *context.offsets(index)):
        cost.lookups += 1
        vma = vma_lookup(context.mm, index + offset)
        if vma is not None and offset_of(vma) == offset:
            cost.vmas += 1
            yield offset, vma
        else:
            yield offset, None


def places(start: CowContext, index: int, cost: CowCost) -> Iterator[tuple[Vma, int]]:
    """Every place below ``start`` where ``index`` may be mapped: (VMA, address)."""
    for context in traverse_contexts(start):
        cost.contexts += 1
        if context.mm is not None:
            for offset, vma in candidates(context, index, cost):
                if vma is not None:
                    yield vma, index + offset


def cow_context_walk(
    folio: Folio, cost: CowCost, stop: Stop = Stop.NEVER
) -> set[tuple[Mm, int]]:
    """The PTEs of an anonymous folio (``cow_context_walk()``)."""
    found: set[tuple[Mm, int]] = set()
    alone = folio.mapcount == 1
    for context in traverse_contexts(folio_cow_context(folio)):
        cost.contexts += 1
        if context.mm is None:
            continue
        for offset, vma in candidates(context, folio.index, cost):
            address = folio.index + offset
            if vma is not None and context.mm.page_table.get(address) is folio:
                found.add((context.mm, address))
            if stop is Stop.MAPCOUNT and len(found) == folio.mapcount:
                return found
            if stop is Stop.POC and alone:
                return found
        if stop is Stop.AFTER_REMAPS and alone:
            return found
    return found


# --- what must hold --------------------------------------------------------


def check_cow_contexts(mms: Iterable[Mm]) -> None:
    """The index is that of the VMAs, and every PTE is found, nothing besides.

    The other reverse map and the page tables are the judges. Raises
    AssertionError with the rule that was broken.
    """
    mms = list(mms)
    for mm in mms:
        if mm.alive:
            _check_remaps(mm)
    folios: dict[Folio, set[tuple[Mm, int]]] = {}
    for mm in mms:
        for address, folio in mm.page_table.items():
            if folio.test_anon:
                folios.setdefault(folio, set()).add((mm, address))
    for folio, ptes in folios.items():
        home = folio_cow_context(folio)
        assert home.refcnt > 0, "a folio points to a freed context"
        if folio.kind == "anon":
            for stop in (Stop.NEVER, Stop.MAPCOUNT):
                found = cow_context_walk(folio, CowCost(), stop)
                assert found == ptes, f"cow_context_walk() misses a PTE ({stop.value})"
    _check_references(mms, list(folios))


def _check_remaps(mm: Mm) -> None:
    tracked = {
        (index, offset_of(vma))
        for vma in mm.vmas
        if should_track_remap(vma)
        for index in range(vma.vm_pgoff, vma.last_pgoff + 1)
    }
    remaps = cow_context(mm).remaps
    listed = [
        (index, offset)
        for remap in remaps
        for index in range(remap.first, remap.last + 1)
        for offset in remap.offsets
    ]
    assert len(listed) == len(set(listed)), "an offset is listed twice"
    assert set(listed) == tracked, "the index of remaps is not that of the VMAs"
    assert all(a.last < b.first for a, b in pairwise(remaps)), (
        "entries overlap or are unsorted"
    )


def _check_references(mms: list[Mm], folios: list[Folio]) -> None:
    contexts = {id(c): c for c in map(cow_context, mms) if c.refcnt > 0}
    assert all(c.refcnt == 0 or id(c) in contexts for c in map(cow_context, mms))
    homes = [id(folio_cow_context(folio)) for folio in folios]
    for key, context in contexts.items():
        expected = (context.mm is not None) + len(context.children) + homes.count(key)
        assert context.refcnt == expected, "refcnt of a context"
        for child in context.children:
            assert child.parent is context, "a child of another context"
            assert id(child) in contexts, "a freed context has a parent still"
