"""One output, three readers: what a page holds, and what a terminal prints."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ksmlib.draw.palette import contrast
from ksmlib.history.named import named_histories
from ksmlib.widgets import HistoryBuilder
from ksmlib.widgets.controller import create
from ksmlib.widgets.page import ESM, front_end, live_html, plain_text
from ksmlib.widgets.state import WidgetState

ROOT = Path(__file__).parents[2]
WIDGETS = ROOT / "ksmlib" / "widgets"
VIEW = "application/vnd.jupyter.widget-view+json"
VOID = {"br", "hr", "img", "input", "path", "rect", "line"}


class Page(HTMLParser):
    """The elements of a piece of HTML, checked for being closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[dict[str, str | None]] = []
        self.text: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)


def bundle(widget: HistoryBuilder) -> dict[str, Any]:
    data, _ = widget._repr_mimebundle_()
    return data


def test_the_bundle_serves_three_readers() -> None:
    data = bundle(HistoryBuilder())
    assert set(data) == {VIEW, "text/html", "text/plain"}
    assert data[VIEW]["model_id"]
    assert data["text/plain"].startswith("history: mremap\n")
    assert data["text/html"].startswith('<div class="ksm-live" data-esm=')


def test_the_page_holds_all_that_it_shows() -> None:
    controller = create("history", history="split", step=5, design="stored-vm-pgoff")
    state = controller.snapshot()
    html = live_html(controller)
    assert state["svg"] in html
    page = Page(html)
    assert "".join(page.text["pre"]) == state["history"]
    assert state["caption"] in "".join(page.text["figcaption"])
    assert page.text["caption"] == [walk["caption"] for walk in state["walks"]]
    [walk] = state["walks"]
    rows = "".join(page.text["th"]), " ".join(page.text["td"])
    for row in walk["rows"]:
        assert row["design"] in rows[0]
        assert row["outcome"] in rows[1]
    scopes = [a.get("scope") for a in page.attributes if "scope" in a]
    assert scopes.count("col") == 5
    assert scopes.count("row") == len(walk["rows"])
    assert not {"button", "select", "input", "textarea", "script"} & set(page.tags)


def test_the_page_can_come_alive() -> None:
    controller = create("history", history="A mmap 0+1 # it's <b>\nA exit", step=1)
    root = Page(live_html(controller)).attributes[0]
    assert root["data-esm"] == ESM == "history_builder.js"
    data = json.loads(str(root["data-ksm"]))
    assert set(data) == {"kind", "kw", "state"}
    again = create(data["kind"], **data["kw"])
    assert again.snapshot() == {**data["state"], "svg": again.snapshot()["svg"]}
    assert again.snapshot()["svg"] == controller.snapshot()["svg"]


def test_the_page_shows_the_good_history_while_the_text_is_bad() -> None:
    controller = create("history", history="split", step=2)
    html = live_html(controller)
    controller.handle({"op": "text", "text": "A oops"})
    assert live_html(controller) == html


def test_the_page_shows_the_step_and_what_was_refused() -> None:
    text = "A mmap 0+2\nA mmap 0+2\nA write 0+1 <>\n".replace("<>", "x")
    html = live_html(create("history", history=text, step=2))
    assert "After step 2 of 3: A mmap 0+2" in html
    assert "Step 2, A mmap 0+2: refused, EEXIST: part of the range" in html
    assert "There is no KSM folio to walk at this step." in html


def test_the_page_escapes_what_was_typed() -> None:
    text = "A mmap 0+1 # '><script>alert(1)</script>\n"
    html = live_html(create("history", history=text))
    assert "<script" not in Page(html).tags
    assert "script" not in Page(html).tags
    assert html.count("'") == 2, "the attribute of JSON ends where it should"


def test_the_front_end_listens_to_every_key() -> None:
    keys = re.search(r"const KEYS = \[(.*?)\];", front_end(), re.DOTALL)
    assert keys
    listed = re.findall(r'"(\w+)"', keys[1])
    assert sorted(listed) == sorted(WidgetState.__annotations__)


def test_the_looks_of_the_picture_are_beside_it() -> None:
    html = live_html(create("history"))
    style, _, picture = html.partition('<div class="ksm-picture">')
    assert style.count("<style>") == 1
    assert "<style>" not in picture


def test_the_page_asks_for_nothing() -> None:
    html = live_html(create("history"))
    for attribute in Page(html).attributes:
        assert not {"src", "href", "onload", "onclick", "xlink:href"} & set(attribute)


@pytest.mark.parametrize("name", sorted(named_histories()))
def test_the_text_fits_a_mail(name: str) -> None:
    text = plain_text(create("history", history=name))
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 66
    assert f"history: {name}" in text


def test_the_text_tells_the_step_and_what_was_refused() -> None:
    text = plain_text(create("history", history="A mmap 0+2; A mmap 0+2", step=1))
    assert text.splitlines() == [
        "history",
        "> A mmap 0+2",
        "  A mmap 0+2",
        "    refused, EEXIST: part of the range is mapped already",
        "  After step 1 of 2: A mmap 0+2",
        "",
        "There is no KSM folio to walk at this step.",
    ]


# The looks


def test_the_book_uses_the_widgets_own_style() -> None:
    linked = ROOT / "book" / "_static" / "ksm-widget.css"
    assert linked.read_text("utf-8") == (WIDGETS / "history_builder.css").read_text(
        "utf-8"
    )
    assert "ksm-widget.css" in (ROOT / "_config.yml").read_text("utf-8")


def test_colours_are_told_apart_from_their_grounds() -> None:
    css = (WIDGETS / "history_builder.css").read_text("utf-8")
    pairs = {}
    for line in css.splitlines():
        name, _, value = line.strip().partition(": light-dark(")
        if name.startswith("--ksm-") and value:
            pairs[name.removeprefix("--ksm-")] = value.rstrip(");").split(", ")
    assert len(pairs) == 11
    for theme in (0, 1):
        colour = {name: pair[theme] for name, pair in pairs.items()}
        for ground in ("ground", "panel", "here"):
            for ink in ("ink", "muted", "accent", "found", "missed", "changed"):
                assert contrast(colour[ink], colour[ground]) >= 4.5, (ink, ground)
        assert contrast(colour["edge"], colour["ground"]) >= 3
    # Browsers that do not know light-dark() get the light ones.
    for name, (light, _) in pairs.items():
        assert f"--ksm-{name}: {light};" in css


def test_nothing_moves_and_nothing_is_fetched() -> None:
    css = (WIDGETS / "history_builder.css").read_text("utf-8")
    esm = front_end()
    assert not any(word in css for word in ("transition", "animation", "url(", "@imp"))
    for word in ("import ", "fetch(", "XMLHttpRequest", "http:", "https:", "eval"):
        assert word not in esm, word
    assert esm.count("innerHTML") == 1, "for the picture alone"
