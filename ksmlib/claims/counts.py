"""Proofs by counting: VMAs that a walk visits, bytes that a structure takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ctypes import sizeof
from dataclasses import dataclass, replace

from ksmlib.claims.proofs import indented, replayed
from ksmlib.designs import layout
from ksmlib.history import parse
from ksmlib.history.generated import split_every_other_page
from ksmlib.report.text import COLUMNS, history_text, table


def _numbers(rows: Sequence[Sequence[str]], right: Sequence[int]) -> list[str]:
    """A table whose last column stands to the right, too."""
    return indented(table([[*row, ""] for row in rows], right, COLUMNS - 2))


@dataclass(frozen=True)
class Region:
    """One region cut into ``vmas`` VMAs of one page, ``items`` of them merged.

    ``last``: those at its end. ``moved``: it was moved once, before the merge.
    """

    vmas: int
    items: int
    last: bool = False
    moved: bool = False

    @property
    def text(self) -> str:
        """The history."""
        first = self.vmas - self.items if self.last else 0
        return split_every_other_page(self.vmas, self.items, first, self.moved)

    @property
    def where(self) -> str:
        """What is particular about it, in a word or two."""
        return "last pages" * self.last or "moved" * self.moved


@dataclass(frozen=True)
class Visits:
    """How many VMAs the walk of a region's one KSM page visits, by design."""

    rows: tuple[tuple[Region, Mapping[str, int]], ...]
    kind: str = "count"

    @property
    def _smallest(self) -> Region:
        """The first region, with as few VMAs as show it."""
        return replace(self.rows[0][0], vmas=2 * self.rows[0][0].items)

    @property
    def example(self) -> str:
        return self._smallest.text

    @property
    def designs(self) -> tuple[str, ...]:
        return tuple(self.rows[0][1])

    def _counted(self) -> Iterator[tuple[Region, dict[str, int]]]:
        for region, _ in self.rows:
            report = replayed(region.text, self.designs)
            yield region, {design: report.vmas(design) for design in self.designs}

    def holds(self) -> bool:
        reports = [replayed(region.text, self.designs) for region, _ in self.rows]
        missed = [r.missed(design) for r in reports for design in self.designs]
        return not any(missed) and tuple(self._counted()) == self.rows

    def facts(self) -> list[str]:
        return [
            f"{region.vmas} {region.items} {region.where} {counts}"
            for region, counts in self._counted()
        ]

    def lines(self) -> list[str]:
        small = self._smallest.vmas
        head = f"above with {small} VMAs, below with more: VMAs visited by one walk"
        rows = [["VMAs", "items", *self.designs]]
        for region, counts in self._counted():
            numbers = (region.vmas, region.items, *counts.values())
            rows.append([f"{number:,}" for number in numbers])
        table_ = _numbers(rows, range(len(rows[0])))
        return [*history_text(parse(self.example)), "", f"  {head}", *table_]


@dataclass(frozen=True)
class Sizes:
    """How many bytes structures take: what each is, its layout, its bytes."""

    rows: tuple[tuple[str, str, int], ...]
    kind: str = "size"
    example: str = ""

    @property
    def designs(self) -> tuple[str, ...]:
        return ()

    def _counted(self) -> tuple[tuple[str, str, int], ...]:
        return tuple(
            (what, name, sizeof(getattr(layout, name))) for what, name, _ in self.rows
        )

    def holds(self) -> bool:
        return self._counted() == self.rows

    def facts(self) -> list[str]:
        return [f"{name} {size}" for _, name, size in self._counted()]

    def lines(self) -> list[str]:
        rows = [["64-bit", "bytes", "in a slab of 4096"]]
        for what, name, size in self._counted():
            fit = layout.objects_per_slab(getattr(layout, name))
            rows.append([what, str(size), str(fit)])
        return _numbers(rows, (1, 2))
