"""How far to search: so many processes, pages and operations, and which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import get_args

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
    Range,
    Read,
    Write,
)
from ksmlib.mm.madvise import Advice

#: Names, in the order in which they are taken.
PROCESSES = "ABCDEF"
CONTENTS = "xyz"
#: The canonical form of a state keeps page offsets in bytes.
MAX_PAGES = 60
MAX_OPERATIONS = 30

#: What is tried unless told otherwise.
DEFAULT = (
    "mmap",
    "write",
    "fork",
    "mremap",
    "munmap",
    "mprotect",
    "mergeable",
    "ksmd",
)


@dataclass(frozen=True)
class Bound:
    """Up to ``ops`` operations of these kinds, by up to ``procs`` processes.

    Every range lies within the first ``pages`` pages, and so does every place
    to move to. A file has so many pages too. Raises ValueError, in one
    sentence, for a bound that cannot be.
    """

    procs: int = 2
    pages: int = 4
    ops: int = 5
    contents: int = 2
    kinds: tuple[str, ...] = DEFAULT

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("procs", self.procs, 1, len(PROCESSES)),
            ("pages", self.pages, 1, MAX_PAGES),
            ("ops", self.ops, 1, MAX_OPERATIONS),
            ("contents", self.contents, 1, len(CONTENTS)),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}, and may be {low} to {high}")
        for kind in self.kinds:
            if kind not in KINDS:
                raise ValueError(
                    f"no operation {kind[:40]!r}; there are {', '.join(KINDS)}"
                )

    @property
    def ranges(self) -> list[Range]:
        """Every range of pages."""
        pages = range(self.pages)
        return [Range(a, b + 1 - a) for a in pages for b in pages if a <= b]


# --- what each kind of operation can be ------------------------------------


def _mmap(process: str, bound: Bound) -> Iterator[Operation]:
    return (Mmap(process, r) for r in bound.ranges)


def _file(process: str, bound: Bound) -> Iterator[Operation]:
    for r in bound.ranges:
        for offset in range(bound.pages - r.pages + 1):
            yield Mmap(process, r, "F", offset)


def _munmap(process: str, bound: Bound) -> Iterator[Operation]:
    return (Munmap(process, r) for r in bound.ranges)


def _write(process: str, bound: Bound) -> Iterator[Operation]:
    contents = CONTENTS[: bound.contents]
    return (Write(process, r, c) for r in bound.ranges for c in contents)


def _read(process: str, bound: Bound) -> Iterator[Operation]:
    return (Read(process, r) for r in bound.ranges)


def _mprotect(process: str, bound: Bound) -> Iterator[Operation]:
    """``ro`` and ``rw``: ``none`` is to rmap what ``ro`` is."""
    for r in bound.ranges:
        yield Mprotect(process, r, "ro")
        yield Mprotect(process, r, "rw")


def _moves(bound: Bound) -> Iterator[tuple[Range, Range]]:
    for old in bound.ranges:
        for new in bound.ranges:
            if old.end <= new.start or new.end <= old.start:
                yield old, new


def _mremap(process: str, bound: Bound) -> Iterator[Operation]:
    for old, new in _moves(bound):
        if old.pages == new.pages:
            yield Mremap(process, old, new)


def _remap_resized(process: str, bound: Bound) -> Iterator[Operation]:
    for old, new in _moves(bound):
        if old.pages != new.pages:
            yield Mremap(process, old, new)


def _dontunmap(process: str, bound: Bound) -> Iterator[Operation]:
    for old, new in _moves(bound):
        if old.pages == new.pages:
            yield Mremap(process, old, new, dontunmap=True)


def _resize(process: str, bound: Bound) -> Iterator[Operation]:
    for r in bound.ranges:
        for pages in range(1, bound.pages - r.start + 1):
            if pages != r.pages:
                yield MremapResize(process, r, pages)


def _exit(process: str, bound: Bound) -> Iterator[Operation]:
    yield Exit(process)


def _advice(advice: Advice) -> Callable[[str, Bound], Iterator[Operation]]:
    def each(process: str, bound: Bound) -> Iterator[Operation]:
        return (Madvise(process, r, advice) for r in bound.ranges)

    return each


def _none(process: str, bound: Bound) -> Iterator[Operation]:
    return iter(())


#: Every kind, and the operations of it that one process can do.
KINDS: dict[str, Callable[[str, Bound], Iterator[Operation]]] = {
    "mmap": _mmap,
    "file": _file,
    "munmap": _munmap,
    "write": _write,
    "read": _read,
    "mprotect": _mprotect,
    **{advice: _advice(advice) for advice in get_args(Advice)},
    "mremap": _mremap,
    "mremap-resize": _remap_resized,
    "dontunmap": _dontunmap,
    "resize": _resize,
    "exit": _exit,
    # Not by one process alone: these depend on who runs.
    "fork": _none,
    "ksmd": _none,
    "scan": _none,
}


def kind_of(operation: Operation) -> str:
    """The kind an operation is of."""
    match operation:
        case Mmap(file=str()):
            return "file"
        case Madvise(advice=advice):
            return advice
        case Mremap(dontunmap=True):
            return "dontunmap"
        case Mremap(range=old, to=new) if old.pages != new.pages:
            return "mremap-resize"
        case MremapResize():
            return "resize"
        case Ksmd(scans=1):
            return "scan"
    return operation.verb


@cache
def operations(bound: Bound, process: str, child: str | None) -> tuple[Operation, ...]:
    """What a running process can do, in the order of the texts.

    ``child`` is the name its next child gets, None if there may be no more.
    """
    each = [o for kind in bound.kinds for o in KINDS[kind](process, bound)]
    if child and "fork" in bound.kinds:
        each.append(Fork(process, child))
    return tuple(sorted(each, key=str))


@cache
def first_operations(bound: Bound, process: str) -> tuple[Operation, ...]:
    """What starts a process that nobody forked."""
    each = operations(bound, process, None)
    return tuple(o for o in each if isinstance(o, Mmap))


@cache
def scans(bound: Bound) -> tuple[Operation, ...]:
    """What ksmd can do: one full scan, or the two that merge a page."""
    one = (Ksmd(1),) if "scan" in bound.kinds else ()
    two = (Ksmd(2),) if "ksmd" in bound.kinds else ()
    return one + two
