"""The shortest history that still shows a difference: delta debugging.

Each round tries many shorter histories at once, since they all fit one boot,
and goes on with the shortest that still differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TypeAlias

from ksmlib.history.language import History
from ksmlib.history.operations import Operation
from ksmlib.oracle.check import Difference
from ksmlib.oracle.script import Case

#: Says for each history where the kernel and the model part, if they do.
Judge: TypeAlias = Callable[[Sequence[Case]], Sequence[Difference | None]]

#: Up to here every two operations are left out together as well.
_PAIRS = 16

_Operations: TypeAlias = tuple[Operation, ...]


def shrink(
    case: Case, found: Difference, judge: Judge, say: Callable[[str], None]
) -> tuple[Case, Difference]:
    """The shortest such history, and its difference.

    No operation can be left out of it, and if it is short no two.
    """
    case = _with(case, case.history.operations[: found.step])
    while True:
        operations = case.history.operations
        shorter = list(dict.fromkeys(_shorter(operations)))
        say(f"shrinking {found.name}: {len(operations)} operations")
        tried = [
            replace(_with(case, ops), name=f"s{n}") for n, ops in enumerate(shorter)
        ]
        failing = [
            (candidate, difference)
            for candidate, difference in zip(tried, judge(tried), strict=True)
            if difference
        ]
        if not failing:
            return case, found
        best, difference = min(failing, key=lambda f: f[1].step)
        case = _with(case, best.history.operations[: difference.step])
        found = replace(difference, name=case.name)


def _with(case: Case, operations: _Operations) -> Case:
    return replace(case, history=History.of(operations))


def _shorter(operations: _Operations) -> Iterator[_Operations]:
    """Without each half, quarter, ... down to each operation; or each two."""
    size = len(operations)
    while size > 1:
        size = (size + 1) // 2
        for start in range(0, len(operations), size):
            yield operations[:start] + operations[start + size :]
    if len(operations) <= _PAIRS:
        for one, other in combinations(range(len(operations)), 2):
            rest = (n for n in range(len(operations)) if n not in (one, other))
            yield tuple(operations[n] for n in rest)
