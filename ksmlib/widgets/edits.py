"""Editing: histories beside each other, what was before, lines put in and out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from ksmlib.history.language import History, Line, parse
from ksmlib.history.operations import Operation

#: Histories that are kept beside each other.
MAX_BRANCHES = 6
#: Changes that can be taken back, and the characters they may hold together.
MAX_UNDO = 200
MAX_UNDO_TEXT = 1_000_000


@dataclass(frozen=True)
class Draft:
    """A history in the making.

    ``text`` is what the editor holds, ``good`` the last text without an error,
    ``step`` a place in that. ``left_off`` is the step at which it was edited
    last, None if it is kept as it is.
    """

    text: str
    good: str
    step: int
    left_off: int | None = None


@dataclass(frozen=True)
class Desk:
    """Branches: drafts beside each other, one of them in hand."""

    drafts: tuple[Draft, ...]
    at: int = 0

    @property
    def draft(self) -> Draft:
        return self.drafts[self.at]

    def changed(self, draft: Draft) -> Desk:
        """Another draft in place of the one in hand."""
        drafts = (*self.drafts[: self.at], draft, *self.drafts[self.at + 1 :])
        return Desk(drafts, self.at)

    def forked(self, draft: Draft) -> Desk:
        """Another draft in hand; the one in hand until now is kept beside it."""
        good = self.draft.good
        kept = replace(self.draft, text=good, left_off=None)
        others = [d for d in self.drafts if d.good not in (good, draft.good)]
        # The oldest are let go.
        others = others[2 - MAX_BRANCHES :]
        return Desk((*others, kept, draft), len(others) + 1)


@lru_cache(maxsize=2 * MAX_BRANCHES)
def operations_of(text: str) -> tuple[Operation, ...]:
    """The operations of a text without an error."""
    return parse(text).operations


def departure(one: str, other: str) -> int | None:
    """The first step at which two good texts differ, None if they do not."""
    left, right = operations_of(one), operations_of(other)
    for step, (a, b) in enumerate(zip(left, right, strict=False), start=1):
        if a != b:
            return step
    if len(left) == len(right):
        return None
    return min(len(left), len(right)) + 1


def only_adds(old: str, new: str) -> bool:
    """Whether a good text begins with all that another one does."""
    before = operations_of(old)
    return operations_of(new)[: len(before)] == before


def kept(desks: tuple[Desk, ...], desk: Desk) -> tuple[Desk, ...]:
    """One more to come back to; the oldest are forgotten."""
    remembered = [*desks, desk][-MAX_UNDO:]
    while len(remembered) > 1 and _held(remembered) > MAX_UNDO_TEXT:
        del remembered[0]
    return tuple(remembered)


def _held(desks: list[Desk]) -> int:
    """The characters that they hold; many share a text."""
    texts = {text for desk in desks for d in desk.drafts for text in (d.text, d.good)}
    return sum(map(len, texts))


def with_added(history: History, step: int, operation: Operation) -> str:
    """The text with an operation put in after ``step`` operations."""
    lines = list(history.lines)
    lines.insert(_line_after(history, step), Line(operation, None, 0))
    return History(tuple(lines)).text


def with_removed(history: History, step: int) -> str:
    """The text without the operation of ``step``; its comment stays."""
    lines = list(history.lines)
    at = _line_of(history, step)
    if lines[at].comment is None:
        del lines[at]
    else:
        lines[at] = replace(lines[at], operation=None)
    return History(tuple(lines)).text


def _line_of(history: History, step: int) -> int:
    """Which of the lines holds the operation of ``step``."""
    at = [i for i, line in enumerate(history.lines) if line.operation]
    return at[step - 1]


def _line_after(history: History, step: int) -> int:
    """Where a line goes that is to follow ``step`` operations."""
    if step == len(history.operations):
        return len(history.lines)
    return _line_of(history, 1) if step == 0 else _line_of(history, step) + 1
