"""The live page for every reader: phone, dark, print, keyboard, screen reader."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import Opened, Reader

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 800}

# The elements that stick out to the right, to name them in a failure.
STICKS_OUT = """() => [...document.querySelectorAll('article *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def page(shared: Opened) -> Reader:
    """A page for a reader who asked for no motion."""
    here = shared(context={"viewport": WIDE, "reduced_motion": "reduce"})
    here.alive()
    return here


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing(page: Reader, size: dict[str, Any], scheme: Any) -> None:
    page.page.set_viewport_size(size)
    page.page.emulate_media(color_scheme=scheme)
    page.page.wait_for_function(
        "theme => document.documentElement.dataset.theme === theme", arg=scheme
    )
    found = Axe().run(page.page, context=".ksm-live").response
    told = [
        f"{v['id']}: {node['html'][:160]}"
        for v in found["violations"]
        for node in v["nodes"]
    ]
    assert told == []
    assert len(found["passes"]) > 10
    width = "document.scrollingElement.scrollWidth - innerWidth"
    assert page.page.evaluate(width) <= 0, page.page.evaluate(STICKS_OUT)


def test_the_keyboard_gets_there(page: Reader) -> None:
    page.page.set_viewport_size(WIDE)
    keyboard = page.page.keyboard
    for _ in range(80):
        keyboard.press("Tab")
        if page.page.evaluate("document.activeElement.type === 'range'"):
            break
    keyboard.press("Home")
    page.caption("Before the first")
    keyboard.press("ArrowRight")
    page.caption("After step 1 of 5")
    assert page.page.evaluate("document.activeElement.type") == "range", "focus is kept"


def test_nothing_moves_for_those_who_asked(page: Reader) -> None:
    page.slider.press("End")
    page.caption("After step 5 of 5")
    assert page.page.evaluate("document.getAnimations().length") == 0


def test_on_paper_there_is_the_picture_and_no_button(page: Reader) -> None:
    page.page.emulate_media(media="print")
    assert page.page.locator(".ksm-live svg[role=img]").first.is_visible()
    for control in ("button", "select", "textarea", "input", "progress"):
        visible = page.page.locator(f".ksm-live {control}:visible:not(ol *)")
        assert visible.count() == 0, control
    assert len(page.page.pdf()) > 10_000
    page.page.emulate_media(media="screen")
