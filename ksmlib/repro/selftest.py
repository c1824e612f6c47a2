"""A history as a case of the kernel's own tests.

The body is ``selftest.c`` beside this file, with what stands between ``@``
replaced. Its place is tools/testing/selftests/mm/rmap.c, whose fixture
``migrate`` asks for two memory nodes, and which has ``try_to_move_page()``. For
a history of one process, with anonymous memory and one KSM page; others take
more than a body.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from ksmlib.history import History
from ksmlib.history.operations import (
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
    RangeOperation,
    Write,
)
from ksmlib.report.verdict import run
from ksmlib.repro.program import ReproError, folios

_RW = "PROT_READ | PROT_WRITE"
_PROTECTION = {"ro": "PROT_READ", "rw": _RW, "none": "PROT_NONE"}
#: What ksm_start() of the tests waits for.
_SCANS = 2


def selftest(history: History, name: str, says: str) -> str:
    """The case, to be pasted into rmap.c. Raises ReproError."""
    _check(history)
    [walk] = folios(history)
    values = {
        "NAME": f"ksm_{name.replace('-', '_')}",
        "SAYS": says,
        "MAPPED": ", ".join(str(page) for _, page in walk.mapped),
        "COUNT": str(len(walk.mapped)),
        "ROOM": str(max(_ends(history.operations))),
        "STEPS": "\n".join(
            f"\t{line}" for o in history.operations for line in _step(o)
        ),
    }
    text = (files("ksmlib.repro") / "selftest.c").read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def _check(history: History) -> None:
    known = Mmap | Munmap | Mprotect | Madvise | Write | Mremap | MremapResize | Ksmd
    for o in history.operations:
        if not isinstance(o, known) or (isinstance(o, Mmap) and o.file):
            raise ReproError(f"a case of rmap.c is more than a body for '{o}'")
        if isinstance(o, Ksmd) and o.scans != _SCANS:
            raise ReproError(f"'{o}': ksm_start() of the tests waits for two scans")
    actions = (o for o in history.operations if isinstance(o, ProcessOperation))
    processes = {o.process for o in actions}
    if len(processes) > 1:
        raise ReproError("a case of rmap.c is more than a body for two processes")
    if run(history, []).refusals:
        raise ReproError("a case of rmap.c takes no step that is refused")
    if len(folios(history)) != 1:
        raise ReproError("a case of rmap.c takes one KSM page at the end")


def _ends(operations: tuple[Operation, ...]) -> Iterator[int]:
    for o in operations:
        if isinstance(o, Mmap | RangeOperation):
            yield o.range.end
        if isinstance(o, Mremap):
            yield o.to.end
        if isinstance(o, MremapResize):
            yield o.range.start + o.pages


def _at(page: int) -> str:
    return f"region + {page} * page" if page else "region"


def _range(r: Range) -> str:
    return f"{_at(r.start)}, {r.pages} * page"


def _step(o: Operation) -> Iterator[str]:
    match o:
        case Mmap(range=r):
            yield f"ASSERT_NE(mmap({_range(r)}, {_RW},"
            yield "\t       MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0),"
            yield "\t  MAP_FAILED);"
        case Write(range=r, content=content):
            byte = sum(content.encode()) % 255 + 1
            yield f"memset({_at(r.start)}, {byte:#x}, {r.pages} * page);"
        case Mremap(range=r, to=to, dontunmap=dontunmap):
            flags = "MREMAP_MAYMOVE | MREMAP_FIXED"
            flags += " | MREMAP_DONTUNMAP" if dontunmap else ""
            yield f"ASSERT_NE(mremap({_range(r)}, {to.pages} * page,"
            yield f"\t\t {flags},"
            yield f"\t\t {_at(to.start)}), MAP_FAILED);"
        case MremapResize(range=r, pages=pages):
            yield f"ASSERT_NE(mremap({_range(r)}, {pages} * page, 0), MAP_FAILED);"
        case Munmap(range=r):
            yield f"ASSERT_EQ(munmap({_range(r)}), 0);"
        case Mprotect(range=r, protection=protection):
            yield f"ASSERT_EQ(mprotect({_range(r)}, {_PROTECTION[protection]}), 0);"
        case Madvise(range=r, advice=advice):
            yield f"ASSERT_EQ(madvise({_range(r)}, MADV_{advice.upper()}), 0);"
        case Ksmd():
            yield "ASSERT_EQ(ksm_start(), 0);"
