"""Replaying a history on the kernel model, forward and back."""

from __future__ import annotations

from dataclasses import dataclass

from ksmlib.history.language import History
from ksmlib.history.operations import (
    Exit,
    Fork,
    Ksmd,
    Madvise,
    Mmap,
    Mprotect,
    Mremap,
    MremapResize,
    Munmap,
    Operation,
    ProcessOperation,
    Read,
    WalkPage,
    Write,
)
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.trace import Trace
from ksmlib.mm.types import VM_READ, VM_WRITE, Folio, Mm, Refused

#: Page 0 of a history is this page of the address space. Page offsets of
#: anonymous memory count from it too, those of files do not: no file is as
#: long, so an address is never a page offset of a file.
BASE = 1 << 24

_ACCESS = {"ro": VM_READ, "rw": VM_READ | VM_WRITE, "none": 0}


@dataclass(frozen=True)
class Refusal:
    """An operation the kernel refused: which, and why."""

    step: int
    line: int
    errno: str
    why: str


def _act(kernel: Kernel, mm: Mm, operation: ProcessOperation) -> None:
    match operation:
        case Fork(child=child):
            kernel.fork(mm, child)
        case Exit():
            kernel.exit(mm)
        case Mmap(range=r, file=None):
            kernel.mmap(mm, BASE + r.start, r.pages)
        case Mmap(range=r, file=str(file), offset=offset):
            kernel.mmap(mm, BASE + r.start, r.pages, kernel.file(file), offset)
        case Munmap(range=r):
            kernel.munmap(mm, BASE + r.start, r.pages)
        case Write(range=r, content=content):
            kernel.write(mm, BASE + r.start, r.pages, content)
        case Read(range=r):
            kernel.read(mm, BASE + r.start, r.pages)
        case Mprotect(range=r, protection=protection):
            kernel.mprotect(mm, BASE + r.start, r.pages, _ACCESS[protection])
        case Madvise(range=r, advice=advice):
            kernel.madvise(mm, BASE + r.start, r.pages, advice)
        case Mremap(range=r, to=to, dontunmap=dontunmap):
            old, new = BASE + r.start, BASE + to.start
            kernel.mremap(mm, old, r.pages, new, to.pages, dontunmap)
        case MremapResize(range=r, pages=pages):
            kernel.mremap_resize(mm, BASE + r.start, r.pages, pages)
        case _:
            raise NotImplementedError(operation)


def apply(kernel: Kernel, operation: Operation) -> None:
    """Do one operation. Raises Refused; the kernel is then as before.

    A process named for the first time starts as a fresh one.
    """
    match operation:
        case Ksmd(scans=scans):
            kernel.ksmd(scans)
        case WalkPage():
            folio_to_walk(kernel, operation)
        case ProcessOperation(process=name):
            fresh = name not in kernel.mms
            mm = kernel.start(name) if fresh else kernel.mm(name)
            try:
                _act(kernel, mm, operation)
            except Refused:
                if fresh:
                    del kernel.mms[name]
                raise


def folio_to_walk(kernel: Kernel, operation: WalkPage) -> Folio:
    """The folio a ``walk`` line asks about.

    Raises Refused: ESRCH without such a process, EFAULT without a folio
    there, EINVAL if it is one that anonymous rmap knows nothing of.
    """
    mm = kernel.mm(operation.process)
    folio = mm.page_table.get(BASE + operation.page)
    where = f"page {operation.page} of {operation.process}"
    if folio is None:
        raise Refused("EFAULT", f"nothing is mapped at {where}")
    if not folio.test_anon:
        what = "the zero page" if folio.kind == "zero" else "a page of a file"
        raise Refused("EINVAL", f"{where} is {what}, which is not anonymous")
    return folio


class Replay:
    """A history, and the machine as it is after ``position`` operations.

    Going back replays from the start: the state is a function of history and
    position, and nothing else. ``trace`` are the tracers the kernel calls.
    """

    def __init__(
        self,
        history: History,
        trace: tuple[Trace, ...] = (),
        max_page_sharing: int = 256,
    ) -> None:
        self.history = history
        self.trace = trace
        self.max_page_sharing = max_page_sharing
        self._operations = history.operations
        self._reset()

    def _reset(self) -> None:
        self.kernel = Kernel(self.trace, self.max_page_sharing)
        self.position = 0
        self.refusals: list[Refusal] = []

    def __len__(self) -> int:
        return len(self._operations)

    @property
    def operation(self) -> Operation | None:
        """The operation just done, None at the start."""
        return self._operations[self.position - 1] if self.position else None

    def step(self) -> Refusal | None:
        """Do the next operation; says so if it was refused.

        Raises IndexError at the end.
        """
        operation = self._operations[self.position]
        self.position += 1
        try:
            apply(self.kernel, operation)
        except Refused as refused:
            refusal = Refusal(
                self.position,
                self.history.line_of(self.position),
                refused.errno,
                refused.why,
            )
            self.refusals.append(refusal)
            return refusal
        return None

    def seek(self, position: int) -> None:
        """Go to just after ``position`` operations, forward or back.

        Raises IndexError outside 0 to ``len(self)``.
        """
        if not 0 <= position <= len(self):
            raise IndexError(f"step {position} of {len(self)}")
        if position < self.position:
            self._reset()
        while self.position < position:
            self.step()

    def run(self) -> None:
        """Go to the end."""
        self.seek(len(self))
