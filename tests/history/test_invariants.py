"""Hypothesis runs 10,000 random histories; every check after every operation."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st

from ksmlib.designs import all_designs, tracers
from ksmlib.history import History, Replay
from ksmlib.history.random import Bounds, random_history
from ksmlib.mm.check import check

BLOCKS = 20
HISTORIES = 10_000

#: The shapes that histories take: usual, crowded, long, careless.
SHAPES = (
    Bounds(),
    Bounds(operations=25, pages=6, processes=3, contents=1),
    Bounds(operations=60, pages=16, contents=2),
    Bounds(pages=12, careless=30),
)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_invariant_holds_after_every_operation(block):
    bounds = SHAPES[block % len(SHAPES)]
    sharing = 2 if block % 5 == 4 else 256
    histories: set[History] = set()
    merged = 0

    @seed(block)
    @settings(max_examples=HISTORIES // BLOCKS)
    @given(st.integers(0, 2**64 - 1))
    def every_step(number: int) -> None:
        nonlocal merged
        history = random_history(Random(number), bounds)
        histories.add(history)
        note(f"max_page_sharing {sharing}\n{history.text}")
        replay = Replay(history, tracers(all_designs().values()), sharing)
        while replay.position < len(replay):
            replay.step()
            check(replay.kernel)
        merged += bool(replay.kernel.ksm.stable_tree)

    every_step()
    assert len(histories) == HISTORIES // BLOCKS
    assert merged > len(histories) / 5, "hardly a KSM page: the test proves little"
