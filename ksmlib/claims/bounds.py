"""Proofs by the explorer: what no history within a bound does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ksmlib.claims.proofs import history_of, indented, replayed, walk_lines
from ksmlib.designs import designs
from ksmlib.explore.exploration import Exploration, operations_in
from ksmlib.explore.machine import Machine
from ksmlib.explore.manifest import explorations
from ksmlib.explore.promises import PROMISES, Promise, keeps
from ksmlib.history import History
from ksmlib.mm.kernel import Kernel
from ksmlib.report.merged import MergedPtes
from ksmlib.report.text import COLUMNS, folded, history_text, table


@cache
def explored() -> dict[str, Exploration]:
    """The recorded explorations that have a result, by name."""
    found = {name: each.exploration for name, each in explorations().items()}
    return {name: each for name, each in found.items() if each is not None}


def states_of(exploration: Exploration) -> int:
    """The distinct states of an exploration."""
    return sum(level.states for level in exploration.levels)


def explored_with(design: str) -> dict[str, Exploration]:
    """The explorations that judged a design."""
    return {name: e for name, e in explored().items() if design in e.designs}


def fewest_operations(design: str, promise: str) -> int | None:
    """Those of the shortest history that breaks a promise; None if none does."""
    broken = (e.shortest(design, promise) for e in explored_with(design).values())
    return min((operations_in(b.history) for b in broken if b), default=None)


def promise_of(name: str) -> Promise:
    """The promise of that name. Raises KeyError."""
    return {promise.name: promise for promise in PROMISES}[name]


def breaks(history: History, design: str, promise: Promise) -> bool:
    """Is nothing refused, and the promise broken at the end?"""
    machine = Machine(designs(f"full,{design}"), Kernel(), MergedPtes())
    done = all(map(machine.do, history.operations))
    return done and not keeps(design, promise, machine)


@dataclass(frozen=True)
class Keeps:
    """A design keeps a promise in every recorded exploration.

    ``states`` is what was explored when the claim was made: it may become
    more, never less. ``example`` is only there to be drawn.
    """

    design: str
    promise: str
    states: int
    example: str
    kind: str = "bound"

    @property
    def designs(self) -> tuple[str, ...]:
        return (self.design,)

    def holds(self) -> bool:
        found = explored_with(self.design).values()
        broken = [each.shortest(self.design, self.promise) for each in found]
        enough = sum(map(states_of, found)) >= self.states
        return enough and not any(broken) and not any(each.never for each in found)

    def facts(self) -> list[str]:
        return [f"{self.design} keeps {self.promise}"]

    def lines(self) -> list[str]:
        title = promise_of(self.promise).title
        head = f"promise: {self.design} finds {title}"
        rows = [
            ["explored", "processes", "pages", "operations", "states", "broken", ""]
        ]
        for name, each in explored_with(self.design).items():
            bound = each.bound
            broken = each.shortest(self.design, self.promise)
            counts = [bound.procs, bound.pages, bound.ops, states_of(each)]
            counts.append(broken.states if broken else 0)
            rows.append([name, *(f"{count:,}" for count in counts), ""])
        return [
            *folded(head, 4, "  "),
            "",
            *indented(table(rows, range(1, 6), COLUMNS - 2)),
        ]


@dataclass(frozen=True)
class Breaks:
    """No history of fewer operations breaks a promise of a design; ``example`` does."""

    design: str
    promise: str
    example: str
    kind: str = "shortest"

    @property
    def designs(self) -> tuple[str, ...]:
        beside = ["full"] if self.promise == "full" else []
        return (self.design, *beside)

    @property
    def operations(self) -> int:
        """How many the example has."""
        return len(history_of(self.example).operations)

    def holds(self) -> bool:
        fewest = fewest_operations(self.design, self.promise)
        broken = breaks(history_of(self.example), self.design, promise_of(self.promise))
        return broken and fewest == self.operations

    def facts(self) -> list[str]:
        broken = f"{self.design} breaks {self.promise} after {self.operations}"
        return [*map(str, history_of(self.example).operations), broken]

    def lines(self) -> list[str]:
        report = replayed(self.example, self.designs)
        lines = history_text(report.history)
        for walk in report.walks:
            lines += ["", *walk_lines(walk)]
        if self.promise != "every":
            title = promise_of(self.promise).title
            lines += folded(f"missed although promised: {title}", 4, "  ")
        return lines
