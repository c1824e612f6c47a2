"""Reports as plain ASCII of at most 66 columns, to paste into a mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ctypes import sizeof
from itertools import groupby
from string import ascii_lowercase
from textwrap import wrap
from typing import Any

from ksmlib.designs import Design
from ksmlib.designs.layout import objects_per_slab
from ksmlib.history.language import History
from ksmlib.history.pages import pages_text
from ksmlib.history.replay import Refusal
from ksmlib.history.state import State
from ksmlib.report.totals import totals
from ksmlib.report.verdict import FolioWalk, Pte, Report

#: Three levels of ``> `` in front, and a line still fits a mail of 72.
COLUMNS = 66


def ptes_text(ptes: Iterable[Pte]) -> str:
    """PTEs by process, runs of pages joined: ``A:0-1 B:0``."""
    return " ".join(
        f"{process}:{pages_text(page for _, page in group)}"
        for process, group in groupby(ptes, key=lambda pte: pte[0])
    )


def folded(
    text: str, indent: int, first: str = "", columns: int = COLUMNS
) -> list[str]:
    """``text`` in lines that fit, each after ``indent`` spaces."""
    pad = " " * indent
    return wrap(text, columns, initial_indent=first or pad, subsequent_indent=pad)


def table(
    rows: Sequence[Sequence[str]], right: Sequence[int] = (), columns: int = COLUMNS
) -> list[str]:
    """Columns two spaces apart; those in ``right`` are set to the right.

    The last column may be too long for a line and is then folded under
    itself; a row too wide even for that is folded as it is.
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    start = sum(widths[:-1]) + 2 * (len(widths) - 1)
    lines: list[str] = []
    for row in rows:
        last = row[-1].rjust(widths[-1]) if len(row) - 1 in right else row[-1]
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row[:-1], widths, strict=False))
        ]
        left = "  ".join(cells) + "  "
        if len(left) + len(last) <= columns:
            lines.append((left + last).rstrip())
        elif start <= columns - 12:
            lines.extend(folded(row[-1], start, left, columns))
        else:
            lines.extend(wrap(left + row[-1], columns, subsequent_indent="    "))
    return lines


def history_text(history: History) -> list[str]:
    """The operations of a history, a line each, without comments."""
    return [f"  {operation}" for operation in history.operations]


def refusals_text(refusals: Iterable[Refusal]) -> list[str]:
    lines: list[str] = []
    for r in refusals:
        lines += folded(f"line {r.line} refused, {r.errno}: {r.why}", 4, "  ")
    return lines


def verdicts_text(walk: FolioWalk) -> list[str]:
    """The verdict table of one folio."""
    of = len(walk.mapped)
    rows = [["design", "found", "vmas", "nodes", "missed"]]
    for v in walk.verdicts:
        found = f"{len(v.found)}/{of}"
        missed = ptes_text(v.missed) or "-"
        rows.append([v.design, found, str(v.vmas), str(v.nodes), missed])
    head = f"walk of {walk.folio} ({walk.kind}, index {walk.index})"
    head += f", mapped at {ptes_text(walk.mapped)}"
    return [*headline(head), *_indented(table(rows, (1, 2, 3), COLUMNS - 2))]


def headline(text: str) -> list[str]:
    """``text`` in lines that fit, those after the first set in."""
    return wrap(text, COLUMNS, subsequent_indent="  ")


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]


def _vma_flags(vma: dict[str, Any]) -> str:
    flags = [vma["prot"]]
    flags += ["mergeable"] if vma["mergeable"] else []
    flags += ["dontfork"] if vma["dontfork"] else []
    return " ".join(flags)


def _vma_rows(state: State) -> list[list[str]]:
    rows = [["process", "vma", "pgoff", "flags", "anon_vma (chain)"]]
    for name, process in state["processes"].items():
        for vma in process["vmas"]:
            file = f"{vma['file']}@" if vma["file"] else ""
            chain = f"{vma['anon_vma']} ({' '.join(vma['chain'])})"
            rows.append(
                [
                    name,
                    f"{vma['start']}+{vma['pages']}",
                    f"{file}{vma['vm_pgoff']}",
                    _vma_flags(vma),
                    chain if vma["anon_vma"] else "-",
                ]
            )
    return rows


def state_text(state: State, columns: int = COLUMNS) -> list[str]:
    """A state: its VMAs, its folios and who maps them, its rmap_items."""
    if not state["processes"]:
        return ["no process runs"]
    lines = table(_vma_rows(state), (2,), columns)
    folios = [["folio", "kind", "index", "mapped at"]]
    for name, folio in state["folios"].items():
        mapped = ptes_text((p, page) for p, page in folio["mapped"])
        index = "-" if folio["kind"] == "zero" else str(folio["index"])
        folios.append([name, folio["kind"], index, mapped])
    if len(folios) > 1:
        lines += table(folios, (2,), columns)
    if state["rmap_items"]:
        items = (
            f"{i['process']}:{i['page']}->{i['folio'] or 'gone'}/{i['anon_vma']}"
            for i in state["rmap_items"]
        )
        lines += folded(" ".join(items), 12, "rmap_items  ", columns)
    return lines


def report_text(report: Report) -> str:
    """A whole report: history, refusals, verdicts, final state."""
    lines = ["history", *history_text(report.history)]
    lines += refusals_text(report.refusals)
    for walk in report.walks:
        lines += ["", *verdicts_text(walk)]
    if not report.walks:
        lines += ["", "no KSM folio to walk"]
    lines += ["", "state at the end", *_indented(state_text(report.state, COLUMNS - 2))]
    return "\n".join(lines) + "\n"


def designs_text(designs: Iterable[Design]) -> str:
    """The table of designs, with what each costs in bytes."""
    lines: list[str] = []
    for d in designs:
        item, node = sizeof(d.rmap_item), sizeof(d.stable_node)
        cost = f"item {item} B ({objects_per_slab(d.rmap_item)} a slab), node {node} B"
        lines.append(f"{d.id:<{COLUMNS - len(cost)}}{cost}")
        lines += folded(f"saves  {d.saves}", 9, "  ")
        lines += folded(f"asks   {d.asks}", 9, "  ")
        lines += folded(f"by     {d.author}, {d.date}", 9, "  ")
    lines += [
        "",
        "item, node: bytes of a ksm_rmap_item and of a ksm_stable_node;",
        "a slab is one page of 4096 bytes.",
    ]
    return "\n".join(lines) + "\n"


def matrix_text(reports: Mapping[str, Report], designs: Sequence[str]) -> list[str]:
    """How many PTEs each design misses on each history, by name.

    Histories go down and designs across, a letter each with a line to say
    which. A dot is a miss of none, a blank a history without a walk. At most
    26 designs.
    """
    letters = ascii_lowercase[: len(designs)]
    rows = [["PTEs missed", *letters]]
    for name, report in reports.items():
        missed = [len(report.missed(d)) for d in designs] if report.walks else []
        rows.append([name, *(str(m or ".") for m in missed)])
        rows[-1] += [""] * (len(designs) - len(missed))
    left = max(len(row[0]) for row in rows)
    cell = min(3, (COLUMNS - left) // max(1, len(designs)))
    lines = [
        row[0].ljust(left) + "".join(mark.rjust(cell) for mark in row[1:])
        for row in rows
    ]
    lines.append("")
    lines += [f"{a}  {d}" for a, d in zip(letters, designs, strict=True)]
    return [line.rstrip() for line in lines]


def totals_text(reports: Iterable[Report], designs: Iterable[Design]) -> list[str]:
    """The designs over many histories: misses, cost of the walks, bytes."""
    reports = tuple(reports)
    rows = [["design", "missed", "lost", "won", "vmas", "find", "bytes"]]
    for design in designs:
        t = totals(reports, design.id)
        counts = (t.missed, t.lost, t.won, t.vmas, t.find_vma)
        size = f"{sizeof(design.rmap_item)}+{sizeof(design.stable_node)}"
        rows.append([design.id, *(str(n or "-") for n in counts), size])
    of = totals(reports, "full")
    head = f"{of.ptes} PTEs of {of.folios} KSM folios, {of.histories} histories"
    return [*headline(head), *table(rows, (1, 2, 3, 4, 5))]
