"""What a claim rests on in the model: a proof, of one kind or another.

Each can be looked at again (``holds()``), says in plain text what it shows
(``lines()``, ASCII of at most 66 columns), and has ``facts()``, from which the
hash of the claim is made: they change only if what was shown has changed.

Here are those that a replay gives; ``bounds`` and ``counts`` have the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from ksmlib.designs import designs
from ksmlib.history import History, parse
from ksmlib.history.named import named, named_histories
from ksmlib.report import Report, run
from ksmlib.report.text import (
    COLUMNS,
    folded,
    history_text,
    ptes_text,
    state_text,
    table,
)
from ksmlib.report.verdict import FolioWalk


class Proof(Protocol):
    """A kind of proof. ``kind`` is what it is called, in a word."""

    @property
    def kind(self) -> str: ...

    @property
    def example(self) -> str:
        """A history that shows it, by name or as text; nothing if none does."""
        ...

    @property
    def designs(self) -> tuple[str, ...]:
        """Those it speaks of; the first is the one to draw."""
        ...

    def holds(self) -> bool:
        """Is it still so?"""
        ...

    def facts(self) -> list[str]:
        """What was shown, a fact a line."""
        ...

    def lines(self) -> list[str]:
        """The same for a reader."""
        ...


def history_of(what: str) -> History:
    """A named history, or one given as text. Raises HistoryError."""
    return named(what) if what in named_histories() else parse(what)


@cache
def replayed(what: str, ids: tuple[str, ...]) -> Report:
    """The verdicts of some designs on a history, judged once."""
    return run(history_of(what), designs(",".join(ids)))


def indented(lines: Iterable[str]) -> list[str]:
    """Lines set in by two."""
    return [f"  {line}" for line in lines]


@dataclass(frozen=True)
class Walks:
    """On a history the designs in ``misses`` miss a PTE, those in ``finds`` none."""

    example: str
    misses: tuple[str, ...]
    finds: tuple[str, ...]
    kind: str = "verdict"

    @property
    def designs(self) -> tuple[str, ...]:
        return (*self.misses, *self.finds)

    @property
    def report(self) -> Report:
        """The verdicts, from a replay."""
        return replayed(self.example, self.designs)

    def holds(self) -> bool:
        report = self.report
        missed = all(report.missed(design) for design in self.misses)
        found = not any(report.missed(design) for design in self.finds)
        return bool(report.walks) and missed and found

    def facts(self) -> list[str]:
        facts = [str(operation) for operation in self.report.history.operations]
        for walk in self.report.walks:
            for verdict in walk.verdicts:
                facts.append(f"{verdict.design} {verdict.found} {verdict.missed}")
        return facts

    def lines(self) -> list[str]:
        lines = history_text(self.report.history)
        for walk in self.report.walks:
            lines += ["", *walk_lines(walk)]
        return lines


def walk_lines(walk: FolioWalk) -> list[str]:
    """Who maps a KSM page, and what each design finds of that."""
    rows = [["design", "found", "missed"]]
    for verdict in walk.verdicts:
        found = f"{len(verdict.found)}/{len(walk.mapped)}"
        rows.append([verdict.design, found, ptes_text(verdict.missed) or "-"])
    head = f"KSM page mapped at {ptes_text(walk.mapped)}"
    return [*folded(head, 4, "  "), *indented(table(rows, (1,), COLUMNS - 2))]


@dataclass(frozen=True)
class Leaves:
    """The state that a history leaves behind, as far as ``facts`` of it go.

    Each is a path into the snapshot, such as ``processes.A.vmas.0.vm_pgoff``,
    and the value there.
    """

    example: str
    state: Mapping[str, Any]
    kind: str = "state"

    @property
    def designs(self) -> tuple[str, ...]:
        return ()

    def _found(self) -> dict[str, Any]:
        state = replayed(self.example, ("full",)).state
        return {path: _at(state, path) for path in self.state}

    def holds(self) -> bool:
        return self._found() == self.state

    def facts(self) -> list[str]:
        operations = history_of(self.example).operations
        return [*map(str, operations), *(f"{k} {v}" for k, v in self._found().items())]

    def lines(self) -> list[str]:
        report = replayed(self.example, ("full",))
        state = state_text(report.state, COLUMNS - 2)
        return [*history_text(report.history), "", *indented(state)]


def _at(state: Any, path: str) -> Any:
    """What is at a path of a snapshot; None if there is nothing."""
    for step in path.split("."):
        if isinstance(state, list):
            state = state[int(step)] if int(step) < len(state) else None
        else:
            state = (state or {}).get(step)
    return state
