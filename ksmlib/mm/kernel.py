"""One machine: its processes, files and ksmd, and the system calls on them.

A refused call raises ``Refused`` with the errno of the kernel and changes
nothing. Addresses are page numbers.
"""

from __future__ import annotations

from ksmlib.mm import fork, madvise, mprotect, mremap
from ksmlib.mm.ksm import Ksm, ksm_do_scan
from ksmlib.mm.memory import do_read_fault, do_write_fault
from ksmlib.mm.rmap import anon_vma_prepare
from ksmlib.mm.trace import Trace
from ksmlib.mm.types import VM_READ, VM_WRITE, File, Folio, Mm, Numbers, Refused, Vma
from ksmlib.mm.vma import (
    SYSCTL_MAX_MAP_COUNT,
    VmaMergeStruct,
    do_munmap,
    find_mergeable_anon_vma,
    find_vma_intersection,
    find_vma_prev,
    vma_link,
    vma_lookup,
    vma_merge_new_range,
)


class Kernel:
    """Everything that a history acts on.

    ``mms`` holds every process that ever ran, in order of their start;
    ``Mm.alive`` tells whether it still does.
    """

    def __init__(
        self, trace: tuple[Trace, ...] = (), max_page_sharing: int = 256
    ) -> None:
        self.numbers = Numbers()
        self.mms: dict[str, Mm] = {}
        self.files: dict[str, File] = {}
        self.trace = trace
        self.ksm = Ksm(max_page_sharing=max_page_sharing, trace=trace)
        self.zero_folio = Folio(0, "zero", "0")

    def mm(self, name: str) -> Mm:
        """The address space of a running process.

        Raises Refused(ESRCH) if it has exited or never ran.
        """
        mm = self.mms.get(name)
        if mm is None:
            raise Refused("ESRCH", f"there is no process {name}")
        if not mm.alive:
            raise Refused("ESRCH", f"{name} has exited")
        return mm

    def start(self, name: str) -> Mm:
        """A fresh process, related to no other.

        Raises Refused(EEXIST) if the name was used before.
        """
        if name in self.mms:
            raise Refused("EEXIST", f"there is or was a process {name} already")
        mm = self.mms[name] = Mm(name, self.numbers, self.trace)
        for tracer in self.trace:
            tracer.started(mm)
        return mm

    def file(self, name: str) -> File:
        """The file of that name, opened once for everybody."""
        return self.files.setdefault(name, File(name))

    def mmap(
        self, mm: Mm, start: int, pages: int, file: File | None = None, offset: int = 0
    ) -> None:
        """Map ``pages`` private pages at ``start``, readable and writable.

        ``mmap(MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_NORESERVE)``, anonymous
        or of ``file`` from its page ``offset``. Raises Refused: ENOMEM beyond
        ``max_map_count``, EEXIST if something is mapped there.
        """
        if mm.map_count > SYSCTL_MAX_MAP_COUNT:
            raise Refused("ENOMEM", f"{mm.name} has too many VMAs")
        if find_vma_intersection(mm, start, start + pages):
            raise Refused("EEXIST", "part of the range is mapped already")
        end, pgoff = start + pages, offset if file else start
        flags = VM_READ | VM_WRITE
        prev, next_ = find_vma_prev(mm, start)
        vmg = VmaMergeStruct(mm, start, end, pgoff, flags, file, None, prev, next_)
        if vma_merge_new_range(vmg) is None:
            vma_link(Vma(mm, start, end, pgoff, flags, file))

    def munmap(self, mm: Mm, start: int, pages: int) -> None:
        """Unmap a range; holes in it do not matter."""
        do_munmap(mm, start, start + pages)

    def write(self, mm: Mm, start: int, pages: int, content: str) -> None:
        """Give each page of the range this content.

        Raises Refused(EFAULT), before anything is written, where the process
        would get a signal.
        """
        vmas = self._accessible(mm, start, pages, VM_WRITE, "written")
        for address, vma in enumerate(vmas, start):
            if vma.anon_vma is None:
                anon_vma_prepare(vma, find_mergeable_anon_vma(vma))
            do_write_fault(vma, address, content)

    def read(self, mm: Mm, start: int, pages: int) -> None:
        """Touch each page of the range; errors as for ``write``."""
        vmas = self._accessible(mm, start, pages, VM_READ, "read")
        for address, vma in enumerate(vmas, start):
            do_read_fault(vma, address, self.zero_folio)

    def _accessible(
        self, mm: Mm, start: int, pages: int, access: int, verb: str
    ) -> list[Vma]:
        """The VMA of each page of the range, all of them allowing ``access``."""
        vmas = []
        for address in range(start, start + pages):
            vma = vma_lookup(mm, address)
            if vma is None:
                raise Refused("EFAULT", "part of the range is not mapped")
            if not vma.vm_flags & access:
                raise Refused("EFAULT", f"part of the range may not be {verb}")
            vmas.append(vma)
        return vmas

    def mprotect(self, mm: Mm, start: int, pages: int, access: int) -> None:
        """See ``ksmlib.mm.mprotect.mprotect``."""
        mprotect.mprotect(mm, start, start + pages, access)

    def madvise(self, mm: Mm, start: int, pages: int, advice: madvise.Advice) -> None:
        """See ``ksmlib.mm.madvise.madvise``."""
        madvise.madvise(mm, start, start + pages, advice, self.ksm)

    def mremap(
        self,
        mm: Mm,
        old: int,
        old_pages: int,
        new: int,
        new_pages: int,
        dontunmap: bool = False,
    ) -> None:
        """Move to ``new``; see ``ksmlib.mm.mremap.mremap_to``."""
        mremap.mremap_to(mm, old, old_pages, new, new_pages, dontunmap)

    def mremap_resize(self, mm: Mm, old: int, old_pages: int, new_pages: int) -> None:
        """Resize in place; see ``ksmlib.mm.mremap.mremap_resize``."""
        mremap.mremap_resize(mm, old, old_pages, new_pages)

    def fork(self, mm: Mm, name: str) -> Mm:
        """A child called ``name``. Raises Refused(EEXIST) if it was used before."""
        child = self.start(name)
        fork.dup_mmap(child, mm, self.ksm)
        return child

    def exit(self, mm: Mm) -> None:
        """The process ends; its rmap_items stay until the next scan."""
        fork.exit_mmap(mm, self.ksm)

    def ksmd(self, scans: int = 1) -> None:
        """Let ksmd do full scans."""
        for _ in range(scans):
            ksm_do_scan(self.ksm)
