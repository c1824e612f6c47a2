"""Remap bit: one bit says whether the cheap window is right.

Lorenzo Stoakes' "random idea" of 9 April 2026: if the bit is clear ask for
``address >> PAGE_SHIFT``, else for everything. Where the bit lives, and when
it is taken, decides whether it works: four places, each a design here. The
mail says "somewhere" and writes ``rmap_item->some_field``; the last three are
readings of ours.
"""

from __future__ import annotations

from abc import abstractmethod

from ksmlib.designs.base import EVERYTHING, AddressDesign, DesignCost, Window
from ksmlib.mm.types import RmapItem, Vma
from ksmlib.mm.vma import vma_lookup

_AUTHOR = "Lorenzo Stoakes"
_DATE = "2026-04-09 05:58"
_LINK = "https://lkml.iu.edu/2604.1/02609.html"


def _away_from_home(vma: Vma) -> bool:
    """The mail's test, ``vma->vm_start >> PAGE_SHIFT != vma->vm_pgoff``."""
    return vma.vm_start != vma.vm_pgoff


class _RemapBit(AddressDesign):
    @abstractmethod
    def remapped(self, rmap_item: RmapItem, cost: DesignCost) -> bool:
        """The bit of this item."""

    def window(self, rmap_item: RmapItem, cost: DesignCost) -> Window:
        if self.remapped(rmap_item, cost):
            return EVERYTHING
        return rmap_item.address, rmap_item.address


class RemapBit(_RemapBit):
    """The bit in the rmap_item, taken at merge.

    A spare low bit of ``address`` (0x400 or 0x800 with pages of 4 KiB), so it
    costs no byte. Sound for the reason that ``stored-pgoff`` is, and finds all
    that one finds. But a moved VMA stays as slow as before, and so does every
    private file mapping.
    """

    id = "remap-bit"
    title = "remap bit, in the rmap_item"
    saves = "vm_start >> PAGE_SHIFT != vm_pgoff"
    asks = "clear: address >> PAGE_SHIFT; set: everything"
    author, date, link = _AUTHOR, _DATE, _LINK

    def merged(self, rmap_item: RmapItem, vma: Vma) -> None:
        rmap_item.saved[self.id] = _away_from_home(vma)

    def remapped(self, rmap_item: RmapItem, cost: DesignCost) -> bool:
        return bool(rmap_item.saved[self.id])


class RemapBitAnonVma(_RemapBit):
    """The bit in the anon_vma, set by ``move_vma()`` of anonymous memory.

    A bool fits the padding after ``refcount``. Private file mappings never
    set it. A child of a moved parent gets an anon_vma of its own at fork,
    with the bit clear.
    """

    id = "remap-bit-anon-vma"
    reading_of = "remap-bit"
    title = "remap bit, in the anon_vma"
    saves = "set by move_vma()"
    asks = RemapBit.asks
    author, date, link = _AUTHOR, _DATE, _LINK

    def moved(self, vma: Vma, new_vma: Vma) -> None:
        if new_vma.anon_vma is None or new_vma.vm_file is not None:
            return
        if _away_from_home(new_vma):
            new_vma.anon_vma.saved[self.id] = True

    def remapped(self, rmap_item: RmapItem, cost: DesignCost) -> bool:
        assert rmap_item.anon_vma is not None
        return self.id in rmap_item.anon_vma.saved


class RemapBitAnonVmaFork(RemapBitAnonVma):
    """The same, inherited at fork. Private file mappings still never set it."""

    id = "remap-bit-anon-vma-fork"
    title = "remap bit, in the anon_vma, inherited"
    saves = "set by move_vma(), inherited at fork"

    def forked(self, vma: Vma, pvma: Vma) -> None:
        assert vma.anon_vma is not None and pvma.anon_vma is not None
        if self.id in pvma.anon_vma.saved:
            vma.anon_vma.saved[self.id] = True


class RemapBitVma(_RemapBit):
    """No bit is kept: the walk looks at the mm's VMA, and asks it now.

    Without a VMA at the address it asks for everything. One ``vma_lookup()``
    an item and pass, under a lock the walk can only try to take, since it
    holds the folio lock; and the VMA found may not be the one that was there
    at merge, while a child still maps the page.
    """

    id = "remap-bit-vma"
    reading_of = "remap-bit"
    title = "remap bit, read from the VMA at the walk"
    saves = "nothing"
    asks = RemapBit.asks
    author, date, link = _AUTHOR, _DATE, _LINK

    def remapped(self, rmap_item: RmapItem, cost: DesignCost) -> bool:
        cost.find_vma += 1
        vma = vma_lookup(rmap_item.mm, rmap_item.address)
        return vma is None or _away_from_home(vma)
