"""The front end in a browser.

The page is what a built book holds; the host in ``host.js`` lets the front end
talk to a controller here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from ksmlib.widgets.controller import create
from ksmlib.widgets.page import live_html

from .reader import ORIGIN, PAGE, SCRIPT, WIDE, Opened, Widget

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # --no-sandbox: the tests may run as root, in a container.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


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
        touch: bool = False,
        calm: bool = False,
        **kw: Any,
    ) -> Widget:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            has_touch=touch,
            reduced_motion="reduce" if calm else "no-preference",
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
