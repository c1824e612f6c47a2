"""Patch v1 to v3: take the address for the page offset."""

from __future__ import annotations

from ksmlib.designs.base import AddressDesign, DesignCost, Window
from ksmlib.mm.types import RmapItem


class Address(AddressDesign):
    """Ask for ``rmap_item->address >> PAGE_SHIFT``.

    Right as long as a VMA lies where its page offsets say: not after mremap
    has moved it, and never in a private file mapping, whose offsets count
    from the start of the file. Costs no byte. Was in the -mm tree until Hugh
    Dickins' mails of April 2026.
    """

    id = "address"
    title = "address as pgoff (v1 to v3)"
    saves = "nothing"
    asks = "address >> PAGE_SHIFT"
    author = "xu xin"
    date = "2026-01-14 20:42"
    link = "https://lkml.iu.edu/hypermail/linux/kernel/2601.1/10400.html"

    def window(self, rmap_item: RmapItem, cost: DesignCost) -> Window:
        return rmap_item.address, rmap_item.address
