"""Looking at the whole machine from outside: what no single object knows.

``mapped_at()`` is the ground truth of every verdict: the page tables.
"""

from __future__ import annotations

from collections.abc import Iterable

from ksmlib.mm.kernel import Kernel
from ksmlib.mm.ksm import Ksm
from ksmlib.mm.types import AnonVma, Folio, Mm, RmapItem, StableChain, StableNode


def live_anon_vmas(kernel: Kernel) -> list[AnonVma]:
    """Every anon_vma that is still referenced, in order of first sight.

    Found through VMAs in address order, then parents, then rmap_items.
    """
    seen: dict[int, AnonVma] = {}

    def see(anon_vma: AnonVma) -> None:
        while id(anon_vma) not in seen:
            seen[id(anon_vma)] = anon_vma
            see(anon_vma.root)
            if anon_vma.parent.refcount == 0:
                break
            anon_vma = anon_vma.parent

    for mm in kernel.mms.values():
        for vma in mm.vmas:
            for avc in vma.anon_vma_chain:
                see(avc.anon_vma)
    for rmap_item in stable_rmap_items(kernel.ksm):
        if rmap_item.anon_vma is not None:
            see(rmap_item.anon_vma)
    return [anon_vma for anon_vma in seen.values() if anon_vma.refcount > 0]


def stable_nodes(ksm: Ksm) -> list[StableNode]:
    """Every node of the stable tree, those in chains included."""
    nodes: list[StableNode] = []
    for node in ksm.stable_tree.values():
        nodes.extend(node.dups if isinstance(node, StableChain) else (node,))
    return nodes


def stable_rmap_items(ksm: Ksm) -> list[RmapItem]:
    """Every rmap_item that sits on a stable node, in order of the scan."""
    return [
        rmap_item
        for slot in ksm.mm_slots
        for rmap_item in slot.rmap_list
        if rmap_item.head is not None
    ]


def mapped_at(mms: Iterable[Mm]) -> dict[Folio, list[tuple[Mm, int]]]:
    """The ground truth: every PTE of every address space, by folio."""
    truth: dict[Folio, list[tuple[Mm, int]]] = {}
    for mm in mms:
        for address in sorted(mm.page_table):
            truth.setdefault(mm.page_table[address], []).append((mm, address))
    return truth
