"""The COW contexts and their walks as plain data."""

from __future__ import annotations

from ksmlib.history import parse
from ksmlib.history.named import named
from ksmlib.mm.kernel import Kernel
from ksmlib.report.contexts import (
    ContextState,
    ContextWalk,
    Try,
    context_states,
    context_walk,
)
from ksmlib.report.maps import anon_folios, replay_both


def after(text: str) -> Kernel:
    replay = replay_both(parse(text))
    replay.run()
    return replay.kernel


def walk_of_the_first(text: str) -> ContextWalk:
    kernel = after(text)
    return context_walk(kernel, anon_folios(kernel)[0])


def test_a_family():
    assert context_states(after(named("fork-family").text)) == [
        ContextState("A", None, True, (), ("f1", "f2")),
        ContextState("B", "A", False, (), ()),
        ContextState("C", "B", True, ((0, 0, (8,)),), ()),
        ContextState("D", "A", True, (), ("f3",)),
        ContextState("E", None, True, (), ("f4", "f5")),
    ]


def test_a_context_that_nobody_needs_is_gone():
    states = context_states(after("A mmap 0+1; A fork B; B fork C; C exit; B exit"))
    assert [state.name for state in states] == ["A"]


def test_the_offset_of_a_file_is_where_its_page_0_would_be():
    text = "A mmap 4+2 file F@1; A write 4+2 x; A mmap 8+1; A write 8+1 x"
    [state] = context_states(after(f"{text}; A mremap 8+1 2"))
    assert state.remaps == ((1, 2, (3,)), (8, 8, (-6,)))


def test_a_walk_tries_0_and_then_what_the_remaps_list():
    walk = walk_of_the_first(named("fork-family").text)
    assert walk == ContextWalk(
        "f1",
        0,
        {
            "A": (Try(0, 0, "f1"),),
            "D": (Try(0, 0, "f3"),),
            "C": (Try(0, None, None), Try(8, 8, "f1")),
            "B": (),
        },
    )
    assert list(walk.visits) == ["A", "D", "C", "B"]


def test_a_page_that_nothing_maps_any_more_is_tried():
    text = "A mmap 0+1; A write 0+1 x; A fork B; A madvise 0+1 dontneed"
    assert walk_of_the_first(text).visits["A"] == (Try(0, 0, None),)


def test_the_walk_of_a_file_page_says_pages_as_they_are():
    walk = walk_of_the_first("A mmap 4+1 file F@1; A write 4+1 x")
    assert walk.index == 1
    assert walk.visits == {"A": (Try(0, None, None), Try(3, 4, "f1"))}
