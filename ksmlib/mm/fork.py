"""Copying an address space: ``dup_mmap()`` in kernel/fork.c of Linux 6.12."""

from __future__ import annotations

from ksmlib.mm.ksm import Ksm, ksm_exit, ksm_fork
from ksmlib.mm.memory import copy_page_range, unmap_region
from ksmlib.mm.rmap import anon_vma_fork, unlink_anon_vmas
from ksmlib.mm.types import VM_DONTCOPY, Mm
from ksmlib.mm.vma import vm_area_dup


def dup_mmap(mm: Mm, oldmm: Mm, ksm: Ksm) -> None:
    """Fill the empty ``mm`` of a child with what ``oldmm`` maps."""
    ksm_fork(ksm, mm, oldmm)
    for mpnt in oldmm.vmas:
        if mpnt.vm_flags & VM_DONTCOPY:
            continue
        vma = vm_area_dup(mpnt)
        vma.vm_mm = mm
        anon_vma_fork(vma, mpnt)
        mm.vmas.append(vma)
        copy_page_range(vma, mpnt)
    for tracer in mm.trace:
        tracer.dup_mmap(mm, oldmm)


def exit_mmap(mm: Mm, ksm: Ksm) -> None:
    """The last user of ``mm`` is gone: ``ksm_exit()``, then unmap everything.

    The rmap_items stay until ksmd comes by, holding their anon_vmas.
    """
    mm.alive = False
    ksm_exit(ksm, mm)
    for vma in mm.vmas:
        unmap_region(mm, vma.vm_start, vma.vm_end)
    for vma in mm.vmas:
        unlink_anon_vmas(vma)
    mm.vmas.clear()
    for tracer in mm.trace:
        tracer.exited(mm)
