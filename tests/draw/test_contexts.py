"""Pictures of the COW contexts: complete, and nothing overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from ksmlib.draw.alt import LONGEST
from ksmlib.draw.contexts import MAX_PANELS, context_walk_scene, maps_scene
from ksmlib.draw.shapes import Scene
from ksmlib.draw.svg import scene_svg
from ksmlib.history import Replay, parse, snapshot
from ksmlib.history.generated import deep_chain, same_offset, wide_fan
from ksmlib.history.named import named, named_histories
from ksmlib.report.contexts import context_states, context_walk
from ksmlib.report.maps import anon_folios, replay_both

from .cases import FULL_BOARD
from .test_scene import overlaps, rectangle

HISTORIES = {
    **{name: each.history for name, each in named_histories().items()},
    "full-board": parse(FULL_BOARD),
    "same-offset": parse(same_offset(12)),
}


def at_end(text: str) -> Replay:
    replay = replay_both(parse(text))
    replay.run()
    return replay


def both(replay: Replay) -> Scene:
    return maps_scene(snapshot(replay.kernel), context_states(replay.kernel))


def walks(replay: Replay) -> Iterator[Scene]:
    for folio in anon_folios(replay.kernel):
        states = context_states(replay.kernel)
        yield context_walk_scene(states, context_walk(replay.kernel, folio))


def scenes(name: str) -> Iterator[Scene]:
    replay = replay_both(HISTORIES[name])
    for step in range(1, len(replay) + 1):
        replay.seek(step)
        yield both(replay)
    yield from walks(replay)


def texts(scene: Scene) -> list[str]:
    return [label.text for label in scene.labels]


@pytest.mark.parametrize("name", HISTORIES)
def test_no_text_lies_on_another_or_beside_its_box(name: str) -> None:
    for scene in scenes(name):
        assert overlaps(scene) == []
        for box in scene.boxes:
            assert 0 <= box.x < box.right <= scene.width
            assert 0 <= box.y < box.bottom <= scene.height
            for mark in (*scene.labels, *scene.symbols):
                left, top, right, bottom = rectangle(mark)
                if box.x < mark.x < box.right and box.y < mark.y < box.bottom:
                    assert box.x <= left and right <= box.right, (mark, box)
                    assert box.y <= top and bottom <= box.bottom, (mark, box)


@pytest.mark.parametrize("name", ["fork-family", "private-file", "full-board"])
def test_both_maps_are_there_with_what_they_hold(name: str) -> None:
    replay = replay_both(HISTORIES[name])
    replay.run()
    state, contexts = snapshot(replay.kernel), context_states(replay.kernel)
    scene = maps_scene(state, contexts)
    expected = {f"anon_vma:{a}" for a in state["anon_vmas"]}
    expected |= {f"process:{c.name}" for c in contexts}
    assert {box.id for box in scene.boxes} == expected
    children = sum(c.parent is not None for c in contexts)
    children += sum(a["parent"] != n for n, a in state["anon_vmas"].items())
    assert len(scene.links) == children


def test_the_family_in_words() -> None:
    said = texts(both(at_end(named("fork-family").text)))
    assert "A 0+2, C 8+1, D 0+2, C 1+1" in said
    assert "index 0 is off by +8" in said
    assert said.count("exited") == 1
    assert "6 anon_vmas, 10 chains" in said
    assert "5 contexts, 1 remap" in said


def test_the_walk_in_words_and_its_ticks() -> None:
    [scene, *_] = walks(at_end(named("fork-family").text))
    said = texts(scene)
    for text in (
        "visit 1, the folio points here",
        "try offset 0: page 0 maps it",
        "try offset 0: page 0 maps f3",
        "try offset 0: no VMA of that offset",
        "try offset +8: page 8 maps it",
        "its process is gone: skipped, its children are not",
        "not visited: not below",
    ):
        assert text in said
    assert len(scene.symbols) == 2  # A:0 and C:8
    looked = {box.id for box in scene.boxes if box.style == "looked"}
    assert looked == {f"process:{name}" for name in "ABCD"}


def test_too_many_are_counted() -> None:
    scene = both(at_end(wide_fan(20)))
    left = 21 - MAX_PANELS
    assert texts(scene).count(f"\N{HORIZONTAL ELLIPSIS} and {left} more") == 2
    assert len(scene.boxes) == 2 * MAX_PANELS


def test_a_deep_chain_stays_inside() -> None:
    scene = both(at_end(deep_chain(11)))
    assert overlaps(scene) == []


def test_the_description_is_complete_or_says_that_it_is_not() -> None:
    for text in (named("fork-family").text, wide_fan(20)):
        scene = both(at_end(text))
        assert len(scene.alt) <= LONGEST
        ElementTree.fromstring(scene_svg(scene))
    assert scene.alt.startswith("Today 21 anon_vmas, 41 chains; in the rework")
    assert scene.alt.endswith("The rest is left out here.")
