"""Several designs beside each other, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ksmlib.designs import Design, all_designs
from ksmlib.designs.walk import rmap_walk
from ksmlib.history.language import History
from ksmlib.history.replay import Replay
from ksmlib.mm.observe import mapped_at
from ksmlib.report.verdict import judge, replay_with
from ksmlib.widgets.bounds import MAX_COMPARED_WORK, walk_work
from ksmlib.widgets.edits import MAX_BRANCHES
from ksmlib.widgets.timeline import Timeline

#: Of longer histories, so many steps around the one at hand are listed.
MAX_ROWS = 40


@dataclass(frozen=True)
class Found:
    """How many PTEs of KSM folios a design finds, of how many there are."""

    found: int
    of: int


#: The verdicts after 0, 1, 2, ... steps, by design; it ends where it was too much.
Verdicts = tuple[tuple[Found, ...], ...]


@lru_cache(maxsize=2 * MAX_BRANCHES)
def verdicts(history: History, designs: tuple[str, ...]) -> Verdicts:
    """Judge each design after each step, as far as that is not too much."""
    chosen = [all_designs()[design] for design in designs]
    replay = replay_with(history, chosen)
    judged: list[tuple[Found, ...]] = []
    left = MAX_COMPARED_WORK
    for step in range(len(replay) + 1):
        replay.seek(step)
        left -= len(chosen) * (1 + _work(replay))
        if left < 0:
            break
        judged.append(tuple(_found(replay, chosen)))
    return tuple(judged)


def _work(replay: Replay) -> int:
    mms = replay.kernel.mms.values()
    vmas = sum(mm.map_count for mm in mms)
    return sum(walk_work(folio, vmas) for folio in mapped_at(mms) if folio.test_ksm)


def _found(replay: Replay, designs: Sequence[Design]) -> Iterator[Found]:
    truth = mapped_at(replay.kernel.mms.values())
    ksm = [(folio, ptes) for folio, ptes in truth.items() if folio.test_ksm]
    of = sum(len(ptes) for _, ptes in ksm)
    for design in designs:
        judged = (judge(rmap_walk(design, folio), ptes) for folio, ptes in ksm)
        yield Found(sum(len(verdict.found) for verdict in judged), of)


def comparison(timeline: Timeline, step: int, designs: Sequence[str]) -> dict[str, Any]:
    """The table of designs by steps; nothing to compare: no designs."""
    if len(designs) < 2:
        return {"designs": [], "rows": [], "firsts": [], "note": ""}
    judged = verdicts(timeline.history, tuple(designs))
    firsts = [first_miss(judged, n) for n in range(len(designs))]
    shown = _rows(len(timeline), step)
    return {
        "designs": list(designs),
        "rows": [_row(timeline, judged, number, firsts) for number in shown],
        "firsts": [
            _first_sentence(design, judged, n, first, len(timeline))
            for n, (design, first) in enumerate(zip(designs, firsts, strict=True))
        ],
        "note": _note(len(timeline), len(judged), shown),
    }


def first_miss(judged: Verdicts, design: int) -> int | None:
    """The first step after which a design misses a PTE."""
    for step, row in enumerate(judged):
        if row[design].found < row[design].of:
            return step
    return None


def _rows(last: int, step: int) -> range:
    """The steps to list: the one at hand, and those around it."""
    start = max(0, min(step - MAX_ROWS // 2, last + 1 - MAX_ROWS))
    return range(start, min(last + 1, start + MAX_ROWS))


def _row(
    timeline: Timeline, judged: Verdicts, step: int, firsts: Sequence[int | None]
) -> dict[str, Any]:
    operation = timeline.history.operations[step - 1] if step else "Start"
    row = judged[step] if step < len(judged) else (None,) * len(firsts)
    cells = [
        _cell(found, first == step) for found, first in zip(row, firsts, strict=True)
    ]
    return {"step": step, "text": str(operation), "cells": cells}


def _cell(verdict: Found | None, first: bool) -> dict[str, Any]:
    if verdict is None:
        return {"verdict": "", "text": "not judged", "first": False}
    if not verdict.of:
        return {"verdict": "", "text": "no KSM folio", "first": False}
    if verdict.found == verdict.of:
        return {"verdict": "found", "text": f"all {verdict.of}", "first": False}
    missed = f"{verdict.of - verdict.found} of {verdict.of}"
    return {"verdict": "missed", "text": f"missed {missed}", "first": first}


def _first_sentence(
    design: str, judged: Verdicts, n: int, first: int | None, last: int
) -> str:
    if first is None:
        end = "" if len(judged) == last + 1 else f" up to step {len(judged) - 1}"
        return f"{design} misses nothing{end}."
    found = judged[first][n]
    missed = found.of - found.found
    return f"{design} misses first at step {first}: {missed} of {found.of}."


def _note(last: int, judged: int, shown: range) -> str:
    said = []
    if len(shown) <= last:
        said.append(f"Steps {shown[0]} to {shown[-1]} of {last} are listed.")
    if judged <= last:
        said.append(f"From step {judged} on it is too much to walk at each step here.")
    return " ".join(said)
