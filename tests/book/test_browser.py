"""Every page, opened in a browser that may not talk to anybody else."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from .conftest import table_of_contents

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
PAGES = [*(f"{name}.html" for name in table_of_contents()), "index.html", "search.html"]
WIDE, PHONE = 1280, 390

# The elements that stick out to the right, to name them in a failure.
STICKS_OUT = """() => [...document.querySelectorAll('article *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # --no-sandbox: the tests may run as root, in a container.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def origin(pages: Path) -> Iterator[str]:
    handler = partial(Quiet, directory=str(pages))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Watch:
    """Notes what a page asks for and what it complains about."""

    def __init__(self, page: Page, origin: str) -> None:
        self.origin = origin
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        page.route("**/*", self.route)
        page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def route(self, route: Route) -> None:
        url = route.request.url
        if url.startswith((self.origin + "/", "data:", "blob:")):
            route.continue_()
        else:
            self.elsewhere.append(url)
            route.abort()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, PHONE])
@pytest.mark.parametrize("path", PAGES)
def test_page(
    browser: Browser, origin: str, path: str, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    watch = Watch(page, origin)
    page.goto(f"{origin}/{path}", wait_until="networkidle")

    assert watch.elsewhere == []
    assert watch.errors == []
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    for image in page.locator("article img").all():
        assert (image.get_attribute("alt") or "").strip(), image.get_attribute("src")
    if width == PHONE:
        overflow = page.evaluate(
            "document.scrollingElement.scrollWidth"
            " - document.scrollingElement.clientWidth"
        )
        assert overflow <= 0, page.evaluate(STICKS_OUT)
    context.close()
