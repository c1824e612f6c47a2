"""A history as the script that the runner in the guest reads.

One command a line, the page numbers of the history, decimal numbers. Contents
are numbered from 1: number 0 would be a page of zeros. A ``walk`` line needs
no command, since every state holds the walk of every folio.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

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
    Range,
    Read,
    WalkPage,
    Write,
)

#: max_page_sharing of a kernel where nobody has set it.
MAX_PAGE_SHARING = 256
#: Chains are pruned by the clock; this long a time is never over in a run.
NEVER_PRUNE = ("stable_node_chains_prune_millisecs", 1_000_000_000)
#: Bytes of a file that a read fault maps: the model maps no neighbours.
ONE_PAGE = 4096


@dataclass(frozen=True)
class Case:
    """A history to run, under a name that nothing else in the run has."""

    name: str
    history: History
    max_page_sharing: int = MAX_PAGE_SHARING


@dataclass(frozen=True)
class Script:
    """The text, and what a guest answers to it, in order.

    ``steps`` has the step of each line that gives an op record, ``states``
    the steps after which the state is printed. A step counts the operations of
    the history from 1; what is done before one, such as starting a process, is
    step 0. ``refused`` has the errno of the steps that have no line because of
    a name: that a process has exited, or that a name is used once, is a rule of
    the language, not of the kernel.
    """

    name: str
    text: str
    steps: tuple[int, ...]
    states: tuple[int, ...]
    refused: dict[int, str]


@dataclass
class _Writer:
    lines: list[str] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    processes: set[str] = field(default_factory=set)
    exited: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)

    def act(self, line: str, step: int = 0) -> None:
        self.lines.append(line)
        self.steps.append(step)

    def settings(self, case: Case) -> None:
        if case.max_page_sharing != MAX_PAGE_SHARING:
            file, value = NEVER_PRUNE
            self.act(f"set ksm {file} {value}")
            self.act(f"set ksm max_page_sharing {case.max_page_sharing}")
        operations = case.history.operations
        if any(isinstance(op, Mmap) and op.file for op in operations):
            self.act(f"set fault_around {ONE_PAGE}")

    def operation(self, operation: Operation, step: int) -> None:
        if isinstance(operation, ProcessOperation):
            errno = self.names(operation)
            if errno is not None:
                self.refused[step] = errno
                return
        self.act(self.line(operation), step)

    def names(self, operation: ProcessOperation) -> str | None:
        """Start the process if it is new; the errno if a name is wrong."""
        process = operation.process
        if process in self.exited:
            return "ESRCH"
        if process not in self.processes:
            self.processes.add(process)
            self.act(f"start {process}")
        if isinstance(operation, Fork):
            if operation.child in self.processes:
                return "EEXIST"
            self.processes.add(operation.child)
        if isinstance(operation, Exit):
            self.exited.add(process)
        return None

    def line(self, operation: Operation) -> str:
        """The command for one operation."""
        match operation:
            case Ksmd(scans=scans):
                return f"ksmd {scans}"
            case Fork(process=process, child=child):
                return f"fork {process} {child}"
            case Exit(process=process):
                return f"exit {process}"
            case Mmap(process=process, range=r, file=file, offset=offset):
                of = f" {file} {offset}" if file else ""
                return f"mmap {process} {_range(r)} rw{of}"
            case Munmap(process=process, range=r):
                return f"munmap {process} {_range(r)}"
            case Mremap(process=process, range=r, to=to, dontunmap=dontunmap):
                how = " dontunmap" if dontunmap else ""
                return f"mremap {process} {_range(r)} {_range(to)}{how}"
            case MremapResize(process=process, range=r, pages=pages):
                return f"mremap {process} {_range(r)} - {pages}"
            case Mprotect(process=process, range=r, protection=protection):
                return f"mprotect {process} {_range(r)} {protection}"
            case Madvise(process=process, range=r, advice=advice):
                return f"madvise {process} {_range(r)} {advice}"
            case Write(process=process, range=r, content=content):
                number = self.numbers.setdefault(content, len(self.numbers) + 1)
                return f"write {process} {_range(r)} {number}"
            case Read(process=process, range=r):
                return f"read {process} {_range(r)}"
        raise NotImplementedError(operation)


def _range(r: Range) -> str:
    return f"{r.start} {r.pages}"


def script(case: Case, states: Collection[int] | None = None) -> Script:
    """The script of a history.

    ``states`` are the steps after which to print the state, counted from 1;
    None asks for all.
    """
    writer = _Writer()
    asked = []
    writer.lines.append(f"history {case.name}")
    writer.settings(case)
    for step, operation in enumerate(case.history.operations, start=1):
        if not isinstance(operation, WalkPage):
            writer.operation(operation, step)
        if states is None or step in states:
            writer.lines.append(f"state {step}")
            asked.append(step)
    text = "".join(f"{line}\n" for line in writer.lines)
    steps, states_asked = tuple(writer.steps), tuple(asked)
    return Script(case.name, text, steps, states_asked, writer.refused)
