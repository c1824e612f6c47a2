"""The COW contexts: the tree, the index of remaps, the walk, the known holes."""

from __future__ import annotations

import pytest

from ksmlib.history import BASE, Replay, parse
from ksmlib.mm.cow_context import (
    COW_CONTEXTS,
    CowContext,
    CowCost,
    Stop,
    check_cow_contexts,
    cow_context,
    cow_context_walk,
    folio_cow_context,
    traverse_contexts,
)
from ksmlib.mm.types import Folio, Mm


class Machine:
    """A history after its last operation, watched by the contexts at each step."""

    def __init__(self, text: str) -> None:
        self.replay = Replay(parse(text), (COW_CONTEXTS,))
        while self.replay.position < len(self.replay):
            self.replay.step()
            check_cow_contexts(self.mms.values())
        assert not self.replay.refusals

    @property
    def mms(self) -> dict[str, Mm]:
        return self.replay.kernel.mms

    def context(self, process: str) -> CowContext:
        return cow_context(self.mms[process])

    def remaps(self, process: str) -> list[tuple[int, int, tuple[int, ...]]]:
        """As (first, last, offsets), page offsets of anonymous memory from 0."""
        return [
            (r.first % BASE, r.last % BASE, r.offsets)
            for r in self.context(process).remaps
        ]

    def folio(self, process: str, page: int) -> Folio:
        return self.mms[process].page_table[BASE + page]

    def home(self, process: str, page: int) -> CowContext:
        return folio_cow_context(self.folio(process, page))

    def walk(self, process: str, page: int, stop: Stop = Stop.NEVER) -> list[str]:
        found = cow_context_walk(self.folio(process, page), CowCost(), stop)
        return sorted(f"{mm.name}:{address - BASE}" for mm, address in found)


# --- the tree --------------------------------------------------------------


def test_fork_puts_the_childs_context_below_the_parents_newest_first():
    now = Machine("A mmap 0+1; A write 0+1 x; A fork B; A fork C; B fork D")
    a, b, c, d = (now.context(p) for p in "ABCD")
    assert a.children == [c, b]
    assert b.children == [d]
    # the start first, then each after its own children
    assert list(traverse_contexts(a)) == [a, c, d, b]


def test_a_fresh_process_starts_a_tree_of_its_own():
    now = Machine("A mmap 0+1; A write 0+1 x; B mmap 0+1")
    assert now.context("B").parent is None
    assert now.context("A").children == []


def test_a_context_outlives_its_process_while_a_child_or_a_folio_needs_it():
    now = Machine("A mmap 0+1; A write 0+1 x; A fork B; A exit")
    assert now.context("A").mm is None
    assert now.context("A").refcnt == 2  # the child, and the folio
    assert now.walk("B", 0) == ["B:0"]


def test_a_context_that_nobody_needs_leaves_the_tree():
    now = Machine("A mmap 0+1; A write 0+1 x; A fork B; B exit")
    assert now.context("B").refcnt == 0
    assert now.context("A").children == []


def test_a_tree_may_be_deep():
    forks = "".join(f"; B{n} fork B{n + 1}" for n in range(1500))
    replay = Replay(parse(f"B0 mmap 0+1{forks}"), (COW_CONTEXTS,))
    replay.run()
    mms = list(replay.kernel.mms.values())
    found = list(traverse_contexts(cow_context(mms[0])))
    assert found == [cow_context(mm) for mm in (mms[0], *mms[:0:-1])]
    for mm in mms:
        replay.kernel.exit(mm)
    assert {cow_context(mm).refcnt for mm in mms} == {0}


# --- where a folio points --------------------------------------------------


def test_a_new_folio_points_to_who_faulted():
    now = Machine("A mmap 0+1; A write 0+1 x; A fork B; B write 0+1 y")
    assert now.home("A", 0) is now.context("A")
    assert now.home("B", 0) is now.context("B")


def test_a_shared_folio_stays_where_it_was_born():
    now = Machine("A mmap 0+1; A write 0+1 x; A fork B; A munmap 0+1")
    assert now.home("B", 0) is now.context("A")


def test_who_reuses_a_folio_takes_it_over():
    now = Machine("A mmap 0+1; A write 0+1 x; A fork B; A munmap 0+1; B write 0+1 y")
    assert now.home("B", 0) is now.context("B")


def test_a_ksm_folio_keeps_its_context():
    now = Machine(
        "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2; A fork B; A exit"
    )
    assert now.folio("B", 0).test_ksm
    assert now.home("B", 0) is now.context("A")


# --- the index of remaps ---------------------------------------------------


@pytest.mark.parametrize(
    ("history", "remaps"),
    [
        ("A mmap 0+2; A write 0+2 x", []),
        # moved before the first fault: the page offset goes with it
        ("A mmap 0+2; A mremap 0+2 8; A write 8+2 x", []),
        ("A mmap 0+2; A write 0+2 x; A mremap 0+2 8", [(0, 1, (8,))]),
        ("A mmap 0+2; A write 0+2 x; A mremap 1+1 8", [(1, 1, (7,))]),
        # and home again
        ("A mmap 0+2; A write 0+2 x; A mremap 0+2 8; A mremap 8+2 0", []),
        # what is unmapped is listed no more
        (
            "A mmap 0+3; A write 0+3 x; A mremap 0+3 8; A munmap 9+1",
            [(0, 0, (8,)), (2, 2, (8,))],
        ),
        # the moved VMA grows
        (
            "A mmap 0+2; A write 0+2 x; A mremap 0+2 8; A mremap 8+2 +3",
            [(0, 2, (8,))],
        ),
        # both halves were faulted at page 0, one after the other
        (
            "A mmap 0+1; A write 0+1 x; A mremap 0+1 8;"
            "A mmap 0+1; A write 0+1 y; A mremap 0+1 4",
            [(0, 0, (4, 8))],
        ),
        # left in place by MREMAP_DONTUNMAP, and filled again: two places at once
        (
            "A mmap 0+2; A write 0+2 x; A mremap 0+2 8;"
            "A mremap 8+1 4 dontunmap; A write 8+1 y",
            [(0, 0, (4, 8)), (1, 1, (8,))],
        ),
        # a private file mapping is off from its first write on
        ("A mmap 4+2 file F@1; A read 4+2", []),
        ("A mmap 4+2 file F@1; A write 5+1 x", [(1, 2, (BASE + 3,))]),
        # a VMA never faulted joins one that was: its pages count from then on
        (
            "A mmap 4+1 file F@0; A write 4+1 x; A mmap 5+1 file F@1; A write 5+1 y",
            [(0, 1, (BASE + 4,))],
        ),
    ],
)
def test_the_index_lists_what_is_away_from_home(history, remaps):
    now = Machine(history)
    listed = [
        (index, offsets)
        for first, last, offsets in now.remaps("A")
        for index in range(first, last + 1)
    ]
    expected = [
        (index, offsets)
        for first, last, offsets in remaps
        for index in range(first, last + 1)
    ]
    assert listed == expected


def test_fork_gives_the_child_an_index_of_its_own():
    now = Machine("A mmap 0+1; A write 0+1 x; A mremap 0+1 8; A fork B; A munmap 8+1")
    assert now.remaps("A") == []
    assert now.remaps("B") == [(0, 0, (8,))]


# --- the walk --------------------------------------------------------------


def test_a_walk_finds_each_place_and_nothing_besides():
    now = Machine(
        "A mmap 0+1; A write 0+1 x; A fork B; B mremap 0+1 8; B fork C; A fork D;"
        "D write 0+1 y"
    )
    assert now.walk("A", 0) == ["A:0", "B:8", "C:8"]
    assert now.walk("D", 0) == ["D:0"]


def test_a_walk_visits_children_that_unmapped_the_page():
    children = "".join(f"; A fork B{n}; B{n} munmap 0+1" for n in range(10))
    now = Machine(f"A mmap 0+1; A write 0+1 x{children}")
    cost = CowCost()
    cow_context_walk(now.folio("A", 0), cost)
    assert (cost.contexts, cost.lookups, cost.vmas) == (11, 11, 1)


MOVED = "A mmap 0+1; A write 0+1 x; A mremap 0+1 8"
LEFT_BEHIND = "A mmap 0+1; A write 0+1 x; A fork B; A munmap 0+1"


@pytest.mark.parametrize(
    ("history", "at", "misses"),
    [
        ("A mmap 0+1; A write 0+1 x", ("A", 0), set()),
        (MOVED, ("A", 8), {Stop.POC}),
        (LEFT_BEHIND, ("B", 0), {Stop.POC, Stop.AFTER_REMAPS}),
    ],
)
def test_where_an_early_stop_misses(history, at, misses):
    now = Machine(history)
    wrong = {stop for stop in Stop if now.walk(*at, stop) != now.walk(*at)}
    assert wrong == misses
    assert now.walk(*at) == [f"{at[0]}:{at[1]}"]
