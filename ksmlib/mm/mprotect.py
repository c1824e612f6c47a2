"""Changing permissions: mm/mprotect.c of Linux 6.12."""

from __future__ import annotations

from ksmlib.mm.types import VM_ACCESS_FLAGS, Mm
from ksmlib.mm.vma import each_part, require_mapped, vma_modify_flags


def mprotect(mm: Mm, start: int, end: int, access: int) -> None:
    """Give ``[start, end)`` the access bits ``access`` (VM_READ, VM_WRITE).

    Raises Refused(ENOMEM) if part of the range is not mapped. The kernel has
    then changed what comes before the hole; here nothing has changed.
    """
    require_mapped(mm, start, end)
    for prev, vma, part, stop in each_part(mm, start, end):
        flags = vma.vm_flags & ~VM_ACCESS_FLAGS | access
        if flags != vma.vm_flags:
            vma_modify_flags(prev, vma, part, stop, flags)
