"""Pictures of states: complete, the same each time, and nothing overlaps."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from ksmlib.designs import designs
from ksmlib.draw.anon_vmas import MAX_ANON_VMAS, by_descent
from ksmlib.draw.changes import changes
from ksmlib.draw.columns import MAX_COLUMNS, Wish, breaks, filled
from ksmlib.draw.measure import clipped, flowed, text_width
from ksmlib.draw.scene import state_scene
from ksmlib.draw.shapes import Label, Scene, Symbol
from ksmlib.draw.view import WalkView, view_at, walk_view, walk_views
from ksmlib.history import parse, snapshot
from ksmlib.history.generated import split_every_other_page
from ksmlib.history.named import named
from ksmlib.report.verdict import replay_with, run

from .cases import FULL_BOARD, Case, endings, every_step, final

Rectangle = tuple[float, float, float, float]


def rectangle(mark: Label | Symbol) -> Rectangle:
    """Where a text or a sign is, by estimate."""
    if isinstance(mark, Symbol):
        half = mark.size / 2
        return mark.x - half, mark.y - half, mark.x + half, mark.y + half
    width, half = text_width(mark.text, mark.size, mark.bold), mark.size * 0.55
    if mark.upwards:
        return mark.x - half, mark.y - width, mark.x + half, mark.y
    left = mark.x - width * {"start": 0, "middle": 0.5, "end": 1}[mark.anchor]
    return left, mark.y - half, left + width, mark.y + half


def overlap(one: Rectangle, other: Rectangle) -> bool:
    slack = 0.01
    return (
        one[0] < other[2] - slack
        and other[0] < one[2] - slack
        and one[1] < other[3] - slack
        and other[1] < one[3] - slack
    )


def overlaps(scene: Scene) -> list[str]:
    """Texts and signs that lie on one another, or outside of the picture."""
    marks = [*scene.labels, *scene.symbols]
    wrong = [
        f"{one} lies on {other}"
        for one, other in combinations(marks, 2)
        if overlap(rectangle(one), rectangle(other))
    ]
    for mark in marks:
        left, top, right, bottom = rectangle(mark)
        if left < 0 or top < 0 or right > scene.width or bottom > scene.height:
            wrong.append(f"{mark} lies outside of {scene.width}x{scene.height}")
    return wrong


def test_an_overlap_is_seen() -> None:
    state = final("A mmap 0+2; A write 0+2 x")
    scene = state_scene(state)
    assert overlaps(scene) == []
    there = scene.labels[0]
    extra = Label("on top", there.x + 1, there.y)
    double = Scene(400, 400, "", "", (), (), (), (*scene.labels, extra))
    assert len(overlaps(double)) == 1
    outside = Scene(400, 400, "", "", (), (), (), (Label("far", 395, 20),))
    assert len(overlaps(outside)) == 1


def drawn(case: Case) -> Scene:
    return state_scene(case.state, case.before, case.walk)


def test_no_text_lies_on_another() -> None:
    wrong = [
        f"{case.name}: {what}"
        for case in (*every_step(), *endings())
        for what in overlaps(drawn(case))
    ]
    assert wrong == []


def test_texts_stay_inside_their_boxes() -> None:
    for case in (*every_step()[::4], *endings()[::3]):
        scene = drawn(case)
        for kind in ("page", "rmap_item", "folio", "vma"):
            for box in (box for box in scene.boxes if box.kind == kind):
                for mark in (*scene.labels, *scene.symbols):
                    left, top, right, bottom = rectangle(mark)
                    middle = (left + right) / 2, (top + bottom) / 2
                    if box.x < middle[0] < box.right and box.y < middle[1] < box.bottom:
                        where = (case.name, mark, box)
                        assert box.x <= left and right <= box.right, where
                        assert box.y <= top and bottom <= box.bottom, where


def test_the_same_state_gives_the_same_picture() -> None:
    for case in every_step():
        assert drawn(case) == drawn(case)


def test_boxes_have_ids_of_their_own_and_lie_inside() -> None:
    for case in (*every_step(), *endings()):
        scene = drawn(case)
        ids = [box.id for box in scene.boxes]
        assert len(ids) == len(set(ids)), case.name
        for box in scene.boxes:
            assert 0 <= box.x <= box.right <= scene.width, (case.name, box)
            assert 0 <= box.y <= box.bottom <= scene.height, (case.name, box)
            assert box.width > 0 and box.height > 0


def expected_ids(case: Case) -> set[str]:
    state = case.state
    ids = {f"process:{name}" for name in state["processes"]}
    for name, process in state["processes"].items():
        ids |= {f"vma:{name}:{vma['start']}" for vma in process["vmas"]}
        ids |= {f"page:{name}:{page}" for page in process["pages"]}
    for name, anon_vma in state["anon_vmas"].items():
        ids.add(f"anon_vma:{name}")
        for entry in anon_vma["tree"]:
            ids.add(f"avc:{name}:{entry['process']}:{entry['start']}")
    ids |= {f"folio:{name}" for name in state["folios"]}
    items = state["rmap_items"]
    return ids | {f"item:{item['process']}:{item['page']}" for item in items}


def test_everything_of_a_state_is_in_the_picture() -> None:
    for case in (*every_step(), *endings()):
        missing = expected_ids(case) - {box.id for box in drawn(case).boxes}
        assert missing == set(), case.name


def test_links_say_what_the_state_says() -> None:
    for case in endings():
        scene = drawn(case)
        links = {(link.kind, link.source, link.target) for link in scene.links}
        for item in case.state["rmap_items"]:
            box = f"item:{item['process']}:{item['page']}"
            target = f"anon_vma:{item['anon_vma']}"
            assert ("item_anon_vma", box, target) in links
            if item["folio"]:
                assert ("item_folio", box, f"folio:{item['folio']}") in links
        for name, process in case.state["processes"].items():
            for page, pte in process["pages"].items():
                box = f"page:{name}:{page}"
                assert ("maps", box, f"folio:{pte['folio']}") in links
        for name, anon_vma in case.state["anon_vmas"].items():
            if anon_vma["parent"] != name:
                parent = f"anon_vma:{anon_vma['parent']}"
                assert ("parent", f"anon_vma:{name}", parent) in links


def test_found_and_missed_are_told_apart_without_colour() -> None:
    for case in endings():
        if case.walk is None:
            continue
        scene = drawn(case)
        for verdict in ("found", "missed"):
            ptes = getattr(case.walk, verdict)
            boxes = {b.id for b in scene.boxes if b.verdict == verdict}
            assert boxes == {f"page:{name}:{page}" for name, page in ptes}
            for box_id in boxes:
                box = scene.box(box_id)
                inside = [
                    symbol
                    for symbol in scene.symbols
                    if symbol.kind == verdict
                    and box.x <= symbol.x <= box.right
                    and box.y <= symbol.y <= box.bottom
                ]
                assert len(inside) == 1, (case.name, box_id)
                assert verdict in box.title


def test_an_interval_lies_below_the_page_of_its_number() -> None:
    state = final("A mmap 0+2; A write 0+2 x; A mremap 0+2 8; A write 8+1 y")
    scene = state_scene(state)
    vma, bar = scene.box("vma:A:8"), scene.box("avc:av1:A:8")
    ghost = scene.box("address:av1:A:8")
    assert bar.right < vma.x, "filed under 0 and 1, which are left of page 8"
    assert ghost.x == pytest.approx(vma.x, abs=2)
    assert ghost.right == pytest.approx(vma.right, abs=2)
    [arrow] = [link for link in scene.links if link.kind == "filed"]
    assert arrow.points[0][0] > arrow.points[1][0] >= bar.right
    numbers = {label.text: label.x for label in scene.labels if label.text.isdigit()}
    assert bar.x < numbers["0"] < numbers["1"] < bar.right


def test_file_offsets_stand_apart_from_pages() -> None:
    state = final("A mmap 5+2 file F@5; A write 5+2 x")
    scene = state_scene(state)
    assert scene.box("avc:av1:A:5").x > scene.box("vma:A:5").right
    assert {"@5", "@6"} <= {label.text for label in scene.labels}


def test_a_window_crosses_what_it_finds() -> None:
    replay = replay_with(named("moved"), ())
    replay.run()
    for design, finds in (("address", False), ("full", True)):
        view = view_at(replay, "A", 8, design)
        scene = state_scene(snapshot(replay.kernel), None, view)
        bar = scene.box("avc:av1:A:8")
        [band] = [box for box in scene.boxes if box.style == "band"]
        assert (band.x < bar.right and bar.x < band.right) is finds
        assert band.y < bar.y and bar.bottom < band.bottom


def test_a_window_of_file_offsets_stands_with_them() -> None:
    replay = replay_with(named("private-file"), designs("stored-pgoff"))
    replay.run()
    view = view_at(replay, "A", 0, "stored-pgoff")
    assert {(w.first, w.last, w.of_file) for w in view.windows} == {
        (5, 5, True),
        (6, 6, True),
    }
    scene = state_scene(snapshot(replay.kernel), None, view)
    bar, band = scene.box("avc:av1:A:0"), scene.box("band:av1:0")
    assert band.x < bar.x and bar.right < band.right


MERGED = "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2"


def test_what_no_item_knows_and_what_is_stale_is_told() -> None:
    scene = state_scene(final(f"{MERGED}; A fork B; A write 0+1 y"))
    said = " ".join(label.text for label in scene.labels)
    assert "rmap_items for A:0-1; none for B:0-1; stale: A:0" in said
    stale, fresh = scene.box("item:A:0"), scene.box("item:A:1")
    assert (stale.style, fresh.style) == ("stale", "item")
    assert "stale" in stale.title and "stale" not in fresh.title


def test_items_of_a_process_that_has_exited_are_drawn() -> None:
    scene = state_scene(final(f"{MERGED}; A fork B; A exit"))
    assert scene.box("item:A:0").style == "stale"
    assert "has exited" in {label.text for label in scene.labels}


def test_the_reason_of_a_miss_is_told() -> None:
    def headline(name: str, process: str, page: int) -> str:
        design = "stored-pgoff" if name != "moved" else "address"
        replay = replay_with(named(name), designs(design))
        replay.run()
        view = view_at(replay, process, page, design)
        scene = state_scene(snapshot(replay.kernel), None, view)
        return " ".join(label.text for label in scene.labels[:4])

    assert "misses A:8-9: not filed where it asks" in headline("moved", "A", 8)
    assert "its VMA is visited" in headline("child-moved-first", "B", 8)


def test_views_agree_with_the_report() -> None:
    report = run(named("coincidence"))
    replay = replay_with(named("coincidence"), designs("stored-pgoff,full"))
    replay.run()
    for design in ("stored-pgoff", "full"):
        [view] = walk_views(replay, design)
        plain = walk_view(report.walks[0], design)
        assert (view.found, view.missed) == (plain.found, plain.missed)
        assert view.windows and not plain.windows
        assert bool(view.visited) == bool(view.missed)
    with pytest.raises(KeyError):
        view_at(replay, "A", 77, "full")


def test_changes_are_marked_by_a_sign() -> None:
    history = parse("A mmap 0+4; A write 0+4 x; A fork B; A munmap 1+1; B exit")
    replay = replay_with(history, ())
    states = []
    for position in range(len(replay) + 1):
        replay.seek(position)
        states.append(snapshot(replay.kernel))

    def texts(position: int) -> set[str]:
        scene = state_scene(states[position], states[position - 1])
        return {label.text for label in scene.labels}

    assert "+ A" in texts(1)
    assert {"+ f1", "+ av1"} <= texts(2)
    assert {"+ B", "+ av2", "~ av1"} <= texts(3)
    assert {"\N{MINUS SIGN} 1+1", "~ A 0+1", "+ A 2+2"} <= texts(4)
    assert "\N{MINUS SIGN} process B has exited" in texts(5)
    assert not changes(states[2], states[2]).marks
    plain = state_scene(states[2])
    assert not any(box.mark for box in plain.boxes)


def test_too_much_is_cut_and_counted() -> None:
    text = "\n".join(f"P{n} mmap {n}+1\nP{n} write {n}+1 x" for n in range(20))
    state = final(text)
    scene = state_scene(state)
    said = " ".join(label.text for label in scene.labels)
    assert "and 16 more processes" in said
    assert f"and {20 - MAX_ANON_VMAS} more anon_vmas" in said
    shown = {box.id for box in scene.boxes}
    more = re.search(r"and (\d+) more pages", said)
    columns = sum(label.text.isdigit() for label in scene.labels) // 2
    assert more and int(more[1]) + columns == 20
    assert 8 <= columns <= MAX_COLUMNS
    assert sum(f"folio:f{n}" in shown for n in range(1, 21)) == MAX_ANON_VMAS
    assert overlaps(scene) == []


def test_folios_beyond_the_columns_are_counted() -> None:
    scene = state_scene(final("A mmap 0+40; A write 0+40 x"))
    said = " ".join(label.text for label in scene.labels)
    shown = sum(box.kind == "folio" for box in scene.boxes)
    assert f"and {40 - shown} more folios" in said
    assert overlaps(scene) == []


def test_an_interval_beyond_the_columns_is_told() -> None:
    cut = "; ".join(f"A mprotect {page}+1 ro" for page in range(1, 40, 2))
    scene = state_scene(final(f"A mmap 0+40; A write 20+20 x; {cut}"))
    assert any(label.text.endswith(", not shown") for label in scene.labels)
    assert overlaps(scene) == []


def test_a_missed_pte_is_never_cut() -> None:
    state = final("\n".join(f"P{n} mmap {n}+1\nP{n} write {n}+1 x" for n in range(20)))
    walk = WalkView("full", "f19", (), (("P18", 18), ("P19", 19)))
    scene = state_scene(state, None, walk)
    missed = {box.id for box in scene.boxes if box.verdict == "missed"}
    assert missed == {"page:P18:18", "page:P19:19"}


def test_twenty_thousand_vmas_are_drawn_in_a_moment() -> None:
    from time import perf_counter

    state = final(split_every_other_page(20_000))
    begin = perf_counter()
    scene = state_scene(state, state)
    assert perf_counter() - begin < 10
    assert len(scene.boxes) < 100
    assert overlaps(scene) == []
    said = " ".join(label.text for label in scene.labels)
    assert "and 19992 more VMAs" in said


def test_narrow_columns_abbreviate_flags_and_say_so() -> None:
    state = final(FULL_BOARD)
    said = {label.text for label in state_scene(state).labels}
    assert any("mg: mergeable" in text for text in said)
    wide = {label.text for label in state_scene(final("A mmap 0+4")).labels}
    assert not any("mg:" in text for text in wide)


def test_nothing_runs() -> None:
    scene = state_scene(final("A mmap 0+1; A exit"))
    assert "No process runs." in {label.text for label in scene.labels}


def test_columns() -> None:
    wish = Wish()
    wish.add(3, *((0, n) for n in range(20)))
    wish.add(0, (0, 19))
    shown, hidden = wish.chosen()
    assert shown == [*((0, n) for n in range(MAX_COLUMNS - 1)), (0, 19)]
    assert len(hidden) == 20 - MAX_COLUMNS
    assert filled([(0, 0), (0, 2), (0, 8)]) == [(0, 0), (0, 1), (0, 2), (0, 8)]
    assert breaks([(0, 0), (0, 1), (0, 8), (1, 9)]) == [False, False, True, True]


def test_descent_puts_children_after_their_parents() -> None:
    state = final(FULL_BOARD)
    order = [name for name, _ in by_descent(state)]
    assert sorted(order) == sorted(state["anon_vmas"])
    for name, anon_vma in state["anon_vmas"].items():
        assert order.index(anon_vma["parent"]) <= order.index(name)


def test_texts_are_measured_and_cut() -> None:
    assert text_width("iii", 10) < text_width("mmm", 10)
    assert text_width("m", 10, bold=True) > text_width("m", 10)
    assert clipped("short", 100, 10) == "short"
    cut = clipped("much too long a text", 40, 10)
    assert cut.endswith("\u2026") and text_width(cut, 10) <= 40
    assert flowed(["a", "b", "c"], 17, 10, "-") == ["a-b", "c"]
