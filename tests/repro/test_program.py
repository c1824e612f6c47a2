"""The C programs: they compile without a warning, and hold the whole history."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from random import Random

import pytest

from ksmlib.history import parse
from ksmlib.history.named import named, named_histories
from ksmlib.history.random import random_history
from ksmlib.report import run
from ksmlib.repro import ReproError, c_program

COMPILERS = [cc for cc in ("gcc", "clang") if shutil.which(cc)]
WALKED = [name for name in named_histories() if run(named(name), []).walks]


def compiled(text: str, folder: Path, cc: str) -> Path:
    """The program. Fails with what the compiler says, be it a warning."""
    source, program = folder / "repro.c", folder / "repro"
    source.write_text(text, encoding="ascii")
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-std=gnu11"]
    done = subprocess.run(
        [cc, *flags, "-o", program, source], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return program


def test_there_is_a_compiler():
    assert COMPILERS


@pytest.mark.parametrize("cc", COMPILERS)
@pytest.mark.parametrize("name", WALKED)
def test_a_named_history_compiles_without_a_warning(name, cc, tmp_path):
    compiled(c_program(named(name), name), tmp_path, cc)


@pytest.mark.parametrize("seed", range(8))
def test_a_random_history_compiles_if_it_leaves_a_ksm_page(seed, tmp_path):
    history = random_history(Random(seed))
    if run(history, []).walks:
        compiled(c_program(history), tmp_path, COMPILERS[0])
    else:
        with pytest.raises(ReproError, match="without a KSM page"):
            c_program(history)


def test_without_root_it_says_skip():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        program = compiled(c_program(named("moved")), folder, COMPILERS[0])
        nobody = 65534 if os.geteuid() == 0 else None
        done = subprocess.run([program], capture_output=True, text=True, user=nobody)
    assert done.stdout == "TAP version 13\n1..0 # SKIP needs root\n"
    assert done.returncode == 4


TABLES = """
A mmap 0+2
A mmap 1+2
A write 0+2 x
A madvise 0+2 mergeable
ksmd 2
A fork B
"""


def test_the_tables_hold_each_operation_its_errno_and_each_mapping():
    text = c_program(parse(TABLES))
    history = re.search(r"history\[\] = \{\n(.*?)\n\};", text, re.DOTALL)
    assert history[1].splitlines() == [
        '\t{ "A mmap 0+2", MMAP, 0, 0, 2, NONE, 0, 0, 0 },',
        '\t{ "A mmap 1+2", MMAP, 0, 1, 2, NONE, 0, 0, EEXIST },',
        '\t{ "A write 0+2 x", WRITE, 0, 0, 2, 0, 0, 0, 0 },',
        '\t{ "A madvise 0+2 mergeable", MADVISE, 0, 0, 2, MADV_MERGEABLE, 0, 0, 0 },',
        '\t{ "ksmd 2", KSMD, NONE, 0, 2, 0, 0, 0, 0 },',
        '\t{ "A fork B", FORK, 0, 0, 0, 1, 0, 0, 0 },',
    ]
    mappings = re.search(r"mappings\[\] = \{\n(.*?)\n\};", text, re.DOTALL)
    expected = [(process, page) for process in (0, 1) for page in (0, 1)]
    assert mappings[1].splitlines() == [f"\t{{ {p}, {n}, 0 }}," for p, n in expected]
    assert "@" not in text


MANY = "; ".join(
    f"P{n} mmap 0+1; P{n} write 0+1 x; P{n} madvise 0+1 mergeable" for n in range(17)
)


@pytest.mark.parametrize(
    ("history", "why"),
    [
        ("A mmap 0+2; A write 0+2 x", "the history ends without a KSM page to walk"),
        (f"{MANY}; ksmd 2", "the program takes at most 16 processes"),
    ],
)
def test_what_makes_no_program_is_said_in_one_sentence(history, why):
    with pytest.raises(ReproError, match=f"^{why}$"):
        c_program(parse(history))
