"""Telling the two kinds of PTE of a KSM folio apart.

ksmd put the PTE there, or it mapped the folio before ksmd made that a KSM
folio; or it is a copy by fork of one or the other. What a design owes us
differs: only for the first kind was anything saved.
"""

from __future__ import annotations

from ksmlib.history.operations import Fork, Mremap
from ksmlib.history.replay import BASE, Replay
from ksmlib.mm.trace import Trace
from ksmlib.mm.types import Folio, Mm, RmapItem, Vma


class MergedPtes(Trace):
    """The PTEs that ksmd merged, and their copies by fork, and what they map.

    Give it to the replay as a tracer, and call ``follow()`` after each
    operation that was not refused.
    """

    def __init__(self) -> None:
        self.ptes: dict[tuple[Mm, int], Folio] = {}

    def merged(self, rmap_item: RmapItem, vma: Vma) -> None:
        mm, address = rmap_item.mm, rmap_item.address
        self.ptes[mm, address] = mm.page_table[address]

    def follow(self, replay: Replay) -> None:
        """Look at what the last operation did to them."""
        mms, operation = replay.kernel.mms, replay.operation
        if isinstance(operation, Fork) and operation.child in mms:
            parent, child = mms[operation.process], mms[operation.child]
            for (mm, address), folio in list(self.ptes.items()):
                if mm is parent and child.page_table.get(address) is folio:
                    self.ptes[child, address] = folio
        if isinstance(operation, Mremap) and operation.process in mms:
            for page in range(operation.to.start, operation.to.end):
                self.ptes.pop((mms[operation.process], BASE + page), None)
        for (mm, address), folio in list(self.ptes.items()):
            if mm.page_table.get(address) is not folio:
                del self.ptes[mm, address]
