"""Which pages and page offsets a picture shows, and where across it they lie.

Addresses and page offsets share one axis: a VMA that was not moved lies right
above its interval in the tree. Pages where nothing is are left out, and what
is left out is marked. Page offsets of files stand apart, to the right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ksmlib.draw.view import WalkView
from ksmlib.history.state import State

#: What fits a blackboard.
MAX_COLUMNS = 12
#: The width of a place where pages are left out.
GAP = 16.0

#: A place on the axis: 0 and a page or page offset from the base, or 1 and a
#: page offset of a file.
Key = tuple[int, int]


@dataclass(frozen=True)
class Axis:
    """Where the columns lie. ``hidden`` are the keys there was no room for."""

    keys: tuple[Key, ...]
    left: tuple[float, ...]
    column: float
    gaps: tuple[float, ...]
    hidden: tuple[Key, ...]

    @property
    def right(self) -> float:
        return self.left[-1] + self.column if self.left else 0.0

    def span(self, first: Key, last: Key) -> tuple[float, float] | None:
        """From where to where a range reaches, None if none of it is shown."""
        shown = [
            x for key, x in zip(self.keys, self.left, strict=True)
            if first <= key <= last
        ]  # fmt: skip
        return (shown[0], shown[-1] + self.column) if shown else None

    def at(self, key: Key) -> float | None:
        """The left edge of one column."""
        span = self.span(key, key)
        return span[0] if span else None


def vmas_by_start(state: State) -> dict[tuple[str, int], dict[str, Any]]:
    """The VMAs of a state by process and first page."""
    return {
        (name, vma["start"]): vma
        for name, process in state["processes"].items()
        for vma in process["vmas"]
    }


def folio_of_file(state: State, folio: dict[str, Any]) -> bool:
    """Whether the index of an anonymous folio counts from a file's start."""
    for name, page in folio["mapped"]:
        for vma in state["processes"].get(name, {"vmas": []})["vmas"]:
            if vma["start"] <= page < vma["start"] + vma["pages"]:
                return vma["file"] is not None
    return False


class Wish:
    """The keys a picture would like to show, and how urgently: 0 comes first."""

    def __init__(self) -> None:
        self.ranks: dict[Key, int] = {}

    def add(self, rank: int, *keys: Key) -> None:
        for key in keys:
            self.ranks[key] = min(rank, self.ranks.get(key, rank))

    def chosen(self, most: int = MAX_COLUMNS) -> tuple[list[Key], list[Key]]:
        """The keys to show and those to leave out, both in order."""
        ranked = sorted(self.ranks, key=lambda key: (self.ranks[key], key))
        return sorted(ranked[:most]), sorted(ranked[most:])


def wishes(state: State, before: State | None, walks: Sequence[WalkView]) -> Wish:
    """Every page and page offset that something of the state lies at."""
    wish = Wish()
    for walk in walks:
        wish.add(0, *((0, page) for _, page in walk.missed))
        wish.add(1, *((0, page) for _, page in walk.found))
        for window in walk.windows:
            if window.last is not None:
                kind = int(window.of_file)
                wish.add(2, (kind, window.first), (kind, window.last))
    for process in state["processes"].values():
        for page, pte in process["pages"].items():
            ksm = state["folios"][pte["folio"]]["kind"] == "ksm"
            wish.add(2 if ksm else 3, (0, int(page)))
        for vma in process["vmas"]:
            wish.add(4, (0, vma["start"]), (0, vma["start"] + vma["pages"] - 1))
    wish.add(3, *((0, item["page"]) for item in state["rmap_items"]))
    for key in _page_offsets(state):
        wish.add(4, key)
    for key in _gone(before, state):
        wish.add(5, key)
    return wish


def _page_offsets(state: State) -> Iterator[Key]:
    vmas = vmas_by_start(state)
    for anon_vma in state["anon_vmas"].values():
        for entry in anon_vma["tree"]:
            vma = vmas.get((entry["process"], entry["start"]))
            kind = int(vma is not None and vma["file"] is not None)
            yield from ((kind, entry["first"]), (kind, entry["last"]))
    for folio in state["folios"].values():
        if folio["kind"] == "anon":
            yield int(folio_of_file(state, folio)), folio["index"]


def _gone(before: State | None, state: State) -> Iterator[Key]:
    """Where something was in processes that still run."""
    for name, process in (before or {"processes": {}})["processes"].items():
        if name in state["processes"]:
            for vma in process["vmas"]:
                yield from ((0, vma["start"]), (0, vma["start"] + vma["pages"] - 1))


def filled(keys: list[Key], most: int = MAX_COLUMNS) -> list[Key]:
    """The same, with single missing keys put in: a gap would be as wide."""
    full: list[Key] = []
    for key in keys:
        if full and key == (full[-1][0], full[-1][1] + 2):
            full.append((key[0], key[1] - 1))
        full.append(key)
    return full if len(full) <= most else keys


def breaks(keys: Iterable[Key]) -> list[bool]:
    """For each key, whether something is left out before it."""
    found: list[bool] = []
    before: Key | None = None
    for key in keys:
        found.append(before is not None and key != (before[0], before[1] + 1))
        before = key
    return found


def lay_out(
    wish: Wish,
    x: float,
    width: float,
    narrowest: float,
    widest: float,
    most: int = MAX_COLUMNS,
) -> Axis:
    """At most ``most`` columns from ``x``, as wide as fits into ``width``."""
    shown, hidden = wish.chosen(most)
    keys = filled(shown, most)
    cuts = breaks(keys)
    room = (width - GAP * sum(cuts)) / max(len(keys), 1)
    column = max(narrowest, float(int(min(widest, room))))
    left: list[float] = []
    gaps: list[float] = []
    for cut in cuts:
        if cut:
            gaps.append(x + GAP / 2)
            x += GAP
        left.append(x)
        x += column
    return Axis(tuple(keys), tuple(left), column, tuple(gaps), tuple(hidden))
