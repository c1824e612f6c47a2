"""The graph of pointers holds what the state holds, at places of its own."""

from __future__ import annotations

from itertools import combinations

import pytest

from ksmlib.draw.figure import figure_svg
from ksmlib.draw.pointers import pointer_alt, pointer_figure, pointer_graph
from ksmlib.history import Replay, State, parse, snapshot
from ksmlib.history.named import named_histories

FORKED = "A mmap 0+3; A write 0+3 x; A fork B; B write 1+1 y"


def state_of(text: str) -> State:
    replay = Replay(parse(text))
    replay.run()
    return snapshot(replay.kernel)


def edges(state: State, kind: str) -> set[tuple[str, str]]:
    graph = pointer_graph(state)
    return {(a, b) for a, b, k in graph.edges(data="kind") if k == kind}


def test_the_pointers_of_a_fork():
    state = state_of(FORKED)
    assert edges(state, "own") == {("A 0+3", "av1"), ("B 0+3", "av2")}
    assert edges(state, "chain") == {
        ("A 0+3", "A 0+3 av1"),
        ("A 0+3 av1", "av1"),
        ("B 0+3", "B 0+3 av1"),
        ("B 0+3 av1", "av1"),
        ("B 0+3", "B 0+3 av2"),
        ("B 0+3 av2", "av2"),
    }
    assert edges(state, "mapping") == {
        ("f1", "av1"),
        ("f2", "av1"),
        ("f3", "av1"),
        ("f4", "av2"),
    }


@pytest.mark.parametrize("name", named_histories())
def test_every_object_is_there_and_no_two_share_a_place(name: str):
    state = state_of(named_histories()[name].history.text)
    graph = pointer_graph(state)
    kinds = list(dict(graph.nodes(data="kind")).values())
    vmas = [vma for p in state["processes"].values() for vma in p["vmas"]]
    assert kinds.count("vma") == len(vmas)
    assert kinds.count("avc") == sum(len(vma["chain"]) for vma in vmas)
    assert kinds.count("anon_vma") == len(state["anon_vmas"])
    places = list(dict(graph.nodes(data="pos")).values())
    assert all(
        one[0] != other[0] or abs(one[1] - other[1]) >= 0.5
        for one, other in combinations(places, 2)
    )


def test_it_is_drawn_the_same_each_time_and_for_both_themes():
    graph = pointer_graph(state_of(FORKED))
    light = figure_svg(pointer_figure(graph))
    assert light == figure_svg(pointer_figure(graph))
    assert light != figure_svg(pointer_figure(graph, dark=True))


def test_the_words_name_every_vma_and_folio_and_end():
    graph = pointer_graph(state_of(FORKED))
    words = pointer_alt(graph)
    for name in ("A 0+3", "B 0+3", "f1", "f4", "av2"):
        assert name in words
    many = "; ".join(f"A mmap {n}+1; A write {n}+1 x" for n in range(0, 90, 2))
    assert len(pointer_alt(pointer_graph(state_of(many)))) <= 600
