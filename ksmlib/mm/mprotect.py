"""Changing permissions: mm/mprotect.c of Linux 6.12."""

from __future__ import annotations

from ksmlib.mm.types import VM_ACCESS_FLAGS, Mm
from ksmlib.mm.vma import require_mapped, vma_lookup, vma_modify_flags, vma_prev


def mprotect(mm: Mm, start: int, end: int, access: int) -> None:
    """Give ``[start, end)`` the access bits ``access`` (VM_READ, VM_WRITE).

    Raises Refused(ENOMEM) if part of the range is not mapped. The kernel has
    then changed what comes before the hole; here nothing has changed.
    """
    require_mapped(mm, start, end)
    address = start
    while address < end:
        vma = vma_lookup(mm, address)
        assert vma is not None
        stop = min(vma.vm_end, end)
        flags = vma.vm_flags & ~VM_ACCESS_FLAGS | access
        if flags != vma.vm_flags:
            prev = vma_prev(vma) if address == vma.vm_start else vma
            vma_modify_flags(prev, vma, address, stop, flags)
        address = stop
