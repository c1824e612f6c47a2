"""How much the widget takes: what it counts before it does the work."""

from __future__ import annotations

from ksmlib.history.operations import (
    Exit,
    Fork,
    Ksmd,
    Mmap,
    Mremap,
    MremapResize,
    Operation,
    ProcessOperation,
    RangeOperation,
)
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.types import VM_MERGEABLE, Folio, StableNode

#: What the widget takes. The command takes longer histories.
MAX_TEXT = 65_536
MAX_OPERATIONS = 2_000
#: Pages that all operations together may touch; see ``work_of()``.
MAX_WORK = 60_000
#: Folios that get a table, and what their walks may take; see ``walk_work()``.
MAX_WALKS = 12
MAX_WALK_WORK = 8_000
#: What the walks at all steps together may take for a comparison.
MAX_COMPARED_WORK = 16_000
#: Complaints about a text, and changes of a step, that are told one by one.
MAX_ERRORS = 20
MAX_CHANGES = 40


def work_of(kernel: Kernel, operation: Operation) -> int:
    """How many pages an operation has to look at, at most."""
    match operation:
        case Ksmd(scans=scans):
            pages = sum(
                vma.pages
                for mm in kernel.mms.values()
                for vma in mm.vmas
                if vma.vm_flags & VM_MERGEABLE
            )
            return scans * (pages + len(kernel.mms))
        case Fork(process=name) | Exit(process=name):
            mm = kernel.mms.get(name)
            if mm is None:
                return 1
            chains = sum(1 + len(vma.anon_vma_chain) for vma in mm.vmas)
            return len(mm.page_table) + chains
        case Mremap(range=old, to=new):
            return old.pages + new.pages
        case MremapResize(range=old, pages=pages):
            return old.pages + pages
        case RangeOperation(range=pages) | Mmap(range=pages):
            return pages.pages
        case ProcessOperation() | _:
            return 1


def walk_work(folio: Folio, vmas: int) -> int:
    """How many VMAs a walk of the folio may visit, roughly."""
    items = len(folio.mapping.hlist) if isinstance(folio.mapping, StableNode) else 1
    return items * (1 + vmas)
