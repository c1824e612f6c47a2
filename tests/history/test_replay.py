"""Replaying forward and back, refusals, and two states compared in words."""

from __future__ import annotations

from random import Random

import pytest

from ksmlib.designs import all_designs, tracers
from ksmlib.history import History, Replay, parse, snapshot
from ksmlib.history.diff import differences
from ksmlib.history.named import named_histories
from ksmlib.history.random import Bounds, random_history
from ksmlib.report.verdict import ksm_walks

BLOCKS = 4


def histories(block: int) -> list[History]:
    """One in four of the named ones and of 200 at random."""
    bounds = Bounds(pages=12, contents=2, careless=20)
    some = [entry.history for entry in named_histories().values()]
    some += [random_history(Random(seed), bounds) for seed in range(200)]
    return some[block::BLOCKS]


def states(history) -> list:
    """The state at the start and after each operation, and what walks find."""
    replay = Replay(history, tracers(all_designs().values()))
    found = []
    for position in range(len(replay) + 1):
        replay.seek(position)
        found.append(look(replay))
    return found


def look(replay: Replay):
    return snapshot(replay.kernel), ksm_walks(replay, tuple(all_designs().values()))


@pytest.mark.parametrize("block", range(BLOCKS))
def test_going_back_is_as_if_it_had_never_gone_on(block):
    for history in histories(block):
        forward = states(history)
        replay = Replay(history, tracers(all_designs().values()))
        order = list(range(len(forward)))
        Random(0).shuffle(order)
        for position in order:
            replay.seek(position)
            assert replay.position == position
            assert look(replay) == forward[position], history.text


def test_refusals_are_those_up_to_the_position():
    replay = Replay(parse("# a comment\nA munmap 0+1\nA write 0+1 x\n\nB read 0+1"))
    replay.run()
    assert [(r.step, r.line, r.errno) for r in replay.refusals] == [
        (2, 3, "EFAULT"),
        (3, 5, "EFAULT"),
    ]
    replay.seek(2)
    assert [r.step for r in replay.refusals] == [2]
    assert str(replay.operation) == "A write 0+1 x"
    replay.seek(0)
    assert (replay.refusals, replay.operation) == ([], None)


@pytest.mark.parametrize("position", [-1, 3])
def test_there_is_nothing_before_the_start_and_after_the_end(position):
    replay = Replay(parse("ksmd; ksmd"))
    with pytest.raises(IndexError):
        replay.seek(position)
    replay.run()
    with pytest.raises(IndexError):
        replay.step()
    assert replay.position == 2


def test_a_process_named_for_the_first_time_starts_fresh(after):
    now = after("A mmap 0+1; B munmap 0+1; C fork D")
    assert list(now.state["processes"]) == ["A", "B", "C", "D"]


def test_a_file_is_the_same_for_everybody_an_address_is_nobodys_offset(after):
    """Page offsets of memory and of files never meet."""
    now = after("A mmap 5+1; A write 5+1 x; A mmap 8+1 file F@5; A write 8+1 x")
    assert now.indices() == {5: 5, 8: 5}
    folios = [now.kernel.mms["A"].page_table[p] for p in now.kernel.mms["A"].page_table]
    assert folios[0].index != folios[1].index


# --- every step of many histories ------------------------------------------


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_refusal_changes_nothing_at_all(block):
    refused = 0
    for history in histories(block):
        replay = Replay(history)
        before = snapshot(replay.kernel)
        while replay.position < len(replay):
            refusal = replay.step()
            now = snapshot(replay.kernel)
            if refusal:
                assert now == before, f"{refusal}\n{history.text}"
                refused += 1
            before = now
    assert refused > 50


@pytest.mark.parametrize("block", range(BLOCKS))
def test_differences_tell_of_every_change_and_of_no_other(block):
    for history in histories(block):
        replay = Replay(history)
        before = snapshot(replay.kernel)
        while replay.position < len(replay):
            replay.step()
            now = snapshot(replay.kernel)
            said = differences(before, now)
            where = f"step {replay.position} of\n{history.text}"
            assert (said == ["nothing changed"]) == (now == before), where
            assert all(line.isascii() and line.isprintable() for line in said)
            for name in changed_processes(before, now):
                told = any(line.startswith((f"{name}:", f"{name} ")) for line in said)
                assert told, f"nothing on {name}: {said}\n{where}"
            before = now


def changed_processes(before, now) -> list[str]:
    names = {**before["processes"], **now["processes"]}
    return [
        name
        for name in names
        if before["processes"].get(name) != now["processes"].get(name)
    ]


# --- differences by example ------------------------------------------------


@pytest.mark.parametrize(
    ("history", "line"),
    [
        ("A mmap 0+4", "A starts"),
        ("A mmap 0+4; A munmap 0+4", "A: VMA 0+4 is gone"),
        ("A mmap 0+4; A mmap 8+2", "A: new VMA 8+2"),
        ("A mmap 0+4; A mprotect 2+2 ro", "A: VMA 0+4 became 0+2, 2+2"),
        ("A mmap 0+4; A mprotect 0+4 ro", "A 0+4: protection rw -> ro"),
        ("A mmap 0+4; A madvise 0+4 mergeable", "A 0+4: now mergeable"),
        ("A mmap 0+1; A write 0+1 x", "A 0+1: anon_vma none -> av1"),
        ("A mmap 0+1; A write 0+1 x", "A:0: maps f1 (x)"),
        ("A mmap 0+1; A write 0+1 x; A write 0+1 y", "A:0: f1 now holds y"),
        ("A mmap 0+1; A read 0+1; A write 0+1 x", "A:0: zero -> f1 (x)"),
        ("A mmap 0+3; A write 0+3 x; A madvise 0+3 dontneed", "A:0-2: unmapped"),
        ("A mmap 0+1; A write 0+1 x; A fork B", "new av2, child of av1"),
        ("A mmap 0+1; A write 0+1 x; A exit", "A has exited"),
        ("A mmap 0+1; A write 0+1 x; A exit", "av1 is freed"),
        (
            "A mmap 0+1; A write 0+1 x; A fork B; A exit; B write 0+1 y",
            "f1 moved from av1 to av2",
        ),
        (
            "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2",
            "f2 became a KSM folio, index 1",
        ),
        (
            "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2",
            "rmap_item A:0 on f2, av1",
        ),
        (
            "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2; A exit; ksmd",
            "rmap_item A:0 dropped",
        ),
        (
            "A mmap 0+1; A mmap 1+1 file F@0; A mremap 1+1 0 dontunmap",
            "A 0+1: file none -> F",
        ),
        ("A mmap 0+2; ksmd", "nothing changed"),
    ],
)
def test_what_the_last_operation_changed(history, line):
    replay = Replay(parse(history))
    replay.seek(len(replay) - 1)
    before = snapshot(replay.kernel)
    replay.step()
    assert line in differences(before, snapshot(replay.kernel))
