"""The controllers of one page, for a browser's Python: JSON in, JSON out."""

from __future__ import annotations

import json

from ksmlib.widgets.controller import HistoryController, create

_controllers: dict[str, HistoryController] = {}


def answer(question: str) -> str:
    """Make a widget's controller, or hand it a message; the state that changed.

    ``{op: "create", widget, kind, kw}`` gives all of the state, and
    ``{op: "handle", widget, message}`` what ``handle()`` gives; both give the
    ``kw`` that would make the like of it. ``widget`` is any text. Raises what
    ``create()`` raises, and KeyError.
    """
    asked = json.loads(question)
    widget = asked["widget"]
    if asked["op"] == "create":
        controller = _controllers[widget] = create(asked["kind"], **asked["kw"])
        state = controller.snapshot()
    else:
        controller = _controllers[widget]
        state = controller.handle(asked["message"])
    return json.dumps({"state": state, "kw": controller.kw()})
