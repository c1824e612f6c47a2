"""The baseline: ask for everything, and throw most of it away."""

from __future__ import annotations

from ksmlib.designs.base import EVERYTHING, AddressDesign, DesignCost, Window
from ksmlib.mm.types import RmapItem


class Full(AddressDesign):
    """What Linux did up to 7.2.

    An rmap_item knows the address but not the page offset, so the walk visits
    every VMA of the anon_vma and keeps those that cover the address. Costs no
    byte. Since 2012 (bf181b9f9d8d) the anon_vma is an interval tree, and the
    commit says of KSM that the index "is not known".
    """

    id = "full"
    title = "everything (Linux up to 7.2)"
    saves = "nothing"
    asks = "[0, ULONG_MAX]"
    author = "Hugh Dickins, Michel Lespinasse"
    date = "2009-12"
    link = "https://git.kernel.org/linus/db114b83ab60"

    def window(self, rmap_item: RmapItem, cost: DesignCost) -> Window:
        return EVERYTHING
