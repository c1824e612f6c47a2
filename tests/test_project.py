"""The README's commands exist, and they say what is missing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from ksmlib.cli import main

ROOT = Path(__file__).parents[1]
TARGETS = set(
    re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
)


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_commands_named_in_the_texts_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    # `make x` in a sentence, or at the start of a line of a block
    named = set(re.findall(r"(?:`|^ *)make ([a-z]+)", text, re.MULTILINE))
    assert named, "names no command at all"
    assert named <= TARGETS


def test_the_readme_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"book", "test"} <= set(re.findall(r"^ +make ([a-z]+)", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("exit 1", "too old: .*Python 3.11 or newer"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "missing: venv .*python3-venv"),
    ],
)
def test_make_says_in_one_line_what_python_lacks(
    tmp_path: Path, script: str, sentence: str
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    python.chmod(0o755)
    done = make(f"PYTHON={python}", "python")
    assert done.returncode != 0
    assert re.search(sentence, done.stdout)
    assert len(done.stdout.splitlines()) == 1


def test_make_says_in_one_line_that_python_is_missing() -> None:
    done = make("PYTHON=no-such-python", "python")
    assert done.returncode != 0
    assert re.match(r"missing: no-such-python;.*apt-get install", done.stdout)
    assert len(done.stdout.splitlines()) == 1


def test_requirements_agree_with_constraints() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return {line.lower() for line in lines if line and not line.startswith("#")}

    constraints = pins("constraints.txt")
    assert pins("requirements.txt") <= constraints
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in constraints)


def test_the_readme_shows_what_the_command_prints(
    capsys: pytest.CaptureFixture,
) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^ +\.venv/bin/ksmlib (run moved .*)$", text, re.MULTILINE)
    assert command
    assert main(command[1].split()) == 0
    printed = capsys.readouterr().out
    shown = "".join(f"    {line}".rstrip() + "\n" for line in printed.splitlines())
    assert shown in text
