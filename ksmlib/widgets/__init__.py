"""The widget: build a history, step through it, see what every design makes of it.

``controller`` takes messages and gives a state, in plain Python: ``editor`` is
the history in hand and what can be undone, ``timeline`` what there is to see at
a step, ``state`` all of it as data. ``front/`` draws the state and sends the
messages. ``HistoryBuilder`` joins the two in Jupyter. It is imported when asked
for, so that a Python without Jupyter can use the controller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ksmlib.widgets.history_builder import HistoryBuilder

__all__ = ["HistoryBuilder"]


def __getattr__(name: str) -> Any:
    if name == "HistoryBuilder":
        from ksmlib.widgets.history_builder import HistoryBuilder

        return HistoryBuilder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
