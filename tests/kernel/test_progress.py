"""Lines of progress, by a clock that is turned by hand."""

from __future__ import annotations

from ksmlib.oracle.progress import Progress


def said(total: int, done_before: int, seconds_each: float) -> list[str]:
    lines: list[str] = []
    now = 0.0
    progress = Progress(
        total, "things", done_before, say=lines.append, clock=lambda: now
    )
    for _ in range(total - done_before):
        now += seconds_each
        progress.step()
    return lines


def test_rate_and_time_left_are_said_now_and_then():
    assert said(10, 0, 1.0) == [
        "2 of 10 things, 1.0 a second, 8 s left",
        "4 of 10 things, 1.0 a second, 6 s left",
        "6 of 10 things, 1.0 a second, 4 s left",
        "8 of 10 things, 1.0 a second, 2 s left",
        "10 of 10 things, 1.0 a second, 10 s",
    ]


def test_what_an_earlier_run_has_done_does_not_count_for_the_rate():
    assert said(10, 8, 4.0) == [
        "9 of 10 things, 0.2 a second, 4 s left",
        "10 of 10 things, 0.2 a second, 8 s",
    ]


def test_the_last_one_is_always_said():
    assert said(3, 0, 0.1) == ["3 of 3 things, 10.0 a second, 0 s"]
