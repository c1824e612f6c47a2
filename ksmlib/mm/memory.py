"""Page tables and faults: mm/memory.c of Linux 6.12."""

from __future__ import annotations

from ksmlib.mm.rmap import folio_add_new_anon_rmap, folio_move_anon_rmap
from ksmlib.mm.types import Folio, Mm, Vma, linear_page_index


def set_pte(mm: Mm, address: int, folio: Folio) -> None:
    """Map ``folio`` at ``address``, in place of whatever was there."""
    clear_pte(mm, address)
    mm.page_table[address] = folio
    folio.mapcount += 1


def clear_pte(mm: Mm, address: int) -> None:
    """Unmap what is at ``address``, if anything is."""
    folio = mm.page_table.pop(address, None)
    if folio is None:
        return
    folio.mapcount -= 1
    if folio.mapcount == 0 and folio.test_anon:
        for tracer in mm.trace:
            tracer.freed(folio)


def unmap_region(mm: Mm, start: int, end: int) -> None:
    """``unmap_vmas()`` / ``zap_page_range()`` on ``[start, end)``."""
    for address in range(start, end):
        clear_pte(mm, address)


def move_page_tables(vma: Vma, start: int, new_vma: Vma, new: int, pages: int) -> None:
    """Carry the PTEs of a range over to its new place; folios stay as they are."""
    source, target = vma.vm_mm.page_table, new_vma.vm_mm.page_table
    for i in range(pages):
        folio = source.pop(start + i, None)
        if folio is not None:
            target[new + i] = folio


def copy_page_range(child: Vma, vma: Vma) -> None:
    """Share the pages of ``vma`` with the child, unless faults will fill them.

    ``vma_needs_copy()``: only a VMA with an anon_vma is copied, and then all
    of it, zero pages and file pages included.
    """
    if vma.anon_vma is None:
        return
    page_table = vma.vm_mm.page_table
    for address in range(vma.vm_start, vma.vm_end):
        folio = page_table.get(address)
        if folio is not None:
            folio.anon_exclusive = False
            set_pte(child.vm_mm, address, folio)


def filemap_fault(vma: Vma, address: int) -> Folio:
    """The folio of the page cache behind a page of a file mapping."""
    file, index = vma.vm_file, linear_page_index(vma, address)
    assert file is not None
    folio = file.page_cache.get(index)
    if folio is None:
        folio = Folio(
            vma.vm_mm.numbers.folio(), "file", f"{file.name}@{index}", file, index
        )
        file.page_cache[index] = folio
    return folio


def do_read_fault(vma: Vma, address: int, zero_folio: Folio) -> None:
    """Map what a read finds: the shared zero page, or the file's page.

    A read never gives a VMA its anon_vma. The kernel may map up to 15 file
    pages around the fault as well (``do_fault_around()``); this does not.
    """
    mm = vma.vm_mm
    if address in mm.page_table:
        return
    set_pte(mm, address, filemap_fault(vma, address) if vma.vm_file else zero_folio)


def do_write_fault(vma: Vma, address: int, content: str) -> None:
    """Write ``content`` to a page, copying it first if it is not ours alone.

    Follows ``do_anonymous_page()``, ``do_cow_fault()`` and ``do_wp_page()``.
    The VMA must have its anon_vma (``vmf_anon_prepare()``).
    """
    folio = vma.vm_mm.page_table.get(address)
    if (
        folio is not None
        and folio.test_anon
        and (folio.anon_exclusive or wp_can_reuse_anon_folio(folio, vma))
    ):
        folio.content = content
    else:
        wp_page_copy(vma, address, content)


def wp_can_reuse_anon_folio(folio: Folio, vma: Vma) -> bool:
    """Take over a folio that nobody else maps any more; never a KSM folio."""
    if folio.test_ksm or folio.mapcount != 1:
        return False
    folio_move_anon_rmap(folio, vma)
    return True


def wp_page_copy(vma: Vma, address: int, content: str) -> None:
    """Map a new anonymous folio of this VMA at ``address``."""
    folio = Folio(vma.vm_mm.numbers.folio(), "anon", content)
    folio_add_new_anon_rmap(folio, vma, address)
    set_pte(vma.vm_mm, address, folio)
