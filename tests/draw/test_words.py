"""Descriptions and ASCII pictures: complete, bounded, the same each time."""

from __future__ import annotations

import re

import pytest

from ksmlib.draw.alt import (
    LONGEST,
    bounded,
    curve_alt,
    matrix_alt,
    pages_words,
    ptes_words,
    state_alt,
    tree_alt,
)
from ksmlib.draw.ascii import state_ascii
from ksmlib.draw.data import Cell, Matrix, Series
from ksmlib.draw.tree import TreeView
from ksmlib.draw.view import WalkView, view_at
from ksmlib.history import snapshot
from ksmlib.history.generated import split_every_other_page
from ksmlib.history.named import named
from ksmlib.report.text import COLUMNS
from ksmlib.report.verdict import replay_with

from .cases import FULL_BOARD, endings, every_step, final, hostile


def pages_said(text: str, process: str) -> set[int]:
    """The pages of a process in a text such as ``pages 1 to 3 and 7 of A``."""
    said: set[int] = set()
    for found in re.findall(rf"pages? ([\d, toand]+) of {process}\b", text):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", found):
            said |= set(range(int(first), int(last or first) + 1))
    return said


def test_every_missed_pte_and_every_process_is_named() -> None:
    for case in endings():
        alt = state_alt(case.state, case.before, case.walk)
        for name in case.state["processes"]:
            assert re.search(rf"\b{name}\b", alt), case.name
        if case.walk:
            part = alt.split("misses")[-1].split("and finds")[0].split(". It")[0]
            for name, page in case.walk.missed:
                assert page in pages_said(part, name), (case.name, alt)
            if not case.walk.missed:
                assert "misses" not in alt and "finds all" in alt


def test_descriptions_are_bounded_and_whole_sentences() -> None:
    for case in (*every_step(), *endings()):
        alt = state_alt(case.state, case.before, case.walk)
        assert 0 < len(alt) <= LONGEST
        assert alt.endswith(".") and "\n" not in alt
        assert alt == state_alt(case.state, case.before, case.walk)
    huge = final(split_every_other_page(2000))
    assert len(state_alt(huge, huge)) <= LONGEST
    long = hostile(final(FULL_BOARD), "x" * 700)
    assert len(state_alt(long)) <= LONGEST


def test_a_description_in_full() -> None:
    replay = replay_with(named("moved"), ())
    replay.run()
    view = view_at(replay, "A", 8, "address")
    assert state_alt(snapshot(replay.kernel), None, view) == (
        "The walk of f2 by address misses pages 8 and 9 of A and finds nothing."
        " Process A maps KSM folio f2 at pages 8 and 9."
        " anon_vma av1 files VMA A 8+2 under page offsets 0 to 1."
        " There are rmap_items for pages 8 and 9 of A."
    )


def test_what_changed_is_said() -> None:
    before, after = final("A mmap 0+1"), final("A mmap 0+1; A write 0+1 x")
    assert "Changed: A 0+1: anon_vma none -> av1." in state_alt(after, before)
    assert "Nothing changed." in state_alt(after, after)


def test_small_words() -> None:
    assert pages_words([3]) == "page 3"
    assert pages_words([9, 8]) == "pages 8 and 9"
    assert pages_words([0, 1, 2, 3, 7]) == "pages 0 to 3 and 7"
    assert ptes_words([("A", 0), ("B", 1)]) == "page 0 of A and page 1 of B"
    assert bounded(["a" * 400 + ".", "b" * 400]).startswith("a" * 400 + ". The rest")
    assert state_alt(final("A mmap 0+1; A exit")) == "No process runs."


def test_trees_curves_and_matrices_in_words() -> None:
    assert tree_alt(TreeView("av1", ())) == "The interval tree of av1 is empty."
    line = Series("full", ((10, 20), (1000, 2000)))
    assert curve_alt([line], "VMAs", "visits") == (
        "Chart of visits against VMAs, both logarithmic. full: 20 at 10, 2000 at 1000."
    )
    matrix = Matrix(
        ("full", "address"),
        ("moved",),
        {("full", "moved"): Cell(2, 0), ("address", "moved"): Cell(0, 2)},
    )
    assert matrix_alt(matrix) == (
        "Table of 2 designs against 1 histories. Nothing missed by full."
        " address misses 2 on moved."
    )
    many = Matrix(
        tuple(f"d{n}" for n in range(200)),
        ("h",),
        {(f"d{n}", "h"): Cell(0, 1) for n in range(200)},
    )
    assert len(matrix_alt(many)) <= LONGEST


def test_ascii_fits_a_mail() -> None:
    states = [(case.state, case.walk) for case in (*every_step(), *endings())]
    states.append((final(split_every_other_page(2000)), None))
    states.append((hostile(final(FULL_BOARD), "\u2026<b>\n" + "x" * 90), None))
    states.append((final("A mmap 262143+1; A write 262143+1 x"), None))
    for state, walk in states:
        text = state_ascii(state, walk)
        assert text.isascii()
        assert all(len(line) <= COLUMNS for line in text.split("\n"))
        assert not any(line != line.rstrip() for line in text.split("\n"))
        assert text == state_ascii(state, walk)


def test_an_ascii_picture_in_full() -> None:
    replay = replay_with(named("moved"), ())
    replay.run()
    view = view_at(replay, "A", 8, "address")
    assert state_ascii(snapshot(replay.kernel), view).split("\n") == [
        "f2, walked by address: finds nothing, misses A:8-9",
        "",
        "page    0    1    .. 8    9",
        "A vma                aaaaaaaaa",
        "  folio              f2   f2",
        "  data               x    x",
        "  walk               MISS MISS",
        "  item               f2   f2",
        "                     av1  av1",
        "",
        "pgoff   0    1    .. 8    9",
        "av1 root",
        "  asks               =========",
        "  A 8+2 aaaaaaaaa    .........",
        "",
        "a  A 8+2: pgoff 0, rw, mergeable, av1",
        "f2 KSM folio, index 1, mapped at A:8-9",
    ]


def test_ascii_shows_every_item_and_entry_of_the_named_histories() -> None:
    for case in endings():
        if case.walk is None and case.name != "full-board":
            text = state_ascii(case.state)
            for name, anon_vma in case.state["anon_vmas"].items():
                assert re.search(rf"^{name} ", text, re.MULTILINE)
                for entry in anon_vma["tree"][:8]:
                    pages = entry["last"] - entry["first"] + 1
                    assert f"  {entry['process']} {entry['start']}+{pages}" in text


@pytest.mark.parametrize(
    ("walk", "says"),
    [
        (WalkView("full", "f2", (("A", 0),), ()), "finds A:0"),
        (WalkView("full", "f2", (), (("A", 0),)), "finds nothing, misses A:0"),
    ],
)
def test_ascii_says_what_a_walk_found(walk: WalkView, says: str) -> None:
    assert says in state_ascii(final("A mmap 0+1; A write 0+1 x"), walk)


def test_ascii_of_nothing() -> None:
    assert state_ascii(final("A mmap 0+1; A exit")) == "no process runs"
