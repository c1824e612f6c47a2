"""``ksmlib bench``: what costs how many times as much, in one run.

Times are of this machine and this minute, so they are compared with each other
and not told. What a real kernel takes is ``ksmlib kernel bench``.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from random import Random
from statistics import median
from time import process_time_ns
from typing import Any

from ksmlib.cli.arguments import Commands, UsageError
from ksmlib.designs import Design, all_designs
from ksmlib.designs.walk import rmap_walk
from ksmlib.history import History, Replay, parse
from ksmlib.history.generated import split_every_other_page
from ksmlib.history.random import random_history
from ksmlib.history.state import snapshot
from ksmlib.mm.observe import mapped_at
from ksmlib.mm.types import Folio
from ksmlib.report.text import table
from ksmlib.report.verdict import ksm_walks, replay_with

VMAS = (1_000, 10_000, 20_000)
MOST_VMAS = 60_000
HISTORIES = 100
#: How often each thing is timed, in turn with what it is held against.
TIMES = 7
WALKS = ("full", "stored-pgoff")


@dataclass(frozen=True)
class Walks:
    """One machine: VMAs visited by each of ``WALKS``, and the ratio of times."""

    vmas: int
    visited: tuple[int, int]
    times: float


@dataclass(frozen=True)
class Replays:
    """Random histories: what takes how many times as long as to replay them."""

    histories: int
    operations: int
    designs: int
    times: dict[str, float]


def ratios(calls: Sequence[Callable[[], object]]) -> list[float]:
    """How many times as long as the first each call takes: medians, in turn."""
    took: list[list[int]] = [[] for _ in calls]
    for _ in range(TIMES):
        for call, times in zip(calls, took, strict=True):
            begun = process_time_ns()
            call()
            times.append(process_time_ns() - begun)
    first, *_ = medians = [median(times) for times in took]
    return [one / first for one in medians]


def measure_walks(vmas: int) -> Walks:
    """Two pages merged on an anon_vma of so many VMAs."""
    full, one = (all_designs()[name] for name in WALKS)
    replay = replay_with(parse(split_every_other_page(vmas)), (full, one))
    replay.seek(len(replay))
    [folio] = _ksm_folios(replay)
    _, times = ratios([lambda: rmap_walk(one, folio), lambda: rmap_walk(full, folio)])
    visited = tuple(rmap_walk(design, folio).cost.vmas for design in (full, one))
    return Walks(vmas, (visited[0], visited[1]), times)


def measure_replays(count: int) -> Replays:
    """The same random histories each time."""
    random = Random(1)
    drawn = [random_history(random) for _ in range(count)]
    designs = tuple(all_designs().values())
    full = (all_designs()["full"],)
    work: dict[str, Callable[[], object]] = {
        "to replay, for one design": lambda: _replay(drawn, full),
        "for all designs": lambda: _replay(drawn, designs),
        "and tell the state after each step": lambda: _replay(drawn, designs, _tell),
        "and walk each KSM folio at the end": lambda: _walk(drawn, designs),
    }
    times = dict(zip(work, ratios(list(work.values())), strict=True))
    operations = sum(len(history.operations) for history in drawn)
    return Replays(count, operations, len(designs), times)


def _replay(
    histories: Sequence[History],
    designs: Sequence[Design],
    after: Callable[[Replay], object] = lambda replay: None,
) -> list[Replay]:
    replays = [replay_with(history, designs) for history in histories]
    for replay in replays:
        while replay.position < len(replay):
            replay.step()
            after(replay)
    return replays


def _tell(replay: Replay) -> object:
    return snapshot(replay.kernel)


def _walk(histories: Sequence[History], designs: Sequence[Design]) -> None:
    for replay in _replay(histories, designs):
        ksm_walks(replay, designs)


def _ksm_folios(replay: Replay) -> list[Folio]:
    folios = mapped_at(replay.kernel.mms.values())
    return [folio for folio in folios if folio.test_ksm]


# --- the command -----------------------------------------------------------


def add(commands: Commands) -> None:
    """Add the parser of ``bench``."""
    parser = commands.add_parser(
        "bench",
        help="what costs how many times as much in the model",
        description="Compares walks of everything and of one index, and replays"
        " with more and less to do, side by side: ratios, no times. For what a"
        " kernel takes see: ksmlib kernel bench.",
    )
    parser.add_argument(
        "--vmas",
        metavar="N,N",
        default=",".join(map(str, VMAS)),
        help="VMAs on the anon_vma (default %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> None:
    walks = [measure_walks(vmas) for vmas in _numbers(arguments.vmas)]
    replays = measure_replays(HISTORIES)
    if arguments.json:
        print(json.dumps(_json(walks, replays)))
    else:
        print("\n".join(_text(walks, replays)))


def _numbers(text: str) -> list[int]:
    for word in text.split(","):
        if not (re.fullmatch(r"[0-9]+", word) and 2 <= int(word[:9]) <= MOST_VMAS):
            raise UsageError(
                f"--vmas takes numbers from 2 to {MOST_VMAS}, not {word[:40]!r}"
            )
    return [int(word) for word in text.split(",")]


def _json(walks: Sequence[Walks], replays: Replays) -> dict[str, Any]:
    return {
        "walks": {"designs": WALKS, "machines": [asdict(one) for one in walks]},
        "replays": asdict(replays),
    }


def _text(walks: Sequence[Walks], replays: Replays) -> list[str]:
    full, one = WALKS
    rows = [["VMAs", full, one, "visits", "time", ""]]
    for walk in walks:
        many, few = walk.visited
        ratio = f"{many / few:,.0f} : 1", f"{walk.times:,.0f} : 1"
        rows.append([f"{walk.vmas:,}", f"{many:,}", f"{few:,}", *ratio, ""])
    said = f"{replays.histories} random histories, {replays.operations:,} operations"
    steps = [["time", ""]]
    steps += [[f"{times:.1f}", what] for what, times in replays.times.items()]
    return [
        "a walk of two mappings: VMAs visited, and their ratio",
        *table(rows, range(5)),
        "",
        f"{said}, {replays.designs} designs",
        *table(steps, (0,)),
    ]
