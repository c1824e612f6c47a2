"""Writes the C program: the same frame for all, tables for the history.

The frame is ``program.c`` beside this file. What stands between ``@`` in it is
replaced; nothing of a history goes in but names, numbers and operations that
were parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files

from ksmlib.history import BASE, History, Replay
from ksmlib.history.operations import (
    Fork,
    Ksmd,
    Madvise,
    Mmap,
    Mprotect,
    Mremap,
    MremapResize,
    Operation,
    ProcessOperation,
    Range,
    RangeOperation,
    WalkPage,
    Write,
)
from ksmlib.mm.observe import mapped_at

#: The frame has room for so many.
MAX_PROCESSES = 16
MAX_FILES = 16

_PROTECTION = {"ro": "PROT_READ", "rw": "PROT_READ | PROT_WRITE", "none": "PROT_NONE"}

#: Four fields of ``struct op`` that follow the range: a, b, c.
_Arguments = tuple[str | int, str | int, str | int]


class ReproError(ValueError):
    """Why a history makes no program, in one sentence."""


def c_program(history: History, title: str = "") -> str:
    """One C file that runs the history and makes the kernel walk.

    ``title`` is said at its head. Raises ReproError.
    """
    replay = Replay(history)
    replay.run()
    tables = _Tables(history, replay)
    said = [title, ""] if title else []
    said += [f"\t{operation}" for operation in history.operations]
    text = (files("ksmlib.repro") / "program.c").read_text("utf-8")
    for key, value in {
        "HEADER": "\n".join(f" * {line}".rstrip() for line in said),
        "PROCESSES": ", ".join(f'"{name}"' for name in tables.processes),
        "FILES": ", ".join([*(f'"{name}"' for name in tables.files), "NULL"]),
        "OPERATIONS": "\n".join(tables.operations()),
        "MAPPINGS": "\n".join(tables.mappings()),
        "PAGES": str(len(tables.pages)),
        "CONTENTS": str(max(1, len(tables.contents))),
        "FILE_PAGES": str(tables.file_pages),
    }.items():
        text = text.replace(f"@{key}@", value)
    return text


def _names(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))


class _Tables:
    """The history as initialisers of C."""

    def __init__(self, history: History, replay: Replay) -> None:
        self.todo = [o for o in history.operations if not isinstance(o, WalkPage)]
        self.refused = {r.step: r.errno for r in replay.refusals}
        self.history = history
        self.processes = _names(_processes(self.todo))
        maps = [o for o in self.todo if isinstance(o, Mmap) and o.file]
        self.files = _names(str(o.file) for o in maps)
        self.file_pages = max([o.offset + o.range.pages for o in maps], default=1)
        self.contents = _names(o.content for o in self.todo if isinstance(o, Write))
        self.pages = [
            [(mm.name, address - BASE) for mm, address in ptes]
            for folio, ptes in mapped_at(replay.kernel.mms.values()).items()
            if folio.test_ksm
        ]
        self._check()

    def _check(self) -> None:
        if not self.pages:
            raise ReproError("the history ends without a KSM page to walk")
        for what, names, most in (
            ("processes", self.processes, MAX_PROCESSES),
            ("files", self.files, MAX_FILES),
        ):
            if len(names) > most:
                raise ReproError(f"the program takes at most {most} {what}")

    def operations(self) -> Iterator[str]:
        for step, operation in enumerate(self.history.operations, start=1):
            if not isinstance(operation, WalkPage):
                yield self._operation(operation, self.refused.get(step, "0"))

    def _operation(self, operation: Operation, errno: str) -> str:
        verb, process, range_ = "KSMD", "NONE", Range(0, 0)
        if isinstance(operation, Ksmd):
            range_ = Range(0, operation.scans)
        if isinstance(operation, ProcessOperation):
            verb = operation.verb.upper()
            process = str(self.processes.index(operation.process))
        if isinstance(operation, RangeOperation | Mmap):
            range_ = operation.range
        a, b, c = self._arguments(operation)
        numbers = f"{process}, {range_.start}, {range_.pages}, {a}, {b}, {c}, {errno}"
        return f'\t{{ "{operation}", {verb}, {numbers} }},'

    def _arguments(self, operation: Operation) -> _Arguments:
        match operation:
            case Mmap(file=str(file), offset=offset):
                return self.files.index(file), offset, 0
            case Mmap():
                return "NONE", 0, 0
            case Mremap(to=to, dontunmap=dontunmap):
                flags = "4 /* MREMAP_DONTUNMAP */" if dontunmap else 0
                return to.pages, to.start, flags
            case MremapResize(pages=pages):
                return pages, "IN_PLACE", 0
            case Mprotect(protection=protection):
                return _PROTECTION[protection], 0, 0
            case Madvise(advice=advice):
                return f"MADV_{advice.upper()}", 0, 0
            case Write(content=content):
                return self.contents.index(content), 0, 0
            case Fork(child=child):
                return self.processes.index(child), 0, 0
        return 0, 0, 0

    def mappings(self) -> Iterator[str]:
        for number, page in enumerate(self.pages):
            for name, start in page:
                yield f"\t{{ {self.processes.index(name)}, {start}, {number} }},"


def _processes(operations: Sequence[Operation]) -> Iterator[str]:
    for operation in operations:
        if isinstance(operation, ProcessOperation):
            yield operation.process
        if isinstance(operation, Fork):
            yield operation.child
