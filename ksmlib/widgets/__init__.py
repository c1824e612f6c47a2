"""The widget: build a history, step through it, see what every design makes of it.

``controller`` is all of its logic, plain Python; ``history_builder.js`` is all
of its front end. ``HistoryBuilder`` joins them in Jupyter. It is imported when
asked for, so that a Python without Jupyter can use the controller.
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
