"""A page with a widget, and somebody who reads it with the keyboard or a pointer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route

from ksmlib.widgets.controller import HistoryController
from ksmlib.widgets.page import ESM, front_end, looks

HERE = Path(__file__).parent
ORIGIN = "http://ksm.test/"
WIDE, PHONE = 1280, 390

PAGE = """<!doctype html>
<html lang="en"{theme}>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>A widget</title>
<link rel="icon" href="data:,">
<style>body {{ background: Canvas; color: CanvasText }}</style>
<link rel="stylesheet" href="/history_builder.css">
<body>{live}{script}</body>
</html>"""
SCRIPT = '<script type="module" src="/host.js"></script>'


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
        elif name == ESM:
            route.fulfill(body=front_end(), content_type="text/javascript")
        elif name == "history_builder.css":
            route.fulfill(body=looks(), content_type="text/css")
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

    # A pointer

    def place(self, process: str, page: int) -> tuple[float, float]:
        """Where on the screen a page of a process is, or would be, in the picture."""
        x, y = self.page.evaluate(
            """([process, page]) => {
              const svg = document.querySelector(".ksm-picture svg");
              svg.scrollIntoView({ block: "nearest" });
              const places = svg.dataset.columns.split(" ").map((p) => p.split(":"));
              const column = Number(svg.dataset.column);
              const shown = places.find(([p]) => Number(p) === page);
              const [last, right] = places.at(-1).map(Number);
              const left = shown ? Number(shown[1]) : right + (page - last) * column;
              const rect = svg.querySelector(`rect[data-process="${process}"]`);
              const at = new DOMPoint(left + column / 2, rect.y.baseVal.value + 6);
              const { x, y } = at.matrixTransform(svg.getScreenCTM());
              return [x, y];
            }""",
            [process, page],
        )
        return x, y

    def drag(self, process: str, page: int, to: int) -> None:
        """Drag the VMA of a page with the mouse until that page is over another."""
        self.page.mouse.move(*self.place(process, page))
        self.page.mouse.down()
        self.page.mouse.move(*self.place(process, to), steps=6)
        self.page.mouse.up()
        self.settle()

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
    def text(self) -> str:
        """The history, as the controller has it."""
        return str(self.controller.snapshot()["text"])

    @property
    def focused(self) -> str:
        """What the element with the focus is called."""
        name: str = self.page.evaluate(
            "() => (document.activeElement.ariaLabel"
            " ?? document.activeElement.textContent).trim()"
        )
        return name

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
