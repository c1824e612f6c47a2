"""Machines of small bounds, with and without reduction, and how to rename them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from ksmlib.designs import designs
from ksmlib.explore.bound import CONTENTS, PROCESSES, Bound
from ksmlib.explore.canonical import canonical
from ksmlib.explore.histories import Histories
from ksmlib.explore.machine import Machine
from ksmlib.history import parse
from ksmlib.history.operations import Operation
from ksmlib.mm.kernel import Kernel
from ksmlib.report.merged import MergedPtes

#: They save something each on another object; what more they save would only
#: hide what the form leaves out.
DESIGNS = ("full", "by-index-origin", "remap-bit-anon-vma")

_MERGED = "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2"
_ORPHANS = "A mmap 0+2; A write 0+2 x; A fork B; A madvise 0+2 mergeable; ksmd 2"
_ORPHANS += "; A munmap 0+2; ksmd"

#: Histories to start from, and small bounds: between them every kind of
#: operation, KSM folios in use and out of use, and two of one content.
BOUNDS = {
    "from nothing": ("", Bound(procs=2, pages=2, ops=4)),
    "three processes": (
        "A mmap 0+2; A fork B; A write 0+1 x",
        Bound(
            procs=3,
            pages=2,
            ops=3,
            contents=1,
            kinds=("mmap", "write", "fork", "mremap", "exit", "mergeable", "ksmd"),
        ),
    ),
    "files": (
        "A mmap 0+1 file F@1",
        Bound(
            procs=2,
            pages=2,
            ops=3,
            kinds=("mmap", "file", "read", "write", "fork", "dontunmap", "resize"),
        ),
    ),
    "advice": (
        "A mmap 0+1; A madvise 0+1 mergeable; A write 0+1 x; A fork B",
        Bound(
            procs=2,
            pages=1,
            ops=4,
            kinds=(
                *("mmap", "write", "fork", "mergeable", "unmergeable", "dontneed"),
                *("dontfork", "dofork", "scan", "ksmd"),
            ),
        ),
    ),
    "merged": (
        f"{_MERGED}; A fork B",
        Bound(
            procs=2,
            pages=2,
            ops=2,
            kinds=(
                *("write", "fork", "mremap", "munmap", "mprotect", "mergeable"),
                *("unmergeable", "dontneed", "dontunmap", "exit", "scan", "ksmd"),
            ),
        ),
    ),
    "parent gone": (
        f"{_MERGED}; A fork B; A exit",
        Bound(
            procs=2,
            pages=2,
            ops=3,
            contents=1,
            kinds=("write", "munmap", "mremap", "scan"),
        ),
    ),
    "two folios of one content": (
        f"{_ORPHANS}; A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2",
        Bound(procs=2, pages=2, ops=2, kinds=("write", "munmap", "scan", "mergeable")),
    ),
}


def form(machine: Machine) -> bytes:
    return canonical(machine.kernel, machine.merged.ptes)


def start(history: str, ids: Sequence[str] = DESIGNS) -> Machine:
    """The machine after a history."""
    machine = Machine(designs(",".join(ids)), Kernel(), MergedPtes())
    for operation in parse(history).operations:
        assert machine.do(operation)
    return machine


def unreduced(
    first: str, bound: Bound, ids: Sequence[str] = DESIGNS
) -> Iterator[tuple[tuple[Operation, ...], Machine, int]]:
    """Every machine from there on, told apart by every field of every object.

    With a history that leads there, and how many operations are left.
    """
    model = Histories(bound, tuple(ids), reduce=False, cut=False)
    known = set()
    level = [((), start(first, ids))]
    for left in range(bound.ops, -1, -1):
        after = []
        for history, machine in level:
            yield history, machine, left
            for operation in model.actions(machine, left) if left else ():
                child = model.next(machine, operation)
                if child is not None and child.pickled not in known:
                    known.add(child.pickled)
                    after.append(((*history, operation), child))
        level = after


def renamings(bound: Bound) -> list[dict[str, str]]:
    """Every way to give processes each other's names, and contents."""
    names, contents = PROCESSES[: bound.procs], CONTENTS[: bound.contents]
    return [
        dict(zip(names + contents, p + c, strict=True))
        for p in permutations(names)
        for c in permutations(contents)
    ]
