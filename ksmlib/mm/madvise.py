"""Advice on a range: mm/madvise.c of Linux 6.12."""

from __future__ import annotations

from typing import Literal

from ksmlib.mm.ksm import Ksm, ksm_madvise
from ksmlib.mm.memory import unmap_region
from ksmlib.mm.types import VM_DONTCOPY, Mm, Refused, Vma
from ksmlib.mm.vma import each_part, require_mapped, vma_modify_flags

Advice = Literal["mergeable", "unmergeable", "dontneed", "dontfork", "dofork"]


def _new_flags(vma: Vma, start: int, end: int, advice: Advice, ksm: Ksm) -> int:
    """``madvise_vma_behavior()``: act, and say the flags the range gets."""
    if advice == "dontneed":
        unmap_region(vma.vm_mm, start, end)
        return vma.vm_flags
    if advice == "dontfork":
        return vma.vm_flags | VM_DONTCOPY
    if advice == "dofork":
        return vma.vm_flags & ~VM_DONTCOPY
    return ksm_madvise(ksm, vma, start, end, advice)


def madvise(mm: Mm, start: int, end: int, advice: Advice, ksm: Ksm) -> None:
    """Follow ``advice`` on ``[start, end)`` (``madvise_walk_vmas()``).

    Raises Refused(ENOMEM) if part of the range is not mapped. The kernel has
    then followed the advice on all that is mapped; here nothing has changed.
    Raises Refused(EAGAIN) where a split would exceed ``max_map_count``.
    """
    require_mapped(mm, start, end)
    for prev, vma, part, stop in each_part(mm, start, end):
        flags = _new_flags(vma, part, stop, advice, ksm)
        if flags != vma.vm_flags:
            try:
                vma_modify_flags(prev, vma, part, stop, flags)
            except Refused as refused:  # madvise_vma_behavior() renames ENOMEM
                raise Refused("EAGAIN", refused.why) from None
