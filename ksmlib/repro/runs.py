"""What the programs said on real kernels, as recorded in ``runs/``.

One file for each kernel: what it was (``about``), and a line for each history
and what a program printed of it under some designs. ``ksmlib kernel repro``
writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ksmlib.history import History, parse
from ksmlib.history.named import named, named_histories
from ksmlib.repro.program import program_hash
from ksmlib.repro.verdict import differences, outcomes

KERNELS = {"uml": "User Mode Linux", "qemu": "x86, QEMU", "debian": "Debian, QEMU"}


def history_of(what: str) -> History:
    """A named history, or one given as text. Raises HistoryError."""
    return named(what) if what in named_histories() else parse(what)


def key_of(what: str) -> str:
    """What a history is called in a file of runs: its name, or its operations."""
    return what if what in named_histories() else parse(what).one_line


@cache
def _hash(history: str) -> str:
    return program_hash(history_of(history))


@dataclass(frozen=True)
class Run:
    """One program on one kernel, which followed ``design`` meanwhile.

    ``history`` is as ``key_of()`` calls it. ``program`` is the hash of the program that
    ran, ``status`` its exit status, ``kept`` whether all settings were
    afterwards as before.
    """

    history: str
    design: str
    program: str
    status: int
    kept: bool
    tap: tuple[str, ...]

    @property
    def current(self) -> bool:
        """Is it the program that ksmlib writes today?"""
        return self.program == _hash(self.history)

    @property
    def differences(self) -> list[str]:
        """Where it went another way than in the model."""
        lines = differences(history_of(self.history), self.design, self.tap)
        return lines if self.kept else [*lines, "a setting was not put back"]

    @property
    def told(self) -> bool:
        """Could the machine make the kernel walk at all?"""
        return any(one.went is not None for one in outcomes(self.tap))


@dataclass(frozen=True)
class Runs:
    """All that was recorded on one kernel."""

    kernel: str
    about: dict[str, Any]
    runs: tuple[Run, ...]

    @property
    def name(self) -> str:
        """In a few words."""
        return f"Linux {self.about['release']} ({KERNELS[self.kernel]})"

    def of(self, history: str, design: str) -> Run | None:
        """The run of that history under that design, if there is one."""
        key = key_of(history)
        for run in self.runs:
            if (run.history, run.design) == (key, design):
                return run
        return None


def runs_json(about: dict[str, Any], runs: Iterable[Run]) -> str:
    """A file's text; runs that printed the same share a line."""
    alike: dict[str, list[str]] = {}
    for run in sorted(runs, key=lambda run: run.history):
        alike.setdefault(_to_json({**vars(run), "design": None}), []).append(run.design)
    lines = [
        _to_json({**json.loads(line), "design": sorted(designs)})
        for line, designs in alike.items()
    ]
    return f'{{"about":{_to_json(about)},\n"runs":[\n' + ",\n".join(lines) + "]}\n"


def _to_json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def read_runs(kernel: str, text: str) -> Runs:
    """What such a file holds."""
    data = json.loads(text)
    found = [
        Run(**{**line, "design": design, "tap": tuple(line["tap"])})
        for line in data["runs"]
        for design in line["design"]
    ]
    return Runs(kernel, data["about"], tuple(found))


@cache
def recorded_runs() -> tuple[Runs, ...]:
    """What comes with ksmlib: every kernel that was asked."""
    folder = files("ksmlib.repro") / "runs"
    found = sorted(f.name for f in folder.iterdir() if f.name.endswith(".json"))
    return tuple(
        read_runs(name[:-5], (folder / name).read_text("utf-8")) for name in found
    )


def repro_says(history: str, designs: Iterable[str]) -> str:
    """On which kernels a history's program agreed with the model, in a few words.

    Under each of ``designs`` that the kernel knows (``full`` if there are
    none). Nothing if the program has changed since, if no machine could tell,
    or if one differed.
    """
    chosen = list(designs) or ["full"]
    agreed = []
    for kernel in recorded_runs():
        found = [run for d in chosen if (run := kernel.of(history, d)) and run.told]
        if any(not run.current or run.differences for run in found):
            return ""
        if found:
            agreed.append(kernel.name)
    return f"a C program agrees on {' and '.join(agreed)}" if agreed else ""
