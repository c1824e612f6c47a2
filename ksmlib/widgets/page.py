"""The widget where nothing runs: as HTML for a page, as text for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from ksmlib.draw.svg import stylesheet
from ksmlib.report.text import folded, verdicts_text
from ksmlib.widgets.controller import HistoryController

#: The front end, by the name a page fetches it under.
ESM = "history_builder.js"

_LOOKS = Path(__file__).with_name("history_builder.css")
_FRONT = Path(__file__).with_name("front")
#: What it consists of. A notebook can load one module only, so they are joined.
_PIECES = (
    "dom", "bar", "steps", "scale", "move", "picture", "panel", "watch", "compare",
    "walks", "editor", "form", "builder",
)  # fmt: skip


def front_end() -> str:
    """The front end, one JavaScript module."""
    pieces = ((_FRONT / f"{name}.js").read_text("utf-8") for name in _PIECES)
    return "\n".join(pieces)


def looks() -> str:
    """The style of the front end, and of the pictures in it."""
    return _LOOKS.read_text("utf-8") + stylesheet()


def live_html(controller: HistoryController) -> str:
    """What a page holds, and all that it needs to come alive.

    The element shows the state of the controller: the history as text, the
    picture, the verdicts. ``data-esm`` names the front end, ``data-ksm`` holds
    the kind of the controller, the arguments to make it anew, and its state
    less the picture, which is in the element ``ksm-picture``. The style of that
    has to stay on the page when the element comes alive.
    """
    kw = controller.kw()
    state = HistoryController(**kw).snapshot()
    svg = state.pop("svg")
    data = json.dumps({"kind": "history", "kw": kw, "state": state})
    parts = [
        '<div class="ksm-body">',
        '<div class="ksm-side">',
        *_history(state),
        "</div>",
        '<div class="ksm-side">',
        '<figure class="ksm-figure">',
        f'<figcaption class="ksm-caption">{escape(state["caption"])}</figcaption>',
        f"<style>{stylesheet()}</style>",
        f'<div class="ksm-picture">{svg}</div>',
        "</figure>",
        '<div class="ksm-walks">',
        *(table for walk in state["walks"] for table in _table(walk, state["design"])),
        *([_note(state["walks_note"])] if state["walks_note"] else []),
        "</div>",
        "</div>",
        "</div>",
    ]
    # In single quotes: JSON is full of double ones.
    quoted = escape(data, quote=False).replace("'", "&#x27;")
    start = f'<div class="ksm-live" data-esm="{ESM}" data-ksm=\'{quoted}\'>'
    return "\n".join([start, *parts, "</div>"])


def _note(text: str) -> str:
    return f'<p class="ksm-note">{escape(text)}</p>'


def _history(state: dict[str, Any]) -> Iterable[str]:
    yield '<div class="ksm-history">'
    if state["name"]:
        yield f'<p class="ksm-heading">{escape(state["name"])}</p>'
        yield _note(f"{state['title']}.")
    yield f'<pre class="ksm-text">{escape(state["history"])}</pre>'
    for number, operation in enumerate(state["operations"], start=1):
        if operation["errno"]:
            why = f"refused, {operation['errno']}: {operation['why']}"
            yield _note(f"Step {number}, {operation['text']}: {why}.")
    yield "</div>"


def _table(walk: dict[str, Any], design: str) -> Iterable[str]:
    yield '<table class="ksm-table ksm-verdicts">'
    yield f"<caption>{escape(walk['caption'])}</caption>"
    heads = ("Design", "Verdict", "Found", "VMAs", "Nodes")
    cells = "".join(f'<th scope="col">{head}</th>' for head in heads)
    yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    for row in walk["rows"]:
        current = ' aria-current="true"' if row["design"] == design else ""
        outcome = "ksm-missed" if row["missed"] else "ksm-found"
        numbers = f"{row['found']}/{walk['of']}", row["vmas"], row["nodes"]
        yield (
            f'<tr{current}><th scope="row">{escape(row["design"])}</th>'
            f'<td class="{outcome}">{escape(row["outcome"])}</td>'
            + "".join(f"<td>{number}</td>" for number in numbers)
            + "</tr>"
        )
    yield "</tbody>"
    yield "</table>"


def plain_text(controller: HistoryController) -> str:
    """The same for a terminal: at most 66 columns, ASCII where the history is."""
    state = controller.snapshot()
    lines = [f"history: {state['name']}" if state["name"] else "history"]
    for number, operation in enumerate(state["operations"], start=1):
        here = ">" if number == state["step"] else " "
        lines.append(f"{here} {operation['text']}")
        if operation["errno"]:
            why = f"refused, {operation['errno']}: {operation['why']}"
            lines += folded(why, 6, "    ")
    lines += folded(state["caption"], 2)
    for walk in controller.moment.walks:
        lines += ["", *verdicts_text(walk)]
    if state["walks_note"]:
        lines += ["", *folded(state["walks_note"], 0)]
    return "\n".join(lines)
