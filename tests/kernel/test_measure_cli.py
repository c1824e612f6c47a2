"""The commands that measure, as far as they go without a kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmlib.cli import main
from ksmlib.cli.kernel_measure import _outcome_lines
from ksmlib.oracle.outcomes import Outcome


def outcome(design: str, missed: list[object], done: bool) -> Outcome:
    at = ["A", 8]
    return Outcome("moved", design, at, [at], missed, 0, done, done, [])


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["bench", "--images", "/nowhere"], "make -C oracle uml"),
        (["outcomes", "--images", "/nowhere"], "make -C oracle qemu"),
        (["outcomes", "--kernel", "vax"], "no kernel 'vax'"),
        (["script", "x", "--images", "/nowhere"], "make -C oracle uml"),
        (["bench", "--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_bad_input_is_one_sentence(
    command: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kernel", *command]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert sentence in line


def test_a_script_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("uml/linux", "init", "uml-init", "runner"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    images = ["--images", str(tmp_path)]
    assert main(["kernel", "script", "/nowhere/x", *images]) == 2
    assert "cannot read /nowhere/x: No such file" in capsys.readouterr().err


def test_designs_that_are_alike_are_told_together() -> None:
    found = [
        outcome("full", [], True),
        *(outcome(f"a-rather-long-design-{n}", [["A", 8]], False) for n in range(5)),
        outcome("lucky", [["A", 8]], True),
    ]
    lines = list(_outcome_lines(found))
    assert lines[0] == "moved: misses A:8, not moved, not reclaimed"
    assert lines[-2:] == ["moved: misses A:8, moved, reclaimed", "  lucky"]
    assert "full" not in " ".join(lines)
    assert max(map(len, lines)) <= 66
