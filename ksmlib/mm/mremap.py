"""Moving and resizing mappings: mm/mremap.c of Linux 6.12."""

from __future__ import annotations

from ksmlib.mm.ksm import unmerge_ksm_pages
from ksmlib.mm.memory import move_page_tables
from ksmlib.mm.rmap import unlink_anon_vmas
from ksmlib.mm.types import VM_MERGEABLE, Mm, Refused, Vma, linear_page_index
from ksmlib.mm.vma import (
    SYSCTL_MAX_MAP_COUNT,
    copy_vma,
    do_munmap,
    find_vma_intersection,
    vma_lookup,
    vma_merge_extend,
)


def move_vma(
    vma: Vma,
    old: int,
    old_pages: int,
    new_pages: int,
    new: int,
    dontunmap: bool,
) -> None:
    """Move ``old_pages`` of ``vma`` from ``old`` to ``new`` (``move_vma()``).

    KSM pages of the range are unshared first; VM_MERGEABLE stays. A faulted
    VMA keeps its page offsets, so from here on its pages have an index that
    is not their address.
    """
    mm = vma.vm_mm
    if vma.vm_flags & VM_MERGEABLE:
        unmerge_ksm_pages(vma, old, old + old_pages)
    pgoff = linear_page_index(vma, old)
    new_vma, vma = copy_vma(vma, new, new_pages, pgoff, keep_source=dontunmap)
    move_page_tables(vma, old, new_vma, new, old_pages)
    for tracer in mm.trace:
        tracer.moved(vma, new_vma)
    if not dontunmap:
        do_munmap(mm, old, old + old_pages)
    elif vma.vm_start == old and vma.vm_end == old + old_pages:
        # The emptied VMA is unfaulted again, so its pgoff is its address.
        for tracer in mm.trace:
            tracer.unlinked(vma)
        unlink_anon_vmas(vma)
        if vma.vm_file is None:
            vma.vm_pgoff = vma.vm_start


def _source_vma(mm: Mm, old: int, pages: int) -> Vma:
    """``vma_to_resize()``: the one VMA that holds the whole old range."""
    vma = vma_lookup(mm, old)
    if vma is None:
        raise Refused("EFAULT", "nothing is mapped at the old address")
    if old + pages > vma.vm_end:
        raise Refused("EFAULT", "the old range reaches beyond one VMA")
    return vma


def mremap_to(
    mm: Mm,
    old: int,
    old_pages: int,
    new: int,
    new_pages: int,
    dontunmap: bool,
) -> None:
    """``mremap(MREMAP_MAYMOVE | MREMAP_FIXED)``: move, resize, replace.

    What is mapped at the destination is unmapped first. Raises Refused:
    EFAULT if the old range is not inside one VMA, EINVAL if old and new
    overlap or MREMAP_DONTUNMAP would resize, ENOMEM near ``max_map_count``.

    The kernel unmaps the destination (and a tail that is given up) before it
    finds EFAULT; here a refused call changes nothing.
    """
    if dontunmap and old_pages != new_pages:
        raise Refused("EINVAL", "MREMAP_DONTUNMAP cannot resize")
    if vma_lookup(mm, old) is None:
        raise Refused("EFAULT", "nothing is mapped at the old address")
    if old + old_pages > new and new + new_pages > old:
        raise Refused("EINVAL", "the old and the new range overlap")
    if mm.map_count + 2 >= SYSCTL_MAX_MAP_COUNT - 3:
        raise Refused("ENOMEM", f"{mm.name} has too many VMAs to move one")
    moved_pages = min(old_pages, new_pages)
    _source_vma(mm, old, moved_pages)
    do_munmap(mm, new, new + new_pages)
    if old_pages > new_pages:
        do_munmap(mm, old + new_pages, old + old_pages)
    vma = _source_vma(mm, old, moved_pages)
    move_vma(vma, old, moved_pages, new_pages, new, dontunmap)


def mremap_resize(mm: Mm, old: int, old_pages: int, new_pages: int) -> None:
    """``mremap()`` without MREMAP_MAYMOVE: shrink or grow in place.

    Raises Refused: EFAULT if the range is not inside one VMA, ENOMEM if what
    follows is in the way or the range ends before its VMA does.
    """
    if vma_lookup(mm, old) is None:
        raise Refused("EFAULT", "nothing is mapped at the old address")
    if old_pages == new_pages:
        return
    if old_pages > new_pages:
        do_munmap(mm, old + new_pages, old + old_pages)
        return
    vma = _source_vma(mm, old, old_pages)
    if old + old_pages != vma.vm_end:
        raise Refused("ENOMEM", "the range ends before its VMA does, so cannot grow")
    delta = new_pages - old_pages
    if find_vma_intersection(mm, vma.vm_end, vma.vm_end + delta):
        raise Refused("ENOMEM", "another VMA is in the way of growing in place")
    vma_merge_extend(vma, delta)
