"""Splitting, merging and unmapping VMAs: mm/vma.c of Linux 6.12.

What the model has no use for is left out: policies, uffd, names of anonymous
VMAs, ``VM_SPECIAL``, ``vm_ops->close`` and failing allocations.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass

from ksmlib.mm.interval_tree import (
    anon_vma_interval_tree_insert,
    anon_vma_interval_tree_remove,
)
from ksmlib.mm.memory import unmap_region
from ksmlib.mm.rmap import anon_vma_clone, anon_vma_merge, unlink_anon_vmas
from ksmlib.mm.types import (
    VM_ACCESS_FLAGS,
    AnonVma,
    File,
    Mm,
    Refused,
    Vma,
    linear_page_index,
)

#: /proc/sys/vm/max_map_count, its default.
SYSCTL_MAX_MAP_COUNT = 65530


# --- the maple tree, here a sorted list ------------------------------------


def _start(vma: Vma) -> int:
    return vma.vm_start


def _index(mm: Mm, address: int) -> int:
    """Where in ``mm.vmas`` the first VMA stands that ends above ``address``."""
    i = bisect_right(mm.vmas, address, key=_start)
    return i - 1 if i and mm.vmas[i - 1].vm_end > address else i


def find_vma(mm: Mm, address: int) -> Vma | None:
    """The first VMA that ends above ``address``; it need not cover it."""
    i = _index(mm, address)
    return mm.vmas[i] if i < len(mm.vmas) else None


def find_vma_prev(mm: Mm, address: int) -> tuple[Vma | None, Vma | None]:
    """The VMA before that of ``find_vma()``, and that."""
    i = _index(mm, address)
    return (mm.vmas[i - 1] if i else None), (mm.vmas[i] if i < len(mm.vmas) else None)


def vma_lookup(mm: Mm, address: int) -> Vma | None:
    """The VMA that covers ``address``, or None."""
    vma = find_vma(mm, address)
    return vma if vma and vma.vm_start <= address else None


def vma_prev(vma: Vma) -> Vma | None:
    """The VMA before ``vma``, or None."""
    return find_vma_prev(vma.vm_mm, vma.vm_start)[0]


def find_vma_intersection(mm: Mm, start: int, end: int) -> Vma | None:
    """The first VMA that overlaps ``[start, end)``, or None."""
    vma = find_vma(mm, start)
    return vma if vma and vma.vm_start < end else None


def vmas_in(mm: Mm, start: int, end: int) -> list[Vma]:
    """The VMAs that overlap ``[start, end)``, in address order."""
    return mm.vmas[_index(mm, start) : bisect_left(mm.vmas, end, key=_start)]


def require_mapped(mm: Mm, start: int, end: int) -> None:
    """Raise Refused(ENOMEM) unless all of ``[start, end)`` is mapped."""
    address = start
    while address < end:
        vma = vma_lookup(mm, address)
        if vma is None:
            raise Refused("ENOMEM", "part of the range is not mapped")
        address = vma.vm_end


def each_part(
    mm: Mm, start: int, end: int
) -> Iterator[tuple[Vma | None, Vma, int, int]]:
    """The parts of a mapped range that lie in one VMA each, in order.

    Yields (previous VMA, VMA, start, end of the part), as ``vma_modify()``
    wants them: the previous is the VMA itself for a part that starts inside.
    What the caller does to a part may merge or split VMAs.
    """
    address = start
    while address < end:
        vma = vma_lookup(mm, address)
        assert vma is not None
        stop = min(vma.vm_end, end)
        prev = vma_prev(vma) if address == vma.vm_start else vma
        yield prev, vma, address, stop
        address = stop


def vma_link(vma: Vma) -> None:
    """Put ``vma`` among those of its mm."""
    insort(vma.vm_mm.vmas, vma, key=_start)


def _detach(vma: Vma) -> None:
    del vma.vm_mm.vmas[_index(vma.vm_mm, vma.vm_start)]


def vm_area_dup(vma: Vma) -> Vma:
    """A copy of ``vma`` with an empty chain, in the tree of no mm yet."""
    return Vma(
        vma.vm_mm,
        vma.vm_start,
        vma.vm_end,
        vma.vm_pgoff,
        vma.vm_flags,
        vma.vm_file,
        vma.anon_vma,
    )


# --- changing bounds -------------------------------------------------------


def anon_vma_interval_tree_pre_update_vma(vma: Vma) -> None:
    """Take ``vma`` out of its interval trees before its bounds change."""
    for tracer in vma.vm_mm.trace:
        tracer.unlinked(vma)
    for avc in vma.anon_vma_chain:
        anon_vma_interval_tree_remove(avc, avc.anon_vma)


def anon_vma_interval_tree_post_update_vma(vma: Vma) -> None:
    """File ``vma`` again under its new bounds, after its equals."""
    for avc in vma.anon_vma_chain:
        anon_vma_interval_tree_insert(avc, avc.anon_vma)
    for tracer in vma.vm_mm.trace:
        tracer.linked(vma)


def require_room(mm: Mm, splits: int) -> None:
    """Raise Refused(ENOMEM) if so many splits would exceed ``max_map_count``.

    ``split_vma()`` asks this before each one; asked before the first, a
    refused call changes nothing.
    """
    if mm.map_count + splits > SYSCTL_MAX_MAP_COUNT:
        raise Refused("ENOMEM", f"{mm.name} has too many VMAs to split one")


def split_vma(vma: Vma, address: int, new_below: bool) -> None:
    """Split at ``address``; the new VMA is the lower or the upper part.

    Follows ``__split_vma()``: whether there is room is for the caller.
    """
    assert vma.vm_start < address < vma.vm_end
    new = vm_area_dup(vma)
    if new_below:
        new.vm_end = address
    else:
        new.vm_start = address
        new.vm_pgoff = linear_page_index(vma, address)
    anon_vma_clone(new, vma)
    anon_vma_interval_tree_pre_update_vma(vma)
    if new_below:
        vma.vm_pgoff = linear_page_index(vma, address)
        vma.vm_start = address
    else:
        vma.vm_end = address
    vma_link(new)
    anon_vma_interval_tree_post_update_vma(vma)
    for tracer in vma.vm_mm.trace:
        tracer.linked(new)


# --- merging ---------------------------------------------------------------


@dataclass
class VmaMergeStruct:
    """A range that would like to join its neighbours (``vma_merge_struct``)."""

    mm: Mm
    start: int
    end: int
    pgoff: int
    flags: int
    file: File | None
    anon_vma: AnonVma | None
    prev: Vma | None = None
    next: Vma | None = None


def is_mergeable_anon_vma(
    anon_vma1: AnonVma | None, anon_vma2: AnonVma | None, vma: Vma | None
) -> bool:
    """Both the same, or one missing and ``vma`` not cloned from a parent.

    A VMA without anon_vma has an empty chain, which is not singular either.
    """
    if (anon_vma1 is None or anon_vma2 is None) and (
        vma is None or len(vma.anon_vma_chain) == 1
    ):
        return True
    return anon_vma1 is anon_vma2


def is_mergeable_vma(vmg: VmaMergeStruct, vma: Vma) -> bool:
    """Same flags and same file."""
    return vma.vm_flags == vmg.flags and vma.vm_file is vmg.file


def can_vma_merge_left(vmg: VmaMergeStruct) -> bool:
    """May the previous VMA grow over the range?"""
    prev = vmg.prev
    return (
        prev is not None
        and prev.vm_end == vmg.start
        and is_mergeable_vma(vmg, prev)
        and is_mergeable_anon_vma(vmg.anon_vma, prev.anon_vma, prev)
        and prev.last_pgoff + 1 == vmg.pgoff
    )


def can_vma_merge_right(vmg: VmaMergeStruct, can_merge_left: bool) -> bool:
    """May the next VMA grow over the range, and join the left one if that may?"""
    prev, next_ = vmg.prev, vmg.next
    if (
        next_ is None
        or next_.vm_start != vmg.end
        or not is_mergeable_vma(vmg, next_)
        or not is_mergeable_anon_vma(vmg.anon_vma, next_.anon_vma, next_)
        or next_.vm_pgoff != vmg.pgoff + vmg.end - vmg.start
    ):
        return False
    if not can_merge_left:
        return True
    assert prev is not None
    return is_mergeable_anon_vma(prev.anon_vma, next_.anon_vma, None)


def dup_anon_vma(dst: Vma, src: Vma) -> None:
    """The growing VMA needs an anon_vma if the pages it takes in have one."""
    if src.anon_vma is not None and dst.anon_vma is None:
        dst.anon_vma = src.anon_vma
        anon_vma_clone(dst, src)


def commit_merge(
    vma: Vma,
    start: int,
    end: int,
    pgoff: int,
    adjust: Vma | None = None,
    adjust_start: int = 0,
    remove: tuple[Vma, ...] = (),
) -> None:
    """Give ``vma`` its new range, ``adjust`` the rest, drop ``remove``.

    ``adjust_start`` is added to the start (and pgoff) of ``adjust``.
    """
    anon_vma = vma.anon_vma or (adjust.anon_vma if adjust else None)
    changed = (vma, adjust) if adjust else (vma,)
    if anon_vma is not None:
        for changing in changed:
            anon_vma_interval_tree_pre_update_vma(changing)
    for removed in remove:
        _detach(removed)
    vma.vm_start, vma.vm_end, vma.vm_pgoff = start, end, pgoff
    if adjust:
        adjust.vm_start += adjust_start
        adjust.vm_pgoff += adjust_start
    if anon_vma is not None:
        for changing in changed:
            anon_vma_interval_tree_post_update_vma(changing)
    for removed in remove:
        if removed.anon_vma is not None:
            anon_vma_merge(vma, removed)


def vma_merge_new_range(vmg: VmaMergeStruct) -> Vma | None:
    """Let the neighbours of an empty range grow over it; None if none can."""
    prev, next_ = vmg.prev, vmg.next
    left = can_vma_merge_left(vmg)
    right = can_vma_merge_right(vmg, left)
    if left:
        assert prev is not None
        if right:
            assert next_ is not None
            dup_anon_vma(prev, next_)
            commit_merge(
                prev, prev.vm_start, next_.vm_end, prev.vm_pgoff, remove=(next_,)
            )
        else:
            commit_merge(prev, prev.vm_start, vmg.end, prev.vm_pgoff)
        return prev
    if right:
        assert next_ is not None
        pgoff = next_.vm_pgoff - (vmg.end - vmg.start)
        commit_merge(next_, vmg.start, next_.vm_end, pgoff)
        return next_
    return None


def vma_merge_existing_range(vma: Vma, vmg: VmaMergeStruct) -> Vma | None:
    """Let neighbours take over ``[vmg.start, vmg.end)`` of ``vma``.

    Returns the VMA that now covers the range, or None if nothing merged.
    ``vmg.next`` is set here, as in the kernel.
    """
    left_side = vmg.start == vma.vm_start
    right_side = vmg.end == vma.vm_end
    merge_left = left_side and can_vma_merge_left(vmg)
    if right_side:
        vmg.next = find_vma(vma.vm_mm, vma.vm_end)
    merge_right = right_side and can_vma_merge_right(vmg, merge_left)
    whole = left_side and right_side
    prev, next_ = vmg.prev, vmg.next

    if merge_left and merge_right:
        assert prev is not None and next_ is not None
        dup_anon_vma(prev, next_ if next_.anon_vma else vma)
        commit_merge(
            prev, prev.vm_start, next_.vm_end, prev.vm_pgoff, remove=(vma, next_)
        )
        return prev
    if merge_left:
        assert prev is not None
        dup_anon_vma(prev, vma)
        if whole:
            commit_merge(prev, prev.vm_start, vmg.end, prev.vm_pgoff, remove=(vma,))
        else:
            shrink = vmg.end - vma.vm_start
            commit_merge(prev, prev.vm_start, vmg.end, prev.vm_pgoff, vma, shrink)
        return prev
    if merge_right:
        assert next_ is not None
        dup_anon_vma(next_, vma)
        if whole:
            pgoff = next_.vm_pgoff - vma.pages
            commit_merge(next_, vmg.start, next_.vm_end, pgoff, remove=(vma,))
        else:
            grow = vma.vm_end - vmg.start
            commit_merge(vma, vma.vm_start, vmg.start, vma.vm_pgoff, next_, -grow)
        return next_
    return None


def vma_modify_flags(
    prev: Vma | None, vma: Vma, start: int, end: int, new_flags: int
) -> Vma:
    """Give ``[start, end)`` of ``vma`` new flags: merge, or split and set.

    Returns the VMA that covers the range afterwards. Raises Refused(ENOMEM)
    when a split would exceed ``max_map_count``; the kernel, where it has to
    split twice, may have done so once by then.
    """
    vmg = VmaMergeStruct(
        vma.vm_mm,
        start,
        end,
        linear_page_index(vma, start),
        new_flags,
        vma.vm_file,
        vma.anon_vma,
        prev=prev,
    )
    merged = vma_merge_existing_range(vma, vmg)
    if merged is None:
        require_room(vma.vm_mm, (vma.vm_start < start) + (vma.vm_end > end))
        if vma.vm_start < start:
            split_vma(vma, start, new_below=True)
        if vma.vm_end > end:
            split_vma(vma, end, new_below=False)
        merged = vma
    merged.vm_flags = new_flags
    return merged


def vma_merge_extend(vma: Vma, delta: int) -> None:
    """Grow ``vma`` in place by ``delta`` pages; it may join what follows."""
    vmg = VmaMergeStruct(
        vma.vm_mm,
        vma.vm_end,
        vma.vm_end + delta,
        linear_page_index(vma, vma.vm_end),
        vma.vm_flags,
        vma.vm_file,
        vma.anon_vma,
        prev=vma,
        next=find_vma(vma.vm_mm, vma.vm_end),
    )
    merged = vma_merge_new_range(vmg)
    assert merged is vma


# --- mremap's copy, munmap -------------------------------------------------


def copy_vma(
    vma: Vma, address: int, pages: int, pgoff: int, keep_source: bool
) -> tuple[Vma, Vma]:
    """The destination VMA of a move, merged with neighbours or new.

    An anonymous VMA that was never faulted takes the new address as its
    pgoff. Returns (new VMA, source VMA): the source may have been merged into
    the new one. With ``keep_source`` (MREMAP_DONTUNMAP) it never is.
    """
    mm = vma.vm_mm
    source = vma.vm_start
    faulted_in_anon_vma = True
    if vma.vm_file is None and vma.anon_vma is None:
        pgoff = address
        faulted_in_anon_vma = False
    prev, next_ = find_vma_prev(mm, address)
    vmg = VmaMergeStruct(
        mm,
        address,
        address + pages,
        pgoff,
        vma.vm_flags,
        vma.vm_file,
        vma.anon_vma,
        prev=prev,
        next=next_,
    )
    if not faulted_in_anon_vma and keep_source:
        if vmg.prev is vma:
            vmg.prev = None
        if vmg.next is vma:
            vmg.next = None
    new_vma = vma_merge_new_range(vmg)
    if new_vma is not None:
        return new_vma, (new_vma if new_vma.covers(source) else vma)
    new_vma = vm_area_dup(vma)
    new_vma.vm_start, new_vma.vm_end = address, address + pages
    new_vma.vm_pgoff = pgoff
    anon_vma_clone(new_vma, vma)
    vma_link(new_vma)
    for tracer in mm.trace:
        tracer.linked(new_vma)
    return new_vma, vma


def do_munmap(mm: Mm, start: int, end: int) -> None:
    """Unmap ``[start, end)``; a hole in it is no error.

    Follows ``do_vmi_align_munmap()``. Raises Refused(ENOMEM) when cutting
    the middle out of a VMA would exceed ``max_map_count``.
    """
    gone = vmas_in(mm, start, end)
    if not gone:
        return
    first = gone[0]
    if first.vm_start < start:
        if first.vm_end > end:
            require_room(mm, 1)
        split_vma(first, start, new_below=True)
    last = gone[-1]
    if last.vm_end > end:
        split_vma(last, end, new_below=False)
    for vma in gone:
        unmap_region(mm, vma.vm_start, vma.vm_end)
    for vma in gone:
        for tracer in mm.trace:
            tracer.unlinked(vma)
        unlink_anon_vmas(vma)
        _detach(vma)


# --- sharing an anon_vma with a neighbour ----------------------------------


def anon_vma_compatible(a: Vma, b: Vma) -> bool:
    """Could the two adjacent VMAs become one, but for their permissions?"""
    return (
        a.vm_end == b.vm_start
        and a.vm_file is b.vm_file
        and not (a.vm_flags ^ b.vm_flags) & ~VM_ACCESS_FLAGS
        and b.vm_pgoff == a.vm_pgoff + b.vm_start - a.vm_start
    )


def reusable_anon_vma(old: Vma, a: Vma, b: Vma) -> AnonVma | None:
    """The anon_vma of ``old``, one of the neighbours ``a`` and ``b``, to share."""
    if anon_vma_compatible(a, b) and len(old.anon_vma_chain) == 1:
        return old.anon_vma
    return None


def find_mergeable_anon_vma(vma: Vma) -> AnonVma | None:
    """An anon_vma to share with a neighbour: the next VMA, else the previous."""
    next_ = find_vma(vma.vm_mm, vma.vm_end)
    if next_ is not None and (anon_vma := reusable_anon_vma(next_, vma, next_)):
        return anon_vma
    prev = vma_prev(vma)
    return reusable_anon_vma(prev, prev, vma) if prev else None
