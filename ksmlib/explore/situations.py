"""What a PTE of a KSM folio can be to the walk that looks for it.

A PTE is in several situations at once. Which they are, together with which
designs miss it, is a behaviour: what the saturation table counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ksmlib.explore.bound import Bound
from ksmlib.mm.trace import Trace
from ksmlib.mm.types import Folio, Mm, RmapItem, StableNode, Vma, linear_page_index
from ksmlib.mm.vma import vma_lookup


class Facts(Trace):
    """Notes what is asked about later: where a page was at merge, who forked whom."""

    index = "index at merge"
    vm_pgoff = "vm_pgoff at merge"
    ancestors = "ancestors"

    def dup_mmap(self, mm: Mm, oldmm: Mm) -> None:
        mm.saved[self.ancestors] = (*ancestors(oldmm), oldmm)

    def merged(self, rmap_item: RmapItem, vma: Vma) -> None:
        rmap_item.saved[self.index] = linear_page_index(vma, rmap_item.address)
        rmap_item.saved[self.vm_pgoff] = vma.vm_pgoff


def ancestors(mm: Mm) -> tuple[Mm, ...]:
    """The processes it descends from, by fork."""
    found: tuple[Mm, ...] = mm.saved.get(Facts.ancestors, ())
    return found


@dataclass(eq=False)
class Pte:
    """A PTE that maps a KSM folio, and what there is to say about it."""

    mm: Mm
    address: int
    vma: Vma
    #: ksmd put it there, or it is a copy by fork of one ksmd put there.
    merged: bool
    #: The rmap_items of the folio with its address.
    items: list[RmapItem]

    @classmethod
    def of(cls, folio: Folio, mm: Mm, address: int, merged: bool) -> Pte:
        """The PTE at ``address`` of ``mm``, which maps ``folio``."""
        vma = vma_lookup(mm, address)
        assert vma is not None and isinstance(folio.mapping, StableNode)
        items = [item for item in folio.mapping.hlist if item.address == address]
        return cls(mm, address, vma, merged, items)

    @property
    def index(self) -> int:
        """The page offset under which the tree files it."""
        return linear_page_index(self.vma, self.address)

    @property
    def own_item(self) -> bool:
        """Is there an rmap_item of its mm and address?"""
        return any(item.mm is self.mm for item in self.items)

    @property
    def same_index(self) -> list[RmapItem]:
        """The items that had its index when they merged."""
        return [i for i in self.items if i.saved[Facts.index] == self.index]

    @property
    def looks_like_a_copy(self) -> bool:
        """Is there an item of an ancestor, of its address and index?"""
        return any(item.mm in ancestors(self.mm) for item in self.same_index)

    @property
    def true_items(self) -> list[RmapItem]:
        """Those that lead here by right: of one of its anon_vmas as well."""
        chain = [avc.anon_vma for avc in self.vma.anon_vma_chain]
        return [i for i in self.same_index if i.anon_vma in chain]


def _is_split(pte: Pte) -> bool:
    firsts = [item.saved[Facts.vm_pgoff] for item in pte.true_items]
    first, last = pte.vma.vm_pgoff, pte.vma.last_pgoff
    return any(not first <= pgoff <= last for pgoff in firsts)


def _is_orphan(pte: Pte) -> bool:
    """No item at its address belongs to a process that maps the folio there."""
    folio = pte.mm.page_table[pte.address]
    return bool(pte.items) and all(
        item.mm.page_table.get(item.address) is not folio for item in pte.items
    )


@dataclass(frozen=True)
class Situation:
    """One thing a PTE can be.

    ``ops``, ``kinds``, ``procs`` and ``pages`` are the least bound at which it
    is: from there on a search that never sees it has gone wrong.
    """

    name: str
    title: str
    holds: Callable[[Pte], bool]
    ops: int
    kinds: tuple[str, ...] = ()
    procs: int = 1
    pages: int = 2

    def is_within(self, bound: Bound) -> bool:
        """Must a search of this bound see it?"""
        return (
            self.ops <= bound.ops
            and self.procs <= bound.procs
            and self.pages <= bound.pages
            and {*_MERGING, *self.kinds} <= set(bound.kinds)
        )


#: Without these nothing is ever merged.
_MERGING = ("mmap", "write", "mergeable", "ksmd")

SITUATIONS = (
    Situation("merged", "merged by ksmd, or a fork copy", lambda p: p.merged, 4),
    Situation(
        "before",
        "mapped the folio before that was a KSM folio",
        lambda p: not p.merged,
        ops=5,
        kinds=("fork",),
        procs=2,
    ),
    Situation(
        "no-item",
        "has no rmap_item of its own",
        lambda p: not p.own_item,
        ops=5,
        kinds=("fork",),
        procs=2,
    ),
    Situation(
        "moved",
        "in a VMA that was moved",
        lambda p: p.vma.vm_file is None and p.index != p.address,
        ops=5,
        kinds=("mremap",),
        pages=3,
    ),
    Situation(
        "file",
        "in a private file mapping",
        lambda p: p.vma.vm_file is not None,
        ops=4,
        kinds=("file",),
    ),
    Situation(
        "split",
        "in a VMA that has lost its first page since",
        _is_split,
        ops=5,
        kinds=("mprotect",),
    ),
    Situation(
        "orphan",
        "whose rmap_item's process no longer maps it",
        _is_orphan,
        ops=6,
        kinds=("fork", "munmap"),
        procs=2,
    ),
    Situation(
        "elsewhere",
        "at an address no rmap_item has",
        lambda p: not p.items,
        ops=6,
        kinds=("fork", "mremap"),
        procs=2,
        pages=3,
    ),
    Situation(
        "stranger",
        "at the address of an rmap_item of another mapping",
        lambda p: bool(p.items) and not p.true_items,
        ops=5,
        kinds=("fork",),
        procs=2,
    ),
)
