"""What each design costs on a kernel, all of them in one run.

Each boot fills rows of one table:

    timed      many VMAs on one anon_vma: VMAs visited, time of a walk
    counted    the same machines: its instructions, does move_pages() succeed
    again      one of them once more: is the count the same
    reclaimed  does reclaim succeed, on a smaller machine of the same kind
    memory     what a million rmap_items take, under each layout
    load       after each boot that timed: how busy the host was, and how its
               scheduler treats us

Time is taken on User Mode Linux, where the machine's own processor runs the
walk; instructions are counted by QEMU.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ksmlib.oracle.boot import GuestError, Kernel, Record
from ksmlib.oracle.journal import Journal
from ksmlib.oracle.measure import measure, of, refused
from ksmlib.oracle.outcomes import OTHER_NODE

#: VMAs on one anon_vma, and how many pages of them share one KSM page. The
#: usual max_map_count is 65,530, the usual max_page_sharing 256.
VMAS: Sequence[int] = (100, 1_000, 5_000, 20_000, 60_000)
SHARERS: Sequence[int] = (2, 8, 32, 128, 256)
#: rmap_items whose memory is measured.
ITEMS = 1_000_000
#: A few seconds' worth, to see that all works.
QUICK_VMAS: Sequence[int] = (100, 1_000)
QUICK_SHARERS: Sequence[int] = (2, 8)
QUICK_ITEMS = 20_000
#: How often a walk is timed: all designs in turn, so that what else the host
#: does meets all of them. Instructions are counted more than once because an
#: interrupt now and then adds some: the least count is that of the walk.
ROUNDS, TIMES, COUNTS = 3, 5, 3

#: In what order a VMA is split, its pages merge, and it moves:
#:    in-place    split, merged
#:    split-late  merged, split
#:    moved       moved, split, merged
SHAPES = ("in-place", "split-late", "moved")
_MOVED_TO = 100_000
_RECLAIMED = (1_000, 8)
_AGAIN = (1_000, 8)

#: Kernels that have one layout of a ksm_rmap_item each.
LAYOUTS = ("uml-stock", "uml-stored-pgoff-field", "uml-stored-pgoff")
#: Pages of a process: each is a mapping of the host's, which allows 65,530.
_PAGES = 50_000
_SLABS = ("ksm_rmap_item", "ksm_stable_node")


@dataclass(frozen=True)
class Point:
    """One machine: ``vmas`` VMAs of a page each, ``sharers`` of them merged."""

    shape: str
    vmas: int
    sharers: int

    @property
    def name(self) -> str:
        return f"{self.shape}-{self.vmas}-{self.sharers}"

    @property
    def start(self) -> int:
        """The first page, in the end."""
        return _MOVED_TO if self.shape == "moved" else 0

    @property
    def merged(self) -> list[int]:
        """The pages that share one, before any move; they stay writable."""
        pages = range(0, self.vmas, 2)
        return [pages[i * len(pages) // self.sharers] for i in range(self.sharers)]

    @property
    def lines(self) -> list[str]:
        """The script that builds it."""
        merge = [f"madvise A {self.start} {self.vmas} mergeable", "ksmd 2"]
        split = [f"split A {self.start} {self.vmas}"]
        move = [f"mremap A 0 {self.vmas} {self.start} {self.vmas}"]
        return [
            "start A",
            f"mmap A 0 {self.vmas} rw",
            *(f"write A {page} 1 1" for page in self.merged),
            *(move if self.shape == "moved" else []),
            *(merge + split if self.shape == "split-late" else split + merge),
        ]

    @property
    def history(self) -> str:
        """The same machine in the language of histories, for the model."""
        all_pages = f"{self.start}+{self.vmas}"
        merge = [f"A madvise {all_pages} mergeable", "ksmd 2"]
        read_only = range(self.start + 1, self.start + self.vmas, 2)
        split = [f"A mprotect {page}+1 ro" for page in read_only]
        lines = [
            f"A mmap 0+{self.vmas}",
            *(f"A write {page}+1 x" for page in self.merged),
            *([f"A mremap 0+{self.vmas} {self.start}"] * (self.shape == "moved")),
            *(merge + split if self.shape == "split-late" else split + merge),
        ]
        return "\n".join(lines)


def points(vmas: Sequence[int], sharers: Sequence[int]) -> Iterator[Point]:
    """Every machine there can be, the small ones first."""
    for number in vmas:
        for sharing in sharers:
            if sharing <= number // 2:
                for shape in SHAPES:
                    yield Point(shape, number, sharing)


# --- boots -----------------------------------------------------------------


@dataclass(frozen=True)
class Boot:
    """One boot of one kernel: its script, and the rows its records make."""

    name: str
    kernel: str
    script: str
    rows: Callable[[dict[str, list[Record]]], list[list[Any]]]

    @property
    def table(self) -> str:
        """The table that the rows belong to."""
        return self.name.split()[0]


def boots(
    designs: Sequence[str], vmas: Sequence[int], sharers: Sequence[int], items: int
) -> Iterator[Boot]:
    """All there is to run; first what wants a quiet host."""
    machines = list(points(vmas, sharers))
    for point in machines:
        yield _timed(point, designs)
    for kernel in LAYOUTS:
        yield _memory(kernel, items)
    for point in machines:
        yield _counted(point, designs)
    for shape in SHAPES:
        yield _counted(Point(shape, *_AGAIN), designs, "again")
        yield _reclaimed(Point(shape, *_RECLAIMED), designs)


TIMED = ("shape", "vmas", "sharers", "design", "visited", "calls", "found", "ns")
COUNTED = ("shape", "vmas", "sharers", "design", "instructions", "moved", "move")
RECLAIMED = ("shape", "vmas", "sharers", "design", "reclaimed", "pte_after")
MEMORY = ("kernel", "merged", *_SLABS)
LOAD = ("boot", "load", "policy")
#: The tables that boots fill, by the first part of a boot's name; their columns.
TABLES = {
    "timed": TIMED,
    "counted": COUNTED,
    "again": COUNTED,
    "reclaimed": RECLAIMED,
    "memory": MEMORY,
}


def _history(point: Point, more: Sequence[str]) -> str:
    lines = [f"history {point.name}", *point.lines, *more]
    return "".join(f"{line}\n" for line in lines)


def _cells(point: Point, design: str) -> list[Any]:
    return [point.shape, point.vmas, point.sharers, design]


def _timed(point: Point, designs: Sequence[str]) -> Boot:
    asked = [f"time A {point.start} {design} {TIMES}" for design in designs] * ROUNDS

    def rows(records: dict[str, list[Record]]) -> list[list[Any]]:
        times = of("time", records[point.name])
        turns = [times[n :: len(designs)] for n in range(len(designs))]
        return [
            [
                *_cells(point, one["design"]),
                *(one["vmas"], one["calls"], one["found"]),
                [ns for turn in (one, *more) for ns in turn["ns"]],
            ]
            for one, *more in turns
        ]

    return Boot(f"timed {point.name}", "uml", _history(point, asked), rows)


def _counted(point: Point, designs: Sequence[str], table: str = "counted") -> Boot:
    """Each design moves the page away; one that finds all moves it back."""
    asked = []
    for design in designs:
        asked += [
            f"time A {point.start} {design} {COUNTS}",
            f"design {design}",
            f"move_pages A {point.start} 1 {OTHER_NODE}",
            "design by-index",
            f"move_pages A {point.start} 1 0",
        ]

    def rows(records: dict[str, list[Record]]) -> list[list[Any]]:
        times = of("time", records[point.name])
        moves = of("move_pages", records[point.name])[::2]
        return [
            [*_cells(point, t["design"]), t["ns"], move["moved"] == 1, move["ns"]]
            for t, move in zip(times, moves, strict=True)
        ]

    return Boot(f"{table} {point.name}", "qemu", _history(point, asked), rows)


def _reclaimed(point: Point, designs: Sequence[str]) -> Boot:
    script = "".join(
        f"history {design}\n"
        + "".join(f"{line}\n" for line in point.lines)
        + f"design {design}\nreclaim A {point.start}\n"
        for design in designs
    )

    def rows(records: dict[str, list[Record]]) -> list[list[Any]]:
        return [
            [*_cells(point, design), reclaim["reclaimed"] == 1, reclaim["pte_after"]]
            for design in designs
            for reclaim in of("reclaim", records[design])
        ]

    return Boot(f"reclaimed {point.shape}", "qemu", script, rows)


def _memory(kernel: str, items: int) -> Boot:
    """Equal pages, merged a process at a time: that takes little memory."""
    lines = ["history memory"]
    for number, first in enumerate(range(0, items, _PAGES)):
        pages = f"P{number} 0 {min(_PAGES, items - first)}"
        lines += [
            f"start P{number}",
            f"mmap {pages} rw",
            f"madvise {pages} mergeable",
            f"write {pages} 1",
            "ksmd 2",
        ]
    lines += [f"slab {name}" for name in _SLABS]

    def rows(records: dict[str, list[Record]]) -> list[list[Any]]:
        ksmd = of("ksmd", records["memory"])[-1]
        merged = ksmd["pages_shared"] + ksmd["pages_sharing"]
        return [[kernel, merged, *of("slab", records["memory"])]]

    return Boot(
        f"memory {kernel}", kernel, "".join(f"{line}\n" for line in lines), rows
    )


# --- the run ---------------------------------------------------------------


def machine(today: date) -> dict[str, Any]:
    """What it runs on: times are those of this machine."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "date": today.isoformat(),
    }


def _policy() -> str:
    """How the host's scheduler treats this process, and the kernels it starts."""
    policy = os.sched_getscheduler(0)
    names = {getattr(os, name): name for name in ("SCHED_FIFO", "SCHED_RR")}
    return names.get(policy, f"nice {os.nice(0)}")


def host_load() -> tuple[float, str]:
    """Processes that want a core, in the mean of the last minute; our policy."""
    return round(os.getloadavg()[0], 1), _policy()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.machine()


def bench(
    kernels: dict[str, Kernel],
    todo: Sequence[Boot],
    journal: Journal,
    step: Callable[[], None],
    load: Callable[[], tuple[float, str]] = host_load,
) -> dict[str, Any]:
    """Do what the journal has not; the tables, as plain data.

    ``step`` is called after each boot. Raises GuestError; what was done by
    then is in the journal.
    """
    for boot in todo:
        if boot.name not in journal.done:
            records = dict(measure(kernels[boot.kernel], boot.script))
            for line in (line for one in records.values() for line in refused(one)):
                raise GuestError(f"{boot.name}: {line}")
            journal.add(boot.name, {"rows": boot.rows(records), "load": load()})
            step()
    tables = {
        table: {
            "columns": columns,
            "rows": [
                row
                for boot in todo
                if boot.table == table
                for row in journal.done[boot.name]["rows"]
            ],
        }
        for table, columns in TABLES.items()
    }
    loads = [
        [boot.name, *journal.done[boot.name]["load"]]
        for boot in todo
        if boot.table == "timed"
    ]
    return {**tables, "load": {"columns": LOAD, "rows": loads}}
