"""The operations of a bound: all of a kind, none outside, in order."""

from __future__ import annotations

import pytest

from ksmlib.explore.bound import (
    KINDS,
    Bound,
    first_operations,
    kind_of,
    operations,
    scans,
)
from ksmlib.history import parse
from ksmlib.history.operations import Mmap, Mremap, MremapResize, Operation


def every(bound: Bound) -> tuple[Operation, ...]:
    return operations(bound, "A", "B") + scans(bound)


def texts(kind: str, **of) -> list[str]:
    return [str(o) for o in every(Bound(kinds=(kind,), **of))]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("mmap", ["A mmap 0+1", "A mmap 0+2", "A mmap 1+1"]),
        ("munmap", ["A munmap 0+1", "A munmap 0+2", "A munmap 1+1"]),
        ("read", ["A read 0+1", "A read 0+2", "A read 1+1"]),
        ("write", ["A write 0+1 x", "A write 0+2 x", "A write 1+1 x"]),
        ("mremap", ["A mremap 0+1 1", "A mremap 1+1 0"]),
        ("dontunmap", ["A mremap 0+1 1 dontunmap", "A mremap 1+1 0 dontunmap"]),
        ("mremap-resize", []),
        ("resize", ["A mremap 0+1 +2", "A mremap 0+2 +1"]),
        ("exit", ["A exit"]),
        ("fork", ["A fork B"]),
        ("ksmd", ["ksmd 2"]),
        ("scan", ["ksmd"]),
        ("dofork", [f"A madvise {r} dofork" for r in ("0+1", "0+2", "1+1")]),
        (
            "file",
            [
                *(f"A mmap 0+1 file F@{n}" for n in (0, 1)),
                "A mmap 0+2 file F@0",
                *(f"A mmap 1+1 file F@{n}" for n in (0, 1)),
            ],
        ),
        (
            "mprotect",
            [
                f"A mprotect {r} {p}"
                for r in ("0+1", "0+2", "1+1")
                for p in ("ro", "rw")
            ],
        ),
    ],
)
def test_all_of_a_kind_on_two_pages(kind, expected):
    assert texts(kind, pages=2, contents=1) == expected


def test_a_move_may_change_the_size():
    first, second = ["0+1 1+2", "0+2 2+1"], ["1+2 0+1", "2+1 0+2"]
    found = texts("mremap-resize", pages=3)
    assert found == [f"A mremap {move}" for move in (*first, *second)]


def test_two_contents():
    assert texts("write", pages=1, contents=2) == ["A write 0+1 x", "A write 0+1 y"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_tried_is_of_its_kind_in_the_language_and_in_order(kind):
    found = every(Bound(kinds=(kind,), pages=4))
    assert found
    assert [str(o) for o in found] == sorted({str(o) for o in found})
    for operation in found:
        assert kind_of(operation) == kind
        assert parse(str(operation)).operations == (operation,)
        for r in (getattr(operation, "range", None), getattr(operation, "to", None)):
            assert r is None or r.end <= 4
        if isinstance(operation, MremapResize):
            assert operation.range.start + operation.pages <= 4
        if isinstance(operation, Mremap):
            old, new = operation.range, operation.to
            assert old.end <= new.start or new.end <= old.start


def test_a_fresh_process_can_only_map():
    bound = Bound(kinds=("mmap", "file", "munmap", "exit", "fork"))
    first = first_operations(bound, "B")
    assert {type(o) for o in first} == {Mmap}
    assert {kind_of(o) for o in first} == {"mmap", "file"}
    assert {o.process for o in first} == {"B"}


def test_no_child_when_there_may_be_no_more_processes():
    assert operations(Bound(kinds=("fork",)), "A", None) == ()


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        ({"procs": 0}, "procs is 0, and may be 1 to 6"),
        ({"procs": 7}, "procs is 7, and may be 1 to 6"),
        ({"pages": 61}, "pages is 61, and may be 1 to 60"),
        ({"ops": -1}, "ops is -1, and may be 1 to 30"),
        ({"contents": 4}, "contents is 4, and may be 1 to 3"),
        ({"kinds": ("mmap", "frob")}, "no operation 'frob'; there are mmap, file, "),
    ],
)
def test_a_bound_that_cannot_be(of, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}"):
        Bound(**of)
