"""The C programs: they compile without a warning, and hold the whole history."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from ksmlib.claims import claims
from ksmlib.claims.program import claim_program
from ksmlib.claims.program import with_program as claims_with_program
from ksmlib.history import parse
from ksmlib.history.named import named
from ksmlib.history.random import random_history
from ksmlib.report import run
from ksmlib.repro import ReproError, c_program
from ksmlib.repro.named import with_program

#: `make test` sees to it that both are there.
COMPILERS = [
    pytest.param(
        cc, marks=pytest.mark.skipif(not shutil.which(cc), reason=f"there is no {cc}")
    )
    for cc in ("gcc", "clang")
]
KSM = '"/sys/kernel/mm/ksm/"'


def compiled(text: str, folder: Path, cc: str = "gcc") -> Path:
    """The program. Fails with what the compiler says, be it a warning."""
    source, program = folder / "repro.c", folder / "repro"
    source.write_text(text, encoding="ascii")
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-std=gnu11"]
    done = subprocess.run(
        [cc, *flags, "-o", program, source], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return program


@pytest.mark.parametrize("name", with_program())
def test_a_named_history_compiles_without_a_warning(name, tmp_path):
    compiled(c_program(named(name)), tmp_path)


EVERYTHING = """
One mmap 0+4
One mmap 3+1
One read 0+1
B2 mmap 4+2 file F@5
B2 mmap 9+1 file G@0
B2 write 4+2 x
One write 0+2 x
One write 7+1 y
One madvise 0+2 mergeable
One fork C
C mprotect 2+1 none
C mremap 3+1 8 dontunmap
C mremap 3+1 +2
C munmap 8+1
C madvise 0+1 dontneed
B2 exit
B2 write 0+1 x
One fork C
ksmd 2
"""


@pytest.mark.parametrize("cc", COMPILERS)
def test_every_operation_compiles_without_a_warning(cc, tmp_path):
    compiled(c_program(parse(EVERYTHING)), tmp_path, cc)


@pytest.mark.parametrize("seed", range(8))
def test_a_random_history_compiles_if_it_leaves_a_ksm_page(seed, tmp_path):
    history = random_history(Random(seed))
    if run(history, []).walks:
        compiled(c_program(history), tmp_path)
    else:
        with pytest.raises(ReproError, match="without a KSM page"):
            c_program(history)


def section(text: str, name: str) -> list[str]:
    """The lines of a part of the program, without what all programs have."""
    start = rf"^(?:static |}} )[^\n]*{name}"
    [found] = re.findall(rf"{start}\n(?:{{\n)?(.*?)\n}}", text, re.M | re.S)
    return [line.strip() for line in found.splitlines()]


def test_each_operation_is_a_step_of_the_process_that_does_it():
    assert section(c_program(parse(EVERYTHING)), r"void history\(void\)") == [
        "START(proc_One);",
        'STEP(proc_One, "One mmap 0+4", mmap(at(0), 4 * PAGE, RW, ANON, -1, 0));',
        'REFUSED(proc_One, EEXIST, "One mmap 3+1",',
        "mmap(at(3), 1 * PAGE, RW, ANON, -1, 0));",
        'STEP(proc_One, "One read 0+1", read_pages(0, 1));',
        "START(proc_B2);",
        'STEP(proc_B2, "B2 mmap 4+2 file F@5",',
        "mmap(at(4), 2 * PAGE, RW, PRIVATE, files[0], 5 * PAGE));",
        'STEP(proc_B2, "B2 mmap 9+1 file G@0",',
        "mmap(at(9), 1 * PAGE, RW, PRIVATE, files[1], 0 * PAGE));",
        'STEP(proc_B2, "B2 write 4+2 x", write_pages(4, 2, 0));',
        'STEP(proc_One, "One write 0+2 x", write_pages(0, 2, 0));',
        'REFUSED(proc_One, EFAULT, "One write 7+1 y", write_pages(7, 1, 1));',
        'STEP(proc_One, "One madvise 0+2 mergeable",',
        "madvise(at(0), 2 * PAGE, MADV_MERGEABLE));",
        'STEP(proc_One, "One fork C", spawn(C));',
        'STEP(C, "C mprotect 2+1 none", mprotect(at(2), 1 * PAGE, PROT_NONE));',
        'STEP(C, "C mremap 3+1 8 dontunmap",',
        "mremap(at(3), 1 * PAGE, 1 * PAGE, MOVE | MREMAP_DONTUNMAP, at(8)));",
        'STEP(C, "C mremap 3+1 +2", mremap(at(3), 1 * PAGE, 2 * PAGE, 0));',
        'STEP(C, "C munmap 8+1", munmap(at(8), 1 * PAGE));',
        'STEP(C, "C madvise 0+1 dontneed",',
        "madvise(at(0), 1 * PAGE, MADV_DONTNEED));",
        'STEP(HARNESS, "B2 exit", end(proc_B2));',
        "/* B2 write 0+1 x: ESRCH */",
        "/* One fork C: EEXIST */",
        'STEP(HARNESS, "ksmd 2", scan(2));',
    ]


def test_the_tables_have_each_mapping_of_each_ksm_page():
    text = c_program(named("parent-not-mergeable"))
    assert section(text, r"mappings\[\] = {") == ["{ A, 1 },", "{ B, 0 },", "{ B, 1 },"]
    assert section(text, r"folios\[\] = {") == [
        '{ "A:1 B:0-1", &mappings[0], &mappings[3] },'
    ]
    assert not re.search("@[A-Z]+@|//@", text)


def test_what_a_history_does_not_use_is_left_out():
    moved, everything = c_program(named("moved")), c_program(parse(EVERYTHING))
    for word in ("read_pages", "files[", "DONTUNMAP"):
        assert word in everything
        assert word not in moved


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


@pytest.mark.parametrize("one", claims().values(), ids=lambda c: c.id)
def test_a_claim_has_a_program_or_says_why_not(one):
    if one in claims_with_program():
        assert "TAP version 13" in claim_program(one)
    else:
        with pytest.raises(ReproError, match=r"a KSM page to walk|no history"):
            claim_program(one)


@pytest.mark.parametrize("one", claims_with_program(), ids=lambda c: c.id)
def test_a_claim_is_the_program_of_its_history_under_its_own_head(one):
    text = claim_program(one)
    assert text.isascii()
    assert one.link in text
    assert text.endswith(c_program(one.operations).partition("#define")[2])


# --- on a machine that cannot ---------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    """Any user may look into it."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_without_root_it_says_skip(folder):
    program = compiled(c_program(named("moved")), folder)
    nobody = 65534 if os.geteuid() == 0 else None
    done = subprocess.run([program], capture_output=True, text=True, user=nobody)
    assert done.stdout == "TAP version 13\n1..0 # SKIP needs root\n"
    assert done.returncode == 4


# A folder in place of that of ksmd: nobody scans, and what is set can be seen.
BEFORE = {"run": "1\n", "sleep_millisecs": "20\n", "pages_to_scan": "7\n"}


def with_own_settings(folder: Path) -> Path:
    settings = folder / "ksm"
    settings.mkdir()
    for name, value in {**BEFORE, "full_scans": "0\n"}.items():
        (settings / name).write_text(value)
    text = c_program(named("moved"))
    assert text.count(KSM) == 1
    text = text.replace(KSM, f'"{settings}/"').replace("geteuid()", "0")
    text = text.replace('"/proc/kpageflags"', '"/"').replace(
        '"/sys/fs/cgroup/"', '"/dev/null/"'
    )
    return compiled(text, folder)


def settings_in(folder: Path) -> dict[str, str]:
    """As they are; a file is written over, not cut off, as sysfs does it."""
    return {name: (folder / "ksm" / name).read_text()[:2] for name in BEFORE}


def wait_until(what, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    assert what()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_killed_it_puts_back_every_setting_and_leaves_no_process(folder, how):
    file = with_own_settings(folder)
    before = settings_in(folder)
    program = subprocess.Popen([file], stdout=subprocess.PIPE, start_new_session=True)
    wait_until(lambda: settings_in(folder)["pages_to_scan"] == "10")
    assert settings_in(folder) != before
    program.send_signal(how)
    assert program.wait() == -how
    # The pipe ends when the last process that has it does.
    assert program.communicate(timeout=30)[0] == b"TAP version 13\n"
    assert settings_in(folder) == before


def test_where_nothing_merges_it_cannot_tell_and_puts_back_every_setting(folder):
    file = with_own_settings(folder)
    before = settings_in(folder)
    program = subprocess.Popen([file], stdout=subprocess.PIPE)
    # ksmd, as far as it can be seen
    for scans in range(1, 5000):
        if program.poll() is not None:
            break
        (folder / "ksm" / "full_scans").write_text(f"{scans}\n")
        time.sleep(0.02)
    said = program.communicate(timeout=30)[0].decode().splitlines()
    assert said[:2] == ["TAP version 13", "1..5"]
    assert "ok 1 - every step ends as in the model" in said[-2]
    assert said[-1] == "Bail out! what is merged is not as in the model"
    assert program.returncode == 4
    assert settings_in(folder) == before
