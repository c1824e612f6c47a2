"""Moving a VMA in the picture: with a mouse, a finger, the keyboard."""

from __future__ import annotations

from typing import Any

from .reader import PHONE, Opened, Widget

TWO = "A mmap 0+2; A write 0+2 x; B mmap 4+1; B write 4+1 y"


def ghost(widget: Widget) -> str:
    """What stands on the outline of the VMA that is held, if one is."""
    held = widget.page.locator(".ksm-ghost text")
    return held.inner_html() if held.count() else ""


def hold(widget: Widget, vma: str) -> None:
    """Tab to a VMA and pick it up."""
    handle = widget.page.get_by_role("button", name=f"VMA {vma}", exact=True)
    first = widget.page.locator(".ksm-handle[tabindex='0']")
    widget.tab_to(first)
    for _ in range(10):
        if handle.evaluate("e => e === document.activeElement"):
            break
        widget.page.keyboard.press("ArrowRight")
    widget.page.keyboard.press("Enter")


def test_a_vma_is_dragged_to_another_place(opened: Opened) -> None:
    widget = opened(TWO)
    widget.drag("A", 0, 4)
    assert widget.current == "A mremap 0+2 4"
    assert widget.messages == [
        {"op": "add", "form": "mremap",
         "fields": {"process": "A", "start": 0, "pages": 2, "to": 4}},
    ]  # fmt: skip
    assert ghost(widget) == ""
    assert "A: VMA 0+2 became 4+2" in widget.said
    widget.press("Control+z")
    assert widget.current == "B write 4+1 y"


def test_it_is_held_where_it_was_taken(opened: Opened) -> None:
    widget = opened(TWO)
    widget.drag("A", 1, 5)
    assert widget.current == "A mremap 0+2 4"


def test_a_drag_may_leave_the_picture(opened: Opened) -> None:
    widget = opened(TWO)
    widget.page.mouse.move(*widget.place("B", 4))
    widget.page.mouse.down()
    widget.page.mouse.move(*widget.place("A", 0), steps=4)
    assert ghost(widget) == "0+1"
    widget.page.mouse.move(*widget.place("B", 9), steps=4)
    assert ghost(widget) == "9+1 →"
    widget.page.mouse.up()
    widget.settle()
    assert widget.current.startswith("B mremap 4+1 ")
    assert int(widget.current.split()[-1]) >= 9


def test_at_the_edge_the_pages_go_on(opened: Opened) -> None:
    widget = opened("A mmap 0+1", width=PHONE)
    widget.page.mouse.move(*widget.place("A", 0))
    widget.page.mouse.down()
    edge = widget.page.locator(".ksm-picture svg").bounding_box()
    assert edge is not None
    widget.page.mouse.move(edge["x"] + edge["width"] - 2, edge["y"] + 40, steps=3)
    before = int(ghost(widget).split("+")[0])
    widget.page.wait_for_function(
        "before => parseInt(document.querySelector('.ksm-ghost text').textContent)"
        " >= before + 3",
        arg=before,
    )
    widget.page.mouse.up()
    widget.settle()
    assert int(widget.current.split()[-1]) >= before + 3


def test_dropped_where_it_was_nothing_is_sent(opened: Opened) -> None:
    widget = opened(TWO)
    widget.page.mouse.move(*widget.place("A", 0))
    widget.page.mouse.down()
    widget.page.mouse.move(*widget.place("A", 1), steps=3)
    widget.page.mouse.move(*widget.place("A", 0), steps=3)
    widget.page.mouse.up()
    widget.settle()
    assert widget.messages == []
    assert ghost(widget) == ""


def test_a_press_picks_it_up_and_the_number_can_be_typed(opened: Opened) -> None:
    widget = opened(TWO)
    x, y = widget.place("A", 0)
    widget.page.mouse.click(x, y)
    assert ghost(widget) == "0+2"
    assert widget.focused == "VMA A 0+2"
    assert widget.field("Move A 0+2 to page").input_value() == "0"
    widget.tab_to(widget.field("Move A 0+2 to page"))
    widget.press("Control+a")
    widget.type("100")
    assert ghost(widget) == "100+2 →"
    widget.press("Enter")
    assert widget.current == "A mremap 0+2 100"
    assert widget.focused == "VMA A 100+2"


def test_the_keyboard_moves_it(opened: Opened) -> None:
    widget = opened(TWO)
    hold(widget, "A 0+2")
    assert "Holding A 0+2." in widget.said
    pressed = widget.page.locator(".ksm-handle[aria-pressed=true]")
    assert pressed.get_attribute("aria-label") == "VMA A 0+2"
    widget.page.keyboard.press("ArrowRight")
    widget.page.keyboard.press("ArrowRight")
    assert (ghost(widget), widget.said) == ("2+2", "Page 2.")
    # Pages that are not shown lie between those that are.
    outline = widget.page.locator(".ksm-ghost rect").bounding_box()
    after = widget.page.locator("rect[data-process='B']").bounding_box()
    assert outline and after
    assert widget.place("A", 1)[0] < outline["x"] < after["x"] - 10
    widget.page.keyboard.press("ArrowLeft")
    assert widget.messages == []
    for _ in range(3):
        widget.page.keyboard.press("ArrowRight")
    widget.press("Enter")
    assert widget.current == "A mremap 0+2 4"
    assert widget.focused == "VMA A 4+2", "the keyboard goes on where it was moved to"
    widget.press("Enter", "ArrowRight", "Enter")
    assert "A mremap 4+2 5\nrefused, EINVAL" in widget.operations[-1]
    assert widget.focused == "VMA A 4+2"


def test_the_focus_goes_with_the_vma(opened: Opened) -> None:
    widget = opened(TWO)
    hold(widget, "B 4+1")
    widget.press("ArrowRight", "Enter")
    assert widget.focused == "VMA B 5+1"


def test_escape_leaves_it_where_it_is(opened: Opened) -> None:
    widget = opened(TWO)
    hold(widget, "B 4+1")
    widget.press("ArrowRight", "Escape")
    assert ghost(widget) == ""
    assert widget.page.locator(".ksm-handle[aria-pressed=true]").count() == 0
    assert widget.focused == "VMA B 4+1"
    widget.press("Enter")
    widget.push("Leave it")
    assert ghost(widget) == ""
    assert widget.focused == "VMA B 4+1"
    assert widget.messages == []
    assert not widget.button("Move").is_visible()


def test_arrow_keys_choose_a_vma(opened: Opened) -> None:
    widget = opened(TWO)
    widget.tab_to(widget.page.locator(".ksm-handle").first)
    widget.press("ArrowRight")
    assert widget.focused == "VMA B 4+1"
    widget.press("ArrowRight")
    assert widget.focused == "VMA B 4+1", "it is the last"
    widget.press("ArrowUp", "Tab", "Shift+Tab")
    assert widget.focused == "VMA A 0+2", "one stop for the Tab key"


def test_it_does_not_leave_the_address_space(opened: Opened) -> None:
    widget = opened(TWO)
    hold(widget, "A 0+2")
    widget.page.keyboard.press("ArrowLeft")
    assert ghost(widget) == "0+2"
    to = widget.field("Move A 0+2 to page")
    to.fill("999999999")
    assert ghost(widget) == "262142+2 →"
    to.fill("nonsense" if to.get_attribute("type") != "number" else "")
    assert ghost(widget) == "0+2"


def test_where_the_kernel_refuses_the_errno_is_shown(opened: Opened) -> None:
    widget = opened(TWO)
    widget.drag("A", 0, 1)
    assert widget.current.split("\n")[0] == "A mremap 0+2 1"
    why = "the old and the new range overlap"
    refusal = widget.page.locator(".ksm-refusal")
    assert refusal.inner_text() == f"Refused, EINVAL: {why}. Nothing changed."
    assert widget.said.endswith(f"refused, EINVAL: {why}; nothing changed.")
    assert widget.page.locator("li.ksm-refused").count() == 1
    widget.push("Back")
    assert not refusal.is_visible()


def test_a_drop_onto_another_vma_takes_its_place(opened: Opened) -> None:
    widget = opened("A mmap 0+2; A write 0+2 x; A mmap 4+2; A write 4+2 y")
    widget.drag("A", 0, 4)
    vmas = widget.page.locator("rect[data-start]")
    assert [v.get_attribute("data-start") for v in vmas.all()] == ["4"]


def test_while_the_text_has_an_error_nothing_is_moved(opened: Opened) -> None:
    widget = opened(TWO)
    widget.tab_to(widget.editor)
    widget.press("Control+End")
    widget.type("\noops")
    widget.page.wait_for_selector(".ksm-errors li")
    widget.settle()
    widget.drag("A", 0, 4)
    assert widget.text.endswith("\noops")
    hint = widget.page.locator(".ksm-hint").inner_text()
    assert hint == "Mend line 2 of the text first, or undo."


def test_in_the_past_it_makes_a_branch(opened: Opened) -> None:
    widget = opened(TWO, step=2)
    widget.drag("A", 0, 1)
    branches = widget.page.get_by_role("group", name="Branches")
    assert branches.get_by_role("button").count() == 2
    assert widget.operations[3].startswith("A mremap 0+2 1")


def test_assistive_software_presses_the_handle(opened: Opened) -> None:
    widget = opened(TWO)
    handle = widget.page.get_by_role("button", name="VMA B 4+1")
    handle.evaluate("e => e.click()")
    assert ghost(widget) == "4+1"
    widget.field("Move B 4+1 to page").fill("7")
    widget.button("Move").evaluate("e => e.click()")
    widget.settle()
    assert widget.current == "B mremap 4+1 7"


def swipe(widget: Widget, *path: tuple[float, float]) -> None:
    """Put a finger down, go along a path, and take it off."""
    session = widget.page.context.new_cdp_session(widget.page)
    kinds = ["touchStart", *["touchMove"] * (len(path) - 1), "touchEnd"]
    for kind, point in zip(kinds, [*path, None], strict=True):
        points = [{"x": point[0], "y": point[1]}] if point else []
        event: dict[str, Any] = {"type": kind, "touchPoints": points}
        session.send("Input.dispatchTouchEvent", event)
    widget.settle()


def test_a_finger_drags_it(opened: Opened) -> None:
    widget = opened(TWO, width=PHONE, touch=True)
    x, y = widget.place("A", 0)
    to, _ = widget.place("A", 4)
    swipe(widget, *((x + (to - x) * part / 5, y) for part in range(6)))
    assert widget.current == "A mremap 0+2 4"


def test_a_finger_that_goes_down_scrolls_the_page(opened: Opened) -> None:
    widget = opened(TWO, width=PHONE, touch=True)
    x, y = widget.place("A", 0)
    widget.page.evaluate("y => window.scrollTo(0, y - 500)", y)
    x, y = widget.place("A", 0)
    before = widget.page.evaluate("scrollY")
    swipe(widget, *((x, y - 40 * part) for part in range(9)))
    widget.page.wait_for_function("before => scrollY > before + 50", arg=before)
    assert widget.messages == []
    assert ghost(widget) == ""


def test_the_handles_lie_on_their_vmas(opened: Opened) -> None:
    for width in (PHONE, 1280):
        widget = opened(TWO, width=width)
        for handle, rect in zip(
            widget.page.locator(".ksm-handle").all(),
            widget.page.locator("rect[data-start]").all(),
            strict=True,
        ):
            one, other = handle.bounding_box(), rect.bounding_box()
            assert one and other
            for key in ("x", "y", "width", "height"):
                assert abs(one[key] - other[key]) < 3, key  # type: ignore[literal-required]
