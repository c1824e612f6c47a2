"""Stored pgoff: keep the page's index in the rmap_item. Merged for Linux 7.3."""

from __future__ import annotations

from ksmlib.designs import layout
from ksmlib.designs.base import AddressDesign, DesignCost, Window
from ksmlib.mm.types import RmapItem, Vma, linear_page_index


class StoredPgoff(AddressDesign):
    """Save ``linear_page_index(vma, address)`` at merge, ask for that.

    Only moving a mapping changes the index that an address has; split, merge
    and fork keep it. ``move_vma()`` unshares the KSM pages of a VM_MERGEABLE
    VMA first, and every page with an rmap_item of its own is in one. So such a
    page is found, and so is its copy by fork as long as it stays in place.
    A KSM page that moved in a VMA without VM_MERGEABLE is not.

    Lorenzo Stoakes asked for it; a field of its own takes an rmap_item from
    64 to 72 bytes, David Hildenbrand's union over what only the unstable tree
    uses leaves it at 64. Commits a5650de0413f and 96d2d9acef49.
    """

    id = "stored-pgoff"
    title = "stored pgoff (Linux 7.3)"
    saves = "linear_page_index(vma, address)"
    asks = "that index"
    author = "Lorenzo Stoakes, David Hildenbrand, xu xin"
    date = "2026-04-09 05:29"
    link = "https://lkml.iu.edu/2604.1/02549.html"
    rmap_item = layout.RmapItemUnion

    def merged(self, rmap_item: RmapItem, vma: Vma) -> None:
        rmap_item.saved[self.id] = linear_page_index(vma, rmap_item.address)

    def window(self, rmap_item: RmapItem, cost: DesignCost) -> Window:
        index: int = rmap_item.saved[self.id]
        return index, index
