"""Derived pgoff: compute it from a VMA found at the time of the walk.

David Hildenbrand asked on 8 April 2026 whether the offset could be had from
``anon_vma->vma``; Lorenzo Stoakes answered that there is no such field. Which
VMA, then? Three readings, each a design here: the first looks where the mail
looked, the other two are ours. None saves anything, so none costs a byte.
"""

from __future__ import annotations

from ksmlib.designs.base import EVERYTHING, AddressDesign, DesignCost, Window
from ksmlib.mm.interval_tree import anon_vma_interval_tree_foreach
from ksmlib.mm.types import RmapItem, Vma, linear_page_index
from ksmlib.mm.vma import find_vma, vma_lookup

_AUTHOR = "David Hildenbrand"
_DATE = "2026-04-08 14:57"
_LINK = "https://lkml.iu.edu/2604.1/02549.html"


def _index_in(vma: Vma | None, rmap_item: RmapItem) -> Window | None:
    if vma is None:
        return None
    index = linear_page_index(vma, rmap_item.address)
    return (index, index) if index >= 0 else None


class Derived(AddressDesign):
    """From the first VMA of the tree that covers the address.

    The mail's formula, with ``anon_vma->vma`` read as a VMA found through the
    anon_vma. The tree is sorted by page offset, not by address, so finding
    that VMA is the very scan it was to save: it is counted in the cost. And
    the first VMA that covers the address may be another process's, moved
    there from somewhere else.
    """

    id = "derived"
    title = "derived: first VMA that covers"
    saves = "nothing"
    asks = "linear_page_index() of the first VMA that covers"
    author, date, link = _AUTHOR, _DATE, _LINK

    def window(self, rmap_item: RmapItem, cost: DesignCost) -> Window | None:
        assert rmap_item.anon_vma is not None
        tree = rmap_item.anon_vma
        for vma in anon_vma_interval_tree_foreach(tree, *EVERYTHING, cost):
            if vma.covers(rmap_item.address):
                return _index_in(vma, rmap_item)
        return None


class DerivedMm(AddressDesign):
    """From the VMA of ``rmap_item->mm`` that covers the address.

    One ``vma_lookup()`` for each item and pass. It needs the mmap_lock, which
    comes before the folio lock and ``anon_vma->rwsem``, so the walk cannot wait
    for it. And that VMA may be gone, or be another than was merged, while a
    forked child still maps the page.
    """

    id = "derived-mm"
    reading_of = "derived"
    title = "derived: the mm's VMA that covers"
    saves = "nothing"
    asks = "linear_page_index() of vma_lookup(mm, address)"
    author, date, link = _AUTHOR, _DATE, _LINK

    def window(self, rmap_item: RmapItem, cost: DesignCost) -> Window | None:
        cost.find_vma += 1
        return _index_in(vma_lookup(rmap_item.mm, rmap_item.address), rmap_item)


class DerivedFindVma(AddressDesign):
    """From ``find_vma(rmap_item->mm, address)``, which need not cover it.

    As ``derived-mm``, but where no VMA covers the address it takes the next
    one and continues its offsets downwards. Right only by luck.
    """

    id = "derived-find-vma"
    reading_of = "derived"
    title = "derived: the mm's find_vma()"
    saves = "nothing"
    asks = "linear_page_index() of find_vma(mm, address)"
    author, date, link = _AUTHOR, _DATE, _LINK

    def window(self, rmap_item: RmapItem, cost: DesignCost) -> Window | None:
        cost.find_vma += 1
        return _index_in(find_vma(rmap_item.mm, rmap_item.address), rmap_item)
