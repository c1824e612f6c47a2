"""Tables of an exploration: what grew with each operation, who misses what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ksmlib.explore.exploration import Exploration, age, operations_in


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
