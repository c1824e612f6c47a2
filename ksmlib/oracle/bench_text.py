"""The tables of a bench, for reading."""

from __future__ import annotations

from statistics import median

from ksmlib.oracle.bench_data import Bench
from ksmlib.report.text import COLUMNS, table

LEGEND = (
    "visited: VMAs; us: median of the walks timed; kinstr: thousand",
    "instructions, the least counted; works: move_pages() and reclaim",
    "both succeed",
)


def bench_text(bench: Bench) -> list[str]:
    """Each shape at its largest, and the memory."""
    lines: list[str] = []
    for shape in dict.fromkeys(row["shape"] for row in bench.rows("timed")):
        timed = bench.rows("timed", shape=shape)
        vmas, sharers = max((row["vmas"], row["sharers"]) for row in timed)
        lines += [f"{shape}: {vmas:,} VMAs, {sharers} pages share one"]
        lines += [*walks_text(bench, shape, vmas, sharers), ""]
    return [*lines, *LEGEND, "", *memory_text(bench)]


def walks_text(bench: Bench, shape: str, vmas: int, sharers: int) -> list[str]:
    """What each design's walk costs on one machine."""
    timed, counted = (
        bench.rows(name, shape=shape, vmas=vmas, sharers=sharers)
        for name in ("timed", "counted")
    )
    cells = [["design", "visited", "us", "kinstr", "works"]]
    for row, count in zip(timed, counted, strict=True):
        cells.append(
            [
                row["design"],
                f"{row['visited']:,}",
                f"{median(row['ns']) / 1000:,.1f}",
                f"{min(count['instructions']) / 1000:,.1f}",
                "yes" if bench.works(row["design"], shape) else "NO",
            ]
        )
    return table(cells, (1, 2, 3), COLUMNS)


def memory_text(bench: Bench) -> list[str]:
    """What the rmap_items take, under each layout."""
    cells = [["layout", "merged", "bytes", "a slab", "slabs", "KiB", ""]]
    for row in bench.rows("memory"):
        slab = row["ksm_rmap_item"]
        kib = slab["slabs"] * slab["pages_per_slab"] * 4
        counts = (row["merged"], slab["size"], slab["per_slab"], slab["slabs"], kib)
        layout = row["kernel"].removeprefix("uml-")
        cells.append([layout, *(f"{n:,}" for n in counts), ""])
    return table(cells, (1, 2, 3, 4, 5), COLUMNS)
