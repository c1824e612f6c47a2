"""What is recorded of the pages that walks miss, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ksmlib.history.named import named_histories
from ksmlib.oracle.holes import (
    COLUMNS,
    HOLES,
    PROPOSALS,
    TIMED,
    cost,
    cost_table,
    fates,
    fates_table,
    numbers_text,
    read_survey,
    script_text,
    survey_table,
)
from ksmlib.report import text as plain

ORACLE = Path(__file__).parents[2] / "oracle"
RESULTS = ORACLE / "results"
#: The file whose head has the numbers of a proposal.
HEADS = {
    "by-index-origin": "by-index-origin/0-cover-letter.txt",
    "unshare-first": "unshare-first.patch",
}


# --- with small files ----------------------------------------------------------


def folio(mapped: list[Any], missed: list[Any]) -> dict[str, Any]:
    return {"mapped": mapped, "walks": {"full": {"missed": missed}}}


def script(name: str, page: list[Any], moved: int) -> list[dict[str, Any]]:
    """A page at which reclaim is tried before the first state, too."""
    return [
        {"history": name},
        {"reclaim": {"reclaimed": 1 - moved}},
        {"state": 1, "folios": [folio([["A", 99]], []), folio([page], [page])]},
        {"move_pages": {"moved": moved}},
        {"reclaim": {"reclaimed": moved}},
        {"state": 2, "folios": []},
        {"move_pages": {"moved": 1 - moved}},
    ]


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    text = "".join(f"{json.dumps(line)}\n" for line in [*lines, {"end": True}])
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """One kernel that moves nothing but the page of ``coincidence``."""
    outcomes = [
        {
            "history": name,
            "design": "full",
            "page": ["A", 0],
            "mapped": [["A", 0], ["B", 0]],
            "missed": [] if name == "coincidence" else [["B", 0]],
            "returned": int(name != "coincidence"),
            "moved": name == "coincidence",
            "reclaimed": name == "coincidence",
            "still": [],
        }
        for name in HOLES
        if name in named_histories()
    ]
    text = json.dumps({"outcomes": outcomes})
    (tmp_path / "outcomes-debian.json").write_text(text, encoding="utf-8")
    swapped = [
        *script("moved-while-swapped", ["A", 500], 0),
        *script("unmergeable-while-swapped", ["A", 0], 0),
    ]
    write_lines(tmp_path / "debian-swap-cache.jsonl", swapped)
    merge = script("failed-merge", ["B", 1], 0)
    write_lines(tmp_path / "debian-failed-merge.jsonl", merge)
    return tmp_path


def test_the_fate_of_a_page_is_what_came_after_the_first_state(results):
    found = fates(results, COLUMNS["debian"])
    assert set(found) == set(HOLES)
    assert {name for name, fate in found.items() if fate.free} == {"coincidence"}
    assert (found["failed-merge"].mapped, found["failed-merge"].missed) == (1, 1)


def test_the_table_has_a_line_a_hole(results):
    head, *lines = fates_table(results, [COLUMNS["debian"]])
    assert head.split()[-3:] == ["as", "it", "is"]
    assert [line.split()[-1] for line in lines].count("yes") == 1
    assert len(lines) == len(HOLES)


def test_the_cost_is_the_median_of_one_design(tmp_path):
    lines: list[dict[str, Any]] = []
    for history in ("one-process", "forked"):
        lines.append({"history": history})
        for at, design in enumerate(TIMED):
            ns = [90 + at, 10 + at, 50 + at]
            time = {"design": design, "ns": ns, "vmas": 7, "found": 2, "mapped": 2}
            lines.append({"time": time})
    write_lines(tmp_path / "qemu-many-vmas.jsonl", lines)
    assert cost(tmp_path, "stored-pgoff", "forked").instructions == 51
    assert [row.split()[-4:] for row in cost_table(tmp_path)[1:]] == [
        [str(50 + at), "7", str(50 + at), "7"] for at in range(len(TIMED))
    ]


def test_the_lines_of_a_script_end_before_the_state_and_have_no_comments():
    for name, history in (
        ("swap-cache", "moved-while-swapped"),
        ("swap-cache", "unmergeable-while-swapped"),
        ("failed-merge", "failed-merge"),
    ):
        lines = script_text(ORACLE / "scenarios", name, history)
        assert lines[0] == "start A"
        assert any(line.startswith("hold ") for line in lines)
        assert not any(line.startswith(("#", "state", "move_pages")) for line in lines)


# --- with what is recorded -----------------------------------------------------


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_page_is_stuck_if_the_walk_missed_a_pte_and_only_then(column):
    for hole, fate in fates(RESULTS, column).items():
        found = not fate.missed
        assert fate.reclaimed is found and fate.moved in (None, found), hole


def test_every_hole_but_those_found_by_luck_is_stuck_on_debian():
    found = fates(RESULTS, COLUMNS["debian"])
    stuck = {hole for hole, fate in found.items() if fate.missed}
    assert stuck == set(HOLES) - {"coincidence", "coincidence-stale-item"}


def test_by_origin_nothing_is_stuck():
    found = fates(RESULTS, COLUMNS["by-index-origin"])
    assert all(fate.free for fate in found.values())


def test_the_survey_has_three_seeds_of_600_without_a_difference():
    survey = read_survey(RESULTS)
    for kernel in ("uml", *(f"uml-{patch}" for patch in PROPOSALS)):
        rows = [row for row in survey.rows if row["kernel"] == kernel]
        assert [row["seed"] for row in rows] == [1, 2, 3]
        assert all(row["histories"] == 600 for row in rows)
        assert not any(row["failed"] or row["differ"] for row in rows)
    assert all(survey.total(f"uml-{patch}").missed == 0 for patch in PROPOSALS)
    assert survey.total("uml", "by-index-origin").missed == 0
    assert survey.total("uml", "full").missed > 0


def test_the_other_kernels_do_as_the_model_does():
    rows = read_survey(RESULTS, "survey-x86").rows
    assert {row["kernel"] for row in rows} == {"debian", "qemu"}
    assert all(row["histories"] and row["differ"] == 0 for row in rows)


@pytest.mark.parametrize("patch", PROPOSALS)
def test_the_head_of_a_proposal_says_what_is_recorded(patch):
    head = (ORACLE / "patches" / HEADS[patch]).read_text("utf-8")
    said = head.partition("\nNumbers\n=======\n\n")[2].partition("\n\nNot solved")[0]
    assert said.splitlines() == numbers_text(RESULTS, patch)


def test_what_goes_into_a_mail_is_narrow_ascii():
    lines = survey_table(read_survey(RESULTS), PROPOSALS)
    for patch in PROPOSALS:
        lines += numbers_text(RESULTS, patch)
    assert all(line.isascii() and len(line) <= plain.COLUMNS + 4 for line in lines)
