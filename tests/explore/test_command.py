"""``ksmlib explore``: what it prints, bad input, stopping and going on, clusters."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import ksmlib.explore as ksmlib_explore
from ksmlib.cli import main
from ksmlib.explore import checkpoint, drawn, executors, manifest, watch
from ksmlib.explore.bound import Bound
from ksmlib.explore.histories import Histories
from ksmlib.explore.search import Search

SPEED = r"[0-9.]+ s, [0-9,]+ distinct states/s; [0-9.]+ s of CPU, [0-9,]+ states/s\n"
SMALL = "--procs 1 --pages 2 --ops 5 --only mmap,write,mprotect,mergeable,ksmd"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ksmlib(capsys):
    """Runs a command: exit status, standard output, standard error."""

    def run(line: str) -> tuple[int, str, str]:
        status = main(["explore", *line.split()])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def found(ksmlib, line: str):
    """The JSON of a run, without what it took."""
    status, out, _ = ksmlib(f"{line} --json")
    result = json.loads(out)
    took = result.pop("took")
    assert status == 0 and took["cpu"] + took["seconds"] > 0
    return result


def test_it_prints_the_shortest_history(ksmlib):
    status, out, _ = ksmlib(f"{SMALL} --design stored-vm-pgoff --workers 1")
    assert status == 0
    assert "stored-vm-pgoff          5     5" in out
    assert "    ksmd 2\n    A mprotect 0+1 ro\n" in out
    assert re.search(SPEED + "$", out)
    assert out.isascii() and max(map(len, out.splitlines())) <= 66


def test_the_same_with_one_worker_and_two_with_and_without_reduction(ksmlib):
    line = f"{SMALL} --contents 2 --design stored-vm-pgoff,address"
    one = found(ksmlib, f"{line} --workers 1")
    assert found(ksmlib, f"{line} --workers 2") == one
    for slow in ("--no-reduction", "--no-cut"):
        other = found(ksmlib, f"{line} --workers 1 {slow}")
        histories = [[b["history"] for b in e["broken"]] for e in (one, other)]
        assert histories[0] == histories[1] != []


def test_operations_may_be_added_and_chosen(ksmlib):
    plain = "--procs 1 --pages 1 --ops 1 --workers 1 --design full --json"
    _, out, _ = ksmlib(f"{plain} --with exit,file")
    kinds = json.loads(out)["kinds"]
    assert {"exit", "file", "munmap"} < set(kinds)
    _, out, _ = ksmlib(f"{plain} --only exit,mmap")
    assert list(json.loads(out)["kinds"]) == ["mmap", "exit"]


def test_a_run_that_proves_nothing_fails(ksmlib):
    status, out, _ = ksmlib("--procs 1 --pages 2 --ops 4 --workers 1 --design full")
    assert status == 1
    assert "never occurred, so this proves nothing of it: munmap; mprotect" in out


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--pages 0", "pages is 0, and may be 1 to 60"),
        ("--ops 31", "ops is 31, and may be 1 to 30"),
        ("--procs x", "argument --procs: invalid int value: 'x'"),
        ("--only frob", "no operation 'frob'; there are mmap, "),
        ("--with mmap,,", "no operation ''; there are mmap, "),
        ("--design frob", "no design 'frob'; there are full, "),
        ("--workers -1", "--workers is -1, and may be 1 to 1000"),
        ("--resume nowhere", "cannot read nowhere: No such file or directory"),
        ("--resume .", "cannot read .: Is a directory"),
        ("--manifest frob", "no exploration 'frob'; there are quick, all, "),
        ("--record", "--record goes with --manifest or --random"),
        ("--random 0", "--random is 0, and may be 1 or more"),
        ("--dask nowhere:1", "no cluster at nowhere:1: "),
    ],
)
def test_bad_input_is_one_sentence(ksmlib, monkeypatch, line, sentence):
    monkeypatch.setattr(executors, "TIMEOUT", 0.5)
    status, out, err = ksmlib(line)
    assert (status, out) == (2, "")
    assert err.startswith(f"ksmlib: {sentence}")
    assert err.count("\n") == 1 and "Traceback" not in err


# --- stopping and going on -------------------------------------------------

LONGER = ["--pages", "2", "--ops", "6", "--design", "address"]


def command(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ksmlib", "explore", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_checkpoint_to_go_on_from(ksmlib, how):
    process = command(*LONGER, "--workers", "2")
    assert process.stderr
    assert process.stderr.readline().startswith(b"operation ")  # it is on its way
    os.killpg(process.pid, how) if how == signal.SIGINT else process.send_signal(how)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    said = err.decode()
    assert "Traceback" not in said
    file = Path("explore-2-2-6.checkpoint")
    assert said.endswith(f"go on with:\n  ksmlib explore --resume {file}\n")
    assert not checkpoint.load(file).finished
    resumed = found(ksmlib, f"--resume {file} --workers 1")
    assert not file.exists()
    assert resumed == found(ksmlib, f"{' '.join(LONGER)} --workers 2")


def test_a_worker_that_dies_costs_a_second(ksmlib, monkeypatch):
    def die(*_):
        os._exit(1)

    with monkeypatch.context() as patch:
        patch.setattr(Histories, "marks", die)
        status, _, err = ksmlib(f"{SMALL} --workers 2")
    assert status == 2
    assert err.endswith("ksmlib: a worker died, perhaps for want of memory\n")
    [file] = Path().glob("*.checkpoint")
    assert found(ksmlib, f"--resume {file}") == found(ksmlib, SMALL)


def test_a_checkpoint_is_of_one_search(ksmlib):
    stopped = Search(Histories(Bound(), ("full",)), 5)
    checkpoint.save(stopped, Path("x"))
    sentence = "ksmlib: x is a checkpoint of another search\n"
    assert ksmlib("--resume x --design full --pages 3") == (2, "", sentence)
    assert ksmlib("--resume x --manifest two-pages") == (2, "", sentence)


def test_a_killed_run_goes_on_from_its_last_checkpoint(ksmlib, monkeypatch):
    real, saved = checkpoint.save, []

    def save_five_times(search, path):
        real(search, path)
        saved.append(path)
        if len(saved) == 5:
            raise SystemExit  # as if by kill -9: no more is written

    with monkeypatch.context() as patch:
        patch.setattr(watch, "SAVE_EVERY", 0)
        patch.setattr(checkpoint, "save", save_five_times)
        with pytest.raises(SystemExit):
            ksmlib(f"{SMALL} --workers 1")
    resumed = found(ksmlib, f"--resume {saved[0]} --workers 1")
    assert resumed == found(ksmlib, f"{SMALL} --workers 1")


# --- a cluster -------------------------------------------------------------


def test_a_dask_cluster_finds_the_same(ksmlib):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        there = found(ksmlib, f"{SMALL} --dask {address}")
    assert there == found(ksmlib, f"{SMALL} --workers 1")


def test_without_the_package_it_says_how_to_get_it(ksmlib, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    status, _, err = ksmlib("--dask x")
    assert (status, err) == (
        2,
        "ksmlib: --dask needs a package: pip install 'ksmlib[cluster]'\n",
    )


# --- the manifest ----------------------------------------------------------


@pytest.fixture
def one_entry(tmp_path, monkeypatch):
    file = tmp_path / "manifest.json"
    entry = {"name": "small", "title": "t", "arguments": SMALL, "quick": True}
    file.write_text(json.dumps([entry]))
    monkeypatch.setattr(manifest, "_path", lambda: file)
    return file


def test_a_recorded_exploration_is_repeated_and_compared(ksmlib, one_entry):
    assert ksmlib("--manifest --workers 1")[0] == 1  # nothing is recorded yet
    assert ksmlib("--manifest --record --workers 1")[0] == 0
    status, out, _ = ksmlib("--manifest small --workers 2")
    assert status == 0
    assert re.fullmatch(f"small:\n  {SPEED}  as recorded\n", out)


def test_what_differs_from_the_record_fails(ksmlib, one_entry):
    ksmlib("--manifest --record --workers 1")
    entries = json.loads(one_entry.read_text())
    entries[0]["result"]["broken"].pop()
    one_entry.write_text(json.dumps(entries))
    status, out, _ = ksmlib("--manifest --workers 1")
    assert status == 1
    assert "  broken: now design stored-vm-pgoff, promise own, states" in out


# --- beyond the bound ------------------------------------------------------


def test_random_histories_are_told_apart_by_their_seed(ksmlib):
    _, out, _ = ksmlib("--random 30 --seed 3")
    assert out.startswith("seed 3: 30 random histories, ")
    assert out == ksmlib("--random 30 --seed 3")[1]
    assert out != ksmlib("--random 30 --seed 4")[1]
    assert max(map(len, out.splitlines())) <= 66


def test_random_histories_go_on_record(ksmlib, tmp_path, monkeypatch):
    monkeypatch.setattr(drawn, "_path", lambda: tmp_path / "beyond.json")
    line = "--random 60 --procs 3 --pages 5 --ops 30 --contents 1 --design address"
    _, out, _ = ksmlib(f"{line} --seed 2 --record")
    recorded = drawn.recorded_draw()
    assert out.startswith(f"seed {recorded.seed}: {recorded.histories} random")
    assert recorded.designs == ("full", "address")
    assert recorded.of("merged").keys() == {"address"}
    _, again, _ = ksmlib(f"{recorded.arguments} --design address")
    assert again == out


def test_without_hypothesis_it_says_how_to_get_it(ksmlib, monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.delitem(sys.modules, "ksmlib.explore.beyond", raising=False)
    monkeypatch.delattr(ksmlib_explore, "beyond", raising=False)
    status, _, err = ksmlib("--random 1")
    assert (status, err) == (
        2,
        "ksmlib: --random needs a package: pip install hypothesis\n",
    )
