"""What kernels did with the pages that a walk misses, from ``oracle/results``.

Each kernel has its files there: ``outcomes-KERNEL.json`` of the named
histories, ``KERNEL-SCENARIO.jsonl`` of the scripts in ``oracle/scenarios``.
``survey.jsonl`` is of random histories on User Mode Linux, ``survey-x86.jsonl``
of a few on the others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from ctypes import sizeof
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ksmlib.designs.layout import RmapItem, StableNode
from ksmlib.designs.walk import ANON
from ksmlib.oracle.measure import of, sorted_by_history
from ksmlib.oracle.outcomes import Outcome, folio_at
from ksmlib.oracle.survey import OWN, Total, totals
from ksmlib.report.text import table


@dataclass(frozen=True)
class Column:
    """A kernel, what its walk goes by there, and what to call that."""

    kernel: str
    design: str
    words: str


#: Debian's kernel as it comes, what is merged for 7.3, and the two proposals.
COLUMNS = {
    "debian": Column("debian", "full", "as it is"),
    "stored-pgoff": Column("qemu", "stored-pgoff", "7.3's index"),
    "by-index-origin": Column("uml-by-index-origin", "full", "by origin"),
    "unshare-first": Column("uml-unshare-first", "full", "unshared"),
}
#: The histories by name, and the cases of scripts, in words.
HOLES = {
    "parent-not-mergeable": "parent not mergeable",
    "child-moved-first": "child moved first",
    "child-moved-after": "child moved after",
    "coincidence": "coincidence",
    "coincidence-stale-item": "stale item",
    "moved-while-swapped": "moved while swapped",
    "unmergeable-while-swapped": "unmergeable, swapped",
    "failed-merge": "merge failed half-way",
}
#: Which page a script asks about.
_SCRIPTS = {
    "swap-cache": {
        "moved-while-swapped": ["A", 500],
        "unmergeable-while-swapped": ["A", 0],
    },
    "failed-merge": {"failed-merge": ["B", 1]},
}


@dataclass(frozen=True)
class Fate:
    """One page on one kernel: PTEs, those the walk missed, and what became of it."""

    mapped: int
    missed: int
    moved: bool | None
    reclaimed: bool

    @property
    def free(self) -> bool:
        """Can it be swapped out, and migrated where that was asked?"""
        return self.reclaimed and self.moved is not False


def scenario(results: Path, kernel: str, name: str) -> dict[str, list[Any]]:
    """The records of a script, by its histories."""
    lines = (results / f"{kernel}-{name}.jsonl").read_text("utf-8").splitlines()
    return dict(sorted_by_history(map(json.loads, lines)))


def fates(results: Path, column: Column) -> dict[str, Fate]:
    """What became of the page of each of ``HOLES``."""
    text = (results / f"outcomes-{column.kernel}.json").read_text("utf-8")
    outcomes = [Outcome(**one) for one in json.loads(text)["outcomes"]]
    found = {
        one.history: _fate(one)
        for one in outcomes
        if one.history in HOLES and one.design == column.design
    }
    # The kernel with all designs has histories of its own for each.
    chosen, design = "", ""
    if column.kernel == "qemu":
        chosen, design = "-designs", f"-{column.design}"
    for name, pages in _SCRIPTS.items():
        records = scenario(results, column.kernel, f"{name}{chosen}")
        for history, page in pages.items():
            at = records[f"{history}{design}"]
            found[history] = _scripted(at, page, column.design)
    return found


def _fate(one: Outcome) -> Fate:
    return Fate(len(one.mapped), len(one.missed), one.moved, one.reclaimed)


def _scripted(records: list[Any], page: list[Any], design: str) -> Fate:
    """The page after the first state, when it is moved and then reclaimed."""
    first = next(at for at, record in enumerate(records) if "state" in record)
    folio = folio_at(records[first], [page])
    assert folio is not None
    walks = folio["walks"]
    walk = walks.get(design) or walks[ANON]
    after = records[first:]
    moves = of("move_pages", after)
    return Fate(
        len(folio["mapped"]),
        len(walk["missed"]),
        moves[0]["moved"] == 1 if moves else None,
        of("reclaim", after)[0]["reclaimed"] == 1,
    )


def fates_table(
    results: Path, columns: Sequence[Column] = tuple(COLUMNS.values())
) -> list[str]:
    """Whether the page of each hole can be moved and reclaimed."""
    found = [fates(results, column) for column in columns]
    rows = [["can the page go?", *(column.words for column in columns)]]
    for hole, words in HOLES.items():
        yes = ["yes" if one[hole].free else "no" for one in found]
        rows.append([words, *yes])
    return table(rows)


# --- random histories --------------------------------------------------------


@dataclass(frozen=True)
class Survey:
    """The file of ``ksmlib kernel survey``."""

    head: dict[str, Any]
    rows: list[dict[str, Any]]

    def total(self, kernel: str, walk: str = OWN) -> Total:
        """One walk of one kernel, over all seeds."""
        return {(t.kernel, t.walk): t for t in totals(self.rows)}[kernel, walk]

    def size(self, kernel: str, what: str) -> int:
        """Bytes of a structure on that kernel."""
        found: int = self.head["kernels"][kernel]["sizes"][what]
        return found

    def pages(self, kernel: str) -> int:
        """Anonymous and KSM folios of all states, added up."""
        rows = [row["walks"] for row in self.rows if row["kernel"] == kernel]
        own = OWN if OWN in rows[0] else "full"
        return sum(walks[name]["folios"] for walks in rows for name in (ANON, own))

    @property
    def seeds(self) -> list[int]:
        """Each once."""
        return sorted({row["seed"] for row in self.rows})


def read_survey(results: Path, name: str = "survey") -> Survey:
    """A survey that is recorded."""
    lines = (results / f"{name}.jsonl").read_text("utf-8").splitlines()
    head, *rows = map(json.loads, lines)
    return Survey(head, rows)


#: The rows of a proposal's table: the kernel, the walk, and what to call it.
_WALKS = (("uml", "full", "as it is"), ("uml", "stored-pgoff", "7.3's index"))


def survey_table(survey: Survey, patches: dict[str, str]) -> list[str]:
    """PTEs, those missed, VMAs visited; ``patches`` are the last rows."""
    rows = [["the walk", "ptes", "missed", "vmas visited"]]
    own = [(f"uml-{patch}", OWN, words) for patch, words in patches.items()]
    for kernel, walk, words in (*_WALKS, *own):
        total = survey.total(kernel, walk)
        numbers = (total.ptes, total.missed, total.vmas)
        rows.append([words, *(f"{number:,}" for number in numbers)])
    return table(rows, (1, 2, 3))


# --- what a walk costs -------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """One walk: the instructions it takes, and the VMAs it visits."""

    instructions: int
    vmas: int
    found: int
    mapped: int


#: The designs whose walk is timed, on the kernel with all of them.
TIMED = {
    "full": "as it is",
    "stored-pgoff": "7.3's index",
    "by-index-origin": "by origin",
}


def cost(results: Path, design: str, history: str) -> Cost:
    """Of ``many-vmas``; the median of some walks."""
    times = of("time", scenario(results, "qemu", "many-vmas")[history])
    [time] = [time for time in times if time["design"] == design]
    instructions = int(median(time["ns"]))
    return Cost(instructions, time["vmas"], time["found"], time["mapped"])


def cost_table(results: Path) -> list[str]:
    """Instructions and VMAs of one walk, alone and after four forks."""
    rows = [["the walk", "one process", "vmas", "five", "vmas"]]
    for design, words in TIMED.items():
        both = [cost(results, design, history) for history in ("one-process", "forked")]
        numbers = [n for one in both for n in (one.instructions, one.vmas)]
        rows.append([words, *(f"{number:,}" for number in numbers)])
    return table(rows, (1, 2, 3, 4))


# --- scripts as text ---------------------------------------------------------


def script_text(scenarios: Path, name: str, history: str) -> list[str]:
    """The lines of one history of a script, up to the first state."""
    text = (scenarios / f"{name}.txt").read_text("ascii")
    [_, rest] = text.split(f"history {history}\n")
    lines = rest.partition("state 1\n")[0].splitlines()
    return [line for line in lines if not line.startswith("#")]


# --- the head of a patch -----------------------------------------------------

#: What each proposal is called in the tables.
PROPOSALS = {"by-index-origin": "by origin", "unshare-first": "unshared"}


def numbers_text(results: Path, patch: str) -> list[str]:
    """What the head of a proposal says under Numbers."""
    survey = read_survey(results)
    rows = [row for row in survey.rows if row["kernel"] == f"uml-{patch}"]
    count, operations = rows[0]["histories"], rows[0]["operations"]
    columns = [COLUMNS[name] for name in ("debian", "stored-pgoff", patch)]
    return [
        f"{len(rows)} x {count} random histories of {operations} operations, User Mode",
        "Linux, every ksm page walked after every operation:",
        "",
        *_indented(survey_table(survey, {patch: PROPOSALS[patch]})),
        "",
        "The page that a short history leaves behind: do reclaim and, but for",
        "the last column, move_pages() succeed? As it is: Debian's kernel.",
        "",
        *_indented(fates_table(results, columns)),
        "",
        *_cost_text(results, patch),
        *_size_text(survey, patch),
    ]


def _cost_text(results: Path, patch: str) -> list[str]:
    if patch == "unshare-first":
        return []
    return [
        "One walk of a ksm page, in instructions (QEMU) and vmas visited:",
        "10,000 vmas in one process, or 2,000 in each of five that share it;",
        "patches 1 and 2, on a kernel that has all three walks:",
        "",
        *_indented(cost_table(results)),
        "",
    ]


def _size_text(survey: Survey, patch: str) -> list[str]:
    was = {"rmap_item": sizeof(RmapItem), "stable_node": sizeof(StableNode)}
    sizes = [
        f"{what} {size} -> {survey.size(f'uml-{patch}', f'ksm_{what}')}"
        for what, size in was.items()
    ]
    lines = [f"Bytes: {', '.join(sizes)}."]
    if patch == "unshare-first":
        before, now = survey.pages("uml"), survey.pages(f"uml-{patch}")
        lines += ["", f"Pages, added up over all states: {before:,} -> {now:,}."]
    return lines


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}".rstrip() for line in lines]
