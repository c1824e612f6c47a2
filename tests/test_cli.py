"""The commands: what they print, and one sentence for whatever is wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from random import Random

import pytest

from ksmlib.cli import main
from ksmlib.designs import all_designs
from ksmlib.history.language import MAX_TEXT
from ksmlib.history.named import named_histories
from ksmlib.history.random import random_history
from ksmlib.report.text import COLUMNS
from tests.history.test_errors import mutated

MOVED = "A mmap 0+2; A write 0+2 x; A mremap 0+2 8; A madvise 8+2 mergeable; ksmd 2"


@pytest.fixture
def ksmlib(capsys, monkeypatch):
    """``ksmlib(*arguments, stdin=...)`` gives (status, stdout, stderr)."""

    def run(*arguments: str, stdin: str | bytes = ""):
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        status = main(arguments)
        return status, *capsys.readouterr()

    return run


def table(text: str) -> dict[str, list[str]]:
    """The cells of the verdict table, by design."""
    rows = [line.split() for line in text.split("\n")]
    return {row[0]: row[1:] for row in rows if row and row[0] in all_designs()}


# --- run -------------------------------------------------------------------


def test_a_history_as_text(ksmlib):
    status, out, err = ksmlib("run", MOVED)
    assert (status, err) == (0, "")
    assert table(out)["full"][0] == "2/2"
    assert table(out)["address"][0] == "0/2"
    assert set(table(out)) == set(all_designs())


def test_the_same_from_a_file_and_from_standard_input(ksmlib, tmp_path):
    file = tmp_path / "history.txt"
    file.write_text(f"# a comment: \u00e4\n{MOVED}\n", encoding="utf-8")
    as_text = ksmlib("run", MOVED)
    assert ksmlib("run", str(file)) == as_text
    assert ksmlib("run", "-", stdin=MOVED) == as_text
    assert ksmlib("run", stdin=MOVED.replace("; ", "\n")) == as_text


@pytest.mark.parametrize("name", named_histories())
def test_a_named_history(ksmlib, name):
    status, out, err = ksmlib("run", name)
    assert (status, err) == (0, "")
    assert out.startswith("history\n  A mmap")


def test_the_thread_s_histories(ksmlib):
    """What each is known for, and that nothing else of the thread's misses."""
    sound = ("full", "stored-pgoff", "remap-bit", "by-index", "by-index-origin")
    for name, misses in {
        "mremap": "address",
        "private-file": "address",
        "split": "stored-vm-pgoff",
    }.items():
        rows = table(ksmlib("run", name)[1])
        assert rows[misses][3] != "-", name
        assert {rows[design][3] for design in sound} == {"-"}, name
    rows = table(ksmlib("run", "coincidence")[1])
    assert (rows["full"][3], rows["stored-pgoff"][3]) == ("-", "B:0")


def test_only_these_designs(ksmlib):
    _, out, _ = ksmlib("run", "--design", "stored-pgoff,full", MOVED)
    assert list(table(out)) == ["stored-pgoff", "full"]


def test_json_is_one_object(ksmlib):
    status, out, _ = ksmlib("run", "--json", "--design", "full", MOVED)
    assert status == 0
    assert out.count("\n") == 1
    assert [walk["design"] for walk in json.loads(out)["walks"]] == ["full"]


def test_every_step(ksmlib):
    status, out, _ = ksmlib("run", "--step", f"A write 0+1 x; {MOVED}; A write 0+2 y")
    assert status == 0
    assert [f"step {n}: " in out for n in range(9)] == [False] + 7 * [True] + [False]
    assert "step 1: A write 0+1 x\n  line 1 refused, EFAULT: " in out
    assert "step 2: A mmap 0+2\n  A starts\n" in out
    assert "step 4: A mremap 0+2 8\n  A: VMA 0+2 became 8+2\n" in out
    assert "\n  f2 became a KSM folio, index 1\n" in out
    # then the report as without --step
    assert out.endswith(ksmlib("run", f"A write 0+1 x; {MOVED}; A write 0+2 y")[1])


@pytest.mark.parametrize("seed", range(10))
def test_every_step_fits_a_mail(ksmlib, seed):
    _, out, _ = ksmlib("run", "--step", random_history(Random(seed)).text)
    assert max(map(len, out.split("\n"))) <= COLUMNS
    assert out.isascii()


def test_refusals_are_no_error(ksmlib):
    status, out, err = ksmlib("run", "A write 0+1 x")
    assert (status, err) == (0, "")
    assert "line 1 refused, EFAULT: part of the range is not mapped" in out


# --- designs ---------------------------------------------------------------


def test_designs(ksmlib):
    status, out, err = ksmlib("designs")
    assert (status, err) == (0, "")
    assert [
        line.split()[0] for line in out.split("\n") if " a slab), " in line
    ] == list(all_designs())


def test_designs_as_json(ksmlib):
    found = json.loads(ksmlib("designs", "--json")[1])
    assert [design["id"] for design in found] == list(all_designs())


# --- bad input -------------------------------------------------------------


def assert_one_sentence(result, expected: str = "") -> None:
    status, out, err = result
    assert (status, out) == (2, "")
    assert err.startswith("ksmlib: ") and err.endswith("\n") and err.count("\n") == 1
    assert err[:-1].isascii() and err[:-1].isprintable()
    assert expected in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "required: COMMAND; try: ksmlib --help"),
        (["walk"], "invalid choice: 'walk'"),
        (["run", "--frob", "merged"], "unrecognized arguments: --frob"),
        (["run", "--frob\n\u00e4", "merged"], r"unrecognized arguments: --frob\n\xe4"),
        (["run", "merged", "split"], "unrecognized arguments: split"),
        (["run", "--design"], "expected one argument"),
        (["run", "--design", "frob", "merged"], "no design 'frob'; there are full, "),
        (["run", "--design", "", "merged"], "no design ''"),
        (["run", "no-such"], "'no-such' is neither a file nor a named history (child-"),
        (["run", "/no/such/file"], "'/no/such/file' is neither a file nor a named"),
        (["run", "/"], "'/' is neither a file nor a named history"),
        (["run", "x" * 5000], f"'{'x' * 60}' is neither a file"),
        (["run", "a\0b"], r"'a\x00b' is neither a file"),
        (["run", "A mmap 0+1; B"], "line 1: an operation (mmap, munmap, "),
        (["run", ""], "the history is empty"),
        (["run", " # only a comment"], "the history is empty"),
        (["run"], "the history is empty"),
    ],
)
def test_bad_arguments(ksmlib, arguments, sentence):
    assert_one_sentence(ksmlib(*arguments), sentence)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "the history is empty"),
        (b"\n\n", "the history is empty"),
        (b"A mmap\n", "line 1: a range START+PAGES (such as 0+4) is missing"),
        (b"A \xff", "is not UTF-8 at byte 2"),
        (
            b"\x7fELF\x02\x01\x01\0",
            r"line 1: '\x7fELF\x02\x01\x01\x00' is not a process",
        ),
        (bytes(range(256)), "is not UTF-8 at byte 128"),
        (b"A mmap 0+1\n" * (MAX_TEXT // 10), "the history is longer than"),
    ],
    ids=["empty", "blank", "malformed", "not UTF-8", "ELF", "bytes", "long"],
)
def test_bad_files_and_bad_standard_input(ksmlib, tmp_path, data, sentence):
    file = tmp_path / "history"
    file.write_bytes(data)
    assert_one_sentence(ksmlib("run", str(file)), sentence)
    assert_one_sentence(ksmlib("run", "-", stdin=data), sentence)


@pytest.mark.parametrize("block", range(4))
def test_a_thousand_malformed_histories_never_give_a_traceback(ksmlib, block):
    random = Random(block)
    good = [entry.history.text for entry in named_histories().values()]
    complaints = 0
    while complaints < 250:
        text = mutated(random, random.choice(good))
        result = ksmlib("run", "--design", "full", text)
        if result[0]:
            assert_one_sentence(result)
            complaints += 1


# --- as a program ----------------------------------------------------------


def program(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ksmlib", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def test_it_runs_as_a_program():
    done = program("run", "-", input=MOVED)
    assert (done.returncode, done.stderr) == (0, "")
    assert "A:8-9" in done.stdout


def test_a_program_s_exit_status_is_2_on_bad_input():
    done = program("run", "A frob")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ksmlib: line 1: 'frob' is not an operation")


@pytest.mark.parametrize("arguments", [[], ["run"], ["designs"]])
def test_help(arguments):
    done = program(*arguments, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ksmlib")
    assert done.stdout.isascii()


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m ksmlib run --step moved | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == "    A\n"


def test_draw_shows_the_walk_of_each_design_named(capsys):
    assert main(["run", "moved", "--draw", "--design", "address,full"]) == 0
    printed = capsys.readouterr().out
    assert "f2, walked by address: finds nothing, misses A:8-9" in printed
    assert "f2, walked by full: finds A:8-9" in printed
    assert max(map(len, printed.splitlines())) <= 66


def test_draw_without_a_design_shows_the_state_alone(capsys):
    assert main(["run", "moved", "--draw"]) == 0
    printed = capsys.readouterr().out
    assert "walked by" not in printed
    assert "A 8+2: pgoff 0, rw, mergeable, av1" in printed
