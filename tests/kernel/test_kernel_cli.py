"""``ksmlib kernel``: what it prints, its exit status, one sentence if it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ksmlib.cli import main
from ksmlib.cli.kernel import fuzz, record, shared
from ksmlib.designs import all_designs
from ksmlib.history.named import named
from ksmlib.oracle.boot import Kernel
from ksmlib.oracle.cases import recorded_cases
from ksmlib.oracle.golden import GOLDEN
from ksmlib.report.text import COLUMNS
from tests.kernel.guest import model_kernel

MOVED = "A mmap 0+2; A write 0+2 x; A mremap 0+2 8; A madvise 8+2 mergeable; ksmd 2"


def wrong(record):
    for folio in record["folios"]:
        if folio["kind"] == "ksm":
            folio["walks"]["full"]["vmas"] += 1


@pytest.fixture
def ksmlib(capsys, monkeypatch):
    """``ksmlib(*arguments, kernel=...)`` gives (status, stdout, stderr)."""

    def run(*arguments: str | Path, kernel: Kernel | None = None):
        if kernel is not None:
            monkeypatch.setattr(shared, "find_kernel", lambda name, images: kernel)
        status = main(["kernel", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def right() -> Kernel:
    return model_kernel()[0]


@pytest.fixture
def few(monkeypatch):
    """Record only so many histories."""
    monkeypatch.setattr(record, "recorded_cases", lambda: recorded_cases()[:12])


def table(text: str) -> dict[str, list[str]]:
    """The cells of the table of walks, by design."""
    rows = [line.split() for line in text.split("\n")]
    return {row[0]: row[1:] for row in rows if row and row[0] in all_designs()}


# --- run -------------------------------------------------------------------


def test_run_prints_what_the_kernel_did(ksmlib, right):
    status, out, err = ksmlib("run", MOVED, kernel=right)
    assert (status, err) == (0, "")
    assert "walk of f1 (ksm, index 1), mapped at A:8-9\n" in out
    assert "  full                       2/2     4      2  -\n" in out
    assert "  address                    0/2     0      0  A:8-9\n" in out
    assert "  A        8+2      0  rw mergeable  av1 (av1)\n" in out
    assert out.endswith("\ndifferences to the model: none\n")
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= COLUMNS


def test_run_of_a_kernel_that_differs_says_how_and_ends_with_1(ksmlib):
    status, out, _ = ksmlib("run", MOVED, kernel=model_kernel(wrong)[0])
    assert status == 1
    assert "differences to the model, first after step 5, ksmd 2\n" in out
    # said in one line, folded to fit
    said = " ".join(out.split())
    assert "walk of the folio at A:8 by full: kernel visits VMAs 5, model 4" in said


def test_run_takes_a_name_of_a_recorded_case(ksmlib, right):
    status, out, _ = ksmlib("run", "sharing-three", "--design", "full", kernel=right)
    assert status == 0
    assert out.count("walk of f") == 3


def test_run_step_by_step(ksmlib, right):
    _, out, _ = ksmlib("run", "--step", "A mmap 0+1; A write 0+2 x", kernel=right)
    steps = out.partition("history\n")[0]
    assert steps.count("step ") == 2
    assert "step 2: A write 0+2 x\n  line 1 refused, EFAULT: Bad address\n" in steps


def test_run_as_json_has_what_the_model_has(ksmlib, right, capsys):
    _, out, _ = ksmlib("run", "parent-not-mergeable", "--json", kernel=right)
    kernel = json.loads(out)
    main(["run", "parent-not-mergeable", "--json"])
    model = json.loads(capsys.readouterr().out)
    assert kernel["differences"] == []
    assert kernel["history"] == model["history"] == named("parent-not-mergeable").text
    for process, found in kernel["processes"].items():
        assert found["vmas"] == model["processes"][process]["vmas"]
        assert found["pages"].keys() == model["processes"][process]["pages"].keys()
    assert kernel["anon_vmas"] == model["anon_vmas"]
    by_design = {walk["design"]: walk for walk in model["walks"]}
    assert kernel["walks"]
    for walk in kernel["walks"]:
        for key in ("process", "page", "found", "missed", "vmas"):
            assert walk[key] == by_design[walk["design"]][key]


def test_run_walks_where_it_is_asked_to(ksmlib, right):
    text = "A mmap 0+2; A write 0+2 x; walk A 1; A munmap 0+2"
    _, out, _ = ksmlib("run", text, kernel=right)
    assert "walk of f2 (anon, index 1), mapped at A:1\n" in out
    assert "rmap_walk_anon" in out


def test_run_shows_zero_pages_and_pages_of_files(ksmlib, right):
    text = "A mmap 0+2; A read 0+2; A mmap 4+1 file F@7; A read 4+1"
    _, out, _ = ksmlib("run", text, kernel=right)
    assert "  f1     file      7  A:4\n" in out
    assert "  zero   zero      -  A:0-1\n" in out
    assert "no KSM folio to walk" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "A mmap"], "line 1: a range"),
        (["run", MOVED, "--design", "x"], "no design 'x'"),
        (["run", MOVED, "--kernel", "bsd"], "no kernel 'bsd'; there are uml, "),
        (["run", MOVED, "--images", "/none"], "make -C oracle uml"),
        (["fuzz", "--count", "0"], "--count must be at least 1"),
        (["fuzz", "--seed", "x"], "invalid int value: 'x'"),
        (["show", "moved-"], "'moved-'; did you mean moved"),
        (["show", "xyzzy"], "no recorded history 'xyzzy'"),
        (["check", "/none"], "/none is not there"),
        (["check", "README.md"], "README.md is no recording"),
        ([], "COMMAND"),
    ],
)
def test_bad_input_is_one_sentence(ksmlib, arguments, sentence):
    status, out, err = ksmlib(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("ksmlib: ") and sentence in err
    assert err.count("\n") == 1


def test_a_kernel_that_dies_on_the_history_is_one_sentence(ksmlib):
    kernel, _ = model_kernel(dies_at={"history"})
    status, _, err = ksmlib("run", MOVED, kernel=kernel)
    assert status == 2
    assert err == "ksmlib: model failed on this history: the guest died\n"


# --- show ------------------------------------------------------------------


def test_show_prints_what_was_recorded(ksmlib, right):
    status, out, _ = ksmlib("show", "moved", "--design", "full")
    head, _, rest = out.partition("\n\n")
    assert status == 0
    assert head.startswith("recorded on Linux 6.12.")
    assert rest == ksmlib("run", "moved", "--design", "full", kernel=right)[1]


def test_show_as_json_is_one_object(ksmlib):
    _, out, _ = ksmlib("show", "refused-mremap-tail-lost", "--json")
    assert [r["errno"] for r in json.loads(out)["refused"]] == ["EFAULT"]


# --- record and check ------------------------------------------------------


def test_record_then_check(ksmlib, right, few, tmp_path):
    file = tmp_path / "trace.jsonl.xz"
    status, out, err = ksmlib("record", "--out", file, kernel=right)
    assert status == 0
    assert out.startswith(f"12 histories recorded in {file}, ")
    assert "12 of 12 histories, " in err
    status, out, _ = ksmlib("check", file)
    assert status == 0
    assert "compared: 12 histories, " in out
    assert "histories that differ: none\n" in out
    rows = table(out)
    assert rows["full"][:2] == rows["stored-pgoff"][:2]  # folios and PTEs
    assert rows["full"][2] != "0" and rows["by-index-origin"][2] == "0"  # missed
    assert ksmlib("check", file, "--against", file)[0] == 0


def test_check_writes_what_it_compared(ksmlib, right, few, tmp_path):
    file, out = tmp_path / "trace", tmp_path / "check.json"
    ksmlib("record", "--out", file, kernel=right)
    assert ksmlib("check", file, "--against", file, "--out", out)[0] == 0
    told = json.loads(out.read_text())
    assert (told["histories"], told["differ"]) == (12, 0)
    assert told["recorded"] == told["against"]
    assert told["recorded"]["release"] == "6.12.0-model"


def test_check_names_what_differs_from_the_model_and_between_kernels(
    ksmlib, right, few, tmp_path
):
    good, bad = tmp_path / "good", tmp_path / "bad"
    ksmlib("record", "--out", good, kernel=right)
    ksmlib("record", "--out", bad, kernel=model_kernel(wrong)[0])
    status, out, _ = ksmlib("check", bad)
    assert status == 1
    assert "differences to the model, first after step" in out
    status, out, _ = ksmlib("check", bad, "--against", good)
    assert status == 1
    assert "differences to the recording, first after step" in out


def test_check_of_other_histories_is_one_sentence(ksmlib, right, few, tmp_path):
    file = tmp_path / "trace"
    ksmlib("record", "--out", file, kernel=right)
    status, _, err = ksmlib("check", file, "--against", GOLDEN)
    assert status == 2
    assert err == "ksmlib: the two recordings are not of the same histories\n"


def test_a_recording_that_is_stopped_says_how_to_go_on(
    ksmlib, right, few, tmp_path, monkeypatch
):
    file = tmp_path / "trace.jsonl.xz"

    def stop(*arguments, **named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(record, "record", stop)
        status, _, err = ksmlib("record", "--out", file, kernel=right)
    assert status == 130
    assert err == "\nstopped; the same command goes on from here\n"


def test_a_history_that_fails_is_named(ksmlib, few, tmp_path):
    kernel, _ = model_kernel(dies_at={"coincidence"})
    status, out, _ = ksmlib("record", "--out", tmp_path / "trace", kernel=kernel)
    assert status == 1
    assert "failed: coincidence: the guest died\n" in out


# --- fuzz ------------------------------------------------------------------


def test_fuzz_of_a_kernel_that_agrees(ksmlib, right):
    status, out, err = ksmlib("fuzz", "--seed", "3", "--count", "12", kernel=right)
    assert status == 0
    assert out.startswith("seed 3, 40 operations a history\ncompared: 12 histories, ")
    assert out.endswith("histories that differ: none\n")
    assert "12 of 12 histories, " in err


def test_fuzz_prints_the_shortest_history_and_how_to_keep_it(ksmlib):
    kernel, _ = model_kernel(wrong)
    status, out, err = ksmlib(
        "fuzz", "--count", "3", "--operations", "30", kernel=kernel
    )
    assert status == 1
    kept = out.partition("ksmlib/oracle/cases:\n=== ")[2]
    assert "differences to the model, first after step" in out
    assert "by full: kernel visits VMAs" in " ".join(out.split())
    assert "mergeable\n" in kept and "ksmd" in kept
    assert "shrinking " in err


def test_fuzz_that_is_stopped_says_what_was_done(ksmlib, monkeypatch, right):
    def two_then_stop(kernel, cases, count):
        count.histories = 2
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(fuzz, "fuzz", two_then_stop)
    status, out, _ = ksmlib("fuzz", kernel=right)
    assert status == 130
    assert "\ncompared: 2 histories, " in out
