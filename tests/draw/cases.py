"""States to draw: every step of every named history, and some of our own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ksmlib.designs import all_designs
from ksmlib.draw.view import WalkView, walk_views
from ksmlib.history import History, State, parse, snapshot
from ksmlib.history.named import named_histories
from ksmlib.report.verdict import replay_with

#: Four processes, files, stale items, missed PTEs: as much as a picture holds.
FULL_BOARD = """
A mmap 0+4
A mmap 8+2 file F@5
A write 0+4 x
A write 8+2 x
A fork B
A fork C
C fork D
B mremap 1+1 12
A madvise 0+4 mergeable
C madvise 8+2 dontfork
D write 0+1 y
B mprotect 2+1 ro
D munmap 3+1
C madvise 0+4 mergeable
ksmd 2
A write 0+1 z
D read 1+1
C write 2+1 longcontentname
"""


@dataclass(frozen=True)
class Case:
    """A state, the one before, and what a design's walks made of it."""

    name: str
    state: State
    before: State | None
    walk: WalkView | None


def histories() -> dict[str, History]:
    found = {name: h.history for name, h in named_histories().items()}
    return {**found, "full-board": parse(FULL_BOARD)}


def steps(name: str, history: History, design: str) -> Iterator[Case]:
    replay = replay_with(history, list(all_designs().values()))
    before: State | None = None
    while True:
        state = snapshot(replay.kernel)
        for walk in (None, *walk_views(replay, design)):
            where = f"{name} at {replay.position} {design if walk else ''}"
            yield Case(where, state, before, walk)
        if replay.position == len(replay):
            return
        before = state
        replay.step()


@cache
def every_step() -> tuple[Case, ...]:
    """Each state of each history, with the changes, by one design."""
    return tuple(
        case
        for name, history in histories().items()
        for case in steps(name, history, "stored-pgoff")
    )


@cache
def endings() -> tuple[Case, ...]:
    """The end of each history, with the walks of each design."""
    found: list[Case] = []
    for name, history in histories().items():
        replay = replay_with(history, list(all_designs().values()))
        replay.run()
        state = snapshot(replay.kernel)
        found.append(Case(name, state, None, None))
        for design in all_designs():
            found += [
                Case(f"{name} by {design}", state, None, walk)
                for walk in walk_views(replay, design)
            ]
    return tuple(found)


def final(text: str) -> State:
    replay = replay_with(parse(text), ())
    replay.run()
    return snapshot(replay.kernel)


def hostile(state: Any, name: str) -> Any:
    """A state as anybody could send it: every name replaced by another."""
    if isinstance(state, dict):
        renamed = {
            key if key in _WORDS or key.isdigit() else f"{key}{name}": value
            for key, value in state.items()
        }
        return {
            key: value if key in _FIXED else hostile(value, name)
            for key, value in renamed.items()
        }
    if isinstance(state, list):
        return [hostile(value, name) for value in state]
    if isinstance(state, str):
        return f"{state}{name}"
    return state


_FIXED = {"kind", "prot"}
_WORDS = {
    "processes", "vmas", "pages", "start", "vm_pgoff", "prot", "mergeable",
    "dontfork", "file", "anon_vma", "chain", "folio", "content", "anon_vmas", "root",
    "parent", "num_children", "num_active_vmas", "tree", "process", "first", "last",
    "folios", "kind", "index", "mapped", "rmap_items", "page",
}  # fmt: skip


def seeded(seed: int) -> random.Random:
    return random.Random(seed)
