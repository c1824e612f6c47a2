"""Rules of the model, each broken in one place.

A recording that cannot tell a broken model from the right one has not checked
the rule. ``tests.kernel.mutants`` finds the recorded histories that can.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """Replace ``old`` by ``new`` in a file of ksmlib: then ``rule`` is broken."""

    rule: str
    file: str
    old: str
    new: str


MUTATIONS = (
    # --- mm/vma.c ---------------------------------------------------------
    Mutation(
        "a split gives the upper part the page offset of its first page",
        "mm/vma.py",
        "        new.vm_pgoff = linear_page_index(vma, address)\n",
        "",
    ),
    Mutation(
        "VMAs that differ in a flag do not merge",
        "mm/vma.py",
        "    return vma.vm_flags == vmg.flags and vma.vm_file is vmg.file",
        "    return vma.vm_file is vmg.file",
    ),
    Mutation(
        "VMAs of different files do not merge",
        "mm/vma.py",
        "    return vma.vm_flags == vmg.flags and vma.vm_file is vmg.file",
        "    return vma.vm_flags == vmg.flags",
    ),
    Mutation(
        "VMAs whose page offsets do not run on do not merge",
        "mm/vma.py",
        "        and prev.last_pgoff + 1 == vmg.pgoff\n",
        "",
    ),
    Mutation(
        "a VMA cloned from a parent does not merge with an unfaulted one",
        "mm/vma.py",
        "        vma is None or len(vma.anon_vma_chain) == 1\n",
        "        True\n",
    ),
    Mutation(
        "a new range joins both neighbours only if their anon_vmas agree",
        "mm/vma.py",
        "    return is_mergeable_anon_vma(prev.anon_vma, next_.anon_vma, None)",
        "    return True",
    ),
    Mutation(
        "a VMA that takes in pages with an anon_vma gets that anon_vma",
        "mm/vma.py",
        "    if src.anon_vma is not None and dst.anon_vma is None:\n",
        "    if False:\n",
    ),
    Mutation(
        "a VMA that grows in place merges with what follows",
        "mm/vma.py",
        "        next=find_vma(vma.vm_mm, vma.vm_end),\n    )\n    merged",
        "    )\n    merged",
    ),
    Mutation(
        "at its first write a VMA shares the anon_vma of a neighbour",
        "mm/kernel.py",
        "anon_vma_prepare(vma, find_mergeable_anon_vma(vma))",
        "anon_vma_prepare(vma, None)",
    ),
    Mutation(
        "permissions that differ do not keep neighbours from sharing",
        "mm/vma.py",
        "& ~VM_ACCESS_FLAGS\n",
        "\n",
    ),
    Mutation(
        "VM_MERGEABLE that differs keeps neighbours from sharing",
        "mm/vma.py",
        "& ~VM_ACCESS_FLAGS\n",
        "& ~(VM_ACCESS_FLAGS | 0x80000000)\n",
    ),
    Mutation(
        "a neighbour cloned from a parent does not share its anon_vma",
        "mm/vma.py",
        "    if anon_vma_compatible(a, b) and len(old.anon_vma_chain) == 1:\n",
        "    if anon_vma_compatible(a, b):\n",
    ),
    Mutation(
        "the next VMA is asked for its anon_vma before the previous one",
        "mm/vma.py",
        "(anon_vma := reusable_anon_vma(next_, vma, next_)):\n"
        "        return anon_vma\n",
        "(anon_vma := reusable_anon_vma(next_, vma, next_)) and not (\n"
        "        (p := vma_prev(vma)) and reusable_anon_vma(p, p, vma)\n"
        "    ):\n        return anon_vma\n",
    ),
    # --- mm/mremap.c ------------------------------------------------------
    Mutation(
        "an unfaulted anonymous VMA that moves takes its address as page offset",
        "mm/vma.py",
        "        pgoff = address\n        faulted",
        "        faulted",
    ),
    Mutation(
        "a faulted VMA that moves keeps its page offsets",
        "mm/mremap.py",
        "    pgoff = linear_page_index(vma, old)\n",
        "    pgoff = new\n",
    ),
    Mutation(
        "a move of a VM_MERGEABLE VMA unshares its KSM pages first",
        "mm/mremap.py",
        "    if vma.vm_flags & VM_MERGEABLE:\n"
        "        unmerge_ksm_pages(vma, old, old + old_pages)\n",
        "",
    ),
    Mutation(
        "a move of a VMA without VM_MERGEABLE carries its KSM pages along",
        "mm/mremap.py",
        "    if vma.vm_flags & VM_MERGEABLE:\n        unmerge",
        "    if True:\n        unmerge",
    ),
    Mutation(
        "MREMAP_DONTUNMAP of a whole VMA takes its anon_vma away",
        "mm/mremap.py",
        "        unlink_anon_vmas(vma)\n",
        "",
    ),
    Mutation(
        "MREMAP_DONTUNMAP of a whole VMA resets its page offset to its address",
        "mm/mremap.py",
        "            vma.vm_pgoff = vma.vm_start\n",
        "            pass\n",
    ),
    Mutation(
        "MREMAP_DONTUNMAP does not merge an unfaulted VMA with itself",
        "mm/vma.py",
        "    if not faulted_in_anon_vma and keep_source:\n",
        "    if False:\n",
    ),
    Mutation(
        "ranges that only touch do not overlap",
        "mm/mremap.py",
        "if old + old_pages > new and",
        "if old + old_pages >= new and",
    ),
    Mutation(
        "a VMA cannot grow in place from its middle",
        "mm/mremap.py",
        "    if old + old_pages != vma.vm_end:\n",
        "    if False:\n",
    ),
    # --- mm/rmap.c, kernel/fork.c -----------------------------------------
    Mutation(
        "fork reuses an anon_vma that no VMA has as its own any more",
        "mm/rmap.py",
        "            and anon_vma.num_children < 2\n",
        "            and False\n",
    ),
    Mutation(
        "an anon_vma with two children is not reused",
        "mm/rmap.py",
        "            and anon_vma.num_children < 2\n",
        "",
    ),
    Mutation(
        "an anon_vma in use is not reused",
        "mm/rmap.py",
        "            and anon_vma.num_active_vmas == 0\n",
        "",
    ),
    Mutation(
        "of several anon_vmas the oldest is reused",
        "mm/rmap.py",
        "            dst.anon_vma is None\n            and src.anon_vma is not None\n",
        "            dst.vm_mm is not src.vm_mm\n",
    ),
    Mutation(
        "a root counts itself as a child, so it is never reused",
        "mm/rmap.py",
        "        anon_vma.num_children += 1  # self-parent link for new root\n",
        "",
    ),
    Mutation(
        "a child holds a reference to its root",
        "mm/rmap.py",
        "    get_anon_vma(anon_vma.root)\n",
        "",
    ),
    Mutation(
        "the newest anon_vma comes first in a chain",
        "mm/rmap.py",
        "    vma.anon_vma_chain.insert(0, avc)\n",
        "    vma.anon_vma_chain.append(avc)\n",
    ),
    Mutation(
        "VM_DONTCOPY keeps a VMA from the child",
        "mm/fork.py",
        "        if mpnt.vm_flags & VM_DONTCOPY:\n            continue\n",
        "",
    ),
    # --- mm/memory.c ------------------------------------------------------
    Mutation(
        "fork copies no PTE of a VMA without anon_vma",
        "mm/memory.py",
        "    if vma.anon_vma is None:\n        return\n    page_table",
        "    page_table",
    ),
    Mutation(
        "who writes to a folio that nobody else maps takes it over",
        "mm/rmap.py",
        "    folio.mapping = vma.anon_vma\n    folio.anon_exclusive = True\n"
        "    for tracer in vma.vm_mm.trace:\n        tracer.taken_over",
        "    folio.anon_exclusive = True\n"
        "    for tracer in vma.vm_mm.trace:\n        tracer.taken_over",
    ),
    Mutation(
        "a folio shared by fork is not exclusive",
        "mm/memory.py",
        "            folio.anon_exclusive = False\n            set_pte",
        "            set_pte",
    ),
    Mutation(
        "a written page of a private file mapping has the file's offset as index",
        "mm/rmap.py",
        "    folio.index = linear_page_index(vma, address)\n",
        "    folio.index = address\n",
    ),
    Mutation(
        "the sole mapper of a KSM page copies it",
        "mm/memory.py",
        "    if folio.test_ksm or folio.mapcount != 1:\n",
        "    if folio.mapcount != 1:\n",
    ),
    # --- mm/interval_tree.c -----------------------------------------------
    Mutation(
        "VMAs with equal first page offset stand in order of insertion",
        "mm/interval_tree.py",
        "go_left = start < avc_start_pgoff(parent)",
        "go_left = start <= avc_start_pgoff(parent)",
    ),
    Mutation(
        "a search ends behind its window",
        "mm/interval_tree.py",
        "        if last < avc_start_pgoff(avc):\n            return None\n",
        "",
    ),
    Mutation(
        "removal keeps the largest last offset of each subtree",
        "mm/interval_tree.py",
        "    _propagate(parent)\n    if not lost_red",
        "    if not lost_red",
    ),
    # --- mm/ksm.c ---------------------------------------------------------
    Mutation(
        "the first scan of a page only notes its checksum",
        "mm/ksm.py",
        "            rmap_item.oldchecksum = folio.content\n            return\n",
        "            rmap_item.oldchecksum = folio.content\n",
    ),
    Mutation(
        "the page scanned second becomes the KSM page",
        "mm/ksm.py",
        "    origin = folio.mapping\n",
        "    folio, tree_folio = tree_folio, folio\n"
        "    rmap_item, tree_rmap_item = tree_rmap_item, rmap_item\n"
        "    origin = folio.mapping\n",
    ),
    Mutation(
        "two mappings of one folio do not merge with each other",
        "mm/ksm.py",
        "return None if tree_folio is folio else tree_rmap_item",
        "return tree_rmap_item",
    ),
    Mutation(
        "the newest rmap_item comes first on its node",
        "mm/ksm.py",
        "    stable_node.hlist.insert(0, rmap_item)\n",
        "    stable_node.hlist.append(rmap_item)\n",
    ),
    Mutation(
        "a stable node without rmap_items is not merged with",
        "mm/ksm.py",
        "    return shared > 0 and shared",
        "    return shared",
    ),
    Mutation(
        "no more rmap_items share a folio than max_page_sharing",
        "mm/ksm.py",
        "shared + offset < ksm.max_page_sharing",
        "shared + offset <= ksm.max_page_sharing",
    ),
    Mutation(
        "a duplicate with room is taken before a full one",
        "mm/ksm.py",
        "        if found is None or is_page_sharing_candidate(ksm, dup):\n",
        "        if found is None:\n",
    ),
    Mutation(
        "the child of a process that ksmd knows is known to it, too",
        "mm/ksm.py",
        "    if oldmm.vm_mergeable:\n",
        "    if False:\n",
    ),
    Mutation(
        "an exited process leaves its rmap_items until the next scan",
        "mm/ksm.py",
        "            if slot.rmap_list:\n",
        "            for item in slot.rmap_list:\n"
        "                remove_rmap_item_from_tree(ksm, item)\n"
        "            slot.rmap_list = []\n"
        "            if slot.rmap_list:\n",
    ),
    Mutation(
        "the scan drops dead processes before it comes to the others",
        "mm/ksm.py",
        "                ksm.mm_slots.insert(0, slot)\n",
        "                ksm.mm_slots.append(slot)\n",
    ),
    Mutation(
        "a process without a VM_MERGEABLE VMA leaves ksmd's list",
        "mm/ksm.py",
        "            ksm.mm_slots.remove(slot)\n"
        "            slot.mm.vm_mergeable = False\n",
        "            pass\n",
    ),
    Mutation(
        "the scan drops the rmap_item of a page that is gone",
        "mm/ksm.py",
        "                remove_rmap_item_from_tree(ksm, old[position])\n",
        "",
    ),
    Mutation(
        "MADV_UNMERGEABLE unshares in place",
        "mm/ksm.py",
        "    if vma.vm_flags & VM_MERGEABLE:\n"
        "        unmerge_ksm_pages(vma, start, end)\n",
        "",
    ),
    Mutation(
        "an rmap_item remembers the checksum when it leaves its tree",
        "mm/ksm.py",
        "    elif rmap_item.unstable_seqnr is not None:\n",
        "        rmap_item.oldchecksum = None\n"
        "    elif rmap_item.unstable_seqnr is not None:\n",
    ),
    # --- the designs ------------------------------------------------------
    Mutation(
        "a walk visits its own mm first and forked ones after",
        "designs/base.py",
        "for search_new_forks in (False, True):",
        "for search_new_forks in (False,):",
    ),
    Mutation(
        "stored-pgoff saves anew at each merge",
        "designs/stored_pgoff.py",
        "        rmap_item.saved[self.id] = linear_page_index(vma, rmap_item.address)",
        "        index = linear_page_index(vma, rmap_item.address)\n"
        "        rmap_item.saved.setdefault(self.id, index)",
    ),
    Mutation(
        "stored-vm-pgoff saves the VMA's offset, not the page's",
        "designs/stored_vm_pgoff.py",
        "= vma.vm_pgoff",
        "= vma.vm_pgoff + rmap_item.address - vma.vm_start",
    ),
    Mutation(
        "the remap bit in the anon_vma is set for anonymous memory alone",
        "designs/remap_bit.py",
        "        if new_vma.anon_vma is None or new_vma.vm_file is not None:\n",
        "        if new_vma.anon_vma is None:\n",
    ),
    Mutation(
        "the remap bit in the anon_vma is inherited where it says so",
        "designs/remap_bit.py",
        "            vma.anon_vma.saved[self.id] = True\n",
        "            pass\n",
    ),
    Mutation(
        "remap-bit-vma asks for everything where there is no VMA",
        "designs/remap_bit.py",
        "        return vma is None or _away_from_home(vma)",
        "        return vma is not None and _away_from_home(vma)",
    ),
    Mutation(
        "by-index tries the address that the index has in each VMA",
        "designs/by_index.py",
        "            yield Probe(rmap_item.anon_vma, (index, index),"
        " address_of_index(index))",
        "            at = rmap_item.address\n"
        "            yield Probe(rmap_item.anon_vma, (index, index),\n"
        "                        lambda v, at=at: at if v.covers(at) else None)",
    ),
    Mutation(
        "by-index-origin asks the anon_vma the folio came from",
        "designs/by_index.py",
        "        yield Probe(origin, (index, index), address_of_index(index))",
        "        assert origin",
    ),
)
