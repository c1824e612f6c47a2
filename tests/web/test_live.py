"""A built page comes alive, on any plain host, or says why it does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.built import ROOT

from .conftest import BUILDER, Opened, Reader
from .host import TYPES

# The folders that only a page with a widget needs.
LIVE = re.compile(r"/(ksm-[0-9a-f]{8}|pyodide-[0-9.]+)/")

LOADED = {
    "ksm-start.js",
    "ksm-live.js",
    "ksm-worker.js",
    "history_builder.js",
    "ksmlib.zip",
    "pyodide.js",
    "pyodide.asm.js",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
}


CAPTION = "After step 5 of 5: ksmd 2"


def live_script() -> bytes:
    return (ROOT / "book" / "_live" / "ksm-live.js").read_bytes()


# What a reader finds.


def test_a_page_comes_alive(living: Reader) -> None:
    living.slider.press("Home")
    living.caption("Before the first of")
    living.slider.press("ArrowRight")
    living.caption("After step 1 of")
    assert living.errors == []


def test_what_is_typed_is_replayed(living: Reader) -> None:
    living.slider.press("End")
    living.editor.fill("A mmap 3+1; A write 3+1 new; A fork Child")
    living.caption("After step 3 of 3: A fork Child")
    living.editor.fill("A mmap 3+1; A wrte 3+1 new")
    errors = living.page.locator(".ksm-errors")
    expect(errors).to_contain_text("did you mean write?")
    living.caption("After step 3 of 3: A fork Child")


def test_a_page_without_a_widget_loads_no_python(reader: Opened) -> None:
    here = reader(path="book/intro.html")
    here.page.wait_for_load_state("networkidle")
    assert not [path for path, _ in here.host.asked if LIVE.search(path)]


def test_only_what_is_needed_is_loaded_and_once(living: Reader) -> None:
    asked = [path for path, _ in living.host.asked if LIVE.search(path)]
    live = [path.rpartition("/")[2] for path in asked]
    assert sorted(live) == sorted(LOADED)


def test_what_is_clicked_early_is_kept(reader: Opened) -> None:
    here = reader(bare=True)
    here.page.wait_for_function("window.model")
    states = here.page.evaluate(
        """() => Promise.all([
          sent({ op: "seek", step: 0 }), sent({ op: "seek", by: 1 }),
          sent({ op: "text", text: "A mmap 7+1; A exit" }),
        ]).then(() => [model.get("caption"), model.get("answered")])"""
    )
    assert states == ["After step 1 of 2: A mmap 7+1", "bare-3"]


def test_loading_is_shown(reader: Opened) -> None:
    here = reader(path=None, bare=True)
    # Every state of the bar, from the first to the last.
    here.page.add_init_script(
        """window.shown = [];
        new MutationObserver(() => {
          const status = document.querySelector(".ksm-status");
          const bar = status?.querySelector("progress");
          if (bar) shown.push([status.textContent, bar.value, bar.max, bar.hidden]);
        }).observe(document, { subtree: true, childList: true, attributes: true });"""
    )
    here.open()
    here.alive()
    shown = here.page.evaluate("shown")
    texts = [text for text, _, _, hidden in shown if not hidden]
    values = [value for _, value, _, _ in shown]
    assert any("Starting Python in your browser" in text for text in texts)
    assert any(re.search(r"\d+\.\d of 1\d\.\d MB", text) for text in texts)
    assert values == sorted(values)
    assert values[-1] == shown[-1][2], "all bytes that were promised came"
    assert shown[-1][3], "the bar is gone"
    assert here.page.locator(".ksm-status").inner_text() == ""


def test_two_widgets_share_one_python(reader: Opened, pages: Path) -> None:
    html = (pages / BUILDER).read_text("utf-8")
    first = re.search(r'<div class="ksm-live".*?</table>(\s*</div>){4}', html, re.S)
    assert first
    twice = html.replace(first[0], first[0] * 2).encode()
    here = reader(bare=True, instead={BUILDER: twice})
    here.page.wait_for_selector("[data-alive] ~ [data-alive]", timeout=60_000)
    here.send(op="seek", step=1)
    assert here.page.evaluate("models.map((m) => m.get('step'))") == [1, 5]
    assert [p for p, _ in here.host.asked if p.endswith(".wasm")] != []
    assert len([p for p, _ in here.host.asked if p.endswith(".wasm")]) == 1


# Hosts.


OCTETS = {**TYPES, ".wasm": "application/octet-stream"}
PLAIN = {**TYPES, ".wasm": "text/plain"}


@pytest.mark.parametrize(
    "host",
    [
        pytest.param({"under": "/some/where/", "types": OCTETS}, id="sub-path"),
        pytest.param({"compress": True, "types": PLAIN}, id="gzip"),
    ],
)
def test_any_plain_host_will_do(reader: Opened, host: dict[str, object]) -> None:
    here = reader(bare=True, **host)
    here.alive()
    assert here.send(op="seek", step=1)["caption"] == "After step 1 of 5: A mmap 0+2"
    assert here.errors == []


def test_the_strict_policy_is_enough(reader: Opened, pages: Path) -> None:
    policy = (pages / "csp.txt").read_text("utf-8").strip()
    assert "unsafe-inline" not in policy
    assert "http" not in policy
    headers = {"Content-Security-Policy": policy}
    here = reader(headers=headers)
    here.alive()
    here.page.get_by_role("slider", name="Step").press("Home")
    here.caption("Before the first")
    here.page.get_by_role("slider", name="Step").press("End")
    here.caption(CAPTION)
    fill = here.page.locator("svg .b-panel").first
    assert fill.evaluate("e => getComputedStyle(e).fill") != "rgb(0, 0, 0)"
    for path in ("book/intro.html", "book/verdict.html", "search.html?q=ksm"):
        here.open(path=path)
        here.page.wait_for_load_state("networkidle")
    assert here.errors == []


# Where it cannot start: the drawn state, and one sentence.


def still_drawn(here: Reader) -> None:
    page = here.page
    assert page.locator(".ksm-live svg[role=img]").is_visible()
    assert (
        page.locator(".ksm-live pre.ksm-text").first.inner_text().startswith("A mmap")
    )
    assert page.locator(".ksm-live .ksm-verdicts").first.is_visible()
    assert page.locator(".ksm-live button").count() == 0


WASM, LIBRARY = "pyodide.asm.wasm", "python_stdlib.zip"


@pytest.mark.parametrize(
    ("host", "why"),
    [
        pytest.param({"instead": {WASM: None}}, f"404 for .*{WASM}", id="no wasm"),
        pytest.param({"instead": {WASM: b"<html>"}}, "Wasm|magic", id="bad wasm"),
        pytest.param({"instead": {LIBRARY: None}}, f"404 for .*{LIBRARY}", id="no lib"),
        pytest.param({"instead": {"ksmlib.zip": None}}, "404 for .*ksmlib", id="no us"),
        pytest.param({"instead": {"ksmlib.zip": b"PK"}}, "zip", id="broken zip"),
        pytest.param({"instead": {"ksm-worker.js": None}}, "worker", id="no worker"),
        pytest.param({"instead": {"ksm-live.js": None}}, "not be loaded", id="no live"),
        pytest.param({"types": {**TYPES, ".js": "text/plain"}}, "loaded", id="no type"),
        pytest.param(
            {"headers": {"Content-Security-Policy": "script-src 'self'"}},
            "Content Security [Pp]olicy",
            id="policy",
        ),
    ],
)
def test_what_cannot_start_says_why(
    reader: Opened, host: dict[str, object], why: str
) -> None:
    here = reader(**host)
    assert re.search(why, here.why_not), here.why_not
    assert here.why_not.startswith("This is a picture only: ")
    assert len(here.why_not) < 300
    still_drawn(here)


def test_what_was_typed_is_not_lost(reader: Opened) -> None:
    here = reader(bare=True, instead={WASM: None})
    here.page.wait_for_function("window.model")
    here.page.evaluate("model.send({ op: 'text', text: 'A mmap 9+1' })")
    assert "404" in here.why_not
    assert here.page.locator(".ksm-live pre.ksm-text").last.inner_text() == "A mmap 9+1"


def test_without_javascript_the_state_is_drawn(reader: Opened) -> None:
    here = reader(context={"java_script_enabled": False})
    still_drawn(here)


def test_as_a_file_the_page_says_what_it_needs(reader: Opened, pages: Path) -> None:
    here = reader(path=None)
    here.page.goto((pages / BUILDER).as_uri())
    assert "opened as a file" in here.why_not
    still_drawn(here)


# Histories that are too much.


def test_what_hangs_is_stopped(reader: Opened) -> None:
    script = live_script().replace(b"ANSWER = 10_000", b"ANSWER = 4_000")
    worker = (ROOT / "book" / "_live" / "ksm-worker.js").read_bytes()
    hangs = b"if (data.question?.includes('mmap 66+6')) for (;;);\n  try {"
    here = reader(
        bare=True,
        instead={
            "ksm-live.js": script,
            "ksm-worker.js": worker.replace(
                b"try {\n    if (data", hangs + b"\n    if (data"
            ),
        },
    )
    here.alive()
    here.send(op="seek", step=2)
    before = here.page.evaluate("model.state")
    state = here.send(op="text", text="A mmap 66+6")
    assert "too much for the model (no answer in 4 seconds)" in state["error"]
    keys = ("text", "history", "step", "design", "svg", "caption")
    assert {k: state[k] for k in keys} == {k: before[k] for k in keys}
    assert here.send(op="text", text="A mmap 67+6")["error"] == ""
    here.caption("After step 1 of 1: A mmap 67+6")


PASTE = """(area, text) => {
  area.value = text;
  area.dispatchEvent(new Event("input"));
}"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A mmap 0+1\n" * 950_000, id="lines"),
        pytest.param("A" * 10_000_000, id="one word"),
    ],
)
def test_ten_megabytes_do_not_hang_the_page(living: Reader, text: str) -> None:
    living.editor.evaluate(PASTE, text)
    error = living.page.locator(".ksm-error, .ksm-errors").filter(
        has_text="longer than"
    )
    error.first.wait_for()
    living.editor.fill("A mmap 1+1")
    living.caption("After step 1 of 1: A mmap 1+1")


def test_the_largest_history_answers(bare: Reader) -> None:
    """As many VMAs as the widget takes; the model must not reach its limit."""
    cuts = (f"A mprotect {page}+1 ro" for page in range(1, 3900, 2))
    text = "A mmap 0+3900\n" + "\n".join(cuts)
    state = bare.send(op="text", text=text)
    assert state["errors"] == []
    assert state["error"] == ""
    state = bare.send(op="seek", step=2000)
    assert state["error"] == ""
    assert state["caption"].startswith("After step 1951 of 1951")


# The picture as the browser itself would write it.
STATE = """() => {
  const element = document.createElement("div");
  element.innerHTML = model.get("svg");
  return { ...model.state, svg: element.innerHTML };
}"""


def test_the_page_holds_what_python_would_say(reader: Opened, pages: Path) -> None:
    """Nothing changes on the page when Python comes: it was drawn by the same."""
    here = reader(bare=True)
    here.page.wait_for_function("window.model")
    drawn = here.page.evaluate(STATE)
    here.alive()
    assert here.page.evaluate(STATE) == drawn
    html = (pages / BUILDER).read_text("utf-8")
    assert html.count('class="ksm-live"') == 1
    assert "After step 5 of 5" in drawn["caption"]
