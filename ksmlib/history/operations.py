"""The operations of the history language, as plain data.

``str(operation)`` is its text in the language. Pages count from the base, a
range is (start, pages).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ksmlib.mm.madvise import Advice

#: ro, rw, none: what mprotect can be asked for.
Protection = Literal["ro", "rw", "none"]


@dataclass(frozen=True)
class Range:
    """``start+pages``: that many pages from ``start``."""

    start: int
    pages: int

    @property
    def end(self) -> int:
        """The page after the last one."""
        return self.start + self.pages

    def __str__(self) -> str:
        return f"{self.start}+{self.pages}"


@dataclass(frozen=True)
class Operation:
    """What a line of a history says; ``process`` does it, or ksmd."""

    verb: ClassVar[str]


@dataclass(frozen=True)
class ProcessOperation(Operation):
    """Something that a process does."""

    process: str

    def __str__(self) -> str:
        return f"{self.process} {self.verb}"


@dataclass(frozen=True)
class Mmap(ProcessOperation):
    """Private, read-write; anonymous, or of ``file`` from its page ``offset``."""

    verb = "mmap"
    range: Range
    file: str | None = None
    offset: int = 0

    def __str__(self) -> str:
        file = f" file {self.file}@{self.offset}" if self.file else ""
        return f"{super().__str__()} {self.range}{file}"


@dataclass(frozen=True)
class RangeOperation(ProcessOperation):
    """Something that a process does to a range of pages."""

    range: Range

    def __str__(self) -> str:
        return f"{super().__str__()} {self.range}"


@dataclass(frozen=True)
class Munmap(RangeOperation):
    """Unmap; holes in the range do not matter."""

    verb = "munmap"


@dataclass(frozen=True)
class Read(RangeOperation):
    """Touch each page."""

    verb = "read"


@dataclass(frozen=True)
class Write(RangeOperation):
    """Give each page this content."""

    verb = "write"
    content: str

    def __str__(self) -> str:
        return f"{super().__str__()} {self.content}"


@dataclass(frozen=True)
class Mprotect(RangeOperation):
    """Change what may be done with the range."""

    verb = "mprotect"
    protection: Protection

    def __str__(self) -> str:
        return f"{super().__str__()} {self.protection}"


@dataclass(frozen=True)
class Madvise(RangeOperation):
    """Advise, KSM above all."""

    verb = "madvise"
    advice: Advice

    def __str__(self) -> str:
        return f"{super().__str__()} {self.advice}"


@dataclass(frozen=True)
class Mremap(RangeOperation):
    """Move to ``to`` and resize, onto whatever is there."""

    verb = "mremap"
    to: Range
    dontunmap: bool = False

    def __str__(self) -> str:
        same = self.to.pages == self.range.pages
        to = self.to.start if same else self.to
        return f"{super().__str__()} {to}{' dontunmap' if self.dontunmap else ''}"


@dataclass(frozen=True)
class MremapResize(RangeOperation):
    """Grow or shrink in place to ``pages``; may not move."""

    verb = "mremap"
    pages: int

    def __str__(self) -> str:
        return f"{super().__str__()} +{self.pages}"


@dataclass(frozen=True)
class Fork(ProcessOperation):
    """Start ``child`` as a copy."""

    verb = "fork"
    child: str

    def __str__(self) -> str:
        return f"{super().__str__()} {self.child}"


@dataclass(frozen=True)
class Exit(ProcessOperation):
    """End the process."""

    verb = "exit"


@dataclass(frozen=True)
class Ksmd(Operation):
    """Full scans by ksmd."""

    verb = "ksmd"
    scans: int = 1

    def __str__(self) -> str:
        return "ksmd" if self.scans == 1 else f"ksmd {self.scans}"


@dataclass(frozen=True)
class WalkPage(Operation):
    """Show the walk of the folio that ``process`` maps at ``page``."""

    verb = "walk"
    process: str
    page: int

    def __str__(self) -> str:
        return f"walk {self.process} {self.page}"
