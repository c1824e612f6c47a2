"""Adding up many reports: what a design missed in all, and beside ``full``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ksmlib.report.verdict import Report


@dataclass(frozen=True)
class Totals:
    """One design over many histories.

    ``missed`` is against the page tables. ``lost`` are those of them that the
    full walk finds, ``won`` what the full walk misses and the design finds.
    """

    design: str
    histories: int
    folios: int
    ptes: int
    missed: int
    lost: int
    won: int
    vmas: int
    find_vma: int
    #: On how many histories it missed anything.
    failed: int


def totals(reports: Iterable[Report], design: str) -> Totals:
    """Sum up ``design``. The reports must have judged ``full`` as well."""
    histories = folios = ptes = missed = lost = won = vmas = find_vma = failed = 0
    for report in reports:
        histories += 1
        failed += bool(report.missed(design))
        for walk in report.walks:
            verdict, full = walk.verdict(design), walk.verdict("full")
            folios += 1
            ptes += len(walk.mapped)
            missed += len(verdict.missed)
            lost += len(set(verdict.missed) - set(full.missed))
            won += len(set(full.missed) - set(verdict.missed))
            vmas += verdict.vmas
            find_vma += verdict.find_vma
    return Totals(
        design, histories, folios, ptes, missed, lost, won, vmas, find_vma, failed
    )
