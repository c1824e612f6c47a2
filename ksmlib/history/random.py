"""Random histories that mostly succeed: chosen by looking at the state."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

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
    Protection,
    Range,
    Read,
    Write,
)
from ksmlib.history.replay import BASE, apply
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.madvise import Advice
from ksmlib.mm.types import Mm, Refused, Vma

#: How often each kind of operation is tried.
_WEIGHTS = {
    "mmap": 10,
    "file": 4,
    "munmap": 4,
    "mremap": 14,
    "dontunmap": 2,
    "resize": 3,
    "mprotect": 5,
    "mergeable": 9,
    "advice": 5,
    "write": 22,
    "read": 2,
    "fork": 6,
    "exit": 2,
    "ksmd": 8,
    "start": 1,
}
_PROTECTIONS: tuple[Protection, ...] = ("ro", "rw", "rw", "rw", "none")
#: Besides mergeable, which is a kind of its own.
_ADVICE: tuple[Advice, ...] = ("unmergeable", "dontneed", "dontfork", "dofork")


@dataclass
class Bounds:
    """How large a random history may get."""

    operations: int = 30
    pages: int = 24
    processes: int = 5
    contents: int = 3
    #: How many in a hundred operations take no notice of what is mapped.
    careless: int = 5
    kinds: dict[str, int] = field(default_factory=lambda: dict(_WEIGHTS))


class _Maker:
    def __init__(self, random: Random, bounds: Bounds) -> None:
        self.random = random
        self.bounds = bounds
        self.kernel = Kernel()
        self.started = 0

    def fresh_name(self) -> str:
        name = f"P{self.started}"
        self.started += 1
        return name

    def alive(self) -> list[Mm]:
        return [mm for mm in self.kernel.mms.values() if mm.alive]

    def anywhere(self) -> Range:
        start = self.random.randrange(self.bounds.pages)
        return Range(start, self.random.randint(1, min(8, self.bounds.pages - start)))

    def part_of(self, vma: Vma) -> Range:
        """All of a VMA half the time, else a part of it."""
        start, pages = vma.vm_start - BASE, vma.pages
        if self.random.randrange(100) < self.bounds.careless:
            return self.anywhere()
        if self.random.random() < 0.5:
            return Range(start, pages)
        skip = self.random.randrange(pages)
        return Range(start + skip, self.random.randint(1, pages - skip))

    def target(self, mm: Mm, vma: Vma, old: Range) -> int:
        """Somewhere to move to: anywhere, next to a VMA, or home again."""
        if self.random.random() < 0.7:
            return self.random.randrange(self.bounds.pages)
        near = self.random.choice(mm.vmas)
        home = vma.vm_pgoff - vma.vm_start + old.start
        choices = [near.vm_end - BASE, near.vm_start - BASE - old.pages, home]
        return min(max(self.random.choice(choices), 0), 2 * self.bounds.pages)

    def operation(self) -> Operation | None:
        """The next operation, or None if the one drawn makes no sense now."""
        kind = self.random.choices(*zip(*self.bounds.kinds.items(), strict=True))[0]
        alive = self.alive()
        full = len(alive) >= self.bounds.processes
        if not alive or (kind == "start" and not full):
            return Mmap(self.fresh_name(), self.anywhere())
        mm = self.random.choice(alive)
        if kind == "ksmd":
            return Ksmd(self.random.randint(1, 3))
        if kind == "fork":
            return None if full else Fork(mm.name, self.fresh_name())
        if kind == "exit":
            return Exit(mm.name) if len(alive) > 1 else None
        if kind == "file":
            offset = self.random.randrange(self.bounds.pages)
            return Mmap(mm.name, self.anywhere(), "F", offset)
        if kind == "mmap" or not mm.vmas:
            return Mmap(mm.name, self.anywhere())
        return self.on_vma(kind, mm, self.random.choice(mm.vmas))

    def on_vma(self, kind: str, mm: Mm, vma: Vma) -> Operation | None:
        at = self.part_of(vma)
        name = mm.name
        match kind:
            case "munmap":
                return Munmap(name, at)
            case "mremap":
                pages = at.pages
                if self.random.random() < 0.2:
                    pages = max(1, pages + self.random.randint(-2, 3))
                return Mremap(name, at, Range(self.target(mm, vma, at), pages))
            case "dontunmap":
                to = Range(self.target(mm, vma, at), at.pages)
                return Mremap(name, at, to, dontunmap=True)
            case "resize":
                pages = max(1, at.pages + self.random.randint(-2, 3))
                return MremapResize(name, at, pages)
            case "mprotect":
                return Mprotect(name, at, self.random.choice(_PROTECTIONS))
            case "mergeable":
                return Madvise(name, at, "mergeable")
            case "advice":
                return Madvise(name, at, self.random.choice(_ADVICE))
            case "write":
                return Write(
                    name, at, f"c{self.random.randrange(self.bounds.contents)}"
                )
            case "read":
                return Read(name, at)
        return None


def random_history(random: Random, bounds: Bounds | None = None) -> History:
    """A history drawn from ``random``; ends with two scans.

    Refused operations are few, and stay in the history.
    """
    bounds = bounds or Bounds()
    maker = _Maker(random, bounds)
    operations: list[Operation] = []
    while len(operations) < bounds.operations - 1:
        operation = maker.operation()
        if operation is None:
            continue
        operations.append(operation)
        with suppress(Refused):
            apply(maker.kernel, operation)
    operations.append(Ksmd(2))
    return History.of(tuple(operations))
