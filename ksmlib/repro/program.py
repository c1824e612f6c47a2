"""Writes the C program: one frame for all, the history as calls.

The frame is ``program.c`` beside this file. What stands between ``@`` in it is
replaced; nothing of a history goes in but names, numbers and operations that
were parsed. What stands between ``//@if WORD`` and ``//@end`` is for histories
that need it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.resources import files

from ksmlib.history import History
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
from ksmlib.report.text import ptes_text
from ksmlib.report.verdict import FolioWalk, ksm_walks, replay_with

#: Each process, and each file, takes a few lines and a place in a table.
MAX_PROCESSES = 16
MAX_FILES = 16

_COLUMNS = 80
_TAB = 8
_PROTECTION = {"ro": "PROT_READ", "rw": "RW", "none": "PROT_NONE"}
_CONDITION = re.compile(r"^//@if (\w+)\n(.*?)^//@end\n", re.DOTALL | re.MULTILINE)


class ReproError(ValueError):
    """Why a history makes no program, in one sentence."""


def c_program(history: History, title: str = "") -> str:
    """One C file that runs the history and makes the kernel walk.

    ``title``, of one line or more, is said at its head. Raises ReproError.
    """
    writer = _Writer(history)
    said = [*title.splitlines(), ""] if title else []
    said += [f"\t{operation}" for operation in history.operations]
    steps = "\n".join(writer.steps())
    frame = (files("ksmlib.repro") / "program.c").read_text("utf-8")
    text = _CONDITION.sub(lambda m: m[2] if m[1] in writer.needs else "", frame)
    for key, value in {
        "HEADER": "\n".join(map(_comment, said)),
        "PROCESSES": ", ".join(map(_symbol, writer.processes)),
        "NAMES": ", ".join(f'"{name}"' for name in writer.processes),
        "FOLIOS": "\n".join(writer.folios()),
        "MAPPINGS": "\n".join(writer.mappings()),
        "FILES": str(len(writer.files)),
        "FILL": "\n".join(writer.fill()),
        "CONTENTS": str(len(writer.contents)),
        "HISTORY": steps,
    }.items():
        text = text.replace(f"@{key}@", value)
    return text


def program_hash(history: History) -> str:
    """Twelve hexadecimal digits of the program, whatever its head says."""
    return sha256(c_program(history).encode()).hexdigest()[:12]


def folios(history: History) -> tuple[FolioWalk, ...]:
    """The KSM folios at the end, in the order of the program's tests."""
    replay = replay_with(history, [])
    replay.run()
    return ksm_walks(replay, [])


def folio_name(walk: FolioWalk) -> str:
    """How the program names a folio: by the pages that map it, ``A:8-9``."""
    return ptes_text(walk.mapped)


def _comment(line: str) -> str:
    return f" *{line}" if line.startswith("\t") else f" * {line}".rstrip()


def _symbol(process: str) -> str:
    """A name that C and its headers have no other use for."""
    return process if re.fullmatch("[A-Z]", process) else f"proc_{process}"


class _Writer:
    """The history as lines of C."""

    def __init__(self, history: History) -> None:
        self.operations = history.operations
        replay = replay_with(history, [])
        replay.run()
        self.refused = {r.step: r.errno for r in replay.refusals}
        self.walks = ksm_walks(replay, [])
        self.processes = list(dict.fromkeys(_processes(self.operations)))
        self.maps = [o for o in self.operations if isinstance(o, Mmap) and o.file]
        self.files = list(dict.fromkeys(str(o.file) for o in self.maps))
        writes = [o for o in self.operations if isinstance(o, Write)]
        self.contents = list(dict.fromkeys(o.content for o in writes))
        self.needs = set(_needs(self.operations))
        self._check()

    def _check(self) -> None:
        if not self.walks:
            raise ReproError("the history ends without a KSM page to walk")
        for what, names, most in (
            ("processes", self.processes, MAX_PROCESSES),
            ("files", self.files, MAX_FILES),
        ):
            if len(names) > most:
                raise ReproError(f"the program takes at most {most} {what}")

    def mappings(self) -> Iterator[str]:
        for walk in self.walks:
            for process, page in walk.mapped:
                yield f"\t{{ {_symbol(process)}, {page} }},"

    def folios(self) -> Iterator[str]:
        first = 0
        for walk in self.walks:
            end = first + len(walk.mapped)
            name = folio_name(walk)
            yield f'\t{{ "{name}", &mappings[{first}], &mappings[{end}] }},'
            first = end

    def fill(self) -> Iterator[str]:
        """Every page that is mapped from a file gets a content of its own."""
        for operation in self.maps:
            file = self.files.index(str(operation.file))
            start, end = operation.offset, operation.offset + operation.range.pages
            yield f"\tfor (long page = {start}; page < {end}; page++)"
            yield f"\t\tif (!fill(files[{file}], page, {file + 1}000000000UL + page))"
            yield '\t\t\treturn "cannot write to a memfd";'

    def steps(self) -> Iterator[str]:
        started: set[str] = set()
        for step, operation in enumerate(self.operations, start=1):
            errno = self.refused.get(step)
            if isinstance(operation, WalkPage):
                continue
            if errno == "ESRCH" or (errno and isinstance(operation, Fork)):
                yield f"\t/* {operation}: {errno} */"
                continue
            if isinstance(operation, ProcessOperation):
                if operation.process not in started:
                    yield f"\tSTART({_symbol(operation.process)});"
                started.add(operation.process)
            if isinstance(operation, Fork):
                started.add(operation.child)
            yield from _step(operation, self._call(operation), errno)

    def _call(self, operation: Operation) -> str:
        match operation:
            case Ksmd(scans=scans):
                return f"scan({scans})"
            case Exit(process=process):
                return f"end({_symbol(process)})"
            case Fork(child=child):
                return f"spawn({_symbol(child)})"
            case Mmap(range=r, file=str(file), offset=offset):
                of = f"files[{self.files.index(file)}], {offset} * PAGE"
                return f"mmap({_range(r)}, RW, PRIVATE, {of})"
            case Mmap(range=r):
                return f"mmap({_range(r)}, RW, ANON, -1, 0)"
            case Munmap(range=r):
                return f"munmap({_range(r)})"
            case Mremap(range=r, to=to, dontunmap=dontunmap):
                flags = "MOVE | MREMAP_DONTUNMAP" if dontunmap else "MOVE"
                new = f"{to.pages} * PAGE, {flags}, at({to.start})"
                return f"mremap({_range(r)}, {new})"
            case MremapResize(range=r, pages=pages):
                return f"mremap({_range(r)}, {pages} * PAGE, 0)"
            case Mprotect(range=r, protection=protection):
                return f"mprotect({_range(r)}, {_PROTECTION[protection]})"
            case Madvise(range=r, advice=advice):
                return f"madvise({_range(r)}, MADV_{advice.upper()})"
            case Write(range=r, content=content):
                number = self.contents.index(content)
                return f"write_pages({r.start}, {r.pages}, {number})"
            case Read(range=r):
                return f"read_pages({r.start}, {r.pages})"
        raise NotImplementedError(operation)


def _range(r: Range) -> str:
    return f"at({r.start}), {r.pages} * PAGE"


def _step(operation: Operation, call: str, errno: str | None) -> Iterator[str]:
    """One line, or two where one would be too long."""
    process = "HARNESS"  # it asks ksmd, and ends a process and sees it gone
    if isinstance(operation, ProcessOperation) and not isinstance(operation, Exit):
        process = _symbol(operation.process)
    macro = f"REFUSED({process}, {errno}" if errno else f"STEP({process}"
    line = f'{macro}, "{operation}",'
    if _TAB + len(f"{line} {call});") <= _COLUMNS:
        yield f"\t{line} {call});"
    else:
        yield f"\t{line}"
        yield f"\t     {call});"


def _processes(operations: Sequence[Operation]) -> Iterator[str]:
    for operation in operations:
        if isinstance(operation, ProcessOperation):
            yield operation.process
        if isinstance(operation, Fork):
            yield operation.child


def _needs(operations: Sequence[Operation]) -> Iterator[str]:
    """The words of ``//@if`` that hold."""
    for operation in operations:
        match operation:
            case Write():
                yield "write"
            case Read():
                yield "read"
            case Mmap(file=str()):
                yield "file"
            case Mremap(dontunmap=dontunmap):
                yield "move"
                if dontunmap:
                    yield "dontunmap"
