"""The front end in a browser, driven by the keyboard alone."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from ksmlib.designs import all_designs
from ksmlib.widgets.bounds import MAX_TEXT

from .reader import PHONE, Opened

DESIGNS = list(all_designs())


# Stepping


def test_it_shows_the_state_it_was_built_with(opened: Opened) -> None:
    widget = opened(step=4, design="address")
    assert widget.messages == []
    assert widget.current == "A write 0+2 x"
    assert widget.caption == "After step 4 of 6: A write 0+2 x"
    assert widget.slider.get_attribute("aria-valuetext") == "4 of 6: A write 0+2 x"
    assert widget.field("Walk by").input_value() == "address"
    assert widget.editor.input_value() == widget.controller.snapshot()["text"]
    assert widget.operations[0].endswith("Start")
    assert len(widget.operations) == 7


def test_arrow_keys_step(opened: Opened) -> None:
    widget = opened()
    widget.tab_to(widget.page.locator("[aria-current=step]"))
    widget.press("ArrowLeft")
    assert widget.current == "A mremap 1+1 2"
    assert "A:1: unmapped" in widget.said
    widget.press("ArrowLeft", "ArrowLeft")
    assert widget.current == "A madvise 0+3 dontfork"
    widget.press("ArrowRight")
    assert widget.current == "A write 0+2 x"
    widget.press("Home")
    assert widget.current == "Start"
    assert widget.said == "Before the first of 6 steps."
    widget.press("ArrowDown")
    assert widget.current == "A mmap 0+3"
    widget.press("End")
    assert widget.current == "ksmd 2"
    assert widget.current == widget.page.evaluate("document.activeElement.innerText")


def test_buttons_step_and_keep_the_focus(opened: Opened) -> None:
    widget = opened()
    widget.push("Back")
    assert widget.caption == "After step 5 of 6: A mremap 1+1 2"
    widget.push("First")
    widget.press("Enter", "Enter")
    assert widget.caption == "Before the first of 6 steps"
    assert widget.button("First").get_attribute("aria-disabled") == "true"
    assert widget.messages[1:] == [{"op": "seek", "step": 0}], "it is off, then"
    assert widget.page.evaluate("document.activeElement.textContent") == "First"
    widget.press("ArrowRight")
    widget.push("Forward")
    assert widget.caption.startswith("After step 2 of 6")
    widget.push("Last")
    assert widget.caption.startswith("After step 6 of 6")


def test_the_slider_steps(opened: Opened) -> None:
    widget = opened()
    widget.tab_to(widget.slider)
    widget.press("ArrowLeft")
    assert widget.slider.get_attribute("aria-valuetext") == "5 of 6: A mremap 1+1 2"
    assert widget.current == "A mremap 1+1 2"
    widget.press("Home")
    text = widget.slider.get_attribute("aria-valuetext")
    assert text == "start, before the first of 6"
    widget.press("End")
    assert widget.current == "ksmd 2"


def test_quick_keys_are_all_counted(opened: Opened) -> None:
    widget = opened()
    widget.tab_to(widget.button("Back"))
    widget.press(*["Enter"] * 5)
    assert widget.caption.startswith("After step 1 of 6")


def test_slow_answers_do_not_take_choices_back(opened: Opened) -> None:
    widget = opened()
    widget.page.evaluate("window.delay = 150")
    for control, key in (
        (widget.slider, "ArrowLeft"),
        (widget.field("Walk by"), "ArrowDown"),
    ):
        widget.tab_to(control)
        for _ in range(4):
            widget.page.keyboard.press(key)
            widget.page.wait_for_timeout(100)
        widget.settle()
    assert widget.slider.input_value() == "2"
    assert widget.current == "A madvise 0+3 mergeable"
    assert widget.field("Walk by").input_value() == DESIGNS[4]
    assert widget.controller.design == DESIGNS[4]


def test_the_picture_follows(opened: Opened) -> None:
    widget = opened(design="address")
    assert widget.alt.startswith("The walk of f2 by address misses page 2 of A.")
    assert widget.verdict("address") == "missed A:2"
    assert widget.verdict("full") == "found all"
    widget.choose(widget.field("Walk by"), "stored-pgoff")
    assert widget.alt.startswith("The walk of f2 by stored-pgoff finds all")
    assert widget.said == "The walk of f2 by stored-pgoff: found all."
    row = widget.page.locator("tr[aria-current=true]")
    assert row.get_by_role("rowheader").inner_text() == "stored-pgoff"
    widget.push("Back")
    assert (
        "There is no KSM folio to walk"
        in widget.page.locator(".ksm-walks").inner_text()
    )
    changes = widget.page.locator(".ksm-changes").inner_text()
    assert "A: VMA 0+3 became 0+1, 2+1" in changes
    counts = widget.page.locator(".ksm-counts span").all_inner_texts()
    assert [count.split()[0] for count in counts] == ["+", "~", "\N{MINUS SIGN}"]
    assert widget.colour(".ksm-counts") != widget.colour(".ksm-changes")


def test_a_folio_can_be_chosen(opened: Opened) -> None:
    text = "A mmap 0+4; A madvise 0+4 mergeable; A write 0+2 x; A write 2+2 y; ksmd 2"
    widget = opened(text)
    assert widget.page.get_by_role("table").count() == 2
    names = widget.values(widget.field("of"))
    widget.choose(widget.field("of"), names[1])
    assert widget.alt.startswith(f"The walk of {names[1]} by full")
    assert not opened().field("of").is_visible()


# Editing


def test_load_a_named_history_and_undo(opened: Opened) -> None:
    widget = opened()
    widget.choose(widget.field("Named history"), "split")
    assert widget.current == "ksmd 2", "choosing alone changes nothing"
    widget.push("Load")
    assert widget.current == "A mprotect 0+2 ro"
    assert widget.verdict("stored-vm-pgoff").startswith("missed ")
    assert widget.editor.input_value() == widget.controller.snapshot()["text"]
    widget.press("Control+z")
    assert widget.current == "ksmd 2"
    widget.press("Control+y")
    assert widget.current == "A mprotect 0+2 ro"
    widget.press("Control+z", "Control+Shift+z")
    assert widget.current == "A mprotect 0+2 ro"
    widget.push("Undo")
    assert widget.current == "ksmd 2"
    assert widget.field("Named history").input_value() == "mremap"
    widget.push("Redo")
    assert widget.current == "A mprotect 0+2 ro"


def test_type_a_bad_line_see_the_error_mend_it(opened: Opened) -> None:
    widget = opened()
    widget.tab_to(widget.editor)
    widget.press("Control+End")
    widget.type("A mremp 0+1 8\n")
    widget.page.wait_for_selector(".ksm-errors li")
    widget.settle()
    text = widget.editor.input_value()
    assert text.endswith("ksmd 2\nA mremp 0+1 8\n")
    assert widget.editor.get_attribute("aria-invalid") == "true"
    described = (widget.editor.get_attribute("aria-describedby") or "").split()
    errors = widget.page.locator(f"id={described[0]}").inner_text()
    assert re.match(r"Line 7, column 3: 'mremp' is not an .* mean mremap\?", errors)
    assert "2,000 operations" in widget.page.locator(f"id={described[1]}").inner_text()
    assert "! 7" in widget.page.locator(".ksm-gutter").inner_text()
    assert widget.said.endswith("the last good history stays on show.")
    stale = widget.page.locator(".ksm-stale")
    assert "The last good history is on show: line 7" in stale.inner_text()
    assert widget.current == "ksmd 2"

    # From the error to the word that is wrong, and mend that.
    widget.push("Line 7, column 3:")
    widget.type("mremap")
    widget.page.wait_for_selector(".ksm-errors", state="hidden")
    widget.settle()
    assert widget.current == "A mremap 0+1 8"
    assert widget.editor.get_attribute("aria-invalid") == "false"
    assert not stale.is_visible()
    assert widget.editor.evaluate("e => e === document.activeElement")
    assert widget.editor.input_value() == text.replace("mremp", "mremap")


def test_what_is_typed_meanwhile_is_kept(opened: Opened) -> None:
    widget = opened("A mmap 0+4")
    widget.page.evaluate("window.delay = 400")
    widget.tab_to(widget.editor)
    widget.press("Control+End")
    for part in ("\nA write", " 0+2", " x", "\nA exit"):
        widget.type(part)
        widget.page.wait_for_timeout(300)
    widget.settle()
    assert [m["op"] for m in widget.messages] == ["text"] * 4
    wanted = "A mmap 0+4\nA write 0+2 x\nA exit"
    assert widget.editor.input_value() == wanted
    assert widget.controller.snapshot()["text"] == wanted
    assert widget.current == "A exit"


def test_typing_is_not_overtaken_by_a_button(opened: Opened) -> None:
    widget = opened("A mmap 0+4")
    widget.tab_to(widget.editor)
    widget.press("Control+End")
    widget.type("\nA exit")
    # As assistive software does, without taking the focus from the editor.
    widget.button("Add at the end").evaluate("e => e.click()")
    widget.settle()
    assert [m["op"] for m in widget.messages] == ["text", "add"]
    assert widget.controller.snapshot()["operations"][1]["text"] == "A exit"


def test_the_editor_undoes_by_itself(opened: Opened) -> None:
    widget = opened("A mmap 0+4")
    widget.tab_to(widget.editor)
    widget.press("End", "5", "Control+z")
    widget.page.wait_for_timeout(400)
    widget.settle()
    assert widget.editor.input_value() == "A mmap 0+4"
    assert "undo" not in [m["op"] for m in widget.messages]


def test_text_typed_back_and_undone(opened: Opened) -> None:
    widget = opened("A mmap 0+4")
    widget.tab_to(widget.editor)
    for keys in (["End", "5"], ["Backspace"], ["6"]):
        for key in keys:
            widget.page.keyboard.press(key)
        widget.page.wait_for_timeout(350)
        widget.settle()
    assert widget.current == "A mmap 0+46"
    widget.tab_to(widget.button("Copy: History"))
    widget.press("Control+z")
    assert widget.editor.input_value() == "A mmap 0+4"
    widget.press("Control+z")
    assert widget.editor.input_value() == "A mmap 0+45"
    widget.press("Control+z")
    assert widget.editor.input_value() == "A mmap 0+4"


def test_add_an_operation_by_form(opened: Opened) -> None:
    widget = opened()
    widget.tab_to(widget.button("First"))
    widget.press("Enter", "ArrowRight", "ArrowRight")
    widget.choose(widget.field("Operation"), "mremap")
    assert widget.page.locator(".ksm-form label").all_inner_texts() == [
        "Operation", "Process", "First page", "Pages", "To page",
        "New number of pages, if other", "dontunmap",
    ]  # fmt: skip
    widget.tab_to(widget.field("Pages"))
    widget.press("Control+a")
    widget.type("1")
    widget.tab_to(widget.field("dontunmap"))
    widget.press("Space")
    widget.push("Add after step 2")
    assert widget.current == "A mremap 0+1 8 dontunmap"
    assert len(widget.operations) == 8
    assert widget.said.startswith("Added as step 3. Step 3 of 7, A mremap 0+1 8")
    assert widget.button("Add after step 3").is_visible()
    widget.press("Control+z")
    assert len(widget.operations) == 7


def test_the_form_asks_for_what_an_operation_needs(opened: Opened) -> None:
    widget = opened()
    labels = {
        "ksmd": ["Operation", "Scans"],
        "exit": ["Operation", "Process"],
        "fork": ["Operation", "Process", "Name of the child"],
        "write": ["Operation", "Process", "First page", "Pages", "Content"],
    }
    for form, wanted in labels.items():
        widget.choose(widget.field("Operation"), form)
        assert widget.page.locator(".ksm-form label").all_inner_texts() == wanted


def test_fork_is_offered_a_free_name(opened: Opened) -> None:
    widget = opened()
    widget.choose(widget.field("Operation"), "fork")
    assert widget.field("Name of the child").input_value() == "B"
    widget.push("Add at the end")
    assert widget.current == "A fork B"
    assert widget.field("Name of the child").input_value() == "C"
    assert widget.values(widget.field("Process")) == ["A", "B"]


def test_a_form_filled_badly_says_so(opened: Opened) -> None:
    widget = opened()
    widget.choose(widget.field("Operation"), "write")
    widget.tab_to(widget.field("Content"))
    widget.press("Control+a")
    widget.type("a b")
    widget.press("Enter")
    submit = widget.button("Add at the end")
    error = widget.page.locator(f"id={submit.get_attribute('aria-describedby')}")
    assert error.inner_text() == "Content has to be one word or number."
    assert widget.field("Content").input_value() == "a b"
    assert len(widget.operations) == 7


def test_a_refused_operation_is_shown_with_its_reason(opened: Opened) -> None:
    widget = opened()
    widget.choose(widget.field("Operation"), "mremap")
    widget.tab_to(widget.field("To page"))
    widget.press("Control+a")
    widget.type("1")
    widget.push("Add at the end")
    refused = widget.page.locator(".ksm-refused")
    why = "refused, EINVAL: the old and the new range overlap"
    assert refused.inner_text().split("\n")[-1] == why
    assert (
        "Nothing: it was refused." in widget.page.locator(".ksm-changes").inner_text()
    )
    assert widget.said.endswith(f"{why}; nothing changed.")
    code = widget.colour(".ksm-operations li:nth-child(2) code")
    assert widget.colour(".ksm-refused code") != code, "it is greyed"


def test_remove_a_step(opened: Opened) -> None:
    widget = opened()
    widget.tab_to(widget.page.locator("[aria-current=step]"))
    widget.press("ArrowLeft", "Delete")
    assert not any("mremap" in operation for operation in widget.operations)
    widget.press("Control+z")
    assert widget.current == "A mremap 1+1 2"
    widget.push("Remove this step")
    assert len(widget.operations) == 6


# Hostile input


def test_what_is_typed_never_becomes_an_element(opened: Opened) -> None:
    widget = opened()
    widget.tab_to(widget.editor)
    widget.press("Control+a")
    widget.type("A <img/src=x/onerror=alert(1)> 0+1\nA mmap 0+1 # <img src=x>\n")
    widget.page.wait_for_selector(".ksm-errors li")
    widget.settle()
    assert "<img/src=x/onerror" in widget.page.locator(".ksm-errors").inner_text()
    widget.press("Control+a")
    widget.type("A mmap 0+1 # <img src=x onerror=alert(1)>\n")
    widget.page.wait_for_selector(".ksm-errors", state="hidden")
    widget.settle()
    assert widget.page.locator(".ksm-widget img, .ksm-widget script").count() == 0


def test_of_a_text_too_long_what_counts_stays_in_the_editor(opened: Opened) -> None:
    widget = opened()
    widget.tab_to(widget.editor)
    widget.press("Control+a")
    widget.type("#" * 70_000)
    widget.page.wait_for_selector(".ksm-error:not([hidden])")
    widget.settle()
    error = widget.page.locator(".ksm-error").first.inner_text()
    assert error.startswith("The text is longer than the 65536 characters")
    assert len(widget.editor.input_value()) == MAX_TEXT + 1


# Looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("script", [True, False])
def test_nothing_sticks_out_on_a_phone(
    opened: Opened, script: bool, scheme: str
) -> None:
    text = "A mmap 0+12\nLonger12 mmap 0+9\nA mmap 0+2 file F@7 # a long comment here\n"
    widget = opened(text, width=PHONE, scheme=scheme, script=script)
    if script:
        widget.choose(widget.field("Operation"), "mremap")
        widget.tab_to(widget.editor)
        widget.press("Control+End")
        widget.type("A mremp " + "9" * 60)
        widget.page.wait_for_selector(".ksm-errors li")
        widget.settle()
    overflow = "document.scrollingElement.scrollWidth - innerWidth"
    assert widget.page.evaluate(overflow) <= 0


@pytest.mark.parametrize(
    ("scheme", "theme", "dark"),
    [
        ("light", "", False),
        ("dark", "", True),
        ("dark", "light", False),
        ("light", "dark", True),
    ],
)
def test_light_and_dark(opened: Opened, scheme: str, theme: str, dark: bool) -> None:
    widget = opened(scheme=scheme, theme=theme)
    channels = re.findall(r"\d+", widget.colour(".ksm-widget"))[:3]
    bright = sum(map(int, channels)) > 3 * 128
    assert bright == dark


def test_the_focus_is_seen_everywhere(opened: Opened) -> None:
    widget = opened()
    seen = set()
    for _ in range(40):
        widget.page.keyboard.press("Tab")
        name, outlined = widget.page.evaluate(
            """() => {
              const e = document.activeElement;
              const seen = (x) => getComputedStyle(x).outlineStyle === "solid";
              return [e.tagName, e === document.body || seen(e)
                || seen(e.closest(".ksm-text-box") ?? e)];
            }"""
        )
        assert outlined, name
        seen.add(name)
    assert {"BUTTON", "SELECT", "INPUT", "TEXTAREA"} <= seen


def test_every_control_has_a_name(opened: Opened) -> None:
    widget = opened()
    for form in ("mmap-file", "mremap", "mprotect", "walk"):
        widget.choose(widget.field("Operation"), form)
        nameless = widget.page.evaluate(
            """() => [...document.querySelectorAll(
                 ".ksm-widget :is(button, select, input, textarea)")]
               .filter((e) => !(e.labels?.[0]?.textContent || e.ariaLabel
                 || e.textContent).trim()
                 || (e.tagName !== "BUTTON" && !e.labels.length))
               .map((e) => e.outerHTML)"""
        )
        assert nameless == []
    ids = widget.page.evaluate(
        "() => [...document.querySelectorAll('[id]')].map((e) => e.id)"
    )
    assert len(ids) == len(set(ids))
    table = widget.page.get_by_role("table", name="Walk of f2, KSM folio of index 1")
    assert table.get_by_role("columnheader").count() == 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(opened: Opened, scheme: str) -> None:
    widget = opened(design="address", beside=["full"], scheme=scheme)
    assert Axe().run(widget.page, ".ksm-widget").response["violations"] == []
    widget.push("Watch the walk, node by node")
    widget.push("Remove this step")
    widget.push("Undo")
    widget.push("Copy: Mail")
    widget.page.locator(".ksm-handle").first.evaluate("e => e.click()")
    widget.editor.fill("oops")
    widget.page.wait_for_selector(".ksm-errors li")
    widget.settle()
    assert widget.page.locator(".ksm-ghost").count() == 1
    assert Axe().run(widget.page, ".ksm-widget").response["violations"] == []


def test_closing_stops_listening(opened: Opened) -> None:
    widget = opened()
    widget.page.evaluate("window.closers.forEach((close) => close())")
    widget.push("Back")
    assert widget.current == "ksmd 2"
    assert widget.controller.step == 5


def test_the_page_without_script_shows_the_state(opened: Opened) -> None:
    widget = opened("split", step=4, design="stored-vm-pgoff", script=False)
    assert widget.caption == "After step 4 of 5: ksmd 2"
    assert widget.page.get_by_role("table").count() == 1
    assert widget.page.get_by_role("button").count() == 0
    assert widget.verdict("full") == "found all"
    assert widget.alt
