"""The data of the bench that the book shows: whole, and as the model says."""

from __future__ import annotations

from ctypes import sizeof
from itertools import product
from pathlib import Path

import pytest

from ksmlib.designs import designs, layout
from ksmlib.history import parse
from ksmlib.oracle.bench import ITEMS, SHAPES, SHARERS, VMAS, Point, points
from ksmlib.oracle.bench_data import Bench
from ksmlib.oracle.golden import read_recording
from ksmlib.report import run

DATA = Path(__file__).parents[2] / "book" / "data" / "kernel-walks.json"
DESIGNS: list[str] = read_recording().head["designs"]
EVERYTHING = {"full"}
#: Where a bit makes moved memory cost as much as without it.
EVERYTHING_IF_MOVED = {design for design in DESIGNS if design.startswith("remap-bit")}
ONE_PASS = {"by-index", "by-index-origin"}

Key = tuple[str, int, int, str]


@pytest.fixture(scope="module")
def measured() -> Bench:
    return Bench.read(DATA)


def by_machine(bench: Bench, table: str, cell: str) -> dict[Key, object]:
    return {
        (row["shape"], row["vmas"], row["sharers"], row["design"]): row[cell]
        for row in bench.rows(table)
    }


@pytest.mark.parametrize("table", ["timed", "counted"])
def test_every_machine_and_design_is_there(measured: Bench, table: str) -> None:
    wanted = {
        (point.shape, point.vmas, point.sharers, design)
        for point in points(VMAS, SHARERS)
        for design in DESIGNS
    }
    assert set(by_machine(measured, table, "shape")) == wanted
    assert len(measured.rows(table)) == len(wanted)


def test_a_design_that_misses_a_mapping_fails_to_migrate(measured: Bench) -> None:
    found = by_machine(measured, "timed", "found")
    moved = by_machine(measured, "counted", "moved")
    assert moved == {at: found[at] == at[2] for at in found}
    misses = {
        (shape, design) for (shape, _, _, design), done in moved.items() if not done
    }
    assert misses == {("moved", "address"), ("split-late", "stored-vm-pgoff")}


def test_and_it_fails_to_reclaim(measured: Bench) -> None:
    reclaimed = by_machine(measured, "reclaimed", "reclaimed")
    assert {(shape, design) for shape, _, _, design in reclaimed} == {
        *product(SHAPES, DESIGNS)
    }
    found = by_machine(measured, "timed", "found")
    assert reclaimed == {at: found[at] == at[2] for at in reclaimed}


def test_what_is_visited_is_what_is_asked_for(measured: Bench) -> None:
    """Both passes of each rmap_item: every VMA, or one."""
    for (shape, vmas, sharers, design), visited in by_machine(
        measured, "timed", "visited"
    ).items():
        moved = shape == "moved"
        if design in EVERYTHING or (moved and design in EVERYTHING_IF_MOVED):
            assert visited == 2 * sharers * vmas
        elif design in ONE_PASS:
            assert visited == sharers + (design == "by-index-origin")
        elif design != "derived":
            assert visited == (0 if moved and design == "address" else 2 * sharers)


@pytest.mark.parametrize(
    "point",
    [*points([100], SHARERS), *points([1_000], [2, 8])],
    ids=lambda point: point.name,
)
def test_the_model_visits_as_many(measured: Bench, point: Point) -> None:
    [walk] = run(parse(point.history), designs(",".join(DESIGNS))).walks
    cells = {"shape": point.shape, "vmas": point.vmas, "sharers": point.sharers}
    kernel = {
        row["design"]: (row["visited"], row["found"])
        for row in measured.rows("timed", **cells)
    }
    model = {v.design: (v.vmas, len(v.found)) for v in walk.verdicts}
    assert model == kernel


def test_instructions_repeat_from_boot_to_boot(measured: Bench) -> None:
    """But for interrupts, which only add; and a clock that rounds."""
    counted = by_machine(measured, "counted", "instructions")
    again = by_machine(measured, "again", "instructions")
    assert len(again) == len(SHAPES) * len(DESIGNS)
    for at, counts in again.items():
        assert isinstance(counts, list)
        first = counted[at]
        assert isinstance(first, list)
        assert abs(min(counts) - min(first)) <= 2


def test_memory_is_that_of_the_structures(measured: Bench) -> None:
    slabs = {row["kernel"]: row["ksm_rmap_item"] for row in measured.rows("memory")}
    assert {kernel: slab["size"] for kernel, slab in slabs.items()} == {
        "uml-stock": sizeof(layout.RmapItem),
        "uml-stored-pgoff-field": sizeof(layout.RmapItemPlainField),
        "uml-stored-pgoff": sizeof(layout.RmapItemUnion),
    }
    assert {row["merged"] for row in measured.rows("memory")} == {ITEMS}
    for slab in slabs.values():
        assert slab["slabs"] * slab["per_slab"] >= ITEMS


def test_it_says_how_busy_the_machine_was(measured: Bench) -> None:
    timed = [f"timed {point.name}" for point in points(VMAS, SHARERS)]
    assert [row["boot"] for row in measured.rows("load")] == timed
