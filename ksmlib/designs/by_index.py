"""Ours: look for the page where its index is, not where an item's address is.

Not posted anywhere. A trial patch ran on Linux 6.12 only; load, lockdep, NUMA
trees, memory failure and later kernels are untested. Known to be missed there,
and not in this model: pages back from the swap cache in a VMA that is no
longer VM_MERGEABLE, and what a merge that fails half-way leaves to others.
"""

from __future__ import annotations

from collections.abc import Iterator

from ksmlib.designs import layout
from ksmlib.designs.base import DesignCost, Probe, TreeDesign, address_of_index
from ksmlib.mm.types import AnonVma, RmapItem, StableNode, Vma, linear_page_index

_AUTHOR = "this book"
_DATE = "2026-11"
_LINK = "unposted"


class ByIndex(TreeDesign):
    """Save the index as ``stored-pgoff`` does; try the address it has in each VMA.

    That is what every other anonymous walk does (``vma_address()``), so one
    pass is enough, and a mapping that moved is found if an item names its
    anon_vma and index. 64 bytes an rmap_item, by the union.
    """

    id = "by-index"
    title = "by index (ours)"
    saves = "linear_page_index(vma, address)"
    asks = "that index, at its address in each VMA"
    author, date, link = _AUTHOR, _DATE, _LINK
    rmap_item = layout.RmapItemUnion

    def merged(self, rmap_item: RmapItem, vma: Vma) -> None:
        rmap_item.saved[self.id] = linear_page_index(vma, rmap_item.address)

    def probes(self, stable_node: StableNode, cost: DesignCost) -> Iterator[Probe]:
        for rmap_item in stable_node.hlist:
            assert rmap_item.anon_vma is not None
            index: int = rmap_item.saved[self.id]
            yield Probe(rmap_item.anon_vma, (index, index), address_of_index(index))


class ByIndexOrigin(ByIndex):
    """The same, and once more for the anon_vma and index the folio came from.

    The page that becomes the KSM page does so for all who map it, also where
    no rmap_item knows of it; but all of them are in the tree of the anon_vma
    it had, at the index it had. The stable node keeps that anon_vma, with a
    reference that this model need not count: 8 bytes more, 72 for 64. The
    index is still in the folio.
    """

    id = "by-index-origin"
    title = "by index, and by origin (ours)"
    saves = "the same; in the stable node, the folio's old anon_vma"
    asks = "the same; and the origin's anon_vma at folio->index"
    stable_node = layout.StableNodeOrigin

    def became_ksm(
        self, stable_node: StableNode, anon_vma: AnonVma, index: int
    ) -> None:
        stable_node.saved[self.id] = anon_vma

    def probes(self, stable_node: StableNode, cost: DesignCost) -> Iterator[Probe]:
        yield from super().probes(stable_node, cost)
        index = stable_node.folio.index
        origin: AnonVma = stable_node.saved[self.id]
        yield Probe(origin, (index, index), address_of_index(index))
