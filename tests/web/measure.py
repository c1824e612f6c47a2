"""How fast, how large: the book's builder page, and the same in JupyterLite.

    python -m tests.web.measure _build/html [FOLDER] [--record]

prints a table of requests, bytes and times in headless Chromium, from a host on
this machine. With FOLDER, JupyterLite is built there (see lite.py) and measured
in the same run, by turns. Each row is the median of several visits, each in a
browser that was never there; ``again`` is a second visit of the same browser.
``--record`` writes what the book shows, ``book/data/live-page.json``. Another
browser than Debian's Chromium is taken from the environment's ``CHROMIUM``.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import BrowserType, Page, sync_playwright

from ksmlib.history.link import fragment
from ksmlib.history.named import named
from tests.built import ROOT
from tests.web.conftest import BUILDER, CHROMIUM
from tests.web.host import TYPES, Host, serving
from tests.web.lite import build

RECORD = ROOT / "book" / "data" / "live-page.json"
WAIT = 180_000
WIDGET = ":is(.ksm-live, .ksm-widget)"
SLIDER = ".ksm-widget input[type=range]"
# A link to a history of nobody's name, at a step of its own.
OWN = fragment(named("split").text.replace("x", "y"), 3, "address")
# The benchmark of the thread: two pages merged, amid so many VMAs.
VMAS = 2_000
LARGE = [f"A mmap 0+{VMAS}", f"A write {VMAS // 2}+2 x"]
LARGE += [f"A madvise 0+{VMAS} mergeable", "ksmd 2"]
LARGE += [f"A mprotect {page}+1 ro" for page in range(1, VMAS, 2)]
# Do something; how long until the caption has changed, in milliseconds.
ANSWER = """([act, value]) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error("no answer")), 180000);
  const widget = document.querySelector(".ksm-widget");
  const caption = widget.querySelector(".ksm-caption");
  const start = performance.now();
  new MutationObserver((_, observer) => {
    observer.disconnect();
    done(performance.now() - start);
  }).observe(caption, { childList: true, characterData: true, subtree: true });
  const control = widget.querySelector(act === "step" ? "input[type=range]"
    : ".ksm-editor textarea");
  control.value = act === "type" ? value
    : value ?? (control.value === "0" ? control.max : 0);
  control.dispatchEvent(new Event("input"));
  if (act === "type") control.dispatchEvent(new Event("change"));
})"""


@dataclass(frozen=True)
class Case:
    """A page to visit; ``caption`` stands above the picture that was asked for."""

    name: str
    site: Path
    path: str
    caption: str
    compress: bool = True
    lite: bool = False


@dataclass(frozen=True)
class Visit:
    """Seconds from the start of the navigation, but for ``step``."""

    picture: float
    controls: float
    answer: float
    step: float
    requests: int
    bytes: int


def cases(site: Path, lite: Path | None) -> list[Case]:
    after = "After step 5 of 5: "
    moved = f"{after}ksmd 2"
    found = [
        Case("the builder", site, BUILDER, moved),
        Case("the builder, no gzip", site, BUILDER, moved, compress=False),
        Case("a link to a name", site, "#h=split", f"{after}A mprotect"),
        Case("a link to a text", site, OWN, "After step 3 of 5: "),
    ]
    if lite:
        page = "notebooks/index.html?path=one.ipynb"
        found.append(Case("JupyterLite", lite, page, moved, lite=True))
    return found


def visit(page: Page, host: Host, case: Case) -> Visit:
    """Open a page, and step as soon as there is something to step with."""
    before = len(host.asked)
    start = time.monotonic()
    page.goto(f"{host.origin}/{case.path}", wait_until="commit")
    if case.lite:  # where nothing is shown until somebody runs the cell
        cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
        cell.click(timeout=WAIT)
        page.keyboard.press("Shift+Enter")
    caption = page.locator(f"{WIDGET} .ksm-caption", has_text=case.caption)
    caption.first.wait_for(timeout=WAIT)
    picture = time.monotonic() - start
    page.wait_for_selector(SLIDER, timeout=WAIT)
    controls = time.monotonic() - start
    page.evaluate(ANSWER, ["step", None])
    answer = time.monotonic() - start
    steps = [page.evaluate(ANSWER, ["step", None]) for _ in range(10)]
    asked = host.asked[before:]
    return Visit(
        picture,
        controls,
        answer,
        median(steps) / 1000,
        len(asked),
        sum(size for _, size in asked),
    )


def twice(browser: BrowserType, host: Host, case: Case) -> tuple[Visit, Visit]:
    """A first and a second visit by a browser of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        context = browser.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        page = context.new_page()
        page.goto("about:blank")
        time.sleep(1)  # the browser's own start is not the page's
        first = visit(page, host, case)
        time.sleep(2)  # it writes what it has compiled
        page.goto("about:blank")
        again = visit(page, host, case)
        context.close()
        return first, again


def large(browser: BrowserType, host: Host) -> dict[str, Any]:
    """Seconds to an answer with many VMAs: typed in one go, and stepped."""
    with browser.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as opened:
        page = opened.new_page()
        page.goto(f"{host.origin}/{BUILDER}")
        page.wait_for_selector("[data-alive]", timeout=WAIT)
        typed = page.evaluate(ANSWER, ["type", "\n".join(LARGE)])
        last = len(LARGE)
        steps = [page.evaluate(ANSWER, ["step", last - n % 2]) for n in range(1, 8)]
        found = {"typed": typed / 1000, "step": median(steps) / 1000}
        return {"vmas": VMAS, "operations": last, **found}


def middle(visits: list[Visit]) -> dict[str, float]:
    """The median of each number."""
    rows = [asdict(one) for one in visits]
    return {key: median(row[key] for row in rows) for key in rows[0]}


def machine(version: str) -> dict[str, Any]:
    """What it was measured on."""
    cpu = "unknown"
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            cpu = line.partition(": ")[2]
    cores = len(os.sched_getaffinity(0))
    return {"cpu": cpu, "cores": cores, "chromium": version}


HEAD = f"{'':<30} requests    MB  picture  controls  answer  step ms"


def row(name: str, found: dict[str, float]) -> str:
    return (
        f"{name:<30} {found['requests']:8.0f} {found['bytes'] / 1e6:5.1f}"
        f" {found['picture']:7.2f}s {found['controls']:8.2f}s"
        f" {found['answer']:6.2f}s {found['step'] * 1000:8.1f}"
    )


def measured(
    browser: BrowserType, chosen: list[Case], times: int
) -> Iterator[dict[str, Any]]:
    """The medians for each page, visited by turns: all meet the same load."""
    with ExitStack() as stack:
        types = {**TYPES, ".mjs": TYPES[".js"], ".json": "application/json"}
        hosts = [
            stack.enter_context(serving(Host(c.site, compress=c.compress, types=types)))
            for c in chosen
        ]
        visits: list[list[tuple[Visit, Visit]]] = [[] for _ in chosen]
        for turn in range(times):
            for number, (host, case) in enumerate(zip(hosts, chosen, strict=True)):
                visits[number].append(twice(browser, host, case))
                print(f"{turn + 1} of {times}: {case.name}", flush=True)
    for case, pairs in zip(chosen, visits, strict=True):
        first, again = zip(*pairs, strict=True)
        yield {
            "what": case.name,
            "gzip": case.compress,
            "first": middle(list(first)),
            "again": middle(list(again)),
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--note", default="", help="a sentence to record with it")
    arguments = parser.parse_args()
    lite = build(arguments.folder.resolve()) if arguments.folder else None
    before = os.getloadavg()[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium
        chosen = cases(arguments.site, lite)
        pages = list(measured(browser, chosen, arguments.times))
        with serving(Host(arguments.site)) as host:
            many = large(browser, host)
        with browser.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as one:
            where = machine(one.version)
    print(HEAD)
    for page in pages:
        print(row(page["what"], page["first"]))
        print(row("  again", page["again"]))
    print(f"{many['operations']} operations, {many['vmas']} VMAs:", end=" ")
    print(f"typed {many['typed']:.2f} s, a step {many['step']:.2f} s")
    if arguments.record:
        load = {"before": before, "after": os.getloadavg()[0]}
        date = datetime.now(UTC).date().isoformat()
        head = {"date": date, "machine": where, "load": load, "note": arguments.note}
        found = {**head, "times": arguments.times, "pages": pages, "large": many}
        RECORD.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
