"""What the curve and the matrix draw: plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ksmlib.report.verdict import Report


@dataclass(frozen=True)
class Series:
    """One line of a chart: its name, and its points from left to right."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Cell:
    """How many PTEs a design found and missed on one history."""

    found: int
    missed: int


@dataclass(frozen=True)
class Matrix:
    """Histories (down) by designs (across); a pair without a cell had no walk.

    ``heads`` has the title of a group by the first of its histories.
    """

    designs: tuple[str, ...]
    histories: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    heads: Mapping[str, str] = field(default_factory=dict)

    def missed(self, design: str) -> int:
        """How many PTEs a design missed on all histories."""
        return sum(
            cell.missed for (name, _), cell in self.cells.items() if name == design
        )


def matrix_of(
    reports: Mapping[str, Report],
    designs: Sequence[str],
    heads: Mapping[str, str] | None = None,
) -> Matrix:
    """The matrix of some designs on some histories, by their names."""
    cells = {
        (design, name): Cell(len(report.found(design)), len(report.missed(design)))
        for name, report in reports.items()
        for design in designs
        if report.walks
    }
    return Matrix(tuple(designs), tuple(reports), cells, heads or {})
