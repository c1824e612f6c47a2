"""Where model and kernel part on purpose: the one list of what is excused.

A call that the kernel refuses may have done part of its work by then. The
model changes nothing: that is what a reader of a history expects. To follow a
kernel any further the model is told to do that part, so that the errno and
the state after it are compared all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from ksmlib.history.operations import (
    Madvise,
    Mprotect,
    Mremap,
    Munmap,
    Operation,
    Range,
    RangeOperation,
    Read,
    Write,
)
from ksmlib.history.pages import page_runs
from ksmlib.history.replay import BASE
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.types import VM_READ, VM_WRITE, Mm
from ksmlib.mm.vma import vma_lookup

#: What is excused, by the verb of the operation, and why.
REASONS = {
    "mprotect": "do_mprotect_pkey() has changed what lies before the hole",
    "madvise": "madvise_walk_vmas() has advised all that is mapped",
    "write": "the process has written what lies before the page that kills it",
    "read": "the process has read what lies before the page that kills it",
    "mremap": "mremap_to() has unmapped the new range, and the tail given up",
}


def half_done(kernel: Kernel, operation: Operation) -> tuple[Operation, ...]:
    """What a kernel has done of an operation that it refuses.

    ``kernel`` is the model after it refused the operation too.
    """
    if not isinstance(operation, RangeOperation):
        return ()
    mm = kernel.mms.get(operation.process)
    if mm is None or not mm.alive:
        return ()
    return tuple(_parts(mm, operation))


def _parts(mm: Mm, operation: RangeOperation) -> Iterator[Operation]:
    process, range_ = operation.process, operation.range
    match operation:
        case Mprotect(protection=protection):
            for part in _up_to(_mapped(mm, range_), range_):
                yield Mprotect(process, part, protection)
        case Madvise(advice=advice):
            for first, last in page_runs(_mapped(mm, range_)):
                part = Range(first, last + 1 - first)
                yield Madvise(process, part, advice)
        case Write(content=content):
            for part in _up_to(_mapped(mm, range_, VM_WRITE), range_):
                yield Write(process, part, content)
        case Read():
            for part in _up_to(_mapped(mm, range_, VM_READ), range_):
                yield Read(process, part)
        case Mremap(to=to, dontunmap=dontunmap):
            if _refused_late(mm, range_, to, dontunmap):
                yield Munmap(process, to)
                if range_.pages > to.pages:
                    tail = Range(range_.start + to.pages, range_.pages - to.pages)
                    yield Munmap(process, tail)


def _refused_late(mm: Mm, old: Range, new: Range, dontunmap: bool) -> bool:
    """Does ``mremap_to()`` come as far as to unmap the new range?"""
    if dontunmap and old.pages != new.pages:
        return False
    if vma_lookup(mm, BASE + old.start) is None:
        return False
    return old.end <= new.start or new.end <= old.start


def _mapped(mm: Mm, range_: Range, access: int = 0) -> list[int]:
    """The pages of a range that are mapped, and may be accessed like this."""
    pages = []
    for page in range(range_.start, range_.end):
        vma = vma_lookup(mm, BASE + page)
        if vma is not None and vma.vm_flags & access == access:
            pages.append(page)
    return pages


def _up_to(pages: list[int], range_: Range) -> Iterator[Range]:
    """The pages from the start of the range on, without a gap, if there are any."""
    for first, last in page_runs(pages)[:1]:
        if first == range_.start:
            yield Range(first, last + 1 - first)
