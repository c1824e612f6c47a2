"""Several walks in one picture, and what a script can look up in it."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from ksmlib.designs import all_designs
from ksmlib.draw.alt import state_alt
from ksmlib.draw.scene import state_scene
from ksmlib.draw.shapes import Scene
from ksmlib.draw.svg import scene_svg, state_svg
from ksmlib.draw.view import WalkView, walk_views
from ksmlib.history import State, snapshot
from ksmlib.report.verdict import replay_with

from .cases import Case, endings, every_step, final, histories
from .test_scene import overlaps

SVG = "{http://www.w3.org/2000/svg}"
IDS = ("full", "address", "stored-pgoff", "by-index-origin")


def walked(name: str) -> Iterator[tuple[State, list[WalkView]]]:
    """The end of a history, with the walks of each folio by several designs."""
    replay = replay_with(histories()[name], tuple(all_designs().values()))
    replay.run()
    views = zip(*(walk_views(replay, design) for design in IDS), strict=True)
    for of_one_folio in views:
        yield snapshot(replay.kernel), list(of_one_folio)


def test_several_walks_are_drawn_without_overlap() -> None:
    for name in histories():
        for state, views in walked(name):
            for count in (2, 3, 4):
                scene = state_scene(state, None, *views[:count])
                assert overlaps(scene) == [], (name, count)
                assert scene.width <= 430
                ids = [box.id for box in scene.boxes]
                assert len(ids) == len(set(ids)), (name, count)


def marks_in(scene: Scene, box_id: str) -> list[str]:
    """The signs in a box from top to bottom, each with its number if it has one."""
    box = scene.box(box_id)
    found = []
    for symbol in sorted(scene.symbols, key=lambda symbol: symbol.y):
        if box.x <= symbol.x <= box.right and box.y <= symbol.y <= box.bottom:
            [*beside] = [
                label.text
                for label in scene.labels
                if label.y == symbol.y and box.x <= label.x <= box.right
            ]
            found.append(" ".join([symbol.kind, *beside]))
    return found


def test_each_pte_tells_what_each_walk_made_of_it() -> None:
    for name in ("coincidence", "mremap", "moved-parent-exits", "split"):
        for state, views in walked(name):
            scene = state_scene(state, None, *views)
            for process, page in (*views[0].found, *views[0].missed):
                verdicts = [view.outcome(process, page) for view in views]
                marks = marks_in(scene, f"page:{process}:{page}")
                assert [mark.split()[0] for mark in marks] == verdicts
                numbers = [mark.split()[1] for mark in marks if " " in mark]
                assert numbers in ([], ["1", "2", "3", "4"])
                box = scene.box(f"page:{process}:{page}")
                assert box.verdict == ("missed" if "missed" in verdicts else "found")
                for verdict, design in zip(verdicts, IDS, strict=True):
                    assert f"{verdict} by {design}" in box.title


def test_what_each_walk_asks_stands_beside_its_number() -> None:
    [(state, views)] = walked("mremap")
    scene = state_scene(state, None, *views[:2])
    texts = [label.text for label in scene.labels]
    assert texts.count("1 asks") == texts.count("2 asks") == 1
    assert "asks" not in texts
    assert {"1: f2, walked by full", "2: f2, walked by address"} <= set(texts)
    assert scene.title == "Walk of f2 by full and address"
    windows = {box.id for box in scene.boxes if box.style == "window"}
    assert windows == {
        "window1:av1:everything", "window2:av1:0 to 0", "window2:av1:2 to 2",
    }  # fmt: skip


def test_the_words_tell_of_each_walk() -> None:
    [(state, views)] = walked("mremap")
    alt = state_alt(state, None, *views[:2])
    assert alt.startswith("The walk of f2 by full finds all: pages 0 and 2 of A.")
    assert "The walk of f2 by address misses page 2 of A." in alt
    assert state_scene(state, None, *views[:2]).alt == alt


# What a script looks up


@pytest.mark.parametrize(
    "case", [*every_step()[::9], *endings()[::5]], ids=lambda case: case.name
)
def test_vmas_and_pages_can_be_looked_up(case: Case) -> None:
    root = ElementTree.fromstring(state_svg(case.state, case.before, case.walk))
    wanted = {
        (name, str(vma["start"]), str(vma["pages"]))
        for name, process in case.state["processes"].items()
        for vma in process["vmas"]
    }
    rects = [r for r in root.iter(f"{SVG}rect") if "data-start" in r.attrib]
    keys = ("data-process", "data-start", "data-pages")
    assert {tuple(rect.get(key) for key in keys) for rect in rects} == wanted
    column = float(root.get("data-column") or 0)
    places = [place.split(":") for place in (root.get("data-columns") or "").split()]
    left = {int(page): float(x) for page, x in places}
    for rect in rects:
        start, pages = int(rect.get("data-start", "")), int(rect.get("data-pages", ""))
        x, width = float(rect.get("x", "")), float(rect.get("width", ""))
        assert left[start] <= x <= left[start] + 3
        end = left[start + pages - 1] + column
        assert end - 3 <= x + width <= end


def test_nothing_but_classes_gives_it_its_looks() -> None:
    """A strict Content-Security-Policy refuses style attributes."""
    for case in endings():
        svg = scene_svg(state_scene(case.state, case.before, case.walk), styled=False)
        assert " style=" not in svg and "<style" not in svg


def test_what_is_filled_and_what_is_outlined_stays_so() -> None:
    svg = state_svg(final("A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2"))
    assert ".ksm-scene .n-fill{fill:none}" in svg
    assert ".ksm-scene .n-stroke{stroke:none}" in svg
    root = ElementTree.fromstring(svg)
    classes = [(rect.get("class") or "").split() for rect in root.iter(f"{SVG}rect")]
    assert sum("n-fill" in names for names in classes) == 3
    assert sum("n-stroke" in names for names in classes) == 3
    # What comes later wins: the box rules are before these.
    sheet = svg.partition("<style>")[2]
    assert sheet.index(".b-ksm{") < sheet.index(".n-fill{") < sheet.index(".v-found{")
