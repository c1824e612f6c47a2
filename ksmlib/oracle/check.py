"""A kernel's traces held against the model, or against another kernel's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ksmlib.oracle.compare import MODEL, Sides, canonical, differences
from ksmlib.oracle.golden import Recorded
from ksmlib.oracle.model import model_steps, state_record
from ksmlib.oracle.records import Trace
from ksmlib.oracle.script import Case


@dataclass(frozen=True)
class Difference:
    """Where a history first goes another way: after which step, and how."""

    name: str
    step: int
    operation: str
    lines: tuple[str, ...]


def compare_with_model(recorded: Recorded) -> Difference | None:
    """The first step at which the kernel and the model differ."""
    trace = recorded.trace
    for model in model_steps(recorded.case):
        if model.step not in trace.states:
            continue
        state = canonical(state_record(model.kernel))
        errnos = trace.errnos.get(model.step), model.errno
        lines = _step_differences(trace.states[model.step], state, errnos, MODEL)
        if lines:
            return _difference(recorded.case, model.step, lines)
    return None


def compare_traces(left: Recorded, right: Recorded, sides: Sides) -> Difference | None:
    """The first step at which two kernels differ."""
    for step, state in left.trace.states.items():
        errnos = left.trace.errnos.get(step), right.trace.errnos.get(step)
        lines = _step_differences(state, right.trace.states[step], errnos, sides)
        if lines:
            return _difference(left.case, step, lines)
    return None


def _step_differences(
    left: dict[str, Any],
    right: dict[str, Any],
    errnos: tuple[str | None, str | None],
    sides: Sides,
) -> list[str]:
    lines = []
    if errnos[0] != errnos[1]:
        said = [errno or "done" for errno in errnos]
        lines = [f"result: {sides.left} {said[0]}, {sides.right} {said[1]}"]
    return lines + differences(left, right, sides)


def _difference(case: Case, step: int, lines: list[str]) -> Difference:
    operation = case.history.operations[step - 1]
    return Difference(case.name, step, str(operation), tuple(lines))


@dataclass
class WalkCount:
    """All walks of one design, by the kernel: what they were to find, and cost."""

    folios: int = 0
    ptes: int = 0
    missed: int = 0
    vmas: int = 0


@dataclass
class Count:
    """What a comparison looked at."""

    histories: int = 0
    states: int = 0
    refused: int = 0
    walks: dict[str, WalkCount] = field(default_factory=dict)

    def add(self, trace: Trace) -> None:
        """Count one more history."""
        self.histories += 1
        self.states += len(trace.states)
        self.refused += len(trace.errnos)
        for state in trace.states.values():
            for folio in state["folios"]:
                for design, walk in folio["walks"].items():
                    count = self.walks.setdefault(design, WalkCount())
                    count.folios += 1
                    count.ptes += len(folio["mapped"])
                    count.missed += len(walk["missed"])
                    count.vmas += walk["vmas"]
