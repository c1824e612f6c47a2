"""Following a guest, and what is said if it is not built, dies or hangs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ksmlib.oracle import uml
from ksmlib.oracle.boot import GuestError, Kernel, Record, follow
from ksmlib.oracle.kernels import NotBuilt, find_kernel


def guest(tmp_path: Path, program: str, silence: float = 60) -> list[Record]:
    """The records of a program that writes to the file it is told."""
    result = tmp_path / "result"
    result.touch()
    started = subprocess.Popen([sys.executable, "-c", program, str(result)])
    try:
        return list(follow(started, result, silence))
    finally:
        started.kill()
        started.wait()


WRITES = "import sys, time; out = open(sys.argv[1], 'w', 1)\n"
HALF = r"""
out.write('{"history":'); out.flush(); time.sleep(.3); out.write('"a"}\n{"end":true}\n')
"""


def test_records_come_until_the_end_even_in_pieces(tmp_path):
    assert guest(tmp_path, WRITES + HALF) == [{"history": "a"}, {"end": True}]


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("pass", "the guest ended before its last record"),
        (r"""out.write('{"history":"a"}\n{"end"')""", "ended before its last record"),
        (r"""out.write('oops\n'); time.sleep(60)""", "what is no record: b'oops'"),
        (r"""out.write('7\n'); time.sleep(60)""", "what is no record: b'7'"),
    ],
)
def test_a_guest_that_fails_gets_one_sentence(tmp_path, program, sentence):
    with pytest.raises(GuestError, match=sentence):
        guest(tmp_path, WRITES + program)


def test_a_guest_that_is_silent_counts_as_hung(tmp_path):
    with pytest.raises(GuestError, match="the guest printed nothing for 1 seconds"):
        guest(tmp_path, "import time; time.sleep(600)", silence=1.0)


# --- User Mode Linux -------------------------------------------------------

FAKE_LINUX = """#!{python}
import json, pathlib, sys
[root] = [a.partition("=")[2] for a in sys.argv if a.startswith("rootflags=")]
root = pathlib.Path(root)
said = [{{name: (root / name).read_text() for name in ("script", "init")}}]
print("Kernel panic - not syncing")
with open(root / "out" / "result", "w") as out:
    for record in [*said, {last}]:
        print(json.dumps(record), file=out)
"""


@pytest.fixture
def fake_uml(tmp_path):
    """A folder of images whose kernel is a script; it writes ``last`` at the end."""

    def make(last: str) -> Kernel:
        (tmp_path / "uml").mkdir()
        linux = tmp_path / "uml" / "linux"
        linux.write_text(FAKE_LINUX.format(python=sys.executable, last=last))
        linux.chmod(0o755)
        (tmp_path / "uml-init").write_text("the init")
        (tmp_path / "runner").write_text("the runner")
        return find_kernel("uml", tmp_path)

    return make


def test_uml_gets_its_script_and_gives_its_records(fake_uml):
    first, last = fake_uml('{"end": True}').run("ksmd 2\n")
    assert first == {"script": "ksmd 2\n", "init": "the init"}
    assert last == {"end": True}


def test_the_last_words_of_a_kernel_that_dies_are_kept(fake_uml):
    with pytest.raises(GuestError) as caught:
        list(fake_uml('{"history": "a"}').run(""))
    assert caught.value.console == "Kernel panic - not syncing\n"


def test_nothing_of_a_guest_is_left(fake_uml, monkeypatch, tmp_path):
    roots = tmp_path / "roots"
    roots.mkdir()
    monkeypatch.setattr(uml.tempfile, "tempdir", str(roots))
    records = fake_uml('{"end": True}').run("")
    next(records)
    assert list(roots.iterdir())
    records.close()
    assert not list(roots.iterdir())


# --- by name ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("uml", r"uml/linux is not there; build it with: make -C oracle uml$"),
        ("uml-by-index-origin", "make -C oracle uml PATCHES=by-index-origin$"),
        ("qemu", "make -C oracle qemu$"),
        ("debian", "make -C oracle debian$"),
        ("bsd", "^no kernel 'bsd'; there are uml, qemu, debian$"),
        ("../uml", "^no kernel '../uml'; there are "),
    ],
)
def test_a_kernel_that_is_not_built_says_how_to_build_it(tmp_path, name, sentence):
    with pytest.raises(NotBuilt, match=sentence):
        find_kernel(name, tmp_path)


def test_provenance_is_what_the_build_says(fake_uml):
    kernel = fake_uml("{}")
    assert kernel.provenance == {}
    said = {"release": "6.12", "patches_sha256_16": "00"}
    (kernel.folder / "provenance.json").write_text(json.dumps(said))
    assert kernel.provenance == said


# --- ended from outside ----------------------------------------------------

SLEEPING_LINUX = """#!{python}
import os, sys, time
print(os.getpid(), *sys.argv, file=open({said!r}, "w"), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_ended_takes_its_guest_with_it(tmp_path, how):
    said = tmp_path / "said"
    (tmp_path / "uml").mkdir()
    linux = tmp_path / "uml" / "linux"
    linux.write_text(SLEEPING_LINUX.format(python=sys.executable, said=str(said)))
    linux.chmod(0o755)
    for name in ("uml-init", "runner"):
        (tmp_path / name).touch()
    command = [sys.executable, "-m", "ksmlib", "kernel", "fuzz", "--images", tmp_path]
    running = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # a shell in the background has its jobs ignore Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not (said.exists() and said.read_text().endswith("\n")):
        assert running.poll() is None
        time.sleep(0.05)
    guest = int(said.read_text().split()[0])
    running.send_signal(how)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"compared: 0 histories, " in out
    with pytest.raises(ProcessLookupError):
        os.kill(guest, 0)
