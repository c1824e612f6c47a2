"""Watching a walk, node by node."""

from __future__ import annotations

from typing import Any

import pytest

from ksmlib.draw.tree_scene import MARKS

from .reader import PHONE, Opened, Widget

WATCH = "Watch the walk, node by node"
# From one look to the next, in milliseconds.
PACE = 1800


def watched(opened: Opened, history: str = "mremap", **kw: object) -> Widget:
    widget = opened(history, design=kw.pop("design", "address"), **kw)
    widget.push(WATCH)
    return widget


def frames(widget: Widget) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = widget.controller.snapshot()["watch"]["frames"]
    return found


def told(widget: Widget) -> str:
    """The question at hand and what happens now."""
    lines = [widget.page.locator(name) for name in (".ksm-question", ".ksm-now")]
    return " ".join(line.inner_text() for line in lines).strip()


def words(widget: Widget) -> dict[str, str]:
    """What stands on each node, by its number."""
    labels = widget.page.locator("[data-word]").all()
    return {str(e.get_attribute("data-word")): e.inner_html() for e in labels}


def ptes(widget: Widget) -> list[str]:
    return widget.page.locator(".ksm-ptes li").all_inner_texts()


def test_it_is_closed_until_it_is_asked_for(opened: Opened) -> None:
    widget = opened(design="address")
    button = widget.button(WATCH)
    assert button.get_attribute("aria-expanded") == "false"
    assert widget.controller.snapshot()["watch"] == {}
    widget.push(WATCH)
    assert button.get_attribute("aria-expanded") == "true"
    inside = widget.page.locator(f"id={button.get_attribute('aria-controls')}")
    assert inside.is_visible()
    assert "The walk of f2 by address, node by node" in inside.inner_text()
    widget.press("Enter")
    assert not inside.is_visible()
    assert [m["op"] for m in widget.messages] == ["watch", "watch"]


def test_each_look_is_told_and_marked(opened: Opened) -> None:
    widget = watched(opened)
    wanted = [frame["text"] for frame in frames(widget)]
    assert told(widget) == "Question 1: av1 is asked for page offset 2."
    assert words(widget) == {"0": "", "1": ""}
    assert ptes(widget) == ["A:0 not yet", "A:2 not yet"]
    widget.tab_to(widget.button("To the start"))
    for number, text in enumerate(wanted[1:], start=2):
        widget.page.keyboard.press("ArrowRight")
        assert told(widget).endswith(str(text))
        assert widget.said == text
        count = widget.page.locator(".ksm-stage .ksm-count").inner_text()
        assert count == f"{number} of {len(wanted)}"
    assert widget.button("To the end").get_attribute("aria-disabled") == "true"
    assert [m["op"] for m in widget.messages] == ["watch"], "it is played here"


def test_what_is_skipped_found_and_missed_is_marked(opened: Opened) -> None:
    widget = watched(opened)
    widget.tab_to(widget.button("Forward").nth(1))
    widget.press("Enter")
    assert words(widget) == {"1": MARKS["seen"][0], "0": MARKS["skipped"][0]}
    rect = widget.page.locator("rect[data-node='1']")
    assert rect.get_attribute("class") == "b-looked ksm-at"
    skipped = widget.page.locator("rect[data-node='0']")
    assert skipped.get_attribute("class") == "b-pruned"
    dashes = "e => getComputedStyle(e).strokeDasharray"
    assert skipped.evaluate(dashes) != "none"
    assert rect.evaluate(dashes) == "none"
    # Another question starts afresh.
    widget.press("Enter")
    assert words(widget) == {"0": "", "1": ""}
    for _ in range(5):
        widget.press("Enter")
    assert words(widget)["0"] == MARKS["found"][0]
    assert ptes(widget) == ["A:0 found", "A:2 not yet"]
    # On the way back up what was found stays marked.
    widget.press("Enter")
    assert told(widget).endswith("Back at A 2+1.")
    assert words(widget)["0"] == MARKS["found"][0]
    widget.press("End")
    assert ptes(widget) == ["A:0 found", "A:2 missed"]
    assert told(widget).endswith("It missed A:2: av1 files it under page offset 1.")
    widget.press("Home")
    assert ptes(widget) == ["A:0 not yet", "A:2 not yet"]


def back_at_found(frames: list[dict[str, Any]]) -> int:
    """The first frame that comes back to a node where a PTE was found."""
    found: set[int] = set()
    for number, frame in enumerate(frames):
        if frame["asks"]:
            found.clear()
        if frame["text"].startswith("Back at") and frame["node"] in found:
            return number
        found |= {node for node, mark in frame["marks"] if mark == "found"}
    raise AssertionError("the walk never comes back")


def test_what_was_found_stays_so_on_the_way_back(opened: Opened) -> None:
    cuts = "; A mprotect 1+1 ro; A mprotect 3+1 ro"
    text = f"A mmap 0+5; A write 0+5 x; A madvise 0+5 mergeable; ksmd 2{cuts}"
    widget = watched(opened, text, design="full")
    back = back_at_found(frames(widget))
    widget.tab_to(widget.button("To the start"))
    for _ in range(back):
        widget.page.keyboard.press("ArrowRight")
    assert told(widget).endswith(frames(widget)[back]["text"])
    assert words(widget)[str(frames(widget)[back]["node"])] == MARKS["found"][0]


def test_it_plays_and_stops_at_the_end(opened: Opened) -> None:
    widget = opened(design="address")
    widget.page.clock.install()
    widget.push(WATCH)
    last = len(frames(widget))
    count = widget.page.locator(".ksm-stage .ksm-count")
    assert count.inner_text() == f"1 of {last}", "nothing plays by itself"
    widget.push("Play")
    widget.page.clock.run_for(3 * PACE + 200)
    assert count.inner_text() == f"4 of {last}"
    assert widget.focused == "Pause"
    widget.press("Enter")
    widget.page.clock.run_for(5 * PACE)
    assert count.inner_text() == f"4 of {last}"
    widget.press("Enter")
    widget.page.clock.run_for(60_000)
    assert count.inner_text() == f"{last} of {last}"
    assert widget.focused == "Play"
    # A key takes over.
    widget.press("Enter")
    widget.page.clock.run_for(PACE + 200)
    widget.press("ArrowRight")
    stopped = count.inner_text()
    widget.page.clock.run_for(5 * PACE)
    assert count.inner_text() == stopped
    assert widget.focused == "Play"


def test_who_wants_less_motion_has_no_play_button(opened: Opened) -> None:
    widget = opened(design="address", calm=True)
    widget.push(WATCH)
    assert not widget.button("Play").is_visible()
    widget.tab_to(widget.button("To the start"))
    widget.press("ArrowRight")
    assert told(widget).startswith("Question 1: ")


def test_it_follows_step_design_and_folio(opened: Opened) -> None:
    widget = watched(opened)
    widget.choose(widget.field("Walk by"), "full")
    assert "is asked for everything." in told(widget)
    assert (
        "by full, node by node" in widget.page.locator(".ksm-inside").first.inner_text()
    )
    widget.push("First")
    inside = widget.page.locator(".ksm-inside").first
    assert inside.inner_text() == "There is no KSM folio to walk at this step."
    assert not widget.page.locator(".ksm-stage").is_visible()


def test_a_walk_with_several_trees_shows_the_one_at_hand(opened: Opened) -> None:
    widget = watched(opened, "coincidence-stale-item", design="by-index-origin")
    trees = {frame["tree"] for frame in frames(widget)}
    assert len(trees) > 1
    widget.tab_to(widget.button("To the start"))
    seen = set()
    for _ in frames(widget):
        seen.add(widget.page.locator(".ksm-tree svg").get_attribute("aria-label"))
        widget.page.keyboard.press("ArrowRight")
    assert len(seen) == len(trees)


def test_a_design_without_trees_is_told_all_the_same(opened: Opened) -> None:
    widget = watched(opened, "moved", design="cow-context")
    assert told(widget).startswith("The walk gives back A 8+2.")
    assert widget.page.locator(".ksm-tree svg").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_on_a_phone(opened: Opened, scheme: str) -> None:
    text = "A mmap 0+12; A write 0+2 x; A madvise 0+12 mergeable; ksmd 2"
    cuts = "".join(f"; A mprotect {page}+1 ro" for page in range(1, 12, 2))
    widget = watched(opened, text + cuts, width=PHONE, scheme=scheme)
    assert widget.page.locator("rect[data-node]").count() == 12
    overflow = "document.scrollingElement.scrollWidth - innerWidth"
    assert widget.page.evaluate(overflow) <= 0
