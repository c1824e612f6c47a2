"""The matrix and the totals, as plain text for a mail."""

from __future__ import annotations

import pytest

from ksmlib.designs import all_designs, designs
from ksmlib.history import parse
from ksmlib.history.named import named, named_histories
from ksmlib.report import Report, run
from ksmlib.report.text import COLUMNS, matrix_text, totals_text
from ksmlib.report.totals import totals


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {name: run(named(name)) for name in named_histories()}


def test_matrix_of_three_designs() -> None:
    names = ("mremap", "split", "merged")
    found = {name: run(named(name)) for name in names}
    assert matrix_text(found, ["full", "address", "stored-vm-pgoff"]) == [
        "PTEs missed  a  b  c",
        "mremap       .  1  .",
        "split        .  .  2",
        "merged       .  .  .",
        "",
        "a  full",
        "b  address",
        "c  stored-vm-pgoff",
    ]


def test_a_history_without_a_walk_is_blank() -> None:
    found = {"nothing": run(parse("A mmap 0+1")), "merged": run(named("merged"))}
    assert matrix_text(found, ["full"])[1:3] == ["nothing", "merged       ."]


def test_the_matrix_of_everything_fits_a_mail(reports: dict[str, Report]) -> None:
    lines = matrix_text(reports, list(all_designs()))
    assert max(map(len, lines)) <= COLUMNS
    assert len(lines) == 1 + len(reports) + 1 + len(all_designs())


def test_many_designs_stand_closer() -> None:
    lines = matrix_text({"merged": run(named("merged"))}, ["full"] * 26)
    assert max(map(len, lines)) <= COLUMNS


def test_totals_fit_a_mail_and_agree_with_the_reports(
    reports: dict[str, Report],
) -> None:
    lines = totals_text(reports.values(), designs())
    assert max(map(len, lines)) <= COLUMNS
    cells = {line.split()[0]: line.split() for line in lines[2:]}
    for design in all_designs():
        missed = sum(len(report.missed(design)) for report in reports.values())
        assert cells[design][1] == str(missed or "-")


def test_lost_and_won_are_beside_the_full_walk() -> None:
    """On ``coincidence`` stored-pgoff loses one PTE, by-index none."""
    lost = totals([run(named("coincidence"))], "stored-pgoff")
    assert (lost.missed, lost.lost, lost.won, lost.failed) == (1, 1, 0, 1)
    won = totals([run(named("child-moved-first"))], "by-index")
    assert (won.missed, won.lost, won.won, won.failed) == (0, 0, 1, 0)
    assert (won.histories, won.folios, won.ptes) == (1, 1, 3)


def test_totals_of_nothing() -> None:
    nothing = totals([], "full")
    assert (nothing.histories, nothing.ptes, nothing.vmas) == (0, 0, 0)
