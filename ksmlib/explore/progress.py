"""How far a search has come, in one line."""

from __future__ import annotations

from typing import Any

from ksmlib.explore.search import Search

_BAR = 12


class Progress:
    """Measures the level at hand: how many of its states a second."""

    def __init__(self) -> None:
        self._depth = -1
        self._began = 0.0
        self._position = 0

    def line(self, search: Search[Any, Any], now: float) -> str:
        """At most 66 characters; ``now`` is a time in seconds, of any clock."""
        if search.depth != self._depth:
            self._depth, self._began = search.depth, now
            self._position = search.position
        done, of = search.position, len(search.entries)
        bar = "#" * (_BAR * done // of)
        elapsed = now - self._began
        text = f"operation {search.depth}/{search.ops} [{bar:.<{_BAR}}]"
        if elapsed <= 0 or done == self._position:
            return f"{text} {of:,} states"
        rate = (done - self._position) / elapsed
        left = round((of - done) / rate)
        # The next operation has more states, and nobody knows yet how many.
        what = "left" if search.depth == search.ops else "left of it"
        return f"{text} {rate:,.0f} states/s, {left // 60}:{left % 60:02} {what}"
