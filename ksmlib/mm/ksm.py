"""Kernel samepage merging: mm/ksm.c of Linux 6.12, without its rmap walk.

``rmap_walk_ksm()`` is the question of this book, so it lives one floor up,
in ``ksmlib.designs``: one answer a file.

A page's content stands for its bytes, its checksum and its place in the
stable and unstable trees, which are therefore dictionaries. Settings are the
kernel's defaults but for ``smart_scan`` and ``pages_to_scan``: one scan is
always a full one, and no page is skipped because it is old.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ksmlib.mm.memory import set_pte, wp_page_copy
from ksmlib.mm.rmap import get_anon_vma, put_anon_vma
from ksmlib.mm.trace import Trace
from ksmlib.mm.types import (
    VM_MERGEABLE,
    AnonVma,
    Folio,
    Mm,
    RmapItem,
    StableChain,
    StableNode,
    Vma,
)
from ksmlib.mm.vma import vma_lookup


@dataclass(eq=False)
class KsmMmSlot:
    """An mm on ksmd's list (``struct ksm_mm_slot``), items by address."""

    mm: Mm
    rmap_list: list[RmapItem] = field(default_factory=list)


@dataclass(eq=False)
class Ksm:
    """The static variables of mm/ksm.c."""

    #: /sys/kernel/mm/ksm/max_page_sharing, its default.
    max_page_sharing: int = 256
    mm_slots: list[KsmMmSlot] = field(default_factory=list)
    stable_tree: dict[str, StableNode | StableChain] = field(default_factory=dict)
    unstable_tree: dict[str, RmapItem] = field(default_factory=dict)
    seqnr: int = 0
    trace: tuple[Trace, ...] = ()


# --- mm_slots --------------------------------------------------------------


def ksm_enter(ksm: Ksm, mm: Mm) -> None:
    """Put ``mm`` on the list, behind all that the next scan will visit."""
    ksm.mm_slots.append(KsmMmSlot(mm))
    mm.vm_mergeable = True


def ksm_fork(ksm: Ksm, mm: Mm, oldmm: Mm) -> None:
    """A child of an mm on the list goes on it, too."""
    if oldmm.vm_mergeable:
        ksm_enter(ksm, mm)


def ksm_exit(ksm: Ksm, mm: Mm) -> None:
    """An mm without rmap_items goes at once; else the next scan drops it first."""
    for slot in ksm.mm_slots:
        if slot.mm is mm:
            ksm.mm_slots.remove(slot)
            if slot.rmap_list:
                ksm.mm_slots.insert(0, slot)
            else:
                mm.vm_mergeable = False
            return


def ksm_madvise(
    ksm: Ksm,
    vma: Vma,
    start: int,
    end: int,
    advice: Literal["mergeable", "unmergeable"],
) -> int:
    """The flags that ``[start, end)`` gets; unshares its KSM pages first."""
    if advice == "mergeable":
        if not vma.vm_flags & VM_MERGEABLE and not vma.vm_mm.vm_mergeable:
            ksm_enter(ksm, vma.vm_mm)
        return vma.vm_flags | VM_MERGEABLE
    if vma.vm_flags & VM_MERGEABLE:
        unmerge_ksm_pages(vma, start, end)
    return vma.vm_flags & ~VM_MERGEABLE


def unmerge_ksm_pages(vma: Vma, start: int, end: int) -> None:
    """Replace each KSM page of the range by a private copy (``break_ksm()``).

    The rmap_items stay where they are until the next scan.
    """
    if vma.anon_vma is None:
        return
    for address in range(start, end):
        folio = vma.vm_mm.page_table.get(address)
        if folio is not None and folio.test_ksm:
            wp_page_copy(vma, address, folio.content)


# --- stable tree -----------------------------------------------------------


def remove_node_from_stable_tree(ksm: Ksm, stable_node: StableNode) -> None:
    """Forget a stable node whose folio is gone, and what its items held."""
    for rmap_item in stable_node.hlist:
        assert rmap_item.anon_vma is not None
        put_anon_vma(rmap_item.anon_vma)
        rmap_item.anon_vma = rmap_item.head = None
    stable_node.hlist.clear()
    if stable_node.chain is not None:
        stable_node.chain.dups.remove(stable_node)
    else:
        del ksm.stable_tree[stable_node.folio.content]


def ksm_get_folio(ksm: Ksm, stable_node: StableNode) -> Folio | None:
    """The node's folio, or None: then it was freed and the node is too."""
    if stable_node.folio.mapcount > 0:
        return stable_node.folio
    remove_node_from_stable_tree(ksm, stable_node)
    return None


def is_page_sharing_candidate(
    ksm: Ksm, stable_node: StableNode, offset: int = 0
) -> bool:
    """May one more page (and ``offset`` others) share this node's folio?"""
    shared = stable_node.rmap_hlist_len
    return shared > 0 and shared + offset < ksm.max_page_sharing


def stable_node_dup(ksm: Ksm, content: str, chain: StableChain) -> StableNode | None:
    """The duplicate of a chain to share with; drops stale ones on the way.

    Never prunes by time (``stable_node_chains_prune_millisecs``): the first
    duplicate with room is taken, or the first at all.
    """
    found: StableNode | None = None
    for dup in list(chain.dups):
        if ksm_get_folio(ksm, dup) is None:
            continue
        if found is None or is_page_sharing_candidate(ksm, dup):
            found = dup
        if is_page_sharing_candidate(ksm, found):
            break
    if found is None:
        del ksm.stable_tree[content]
    elif len(chain.dups) == 1:
        found.chain = None
        ksm.stable_tree[content] = found
    elif chain.dups[0] is not found and is_page_sharing_candidate(ksm, found, 1):
        chain.dups.remove(found)
        chain.dups.insert(0, found)
    return found


def _stable_lookup(ksm: Ksm, content: str) -> StableNode | None:
    """``chain_prune()``: the live stable node to use for a content."""
    node = ksm.stable_tree.get(content)
    if isinstance(node, StableChain):
        return stable_node_dup(ksm, content, node)
    if node is not None and ksm_get_folio(ksm, node) is None:
        return None
    return node


def stable_tree_search(ksm: Ksm, folio: Folio) -> Folio | None:
    """The KSM folio to merge with; ``folio`` itself if it is one already."""
    if folio.test_ksm:
        return folio
    stable_node = _stable_lookup(ksm, folio.content)
    if stable_node is None or not is_page_sharing_candidate(ksm, stable_node):
        return None
    return stable_node.folio


def stable_tree_insert(ksm: Ksm, kfolio: Folio, origin: AnonVma) -> StableNode:
    """A stable node for a new KSM folio, chained if the content has one.

    ``origin`` is the anon_vma the folio had; the kernel forgets it here.
    """
    content = kfolio.content
    other = _stable_lookup(ksm, content)
    stable_node = StableNode(kfolio)
    if other is None:
        ksm.stable_tree[content] = stable_node
    else:
        if other.chain is None:
            other.chain = StableChain([other])
            ksm.stable_tree[content] = other.chain
        stable_node.chain = other.chain
        other.chain.dups.insert(0, stable_node)
    kfolio.mapping = stable_node
    for tracer in ksm.trace:
        tracer.became_ksm(stable_node, origin, kfolio.index)
    return stable_node


def stable_tree_append(rmap_item: RmapItem, stable_node: StableNode) -> None:
    """Put an item at the head of its stable node's list."""
    rmap_item.head = stable_node
    stable_node.hlist.insert(0, rmap_item)


# --- rmap_items ------------------------------------------------------------


def remove_rmap_item_from_tree(ksm: Ksm, rmap_item: RmapItem) -> None:
    """Take an item out of the stable or the unstable tree."""
    if rmap_item.head is not None:
        stable_node = rmap_item.head
        if ksm_get_folio(ksm, stable_node) is None:
            return
        stable_node.hlist.remove(rmap_item)
        assert rmap_item.anon_vma is not None
        put_anon_vma(rmap_item.anon_vma)
        rmap_item.anon_vma = rmap_item.head = None
    elif rmap_item.unstable_seqnr is not None:
        if rmap_item.unstable_seqnr == ksm.seqnr:
            assert rmap_item.oldchecksum is not None
            del ksm.unstable_tree[rmap_item.oldchecksum]
        rmap_item.unstable_seqnr = None


def find_mergeable_vma(mm: Mm, address: int) -> Vma | None:
    """The VMA at ``address``, if ksmd may merge there."""
    if not mm.alive:
        return None
    vma = vma_lookup(mm, address)
    if vma is None or not vma.vm_flags & VM_MERGEABLE or vma.anon_vma is None:
        return None
    return vma


def try_to_merge_with_ksm_page(
    ksm: Ksm, rmap_item: RmapItem, folio: Folio, kfolio: Folio | None
) -> None:
    """Map ``kfolio`` where ``folio`` was; without one, ``folio`` becomes KSM.

    Then the item takes its anon_vma, under mmap_lock: this is the moment at
    which a design can look at the VMA. It cannot fail here: scans run alone.
    """
    mm, address = rmap_item.mm, rmap_item.address
    vma = find_mergeable_vma(mm, address)
    assert vma is not None and vma.anon_vma is not None
    folio.anon_exclusive = False
    if kfolio is None:
        folio.kind, folio.mapping = "ksm", None
    elif kfolio is not folio:
        set_pte(mm, address, kfolio)
    remove_rmap_item_from_tree(ksm, rmap_item)
    rmap_item.anon_vma = vma.anon_vma
    get_anon_vma(vma.anon_vma)
    for tracer in ksm.trace:
        tracer.merged(rmap_item, vma)


def unstable_tree_search_insert(
    ksm: Ksm, rmap_item: RmapItem, folio: Folio
) -> RmapItem | None:
    """An item with the same content to merge with, else remember this one."""
    tree_rmap_item = ksm.unstable_tree.get(folio.content)
    if tree_rmap_item is None:
        rmap_item.unstable_seqnr = ksm.seqnr
        ksm.unstable_tree[folio.content] = rmap_item
        return None
    tree_folio = tree_rmap_item.mm.page_table[tree_rmap_item.address]
    # The same folio, shared by fork: nothing to gain.
    return None if tree_folio is folio else tree_rmap_item


def cmp_and_merge_page(ksm: Ksm, folio: Folio, rmap_item: RmapItem) -> None:
    """Try to merge one page: with a KSM folio, or with another candidate."""
    if folio.test_ksm:
        if rmap_item.head is folio.mapping:
            return
    else:
        remove_rmap_item_from_tree(ksm, rmap_item)
        if rmap_item.oldchecksum != folio.content:
            rmap_item.oldchecksum = folio.content
            return
    kfolio = stable_tree_search(ksm, folio)
    remove_rmap_item_from_tree(ksm, rmap_item)
    if kfolio is not None:
        try_to_merge_with_ksm_page(ksm, rmap_item, folio, kfolio)
        assert isinstance(kfolio.mapping, StableNode)
        stable_tree_append(rmap_item, kfolio.mapping)
        return
    tree_rmap_item = unstable_tree_search_insert(ksm, rmap_item, folio)
    if tree_rmap_item is not None:
        _merge_two_pages(ksm, rmap_item, folio, tree_rmap_item)


def _merge_two_pages(
    ksm: Ksm, rmap_item: RmapItem, folio: Folio, tree_rmap_item: RmapItem
) -> None:
    """``try_to_merge_two_pages()``: the page just scanned becomes the KSM page.

    It does so for everybody who maps it, with or without an rmap_item.
    """
    tree_folio = tree_rmap_item.mm.page_table[tree_rmap_item.address]
    origin = folio.mapping
    assert isinstance(origin, AnonVma) and tree_folio.kind == "anon"
    try_to_merge_with_ksm_page(ksm, rmap_item, folio, None)
    try_to_merge_with_ksm_page(ksm, tree_rmap_item, tree_folio, folio)
    stable_node = stable_tree_insert(ksm, folio, origin)
    stable_tree_append(tree_rmap_item, stable_node)
    stable_tree_append(rmap_item, stable_node)


# --- the scan --------------------------------------------------------------


def ksm_do_scan(ksm: Ksm) -> None:
    """One full scan of every mm on the list."""
    ksm.seqnr += 1
    ksm.unstable_tree.clear()
    for slot in list(ksm.mm_slots):
        if not _scan_mm(ksm, slot):
            ksm.mm_slots.remove(slot)
            slot.mm.vm_mergeable = False


def _scan_mm(ksm: Ksm, slot: KsmMmSlot) -> bool:
    """Scan one mm; False if it has no VM_MERGEABLE VMA any more.

    ``scan_get_next_rmap_item()``: items of addresses that have no anonymous
    page any more are dropped on the way.
    """
    mm, old, new = slot.mm, slot.rmap_list, []
    vmas = [vma for vma in mm.vmas if vma.vm_flags & VM_MERGEABLE]
    position = 0
    for vma in vmas:
        if vma.anon_vma is None:
            continue
        for address in range(vma.vm_start, vma.vm_end):
            folio = mm.page_table.get(address)
            if folio is None or not folio.test_anon:
                continue
            while position < len(old) and old[position].address < address:
                remove_rmap_item_from_tree(ksm, old[position])
                position += 1
            if position < len(old) and old[position].address == address:
                rmap_item = old[position]
                position += 1
            else:
                rmap_item = RmapItem(mm, address)
            new.append(rmap_item)
            cmp_and_merge_page(ksm, folio, rmap_item)
    for rmap_item in old[position:]:
        remove_rmap_item_from_tree(ksm, rmap_item)
    slot.rmap_list = new
    return bool(vmas)
