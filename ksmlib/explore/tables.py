"""Tables of explorations: what grew with each operation, who misses what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ksmlib.explore.exploration import Exploration, age, operations_in
from ksmlib.explore.manifest import Recorded


@dataclass(frozen=True)
class Saturation:
    """One more operation: the states it adds, and the behaviours new with it."""

    ops: int
    states: int
    generated: int
    refused: int
    behaviours: int


def saturation(exploration: Exploration) -> list[Saturation]:
    """A row for each number of operations; no new behaviour is what one hopes for.

    ``generated`` and ``refused`` count the operations tried to get there.
    """
    new = Counter(operations_in(b.history) for b in exploration.behaviours)
    rows = []
    generated = refused = 0
    for ops, level in enumerate(exploration.levels):
        rows.append(Saturation(ops, level.states, generated, refused, new[ops]))
        generated, refused = level.generated, level.refused
    return rows


@dataclass(frozen=True)
class Cell:
    """PTEs in one situation that one design misses, of so many in all.

    ``history`` is the shortest that shows one; None where none is missed.
    """

    missed: int
    ptes: int
    history: str | None


def matrix(exploration: Exploration) -> dict[str, dict[str, Cell]]:
    """By design, then by situation. Situations that never occurred are left out."""
    seen = {name for b in exploration.behaviours for name in b.situations}
    return {
        design: {name: _cell(exploration, design, name) for name in sorted(seen)}
        for design in exploration.designs
    }


def _cell(exploration: Exploration, design: str, situation: str) -> Cell:
    here = [b for b in exploration.behaviours if situation in b.situations]
    missed = [b for b in here if design in b.missed_by]
    first = min((b.history for b in missed), key=age, default=None)
    return Cell(
        sum(b.ptes for b in missed),
        sum(b.ptes for b in here),
        first,
    )


def together(explorations: Iterable[Exploration]) -> dict[str, dict[str, Cell]]:
    """The matrix of several explorations, each counted for itself."""
    cells: dict[str, dict[str, Cell]] = {}
    for exploration in explorations:
        for design, row in matrix(exploration).items():
            mine = cells.setdefault(design, {})
            for name, cell in row.items():
                mine[name] = _sum(mine[name], cell) if name in mine else cell
    return cells


def _sum(one: Cell, other: Cell) -> Cell:
    histories = [cell.history for cell in (one, other) if cell.history]
    return Cell(
        one.missed + other.missed,
        one.ptes + other.ptes,
        min(histories, key=age, default=None),
    )


@dataclass(frozen=True)
class Growth:
    """Two bounds that differ by one operation, and a guess at the next.

    The guess is that states and time grow once more as they did: an
    extrapolation, never a measurement.
    """

    smaller: Recorded
    larger: Recorded

    @property
    def factor(self) -> float:
        """How many times as many distinct states the larger bound has."""
        small, large = self.smaller.exploration, self.larger.exploration
        assert small and large
        return large.states / small.states

    @property
    def next_cpu(self) -> float:
        """Seconds of CPU that one operation more may take."""
        assert self.larger.took
        return self.larger.took.cpu * self.factor


def growths(recorded: Iterable[Recorded]) -> list[Growth]:
    """All such pairs, those with most pages and operations last."""
    known = {r.exploration.bound: r for r in recorded if r.exploration}
    pairs = [
        Growth(smaller, known[larger])
        for bound, smaller in known.items()
        if (larger := replace(bound, ops=bound.ops + 1)) in known
    ]
    return sorted(pairs, key=_size)


def _size(growth: Growth) -> tuple[int, int, int]:
    assert growth.larger.exploration
    bound = growth.larger.exploration.bound
    return bound.procs, bound.pages, bound.ops
