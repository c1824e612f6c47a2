"""Patch v4: store the VMA's page offset instead of the page's."""

from __future__ import annotations

from ksmlib.designs import layout
from ksmlib.designs.base import AddressDesign, DesignCost, Window
from ksmlib.mm.types import RmapItem, Vma


class StoredVmPgoff(AddressDesign):
    """Save ``vma->vm_pgoff`` at merge, ask for that.

    It is the index of the VMA's first page at that time. Right as long as the
    VMA that holds the page also holds that first page: not for the upper part
    of a split, nor after the head was unmapped or moved away. 64 bytes, by the
    same union as ``stored-pgoff``. Never merged.
    """

    id = "stored-vm-pgoff"
    title = "stored vm_pgoff (v4)"
    saves = "vma->vm_pgoff"
    asks = "that offset"
    author = "xu xin"
    date = "2026-05-03 08:50"
    link = "https://lkml.iu.edu/2605.0/01825.html"
    rmap_item = layout.RmapItemUnion

    def merged(self, rmap_item: RmapItem, vma: Vma) -> None:
        rmap_item.saved[self.id] = vma.vm_pgoff

    def window(self, rmap_item: RmapItem, cost: DesignCost) -> Window:
        vm_pgoff: int = rmap_item.saved[self.id]
        return vm_pgoff, vm_pgoff
