"""One front end, one controller, two hosts: the page of the book, and JupyterLab.

What a reader does in the browser is done to a controller here, too; after each
act both have to show the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from ksmlib.widgets.controller import HistoryController, create
from ksmlib.widgets.copies import COPIES
from tests.built import Built

from .conftest import BUILDER
from .host import Host, serving
from .lab import jupyter_lab, write_notebook

# The widget of the builder's page, with what composes with it.
COMPOSED = """\
from ipywidgets import IntSlider, Label, VBox
from traitlets import link
from ksmlib.widgets import HistoryBuilder

builder = HistoryBuilder("moved", design="address")
other = IntSlider(max=5, description="Linked")
link((builder, "step"), (other, "value"))
seen = Label("nothing yet")
builder.observe(lambda change: setattr(seen, "value", repr(change.new)), "history")
VBox([builder, other, seen])
"""
# What a copy button hands to the browser, for a test to see.
CLIPBOARD = """
Object.defineProperty(navigator, "clipboard", {
  value: { writeText: async (text) => { window.copied = text; } },
});"""
# A kernel has to start first.
PATIENCE = 120_000
TRIES = 6
SHOWN = ".ksm-widget .ksm-picture svg"


class Hosted:
    """A widget in a browser, and a controller that is told the same."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.widget = page.locator(".ksm-widget").first
        self.mirror: HistoryController = create(
            "history", history="moved", design="address"
        )

    def button(self, name: str) -> Locator:
        return self.widget.get_by_role("button", name=name, exact=True)

    def field(self, label: str) -> Locator:
        return self.widget.get_by_label(label, exact=True)

    @property
    def slider(self) -> Locator:
        return self.widget.get_by_role("slider", name="Step")

    def load(self, name: str) -> None:
        """Begin with a named history, and with nothing open."""
        self.field("Named history").select_option(name)
        self.does(self.button("Load").click, op="load", name=name)

    def does(self, act: Callable[[], object], **message: Any) -> dict[str, Any]:
        """Act in the browser, and send the message that says so to the mirror."""
        act()
        self.mirror.handle(message)
        return self.agrees()

    def agrees(self) -> dict[str, Any]:
        """Wait until the browser shows what the mirror would; its state."""
        state = self.mirror.snapshot()
        shown = self.widget
        expect(shown.locator(".ksm-caption")).to_have_text(state["caption"])
        picture = shown.locator(".ksm-picture svg[role=img]")
        expect(picture).to_have_attribute("aria-label", state["alt"])
        expect(self.field("The history as text")).to_have_value(state["text"])
        expect(shown.locator(".ksm-verdicts tbody td:nth-child(2)")).to_have_text(
            [row["outcome"] for walk in state["walks"] for row in walk["rows"]]
        )
        return state


def on_the_page(site: Built, folder: Path, stack: ExitStack) -> str:
    host = stack.enter_context(serving(Host(site.html)))
    return f"{host.origin}/{BUILDER}"


def in_the_lab(site: Built, folder: Path, stack: ExitStack) -> str:
    write_notebook(folder / "one.ipynb", COMPOSED)
    return f"{stack.enter_context(jupyter_lab(folder))}doc/tree/one.ipynb"


def run_the_cell(page: Page) -> None:
    """Run it until it has run: JupyterLab loses what comes before the kernel."""
    cell = page.locator(".jp-CodeCell").first
    cell.wait_for(timeout=PATIENCE)
    for _ in range(TRIES):
        # If it is slow to find its kernel, JupyterLab asks for one.
        if page.locator("dialog.jp-Dialog").count():
            page.keyboard.press("Enter")
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        try:
            cell.locator(SHOWN).wait_for(timeout=PATIENCE / TRIES)
        except PlaywrightTimeout:
            continue
        break
    expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"))


@pytest.fixture(scope="module", params=[on_the_page, in_the_lab])
def hosted(
    request: pytest.FixtureRequest,
    browser: Browser,
    site: Built,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hosted]:
    with ExitStack() as stack:
        address = request.param(site, tmp_path_factory.mktemp("host"), stack)
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        stack.callback(context.close)
        page = context.new_page()
        page.add_init_script(CLIPBOARD)
        page.goto(address)
        if request.param is in_the_lab:
            run_the_cell(page)
        page.wait_for_selector(SHOWN, timeout=PATIENCE)
        if request.param is on_the_page:
            page.wait_for_selector("[data-alive]", timeout=PATIENCE)
        yield Hosted(page)


def test_it_shows_what_it_was_made_with(hosted: Hosted) -> None:
    assert hosted.agrees()["design"] == "address"
    expect(hosted.field("Walk by")).to_have_value("address")


def test_it_steps(hosted: Hosted) -> None:
    hosted.load("mremap")
    slider = hosted.slider
    hosted.does(lambda: slider.press("Home"), op="seek", step=0)
    hosted.does(lambda: slider.press("ArrowRight"), op="seek", step=1)
    hosted.does(hosted.button("Forward").click, op="seek", by=1)
    hosted.does(lambda: slider.press("End"), op="seek", step=6)


def test_it_edits(hosted: Hosted) -> None:
    hosted.load("mremap")
    editor = hosted.field("The history as text")
    wrong = "A mmap 0+2\nA wrte 0+2 x"
    state = hosted.does(lambda: editor.fill(wrong), op="text", text=wrong)
    errors = hosted.widget.locator(".ksm-errors li")
    expect(errors).to_have_text([f"Line 2, column 3: {state['errors'][0]['why']}"])
    right = "A mmap 0+2\nA write 0+2 x\nksmd 2"
    hosted.does(lambda: editor.fill(right), op="text", text=right)
    hosted.field("Operation").select_option("fork")
    fields = {"process": "A", "child": "B"}
    add = hosted.button("Add at the end")
    hosted.does(add.click, op="add", form="fork", fields=fields)
    hosted.does(lambda: hosted.page.keyboard.press("Control+z"), op="undo")
    hosted.does(hosted.button("Redo").click, op="redo")
    hosted.does(hosted.button("Remove this step").click, op="delete")


def test_a_vma_is_moved_with_the_keyboard(hosted: Hosted) -> None:
    hosted.load("moved")
    vma = hosted.button("VMA A 8+2")

    def move() -> None:
        vma.press("Enter")
        for key in ("ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
            hosted.page.keyboard.press(key)

    fields = {"process": "A", "start": 8, "pages": 2, "to": 11}
    state = hosted.does(move, op="add", form="mremap", fields=fields)
    assert state["operations"][-1]["text"] == "A mremap 8+2 11"


def test_a_walk_is_watched_and_designs_are_compared(hosted: Hosted) -> None:
    hosted.load("moved")
    watch = hosted.button("Watch the walk, node by node")
    frames = hosted.does(watch.click, op="watch", on=True)["watch"]["frames"]
    looks = hosted.widget.get_by_role("group", name="Looks")
    looks.get_by_role("button", name="To the end").click()
    expect(looks.locator(".ksm-now")).to_have_text(frames[-1]["text"])
    expect(looks.locator(".ksm-ptes li")).to_have_text(["A:8 missed", "A:9 missed"])
    hosted.does(watch.click, op="watch", on=False)
    hosted.button("Compare designs, step by step").click()
    box = hosted.field("full")
    state = hosted.does(box.check, op="beside", designs=["full"])
    firsts = hosted.widget.locator(".ksm-firsts li")
    expect(firsts).to_have_text(state["comparison"]["firsts"])
    hosted.does(box.uncheck, op="beside", designs=[])


@pytest.mark.parametrize("what", [what for what in COPIES if what != "link"])
def test_what_it_copies(hosted: Hosted, what: str) -> None:
    hosted.load("moved")
    press = hosted.button(f"Copy: {COPIES[what].label}").click
    state = hosted.does(press, op="copy", what=what)
    hosted.page.wait_for_function(
        "text => window.copied === text", arg=state["copied"]["text"]
    )


def test_its_link_leads_to_the_book(hosted: Hosted) -> None:
    hosted.load("split")
    hosted.does(lambda: hosted.slider.press("Home"), op="seek", step=0)
    hosted.button("Copy: Link").click()
    hosted.page.wait_for_function(
        "text => copied.endsWith(text)", arg=hosted.mirror.snapshot()["link"]
    )


@pytest.mark.parametrize("hosted", [in_the_lab], indirect=True)
def test_what_is_linked_and_what_observes_follow(hosted: Hosted) -> None:
    hosted.load("split")
    seen = hosted.page.locator(".widget-label:not(.widget-slider *)").last
    expect(seen).to_have_text(repr(hosted.mirror.history.text))
    readout = hosted.page.locator(".widget-slider .widget-readout")
    expect(readout).to_have_text("5")
    hosted.does(lambda: hosted.slider.press("Home"), op="seek", step=0)
    expect(readout).to_have_text("0")
    other = hosted.page.locator(".widget-slider [role=slider], .noUi-handle").first
    other.focus()
    hosted.does(lambda: other.press("ArrowRight"), op="seek", step=1)
