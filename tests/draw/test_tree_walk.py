"""A walk that is watched is the walk that is judged."""

from __future__ import annotations

from collections.abc import Iterator

from ksmlib.designs import Design, all_designs
from ksmlib.designs.base import DesignCost
from ksmlib.designs.walk import rmap_walk, walk_anon
from ksmlib.draw.shapes import Label
from ksmlib.draw.svg import scene_svg
from ksmlib.draw.tree_scene import MARKS, tree_scene
from ksmlib.draw.tree_walk import MAX_EVENTS, Frame, TreeWalk, tree_walk
from ksmlib.history import BASE, parse
from ksmlib.history.generated import split_every_other_page
from ksmlib.history.named import named, named_histories
from ksmlib.history.random import Bounds, random_history
from ksmlib.mm.observe import mapped_at
from ksmlib.mm.types import Folio, Mm
from ksmlib.report.verdict import replay_with

from .cases import seeded
from .test_scene import overlaps

Ptes = list[tuple[Mm, int]]


def folios(text: str, kind: str = "ksm") -> Iterator[tuple[Folio, Ptes]]:
    replay = replay_with(parse(text), tuple(all_designs().values()))
    replay.run()
    for folio, ptes in mapped_at(replay.kernel.mms.values()).items():
        if folio.kind == kind:
            yield folio, ptes


def the_folio(text: str) -> tuple[Folio, Ptes]:
    [found] = folios(text)
    return found


def texts() -> list[str]:
    made = [random_history(seeded(n), Bounds(operations=25)).text for n in range(40)]
    return [*(named(name).text for name in named_histories()), *made]


def looks(walk: TreeWalk) -> list[Frame]:
    return [frame for frame in walk.frames if "seen" in dict(frame.marks).values()]


def check_against_the_walk(folio: Folio, ptes: Ptes, design: Design) -> None:
    walk = tree_walk(folio, ptes, design)
    judged = rmap_walk(design, folio)
    assert not walk.cut
    found = [frame.found for frame in walk.frames if frame.found]
    assert set(found) == {(mm.name, at - BASE) for mm, at in judged.found}
    assert len(looks(walk)) == judged.cost.nodes
    visits = list(design.visits(folio, DesignCost()))
    back = [f.text for f in walk.frames if " gives back " in f.text]
    assert len(back) == len(visits)
    for text, visit in zip(back, visits, strict=True):
        name, start = visit.vma.vm_mm.name, visit.vma.vm_start - BASE
        assert f"gives back {name} {start}+{visit.vma.pages}." in text
        assert ("passed over" in text) == (visit.address is None)
    said = f"It found {len(judged.found)} of {len(ptes)}."
    assert said in walk.frames[-1].text
    assert ("missed" in walk.frames[-1].text) == (len(judged.found) < len(ptes))


def test_it_looks_and_finds_what_the_walk_does() -> None:
    walked = 0
    for text in texts():
        for folio, ptes in folios(text):
            for design in all_designs().values():
                check_against_the_walk(folio, ptes, design)
                walked += 1
    assert walked > 500


def questions(walk: TreeWalk) -> Iterator[list[Frame]]:
    starts = [n for n, frame in enumerate(walk.frames) if frame.asks]
    for start, end in zip(starts, [*starts[1:], len(walk.frames)], strict=True):
        yield list(walk.frames[start:end])


def test_what_is_never_looked_at_is_skipped_with_a_true_reason() -> None:
    """Each node of the tree is either looked at or skipped, and none is both."""
    skipped = 0
    for text in texts():
        for folio, ptes in folios(text):
            for id_ in ("address", "stored-pgoff", "by-index", "full"):
                walk = tree_walk(folio, ptes, all_designs()[id_])
                for frames in questions(walk):
                    assert frames[0].tree is not None
                    marks = [mark for frame in frames for mark in frame.marks]
                    seen = {n for n, mark in marks if mark == "seen"}
                    left_out = {n for n, mark in marks if mark == "skipped"}
                    skipped += len(left_out)
                    nodes = walk.trees[frames[0].tree].nodes
                    assert seen | left_out == set(range(len(nodes)))
                    # The first node in order may be looked at, and then left out
                    # with what it is below.
                    assert len(seen & left_out) <= 1
    assert skipped > 100


def test_a_walk_in_full() -> None:
    folio, ptes = the_folio(named("mremap").text)
    walk = tree_walk(folio, ptes, all_designs()["address"])
    told = [frame.text for frame in walk.frames]
    assert told[:8] == [
        "Question 1: av1 is asked for page offset 2.",
        "The root, A 2+1: the largest page offset in the tree is 1."
        " Nothing reaches 2: all is skipped.",
        "Question 2: av1 is asked for page offset 0.",
        "The root, A 2+1: the largest page offset in the tree is 1.",
        "The first in order, A 0+1, begins at page offset 0.",
        "A 2+1 lies under page offset 1.",
        "A 0+1 lies under page offset 0.",
        "The tree gives back A 0+1. Page 0 is tried: it maps f2.",
    ]
    assert told[-1] == (
        "The walk is over. It found 1 of 2."
        " It missed A:2: av1 files it under page offset 1."
    )
    assert [frame.found for frame in walk.frames if frame.found] == [("A", 0)]


def test_subtrees_are_skipped_for_two_reasons() -> None:
    folio, ptes = the_folio(split_every_other_page(12))
    told = " ".join(f.text for f in tree_walk(folio, ptes, _by_index()).frames)
    assert "All to the right below is skipped: it begins after 0." in told
    cuts = "".join(f"; A mprotect {page}+1 ro" for page in range(1, 12, 2))
    folio, ptes = the_folio(
        f"A mmap 0+12; A write 10+2 x; A madvise 0+12 mergeable; ksmd 2{cuts}"
    )
    told = " ".join(f.text for f in tree_walk(folio, ptes, _by_index()).frames)
    assert "All to the left below is skipped: it reaches only to" in told


def _by_index() -> Design:
    return all_designs()["by-index"]


def test_where_the_missed_lie() -> None:
    folio, ptes = the_folio(named("coincidence").text)
    walk = tree_walk(folio, ptes, all_designs()["address"])
    assert walk.frames[-1].text.endswith(
        "It missed B:0: the VMA was given back, but not tried there."
    )
    folio, ptes = the_folio(named("parent-not-mergeable").text)
    walk = tree_walk(folio, ptes, all_designs()["full"])
    assert "is in none of the trees that were asked." in walk.frames[-1].text


def test_a_design_without_trees_is_watched_too() -> None:
    folio, ptes = the_folio(named("moved").text)
    walk = tree_walk(folio, ptes, all_designs()["cow-context"])
    assert walk.trees == ()
    assert {frame.tree for frame in walk.frames} == {None}
    assert walk.frames[0].text.startswith("The walk gives back A 8+2. Page ")


def test_an_anonymous_folio_is_walked_by_its_index() -> None:
    text = "A mmap 0+6; A write 0+6 x; A fork B; A mprotect 1+1 ro; A mprotect 3+1 ro"
    for folio, ptes in folios(text, "anon"):
        walk = tree_walk(folio, ptes, None)
        found = {frame.found for frame in walk.frames if frame.found}
        assert found == {(mm.name, at - BASE) for mm, at in walk_anon(folio).found}
        assert len(looks(walk)) == walk_anon(folio).cost.nodes


def test_a_long_walk_is_cut() -> None:
    folio, ptes = the_folio(split_every_other_page(2000))
    walk = tree_walk(folio, ptes, all_designs()["full"])
    assert walk.cut
    assert MAX_EVENTS <= len(walk.frames) <= MAX_EVENTS + 2
    assert walk.frames[-1].text.startswith("The walk goes on")
    # Nothing is said to be skipped of a question that was not followed to its end.
    assert "skipped" not in {mark for f in walk.frames for _, mark in f.marks}
    assert not tree_walk(folio, ptes, _by_index()).cut


def test_a_tree_to_watch_has_room_for_what_is_written() -> None:
    folio, ptes = the_folio(named("mremap").text)
    walk = tree_walk(folio, ptes, all_designs()["full"])
    [tree] = walk.trees
    scene = tree_scene(tree, watched=True)
    words = {label.data[0][1]: label for label in scene.labels if label.data}
    assert set(words) == {0, 1}
    for n, label in words.items():
        box = scene.box(f"node:{n}")
        assert box.data == (("node", n),)
        for word, _ in MARKS.values():
            written = Label(word, label.x, label.y, label.anchor, bold=True)
            others = [other for other in scene.labels if other.text]
            assert overlaps(type(scene)(
                scene.width, scene.height, "", "", (), (), (), (*others, written)
            )) == []  # fmt: skip
            assert box.x < label.x < box.right and box.y < label.y < box.bottom
    svg = scene_svg(scene, styled=False)
    assert svg.count("data-node=") == svg.count("data-word=") == 2
    assert "<style>" not in svg and "<style>" in scene_svg(scene)
