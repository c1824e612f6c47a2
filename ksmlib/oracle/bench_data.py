"""What ``ksmlib kernel bench`` has measured, to be asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

#: A row of a table, by the names of its columns.
Row = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """The tables of a bench, as it wrote them (``ksmlib.oracle.bench``)."""

    data: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Bench:
        """From a file. Raises OSError and ValueError."""
        return cls(json.loads(path.read_text("utf-8")))

    @property
    def about(self) -> dict[str, Any]:
        """On what machine, when, and with which kernels."""
        found: dict[str, Any] = self.data["about"]
        return found

    def rows(self, table: str, **cells: object) -> list[Row]:
        """The rows of a table that have these cells."""
        columns, rows = self.data[table]["columns"], self.data[table]["rows"]
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        return [row for row in found if cells.items() <= row.items()]

    def ns(self, **cells: object) -> float:
        """The median of the walks timed in one row, in nanoseconds."""
        [row] = self.rows("timed", **cells)
        return float(median(row["ns"]))

    def visited(self, **cells: object) -> int:
        """The VMAs that the walks of one row were given."""
        [row] = self.rows("timed", **cells)
        return int(row["visited"])

    def works(self, design: str, shape: str) -> bool:
        """Whether move_pages() and reclaim succeed, at every size measured."""
        at = {"design": design, "shape": shape}
        return all(row["moved"] for row in self.rows("counted", **at)) and all(
            row["reclaimed"] for row in self.rows("reclaimed", **at)
        )
