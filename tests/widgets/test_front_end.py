"""The front end in a browser, driven by the keyboard alone.

The page is what a built book holds; the host in ``host.js`` lets the front end
talk to a controller here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, sync_playwright

from ksmlib.designs import all_designs
from ksmlib.widgets.controller import HistoryController, create
from ksmlib.widgets.page import live_html

pytestmark = pytest.mark.xdist_group("widgets")

HERE = Path(__file__).parent
WIDGETS = HERE.parents[1] / "ksmlib" / "widgets"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ORIGIN = "http://ksm.test/"
WIDE, PHONE = 1280, 390
DESIGNS = list(all_designs())

PAGE = """<!doctype html>
<html lang="en"{theme}>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A widget</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/history_builder.css">
<body>{live}{script}</body>
</html>"""
SCRIPT = '<script type="module" src="/host.js"></script>'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # --no-sandbox: the tests may run as root, in a container.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


class Widget:
    """A page with a widget, a keyboard, and the controller behind it."""

    def __init__(self, page: Page, controller: HistoryController) -> None:
        self.page = page
        self.controller = controller
        self.messages: list[dict[str, Any]] = []
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        self.html = ""
        page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.expose_function("ksmHandle", self.handle)
        page.route("**/*", self.route)

    def handle(self, text: str) -> str:
        message = json.loads(text)
        answer = json.dumps(self.controller.handle(message))
        assert message.pop("id")
        self.messages.append(message)
        return answer

    def route(self, route: Route) -> None:
        url = route.request.url
        name = url.removeprefix(ORIGIN)
        if url == ORIGIN:
            route.fulfill(body=self.html, content_type="text/html")
        elif name == "host.js":
            route.fulfill(path=HERE / name)
        elif name in ("history_builder.js", "history_builder.css"):
            route.fulfill(path=WIDGETS / name)
        elif url.startswith("data:"):
            route.continue_()
        else:
            self.elsewhere.append(url)
            route.abort()

    # The keyboard

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def type(self, text: str) -> None:
        self.page.keyboard.insert_text(text)

    def settle(self) -> None:
        """Wait until all that was sent is answered and drawn."""
        self.page.wait_for_function("window.pending === 0")
        self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def tab_to(self, target: Locator) -> None:
        """Tab until the target has the focus; a keyboard gets everywhere."""
        for _ in range(80):
            if target.evaluate("e => e === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"the Tab key never comes to {target}")

    def push(self, name: str) -> None:
        """Tab to a button and press it."""
        self.tab_to(self.button(name))
        self.press("Enter")

    def choose(self, select: Locator, value: str) -> None:
        """Tab to a select and take one of its options with the arrow keys."""
        self.tab_to(select)
        values = self.values(select)
        now = select.evaluate("e => e.selectedIndex")
        by = values.index(value) - now
        for _ in range(abs(by)):
            self.page.keyboard.press("ArrowDown" if by > 0 else "ArrowUp")
        self.settle()
        assert select.input_value() == value

    # What is on show

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    @property
    def editor(self) -> Locator:
        return self.field("The history as text")

    @property
    def slider(self) -> Locator:
        return self.page.get_by_role("slider", name="Step")

    @property
    def operations(self) -> list[str]:
        shown = self.page.get_by_role("list", name="Operations").get_by_role("listitem")
        return [text.strip() for text in shown.all_inner_texts()]

    @property
    def current(self) -> str:
        return self.page.locator("[aria-current=step]").inner_text().strip()

    @property
    def said(self) -> str:
        return self.page.get_by_role("status").inner_text()

    @property
    def caption(self) -> str:
        return self.page.locator("figcaption").inner_text()

    @property
    def alt(self) -> str:
        picture = self.page.locator("svg[role=img]").first
        return picture.get_attribute("aria-label") or ""

    def values(self, select: Locator) -> list[str]:
        found: list[str] = select.evaluate("e => [...e.options].map(o => o.value)")
        return found

    def colour(self, selector: str) -> str:
        element = self.page.locator(selector).first
        return str(element.evaluate("e => getComputedStyle(e).color"))

    def verdict(self, design: str) -> str:
        head = self.page.get_by_role("rowheader", name=design, exact=True)
        return head.locator("xpath=..").get_by_role("cell").first.inner_text()


Opened = Callable[..., Widget]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """``opened(history, ...)``: a page with a widget; checked when the test ends."""
    widgets: list[Widget] = []

    def opened(
        history: str = "mremap",
        width: int = WIDE,
        scheme: str = "light",
        theme: str = "",
        script: bool = True,
        **kw: Any,
    ) -> Widget:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        widget = Widget(context.new_page(), create("history", history=history, **kw))
        widget.html = PAGE.format(
            theme=f' data-theme="{theme}"' if theme else "",
            live=live_html(widget.controller),
            script=SCRIPT if script else "",
        )
        widget.page.goto(ORIGIN)
        if script:
            widget.page.wait_for_selector("body[data-mounted]")
        widgets.append(widget)
        return widget

    yield opened
    for widget in widgets:
        widget.page.context.close()
        assert widget.elsewhere == []
        assert widget.errors == []


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
    widget.tab_to(widget.button("Copy as text"))
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
    assert widget.page.locator("form label").all_inner_texts() == [
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
        assert widget.page.locator("form label").all_inner_texts() == wanted


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


def test_copy_as_text(opened: Opened) -> None:
    widget = opened()
    widget.page.evaluate(
        "() => { Object.defineProperty(navigator, 'clipboard',"
        " { value: { writeText: async (text) => { window.copied = text; } } }); }"
    )
    widget.push("Copy as text")
    assert widget.page.evaluate("window.copied") == widget.controller.history.text
    assert widget.said == "The history is copied."


def test_copy_without_a_clipboard_selects_the_text(opened: Opened) -> None:
    widget = opened()
    # As on a page that is not secure.
    assert widget.page.evaluate("navigator.clipboard === undefined")
    widget.push("Copy as text")
    assert widget.said == "The text is selected; copy it with Ctrl-C."
    text = widget.page.evaluate("getSelection().toString()")
    assert text == widget.editor.input_value()


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


def test_a_text_too_long_stays_in_the_editor(opened: Opened) -> None:
    widget = opened()
    widget.tab_to(widget.editor)
    widget.press("Control+a")
    widget.type("#" * 70_000)
    widget.page.wait_for_selector(".ksm-error:not([hidden])")
    widget.settle()
    error = widget.page.locator(".ksm-error").first.inner_text()
    assert error.startswith("The text is longer than the 65536 characters")
    assert len(widget.editor.input_value()) == 70_000


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
               .filter((e) => !(e.labels?.[0]?.textContent || e.textContent).trim()
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
