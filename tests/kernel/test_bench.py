"""The scripts of the bench and what is made of their records; no kernel needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ksmlib.oracle.bench import ROUNDS, TIMES, Boot, Point, bench, boots, points
from ksmlib.oracle.bench_data import Bench
from ksmlib.oracle.bench_text import bench_text
from ksmlib.oracle.boot import SILENCE, GuestError, Kernel, Record
from ksmlib.oracle.journal import Journal
from ksmlib.oracle.measure import measure, refused

DESIGNS = ("full", "address")


def a_record(line: str) -> Record | None:
    """What a kernel says to a line; `address` visits nothing and moves nothing."""
    match line.split():
        case ["time", process, page, design, reps]:
            seen = 2 if design == "full" else 0
            ns = [100 * seen] * int(reps)
            at = {"process": process, "page": int(page), "design": design}
            return {
                "time": {**at, "vmas": seen, "calls": seen, "found": seen, "ns": ns}
            }
        case ["slab", name]:
            counts = {"size": 64, "per_slab": 64, "pages_per_slab": 1, "slabs": 10}
            return {"slab": {"name": name, **counts}}
        case ["ksmd", _]:
            return {"ksmd": {"scans": 2, "pages_shared": 1, "pages_sharing": 7}}
    return None


class Guest:
    """A ``RunScript`` that answers at once, and dies at ``dies_at``."""

    def __init__(self, dies_at: str = "never") -> None:
        self.dies_at = dies_at
        self.boots: list[str] = []

    def __call__(
        self, script: str, kernel: Kernel, silence: float = SILENCE
    ) -> Iterator[Record]:
        self.boots.append(script)
        design = "full"
        for line in script.splitlines():
            verb, *words = line.split()
            if self.dies_at in line:
                raise GuestError("the guest ended")
            if verb == "history":
                design = "full"
                yield {"history": words[0]}
                continue
            yield {"op": line, "errno": None}
            if verb == "design":
                design = words[0]
            done = int(design != "address")
            if verb == "move_pages":
                yield {"move_pages": {"moved": done, "returned": 1 - done, "ns": 7}}
            elif verb == "reclaim":
                after = "swap" if done else "page"
                yield {"reclaim": {"reclaimed": done, "pte_after": after}}
            elif record := a_record(line):
                yield record
        yield {"end": True}


def kernels(guest: Guest) -> dict[str, Kernel]:
    names = ("uml", "qemu", "uml-stock", "uml-stored-pgoff-field", "uml-stored-pgoff")
    return {name: Kernel(name, Path(), guest) for name in names}


def small() -> list[Boot]:
    return list(boots(DESIGNS, vmas=[100], sharers=[2], items=800))


def idle() -> tuple[float, str]:
    return 0.5, "SCHED_RR"


def test_there_are_no_more_sharers_than_writable_pages() -> None:
    found = {(p.vmas, p.sharers) for p in points([100, 1000], [2, 32, 128])}
    assert found == {(100, 2), (100, 32), (1000, 2), (1000, 32), (1000, 128)}


@pytest.mark.parametrize(
    ("shape", "order"),
    [
        ("in-place", ["split A 0 100", "madvise A 0 100 mergeable", "ksmd 2"]),
        ("split-late", ["madvise A 0 100 mergeable", "ksmd 2", "split A 0 100"]),
        (
            "moved",
            [
                "mremap A 0 100 100000 100",
                "split A 100000 100",
                "madvise A 100000 100 mergeable",
                "ksmd 2",
            ],
        ),
    ],
)
def test_a_shape_is_an_order_of_things(shape: str, order: list[str]) -> None:
    lines = Point(shape, 100, 2).lines
    assert lines[:4] == [
        "start A",
        "mmap A 0 100 rw",
        "write A 0 1 1",
        "write A 50 1 1",
    ]
    assert lines[4:] == order


def test_sharers_are_spread_over_even_pages() -> None:
    lines = Point("in-place", 1000, 128).lines
    pages = [int(line.split()[2]) for line in lines if line.startswith("write")]
    assert len(set(pages)) == 128
    assert not any(page % 2 for page in pages)
    assert min(pages) == 0
    assert max(pages) > 980


def test_each_table_has_its_rows(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "out", "head")
    data = bench(kernels(Guest()), small(), journal, lambda: None)
    timed = {tuple(row[:5]) for row in data["timed"]["rows"]}
    assert ("moved", 100, 2, "full", 2) in timed
    assert ("moved", 100, 2, "address", 0) in timed
    assert len(timed) == 3 * len(DESIGNS)
    moved = {(row[0], row[3]): row[5] for row in data["counted"]["rows"]}
    assert moved["in-place", "full"]
    assert not moved["in-place", "address"]
    reclaimed = {(row[0], row[3]): row[4:] for row in data["reclaimed"]["rows"]}
    assert reclaimed["moved", "full"] == [True, "swap"]
    assert reclaimed["moved", "address"] == [False, "page"]
    assert [row[:2] for row in data["memory"]["rows"]] == [
        ["uml-stock", 8],
        ["uml-stored-pgoff-field", 8],
        ["uml-stored-pgoff", 8],
    ]


def test_designs_are_timed_in_turn(tmp_path: Path) -> None:
    """What slows the host down for a while slows all of them down."""
    [boot] = [boot for boot in small() if boot.name == "timed moved-100-2"]
    asked = [line.split()[3] for line in boot.script.splitlines() if "time" in line]
    assert asked == [*DESIGNS] * ROUNDS
    journal = Journal.open(tmp_path / "out", "head")
    data = bench(kernels(Guest()), [boot], journal, lambda: None)
    ns = {row[3]: row[-1] for row in data["timed"]["rows"]}
    assert ns == {
        "full": [200] * ROUNDS * TIMES,
        "address": [0] * ROUNDS * TIMES,
    }


def test_the_load_is_told_of_what_is_timed(tmp_path: Path) -> None:
    journal, loads = Journal.open(tmp_path / "out", "head"), iter(range(100))

    def busier() -> tuple[float, str]:
        return float(next(loads)), "nice -5"

    data = bench(kernels(Guest()), small(), journal, lambda: None, busier)
    assert data["load"]["rows"] == [
        ["timed in-place-100-2", 0, "nice -5"],
        ["timed split-late-100-2", 1, "nice -5"],
        ["timed moved-100-2", 2, "nice -5"],
    ]


def test_one_machine_is_counted_twice() -> None:
    todo = list(boots(DESIGNS, vmas=[1000], sharers=[8], items=8))
    scripts = {boot.name: boot.script for boot in todo}
    again = {name: text for name, text in scripts.items() if name.startswith("again")}
    assert len(again) == 3
    for name, text in again.items():
        assert text == scripts[name.replace("again", "counted")]


def test_a_page_is_moved_back_by_a_design_that_finds_all() -> None:
    [boot] = [boot for boot in small() if boot.name == "counted moved-100-2"]
    lines = boot.script.splitlines()
    away = lines.index("move_pages A 100000 1 1")
    assert lines[away + 1 : away + 3] == ["design by-index", "move_pages A 100000 1 0"]


def test_memory_merges_as_many_pages_as_asked() -> None:
    """But never more in one process than the host lets it map."""
    todo = boots(DESIGNS, vmas=[], sharers=[], items=120_000)
    [boot] = [boot for boot in todo if boot.name == "memory uml-stock"]
    writes = [line.split() for line in boot.script.splitlines() if "write" in line]
    pages = {process: int(pages) for _, process, _, pages, _ in writes}
    assert len(pages) == len(writes)
    assert sum(pages.values()) == 120_000
    assert max(pages.values()) < 65_000


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    out, todo = tmp_path / "out.json", small()
    whole = bench(
        kernels(Guest()),
        todo,
        Journal.open(tmp_path / "o", "head"),
        lambda: None,
        idle,
    )
    with pytest.raises(GuestError):
        bench(
            kernels(Guest("split A 100000")),
            todo,
            Journal.open(out, "head"),
            lambda: None,
            idle,
        )
    guest, steps = Guest(), list[None]()
    journal = Journal.open(out, "head")
    assert 0 < len(journal.done) < len(todo)
    left = len(todo) - len(journal.done)
    again = bench(kernels(guest), todo, journal, lambda: steps.append(None), idle)
    assert json.dumps(again) == json.dumps(whole)
    assert len(guest.boots) == len(steps) == left


def test_a_journal_drops_a_line_that_was_cut_off(tmp_path: Path) -> None:
    out = tmp_path / "out"
    journal = Journal.open(out, {"n": 1})
    journal.add("a", [1])
    with journal.path.open("a") as file:
        file.write('["b",[2')
    assert Journal.open(out, {"n": 1}).done == {"a": [1]}
    journal = Journal.open(out, {"n": 1})
    journal.add("b", [2])
    assert Journal.open(out, {"n": 1}).done == {"a": [1], "b": [2]}


def test_a_journal_of_another_run_is_not_taken_up(tmp_path: Path) -> None:
    Journal.open(tmp_path / "out", {"n": 1}).add("a", [1])
    assert Journal.open(tmp_path / "out", {"n": 2}).done == {}


def test_records_are_sorted_by_history() -> None:
    done = dict(
        measure(Kernel("uml", Path(), Guest()), "history a\nksmd 2\nhistory b\n")
    )
    assert list(done) == ["a", "b"]
    assert [list(record) for record in done["a"]] == [["op", "errno"], ["ksmd"]]
    assert done["b"] == []


def test_a_wrong_line_is_an_error() -> None:
    def guest(script: str, kernel: Kernel, silence: float = 1) -> Iterator[Record]:
        yield {"history": "a"}
        yield {"error": "line 1: 'foo' is no command"}

    with pytest.raises(GuestError, match="a: line 1: 'foo' is no command"):
        dict(measure(Kernel("uml", Path(), guest), "foo\n"))


def test_a_refused_line_is_named() -> None:
    records: list[Record] = [
        {"op": "mmap A 0 2 rw", "errno": None},
        {"op": "split A 0 9", "errno": "ENOMEM"},
    ]
    assert refused(records) == ["split A 0 9: ENOMEM"]


def test_a_bench_refused_by_the_kernel_is_an_error(tmp_path: Path) -> None:
    """Half as many VMAs would look like a fast walk."""

    def guest(script: str, kernel: Kernel, silence: float = 1) -> Iterator[Record]:
        for record in Guest()(script, kernel):
            if record.get("op", "").startswith("split"):
                record["errno"] = "ENOMEM"
            yield record

    kernel = Kernel("uml", Path(), guest)
    with pytest.raises(GuestError, match="timed in-place-100-2: split A 0 100: ENOMEM"):
        bench(
            dict.fromkeys(kernels(Guest()), kernel),
            small(),
            Journal.open(tmp_path / "out", "head"),
            lambda: None,
        )


def test_the_text_is_narrow_and_says_what_fails(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "out", "head")
    data = bench(kernels(Guest()), small(), journal, lambda: None)
    lines = bench_text(Bench(data))
    assert max(map(len, lines)) <= 66
    assert "moved: 100 VMAs, 2 pages share one" in lines
    [row] = {line for line in lines if line.startswith("address")}
    assert row.split() == ["address", "0", "0.0", "0.0", "NO"]
