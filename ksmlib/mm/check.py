"""Invariants: what must hold after every operation.

Follows ``validate_mm()`` (mm/vma.c), ``anon_vma_interval_tree_verify()`` and
the ``VM_BUG_ON`` of mm/rmap.c and mm/ksm.c, and adds what only a model can
ask: that counters equal what they count. Each check raises AssertionError
with the rule that was broken.
"""

from __future__ import annotations

from collections import Counter

from ksmlib.mm import interval_tree
from ksmlib.mm.interval_tree import Cost, anon_vma_interval_tree_nodes
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.ksm import Ksm
from ksmlib.mm.observe import (
    live_anon_vmas,
    mapped_at,
    stable_nodes,
    stable_rmap_items,
)
from ksmlib.mm.rmap import rmap_walk_anon
from ksmlib.mm.types import (
    File,
    Mm,
    StableChain,
    StableNode,
    Vma,
)
from ksmlib.mm.vma import vma_lookup


def check_mm(mm: Mm) -> None:
    """VMAs are sorted and disjoint, linked to their trees, and hold every PTE."""
    end = None
    for vma in mm.vmas:
        assert vma.vm_mm is mm, "a VMA of another mm"
        assert vma.vm_start < vma.vm_end, "an empty VMA"
        assert end is None or end <= vma.vm_start, "VMAs overlap or are unsorted"
        end = vma.vm_end
        check_vma(vma)
    assert mm.alive or not mm.vmas, "a dead mm has VMAs"
    for address, folio in mm.page_table.items():
        vma_ = vma_lookup(mm, address)
        assert vma_ is not None, "a PTE outside every VMA"
        if folio.test_anon:
            assert vma_.anon_vma is not None, "an anonymous page without anon_vma"


def check_vma(vma: Vma) -> None:
    """An anon_vma comes with a chain that holds it, newest first, root last."""
    chain = [avc.anon_vma for avc in vma.anon_vma_chain]
    if vma.anon_vma is None:
        assert not chain, "an unfaulted VMA has a chain"
        assert vma.vm_file or vma.vm_pgoff == vma.vm_start, (
            "an unfaulted anonymous VMA whose pgoff is not its address"
        )
        return
    assert vma.anon_vma in chain, "vma->anon_vma is not in its chain"
    assert len(set(map(id, chain))) == len(chain), "an anon_vma twice in a chain"
    assert chain[-1].root is chain[-1], "the root does not come last in a chain"
    assert all(a.root is chain[-1] for a in chain), "a chain with two roots"
    for avc in vma.anon_vma_chain:
        assert avc.vma is vma, "a chain node of another VMA"
        assert interval_tree.is_linked(avc), "a chain node that is not in its tree"


def check_anon_vmas(kernel: Kernel) -> None:
    """Trees are sound, and every counter equals what it counts."""
    anon_vmas = live_anon_vmas(kernel)
    active = Counter(id(vma.anon_vma) for mm in kernel.mms.values() for vma in mm.vmas)
    linked = [a for a in anon_vmas if a.rb_root is not None]
    children = Counter(id(a.parent) for a in linked)
    references = Counter(id(a) for a in linked)
    references.update(id(a.root) for a in anon_vmas if a.root is not a)
    references.update(id(item.anon_vma) for item in stable_rmap_items(kernel.ksm))
    for anon_vma in anon_vmas:
        interval_tree.check(anon_vma)
        for node in anon_vma_interval_tree_nodes(anon_vma):
            assert node in node.vma.anon_vma_chain, "a tree node in no chain"
            found = vma_lookup(node.vma.vm_mm, node.vma.vm_start)
            assert found is node.vma, "a tree node of a dead VMA"
        assert anon_vma.num_active_vmas == active[id(anon_vma)], "num_active_vmas"
        assert anon_vma.num_children == children[id(anon_vma)], "num_children"
        assert anon_vma.refcount == references[id(anon_vma)], "refcount"


def check_folios(kernel: Kernel) -> None:
    """mapcount is right, and every anonymous PTE is found by its own rmap."""
    truth = mapped_at(kernel.mms.values())
    for folio, ptes in truth.items():
        assert folio.mapcount == len(ptes), "mapcount"
        if folio.kind == "anon":
            assert not folio.anon_exclusive or len(ptes) == 1, (
                "an exclusive folio is mapped twice"
            )
            found = {
                (vma.vm_mm, address)
                for vma, address in rmap_walk_anon(folio, Cost())
                if vma.vm_mm.page_table.get(address) is folio
            }
            assert found == set(ptes), "rmap_walk_anon() misses a PTE"
        elif folio.kind == "ksm":
            assert isinstance(folio.mapping, StableNode), "a KSM folio without node"
            assert folio.mapping.folio is folio, "a stable node of another folio"
            assert not folio.anon_exclusive, "an exclusive KSM folio"
        elif folio.kind == "file":
            assert isinstance(folio.mapping, File)
            assert folio.mapping.page_cache[folio.index] is folio, "page cache"


def check_ksm(ksm: Ksm) -> None:
    """Items know their node, their anon_vma and their place on the list."""
    nodes = stable_nodes(ksm)
    for content, tree_node in ksm.stable_tree.items():
        if isinstance(tree_node, StableChain):
            assert tree_node.dups is not None
            for dup in tree_node.dups:
                assert dup.chain is tree_node, "a duplicate of another chain"
                assert dup.folio.content == content, "a duplicate of other content"
        else:
            assert tree_node.chain is None, "a chained node in the tree"
            assert tree_node.folio.content == content, "content of a KSM folio changed"
    on_nodes = [item for node in nodes for item in node.hlist]
    on_list = stable_rmap_items(ksm)
    assert set(on_nodes) == set(on_list), "an item on a node but not on a list"
    assert len(set(on_nodes)) == len(on_nodes), "an item on two nodes"
    for node in nodes:
        for item in node.hlist:
            assert item.head is node, "an item that does not know its node"
            assert item.anon_vma is not None, "a stable item without anon_vma"
            assert item.anon_vma.refcount > 0, "a stable item with a freed anon_vma"
            assert item.unstable_seqnr is None, "a stable item in the unstable tree"
    for slot in ksm.mm_slots:
        addresses = [item.address for item in slot.rmap_list]
        assert addresses == sorted(set(addresses)), "rmap_list is not sorted"
        assert all(item.mm is slot.mm for item in slot.rmap_list), "item of another mm"


def check(kernel: Kernel) -> None:
    """Everything above, of the whole machine."""
    for mm in kernel.mms.values():
        check_mm(mm)
    check_anon_vmas(kernel)
    check_folios(kernel)
    check_ksm(kernel.ksm)
