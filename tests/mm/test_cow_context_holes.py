"""The shortest histories on which an early stop of a walk of the contexts misses.

Found by trying every history: two processes, two pages, all operations that
touch the contexts. Up to the bound it is exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ksmlib.history import Replay, snapshot
from ksmlib.history.language import History
from ksmlib.history.operations import (
    Exit,
    Fork,
    Mmap,
    Mremap,
    Munmap,
    Operation,
    Range,
    Read,
    Write,
)
from ksmlib.mm.cow_context import (
    CowCost,
    Stop,
    check_cow_contexts,
    cow_context_walk,
)
from ksmlib.mm.observe import mapped_at
from ksmlib.report.contexts import context_states
from ksmlib.report.maps import anon_folios, replay_both

# All of them share one search.

BOUND = 4
RANGES = (Range(0, 1), Range(1, 1), Range(0, 2))


def operations() -> Iterator[Operation]:
    for name, other in ("AB", "BA"):
        yield from (Fork(name, other), Exit(name))
        for where in RANGES:
            yield from (Mmap(name, where), Mmap(name, where, "F", 1))
            yield from (Munmap(name, where), Read(name, where), Write(name, where, "x"))
        for old, new in ((0, 1), (1, 0)):
            move = Range(old, 1), Range(new, 1)
            yield from (Mremap(name, *move), Mremap(name, *move, dontunmap=True))


OPERATIONS = tuple(operations())


def after(steps: tuple[Operation, ...]) -> Replay | None:
    """The machine after these, None if the last one is refused."""
    replay = replay_both(History.of(steps))
    replay.run()
    return None if replay.refusals else replay


def histories() -> Iterator[tuple[tuple[Operation, ...], Replay]]:
    """One history for each state up to the bound, the shorter first."""
    seen, last = set(), [()]
    while last:
        longer = [(*steps, op) for steps in last for op in OPERATIONS]
        last = []
        for steps in longer:
            replay = after(steps)
            if replay is None:
                continue
            state = json.dumps(snapshot(replay.kernel)), *context_states(replay.kernel)
            if state not in seen:
                seen.add(state)
                yield steps, replay
                if len(steps) < BOUND:
                    last.append(steps)


Found = dict[tuple[Stop, bool], str]


@pytest.fixture(scope="module")
def shortest() -> Found:
    """The first history that each stop fails on; and the first without a file."""
    found: Found = {}
    for steps, replay in histories():
        mms = replay.kernel.mms.values()
        check_cow_contexts(mms)
        truth = mapped_at(mms)
        files = any(isinstance(op, Mmap) and op.file for op in steps)
        for folio in anon_folios(replay.kernel):
            for stop in Stop:
                if cow_context_walk(folio, CowCost(), stop) != set(truth[folio]):
                    found.setdefault((stop, files), History.of(steps).one_line)
    return found


@pytest.mark.parametrize(
    ("stop", "files", "history"),
    [
        (Stop.POC, True, "A mmap 0+1 file F@1; A write 0+1 x"),
        (Stop.POC, False, "A mmap 0+1; A write 0+1 x; A mremap 0+1 1"),
        (
            Stop.AFTER_REMAPS,
            False,
            "A mmap 0+1; A write 0+1 x; A fork B; A munmap 0+1",
        ),
    ],
)
def test_the_shortest_history_that_a_stop_fails_on(
    shortest: Found, stop: Stop, files: bool, history: str
) -> None:
    assert shortest[stop, files] == history


def test_to_count_the_ptes_is_a_sound_stop_and_none_at_all_is_too(
    shortest: Found,
) -> None:
    assert {stop for stop, _ in shortest} == {Stop.POC, Stop.AFTER_REMAPS}
