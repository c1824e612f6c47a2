"""Recording: what is in the file, and that an interrupted one goes on."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from datetime import date

import pytest

from ksmlib.oracle.cases import CaseError, read_cases, recorded_cases
from ksmlib.oracle.golden import Recorded, TraceError, read_recording, record
from ksmlib.oracle.journal import to_json
from tests.kernel.guest import model_kernel

TODAY = date(2026, 11, 23)
CASES = recorded_cases()[:30]


class Progress:
    """Counts; stops the recording by Ctrl-C after ``stop`` histories."""

    def __init__(self, stop: int | None = None) -> None:
        self.stop = stop
        self.before = self.done = 0

    def __call__(self, total: int, done: int) -> Callable[[], None]:
        self.before = self.done = done
        return self.step

    def step(self) -> None:
        self.done += 1
        if self.done == self.stop:
            raise KeyboardInterrupt


@pytest.fixture
def out(tmp_path):
    return tmp_path / "folder" / "trace.jsonl.xz"


@pytest.fixture
def whole(tmp_path):
    """The bytes of a recording that was not interrupted."""
    path = tmp_path / "whole.jsonl.xz"
    kernel, _ = model_kernel()
    assert record(kernel, CASES, path, TODAY, Progress()) == []
    return path.read_bytes()


def partial(out):
    return out.with_name(out.name + ".partial")


def interrupt(out, after: int, today: date = TODAY) -> None:
    kernel, _ = model_kernel()
    with pytest.raises(KeyboardInterrupt):
        record(kernel, CASES, out, today, Progress(stop=after))
    assert not out.exists()


def finish(out, today: date = TODAY) -> Progress:
    kernel, _ = model_kernel()
    progress = Progress()
    assert record(kernel, CASES, out, today, progress) == []
    assert not partial(out).exists()
    return progress


def test_an_interrupted_recording_goes_on_and_ends_the_same(out, whole):
    interrupt(out, 10)
    interrupt(out, 21)
    assert finish(out).before == 21
    assert out.read_bytes() == whole


def test_the_day_is_that_of_the_end(out):
    interrupt(out, 10)
    assert finish(out, date(2027, 1, 1)).before == 10
    assert read_recording(out).head["date"] == "2027-01-01"


def test_half_a_line_left_by_a_kill_is_recorded_again(out, whole):
    interrupt(out, 10)
    text = partial(out).read_text()
    partial(out).write_text(text[:-50])
    assert finish(out).before == 9
    assert out.read_bytes() == whole


@pytest.mark.parametrize("left", ["", "{", '{"kernel":"another"}\n{"name":"x"}\n'])
def test_what_is_no_part_of_this_recording_is_started_anew(out, whole, left):
    out.parent.mkdir()
    partial(out).write_text(left)
    assert finish(out).before == 0
    assert out.read_bytes() == whole


def test_other_histories_start_it_anew(out):
    interrupt(out, 10)
    kernel, _ = model_kernel()
    progress = Progress()
    record(kernel, CASES[:12], out, TODAY, progress)
    assert progress.before == 0
    assert list(read_recording(out).lines) == [case.name for case in CASES[:12]]


def test_a_history_that_fails_is_told_and_tried_again_next_time(out, whole):
    name = CASES[4].name
    kernel, _ = model_kernel(dies_at={name})
    failed = record(kernel, CASES, out, TODAY, Progress())
    assert [one.name for one in failed] == [name]
    assert not out.exists()
    assert finish(out).before == len(CASES) - 1
    assert out.read_bytes() == whole


def test_the_head_says_what_ran(out, whole):
    finish(out)
    head = read_recording(out).head
    assert (head["kernel"], head["release"]) == ("model", "6.12.0-model")
    assert head["date"] == "2026-11-23"
    assert head["histories"] == [case.name for case in CASES]


def test_a_line_read_back_is_the_same_line(out):
    finish(out)
    recording = read_recording(out)
    for name, line in recording.lines.items():
        assert to_json(Recorded.of(line).json) == line
        assert recording[name].case.name == name


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is no recording"),
        (b"text", "is no recording"),
        (lzma.compress(b""), "is no recording"),
        (lzma.compress(b"{}\n"), "is no recording: 'histories'"),
        (lzma.compress(json.dumps({"histories": ["a"]}).encode()), "is no recording"),
    ],
)
def test_what_is_no_recording_gets_one_sentence(tmp_path, data, sentence):
    file = tmp_path / "trace.jsonl.xz"
    file.write_bytes(data)
    with pytest.raises(TraceError, match=sentence):
        read_recording(file)


def test_a_recording_that_is_not_there_gets_one_sentence(tmp_path):
    with pytest.raises(TraceError, match="is not there"):
        read_recording(tmp_path / "none")


# --- files of histories ----------------------------------------------------


def test_a_file_of_histories():
    text = "# a comment\n=== one\nA mmap 0+1\n=== two max_page_sharing=3\nksmd\n"
    cases = list(read_cases(text, "file"))
    assert [(case.name, case.max_page_sharing) for case in cases] == [
        ("one", 256),
        ("two", 3),
    ]
    assert cases[0].history.one_line == "A mmap 0+1"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("=== One\nksmd\n", "file: '=== One' is not === NAME"),
        ("=== one max_page_sharing=x\nksmd\n", "is not === NAME"),
        ("=== one\nA mmap\n", "file, one: line 1: .* is missing"),
    ],
)
def test_a_bad_file_of_histories_gets_one_sentence(text, sentence):
    with pytest.raises(CaseError, match=sentence):
        list(read_cases(text, "file"))
