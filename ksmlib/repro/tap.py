"""Reads what a program prints: TAP, the Test Anything Protocol."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_TEST = re.compile(r"(not )?ok ([0-9]+) - (.*?)(?: # SKIP (.*))?")


@dataclass(frozen=True)
class Test:
    """One test: its words, whether it is ok, and why it was skipped, if it was.

    ``notes`` are the lines of comment after it.
    """

    words: str
    ok: bool
    skip: str | None
    notes: list[str] = field(default_factory=list)


def read_tap(lines: Iterable[str]) -> list[Test]:
    """The tests, in order; other lines are passed over."""
    tests: list[Test] = []
    for line in lines:
        match = _TEST.fullmatch(line)
        if match:
            tests.append(Test(match[3], match[1] is None, match[4]))
        elif line.startswith("# ") and tests:
            tests[-1].notes.append(line[2:])
    return tests
