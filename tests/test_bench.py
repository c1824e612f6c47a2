"""``ksmlib bench``: what it counts, and that it compares. No time is checked."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from ksmlib.cli import bench, main
from ksmlib.report.text import COLUMNS


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "HISTORIES", 3)


def test_walks_visit_what_the_designs_ask_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two items in two passes: every VMA, or the one that holds the page."""
    assert main(["bench", "--vmas", "10,100", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["walks"]["designs"] == ["full", "stored-pgoff"]
    visited = {one["vmas"]: one["visited"] for one in found["walks"]["machines"]}
    assert visited == {10: [40, 4], 100: [400, 4]}
    assert found["replays"]["histories"] == 3
    assert found["replays"]["operations"] == 90


def test_all_is_held_against_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--vmas", "10", "--json"]) == 0
    times = json.loads(capsys.readouterr().out)["replays"]["times"]
    assert next(iter(times.values())) == 1
    assert min(times.values()) > 0


def test_a_ratio_is_of_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    """One slow turn changes nothing."""
    clock = [0]

    def takes(durations: Sequence[int]):
        left = iter(durations)

        def call() -> None:
            clock[0] += next(left)

        return call

    monkeypatch.setattr(bench, "process_time_ns", lambda: clock[0])
    slow = [500] + [30] * (bench.TIMES - 1)
    assert bench.ratios([takes([10] * bench.TIMES), takes(slow)]) == [1, 3]


def test_the_text_is_narrow(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--vmas", "100"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= COLUMNS
    [row] = [line.split() for line in lines if "100 : 1" in line]
    assert row[:6] == ["100", "400", "4", "100", ":", "1"]


@pytest.mark.parametrize("vmas", ["", "1", "x", "10,,20", "60001", "9" * 5000, "-5"])
def test_bad_numbers_are_one_sentence(
    vmas: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", f"--vmas={vmas}"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "--vmas takes numbers from 2 to 60000, not" in line
