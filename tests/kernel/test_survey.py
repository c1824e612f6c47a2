"""Random histories on several kernels; the guest here answers by the model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ksmlib.cli import main
from ksmlib.cli.kernel import shared
from ksmlib.oracle import survey as surveys
from ksmlib.oracle.boot import Kernel
from ksmlib.oracle.journal import Journal
from ksmlib.oracle.survey import Part, survey, totals
from tests.kernel.guest import model_kernel


def kernel_of(name: str, **how) -> Kernel:
    return Kernel(name, Path("/nowhere"), model_kernel(**how)[1])


def blind(record) -> None:
    """The full walk misses every PTE."""
    for folio in record["folios"]:
        if folio["kind"] == "ksm":
            folio["walks"]["full"]["missed"] = folio["mapped"]


def run(parts: list[Part], tmp_path: Path, count: int = 6) -> list[dict]:
    journal = Journal.open(tmp_path / "survey", "head")
    return survey(parts, count, 20, journal, lambda: None)


def test_each_kernel_and_seed_is_a_row(tmp_path):
    parts = [Part(kernel_of(k), s) for k in ("uml", "uml-stock") for s in (1, 2)]
    rows = run(parts, tmp_path)
    assert [(row["kernel"], row["seed"]) for row in rows] == [
        ("uml", 1),
        ("uml", 2),
        ("uml-stock", 1),
        ("uml-stock", 2),
    ]
    assert all((row["histories"], row["differ"]) == (6, 0) for row in rows)
    assert all(row["states"] == 6 * 20 for row in rows)


def test_totals_add_the_seeds_up(tmp_path):
    rows = run([Part(kernel_of("uml"), seed) for seed in (1, 2)], tmp_path, 18)
    [full] = [one for one in totals(rows) if one.walk == "full"]
    both = [row["walks"]["full"] for row in rows]
    assert full.ptes == both[0]["ptes"] + both[1]["ptes"] > 0
    assert full.vmas == both[0]["vmas"] + both[1]["vmas"]
    assert "rmap_walk_anon" not in {one.walk for one in totals(rows)}


def test_a_kernel_that_differs_is_counted(tmp_path):
    [row] = run([Part(kernel_of("uml", spoil=blind), 1)], tmp_path, 12)
    full = row["walks"]["full"]
    assert full["missed"] == full["ptes"] > 0
    assert 0 < row["differ"] <= 12


def test_a_kernel_with_a_patch_has_a_walk_of_its_own_and_is_not_compared(tmp_path):
    [row] = run([Part(kernel_of("uml-mine", spoil=blind), 1)], tmp_path, 12)
    assert row["differ"] is None
    assert set(row["walks"]) == {"own", "rmap_walk_anon"}


def test_a_history_that_fails_is_named_and_not_counted(tmp_path):
    kernel = kernel_of("uml", dies_at={"mixed-1-0"})
    [row] = run([Part(kernel, 1)], tmp_path)
    assert row["failed"] == ["mixed-1-0: the guest died"]
    assert row["histories"] == 5


def test_what_an_earlier_run_did_is_not_done_again(tmp_path, monkeypatch):
    first = run([Part(kernel_of("uml"), 1)], tmp_path)

    def never(*arguments):
        raise AssertionError("run again")

    monkeypatch.setattr(surveys, "run_cases", never)
    assert run([Part(kernel_of("uml"), 1)], tmp_path) == first


def test_the_command_writes_a_line_a_row_and_prints_the_sums(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(shared, "find_kernel", lambda name, images: kernel_of(name))
    out = tmp_path / "survey.jsonl"
    words = ["--kernel", "uml,uml-stock", "--seed", "1", "--count", "6"]
    assert main(["kernel", "survey", *words, "--out", str(out)]) == 0
    head, *rows = map(json.loads, out.read_text().splitlines())
    assert set(head["kernels"]) == {"uml", "uml-stock"}
    assert [row["kernel"] for row in rows] == ["uml", "uml-stock"]
    printed = capsys.readouterr().out
    assert "uml-stock, full" in printed
    assert max(map(len, printed.splitlines())) <= 66
    assert not out.with_name("survey.jsonl.partial").exists()


def test_the_command_ends_with_1_if_a_kernel_differs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        shared, "find_kernel", lambda name, images: kernel_of(name, spoil=blind)
    )
    words = ["--seed", "1", "--count", "12", "--out", str(tmp_path / "survey")]
    assert main(["kernel", "survey", *words]) == 1
    assert "histories differ from the model" in capsys.readouterr().out


def test_a_survey_that_is_stopped_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shared, "find_kernel", lambda name, images: kernel_of(name))

    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(surveys, "run_cases", stop)
    out = tmp_path / "survey"
    assert main(["kernel", "survey", "--out", str(out)]) == 130
    assert capsys.readouterr().err.endswith("the same command goes on from here\n")
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--seed", "1,x"], "--seed: '1,x' is not numbers"),
        (["--count", "0"], "--count must be at least 1"),
        (["--kernel", "uml,vax"], "no kernel 'vax'"),
    ],
)
def test_bad_input_is_one_sentence(words, sentence, tmp_path, capsys):
    images = ["--images", str(tmp_path)]
    for file in ("uml/linux", "uml-init", "runner"):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.touch()
    command = ["kernel", "survey", "--out", str(tmp_path / "out"), *images, *words]
    assert main(command) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert sentence in line
