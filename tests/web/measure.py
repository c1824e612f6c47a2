"""How fast, how large: the book's builder page, and the same in JupyterLite.

    python -m tests.web.measure _build/html [FOLDER]

prints a table of requests, bytes and times in headless Chromium, from a host on
this machine. With FOLDER, JupyterLite is built there (see lite.py) and measured
in the same run. Each row is the median of several visits, each in a browser
that was never there; ``again`` is a second visit of the same browser.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserType, Page, sync_playwright

from tests.web.conftest import BUILDER, CHROMIUM
from tests.web.host import TYPES, Host, serving
from tests.web.lite import build

SHOWN = ".ksm-live svg[role=img], .ksm-widget svg[role=img]"
SLIDER = ".ksm-widget input[type=range]"
# Go to the first step; how long until the caption says so, in milliseconds.
STEP = """(slider) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error("no answer")), 120000);
  const caption = slider.closest(".ksm-widget").querySelector(".ksm-caption");
  const start = performance.now();
  new MutationObserver((_, observer) => {
    observer.disconnect();
    done(performance.now() - start);
  }).observe(caption, { childList: true, characterData: true, subtree: true });
  slider.value = slider.value === "0" ? slider.max : 0;
  slider.dispatchEvent(new Event("input"));
})"""


@dataclass(frozen=True)
class Visit:
    """Seconds from the start of the navigation, but for ``step``."""

    picture: float
    controls: float
    answer: float
    step: float
    requests: int
    bytes: int


def visit(page: Page, host: Host, path: str, lite: bool) -> Visit:
    """Open a page, and step as soon as there is something to step with."""
    before = len(host.asked)
    start = time.monotonic()
    page.goto(f"{host.origin}/{path}", wait_until="commit")
    if lite:
        cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
        cell.click(timeout=120_000)
        page.keyboard.press("Shift+Enter")
    page.wait_for_selector(SHOWN, timeout=120_000)
    picture = time.monotonic() - start
    slider = page.wait_for_selector(SLIDER, timeout=120_000)
    controls = time.monotonic() - start
    assert slider
    slider.evaluate(STEP)
    answer = time.monotonic() - start
    steps = [slider.evaluate(STEP) for _ in range(10)]
    asked = host.asked[before:]
    return Visit(
        picture,
        controls,
        answer,
        median(steps) / 1000,
        len(asked),
        sum(size for _, size in asked),
    )


def visits(
    browser: BrowserType, host: Host, path: str, lite: bool, times: int
) -> Iterator[tuple[Visit, Visit]]:
    """Pairs of a first and a second visit."""
    for _ in range(times):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            context = browser.launch_persistent_context(
                profile, executable_path=CHROMIUM, args=["--no-sandbox"]
            )
            page = context.new_page()
            page.goto("about:blank")
            time.sleep(1)  # the browser's own start is not the page's
            first = visit(page, host, path, lite)
            time.sleep(2)  # it writes what it has compiled
            page.goto("about:blank")
            yield first, visit(page, host, path, lite)
            context.close()


HEAD = "                    requests    MB  picture  controls  answer  step ms"


def row(name: str, found: list[Visit]) -> str:
    def of(key: str) -> float:
        return float(median(getattr(v, key) for v in found))

    return (
        f"{name:<20} {of('requests'):7.0f} {of('bytes') / 1e6:5.1f}"
        f" {of('picture'):7.2f}s {of('controls'):8.2f}s {of('answer'):6.2f}s"
        f" {of('step') * 1000:8.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--times", type=int, default=5)
    arguments = parser.parse_args()
    runs = [("the book, gzip", arguments.site, BUILDER, False, True)]
    runs += [("the book", arguments.site, BUILDER, False, False)]
    if arguments.folder:
        site = build(arguments.folder.resolve())
        page = "notebooks/index.html?path=one.ipynb"
        runs += [("JupyterLite, gzip", site, page, True, True)]
    print(HEAD)
    with sync_playwright() as playwright:
        for name, site, path, lite, compress in runs:
            types = {**TYPES, ".mjs": TYPES[".js"], ".json": "application/json"}
            with serving(Host(site, compress=compress, types=types)) as host:
                pairs = list(
                    visits(playwright.chromium, host, path, lite, arguments.times)
                )
            print(row(name, [first for first, _ in pairs]), flush=True)
            print(row("  again", [again for _, again in pairs]), flush=True)


if __name__ == "__main__":
    main()
