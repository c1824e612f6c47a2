"""The built book on a host, in a browser that may not talk to anybody else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Route,
    sync_playwright,
)

from tests.built import Built
from tests.web.host import Host, serving

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
BUILDER = "book/your-own-history.html"
# A front end for tests of what is around it: it shows the state, and no more.
BARE = Path(__file__).with_name("bare.js").read_bytes()


class Reader:
    """A page, opened by somebody, and what it did besides."""

    def __init__(self, context: BrowserContext, host: Host) -> None:
        self.host = host
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        context.route("**/*", self._route)
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console", lambda m: m.type == "error" and self.errors.append(m.text)
        )

    def _route(self, route: Route) -> None:
        url = route.request.url
        if url.startswith((self.host.origin + "/", "data:", "file:")):
            route.continue_()
        else:
            self.elsewhere.append(url)
            route.abort()

    def open(self, fragment: str = "", path: str = BUILDER) -> None:
        """Go to a page of the book."""
        self.page.goto(f"{self.host.origin}{self.host.under}{path}{fragment}")

    @property
    def editor(self) -> Locator:
        """Where the history is typed."""
        return self.page.get_by_label("The history as text", exact=True)

    @property
    def slider(self) -> Locator:
        """Where a step is chosen."""
        return self.page.get_by_role("slider", name="Step")

    def alive(self) -> None:
        """Wait until Python has answered."""
        self.page.wait_for_selector("[data-alive]", timeout=60_000)

    def caption(self, starts: str) -> None:
        """Wait until the picture's caption starts so."""
        self.page.wait_for_function(
            "start => document.querySelector('.ksm-caption')?.textContent"
            ".startsWith(start)",
            arg=starts,
        )

    @property
    def why_not(self) -> str:
        """The sentence of a widget that could not start."""
        return self.page.locator(".ksm-why-not").first.inner_text(timeout=20_000)

    # With the bare front end:

    def send(self, **message: Any) -> dict[str, Any]:
        """Send a message as the front end would; the state, once answered."""
        state: dict[str, Any] = self.page.evaluate("m => sent(m)", message)
        return state

    def model(self, key: str) -> Any:
        """A key of the state."""
        return self.page.evaluate("key => model.get(key)", key)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # --no-sandbox: the tests may run as root, in a container.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


Opened = Callable[..., Reader]


class Readers:
    """Opens pages, each on a host and in a browser context of its own."""

    def __init__(self, pages: Path, browser: Browser, stack: ExitStack) -> None:
        self.pages = pages
        self.browser = browser
        self.stack = stack
        self.opened: list[Reader] = []

    def __call__(
        self,
        fragment: str = "",
        path: str | None = BUILDER,
        bare: bool = False,
        context: dict[str, Any] | None = None,
        **host: Any,
    ) -> Reader:
        if bare:
            instead = host.get("instead", {})
            host["instead"] = {"history_builder.js": BARE, **instead}
        there = self.stack.enter_context(serving(Host(self.pages, **host)))
        made = self.browser.new_context(**(context or {}))
        self.stack.callback(made.close)
        here = Reader(made, there)
        self.opened.append(here)
        if path is not None:
            here.open(fragment, path)
        return here

    def check(self) -> None:
        """Nothing was asked of any other host."""
        assert [url for reader in self.opened for url in reader.elsewhere] == []


@pytest.fixture
def reader(browser: Browser, pages: Path) -> Iterator[Opened]:
    """``reader(fragment, bare=..., context={...}, **host)``: a page of the book.

    ``bare`` gives its widgets the front end of ``bare.js``; ``path=None`` opens
    no page; ``host`` is what ``Host`` takes.
    """
    with ExitStack() as stack:
        readers = Readers(pages, browser, stack)
        yield readers
        readers.check()


@pytest.fixture(scope="package")
def shared(browser: Browser, site: Built) -> Iterator[Opened]:
    """The same for pages that several tests go on with, since starting is slow."""
    with ExitStack() as stack:
        readers = Readers(site.html, browser, stack)
        yield readers
        readers.check()


@pytest.fixture(scope="package")
def living(shared: Opened) -> Reader:
    """A page that has come alive."""
    here = shared()
    here.alive()
    return here


@pytest.fixture(scope="package")
def bare(shared: Opened) -> Reader:
    """The same with the bare front end."""
    here = shared(bare=True)
    here.alive()
    return here
