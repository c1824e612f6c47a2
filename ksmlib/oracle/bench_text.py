"""The tables of a bench, for reading."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from ksmlib.report.text import COLUMNS, table

LEGEND = (
    "visited: VMAs; us: median of the walks timed; kinstr: thousand",
    "instructions; works: move_pages() and reclaim both succeed",
)

#: A row of a table, by the names of its columns.
Row = dict[str, Any]


def rows(data: dict[str, Any], name: str) -> list[Row]:
    """The rows of one table of a bench."""
    found = data[name]
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def bench_text(data: dict[str, Any]) -> list[str]:
    """Each shape at its largest, whether reclaim succeeds, and the memory."""
    lines: list[str] = []
    for shape in dict.fromkeys(row["shape"] for row in rows(data, "timed")):
        lines += [*_walks_text(data, shape), ""]
    return [*lines, *LEGEND, "", *_memory_text(data)]


def _walks_text(data: dict[str, Any], shape: str) -> Iterator[str]:
    timed = [row for row in rows(data, "timed") if row["shape"] == shape]
    counted = [row for row in rows(data, "counted") if row["shape"] == shape]
    reclaimed = {
        row["design"]: row["reclaimed"]
        for row in rows(data, "reclaimed")
        if row["shape"] == shape
    }
    vmas, sharers = max((row["vmas"], row["sharers"]) for row in timed)
    yield f"{shape}: {vmas:,} VMAs, {sharers} pages share one"
    cells = [["design", "visited", "us", "kinstr", "works"]]
    for row, count in zip(timed, counted, strict=True):
        if (row["vmas"], row["sharers"]) == (vmas, sharers):
            works = count["moved"] and reclaimed[row["design"]]
            cells.append(
                [
                    row["design"],
                    f"{row['visited']:,}",
                    f"{median(row['ns']) / 1000:,.1f}",
                    f"{median(count['instructions']) / 1000:,.1f}",
                    "yes" if works else "NO",
                ]
            )
    yield from table(cells, (1, 2, 3), COLUMNS)


def _memory_text(data: dict[str, Any]) -> Iterator[str]:
    cells = [["kernel", "merged", "bytes each", "a slab", "slabs", "KiB"]]
    for row in rows(data, "memory"):
        slab = row["ksm_rmap_item"]
        kib = slab["slabs"] * slab["pages_per_slab"] * 4
        counts = (slab["size"], slab["per_slab"], slab["slabs"], kib)
        cells.append([row["kernel"], f"{row['merged']:,}", *(f"{n:,}" for n in counts)])
    yield from table(cells, (1, 2, 3, 4, 5), COLUMNS)
