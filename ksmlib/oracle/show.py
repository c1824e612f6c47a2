"""What a kernel did, in the JSON and the text of ``ksmlib run``.

A kernel has no names for folios and contents: folios are numbered by their
first PTE, and a content is null.
"""

from __future__ import annotations

import errno as errnos
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from os import strerror
from typing import Any

from ksmlib.designs import all_designs
from ksmlib.designs.walk import ANON
from ksmlib.history.operations import WalkPage
from ksmlib.history.replay import Refusal
from ksmlib.history.state import State
from ksmlib.oracle.check import Count, Difference
from ksmlib.oracle.golden import Recorded
from ksmlib.report.text import (
    COLUMNS,
    folded,
    headline,
    history_text,
    ptes_text,
    refusals_text,
    state_text,
    table,
)
from ksmlib.report.verdict import Pte


@dataclass(frozen=True)
class KernelWalk:
    """One folio, where its walk was asked for, and what each walk made of it."""

    process: str
    page: int
    name: str
    folio: dict[str, Any]

    @property
    def mapped(self) -> list[Pte]:
        """Every PTE of the folio."""
        return [(process, page) for process, page in self.folio["mapped"]]

    def missed(self, design: str) -> list[Pte]:
        """The PTEs that a walk missed."""
        missed = self.folio["walks"][design]["missed"]
        return [(process, page) for process, page in missed]

    def designs(self, chosen: Collection[str]) -> list[str]:
        """The walks there are, in the order of the designs; those chosen."""
        known = _in_order(self.folio["walks"])
        return [design for design in known if design in chosen or design == ANON]


def state(canonical: dict[str, Any]) -> State:
    """A canonical state in the shape of ``ksmlib run --json``."""
    names = _folio_names(canonical)
    pages: dict[str, dict[int, str]] = {name: {} for name in canonical["processes"]}
    folios: dict[str, Any] = {}
    for name, folio in zip(names, canonical["folios"], strict=True):
        kept = ("kind", "index", "anon_vma", "mapped")
        folios[name] = {key: folio[key] for key in kept}
        for process, page in folio["mapped"]:
            pages[process][page] = name
    zero = [
        [name, page]
        for name, process in canonical["processes"].items()
        for page in process["zero"]
    ]
    if zero:
        folios["zero"] = {"kind": "zero", "index": 0, "anon_vma": None, "mapped": zero}
        for process, page in zero:
            pages[process][page] = "zero"
    return {
        "processes": {
            name: {
                "vmas": process["vmas"],
                "pages": {
                    str(page): {"folio": folio, "content": None}
                    for page, folio in sorted(pages[name].items())
                },
            }
            for name, process in canonical["processes"].items()
        },
        "anon_vmas": {
            name: _anon_vma(one) for name, one in canonical["anon_vmas"].items()
        },
        "folios": folios,
        "rmap_items": [
            {
                "process": item["process"],
                "page": item["page"],
                "folio": name,
                "anon_vma": item["anon_vma"],
            }
            for name, folio in zip(names, canonical["folios"], strict=True)
            for item in folio.get("rmap_items", ())
        ],
    }


def _folio_names(canonical: dict[str, Any]) -> list[str]:
    return [f"f{n}" for n in range(1, len(canonical["folios"]) + 1)]


def _anon_vma(anon_vma: dict[str, Any]) -> dict[str, Any]:
    kept = ("root", "parent", "num_children", "num_active_vmas")
    nodes = ("process", "start", "first", "last")
    return {
        **{key: anon_vma[key] for key in kept},
        "tree": [dict(zip(nodes, node, strict=True)) for node in anon_vma["tree"]],
    }


def walks(recorded: Recorded) -> list[KernelWalk]:
    """The walks that ``walk`` lines ask for; without any, of KSM folios at the end."""
    asked = [
        (step, operation)
        for step, operation in enumerate(recorded.case.history.operations, start=1)
        if isinstance(operation, WalkPage)
    ]
    if asked:
        return [w for step, operation in asked for w in _at(recorded, step, operation)]
    last = recorded.trace.states[max(recorded.trace.states)]
    return [
        KernelWalk(folio["mapped"][0][0], folio["mapped"][0][1], name, folio)
        for name, folio in zip(_folio_names(last), last["folios"], strict=True)
        if folio["kind"] == "ksm"
    ]


def _at(recorded: Recorded, step: int, asked: WalkPage) -> Iterator[KernelWalk]:
    found = recorded.trace.states[step]
    for name, folio in zip(_folio_names(found), found["folios"], strict=True):
        if [asked.process, asked.page] in folio["mapped"] and folio["walks"]:
            yield KernelWalk(asked.process, asked.page, name, folio)


def refusals(recorded: Recorded) -> list[Refusal]:
    """What the kernel refused, with the C library's words for the errno."""
    history = recorded.case.history
    return [
        Refusal(step, history.line_of(step), name, strerror(getattr(errnos, name)))
        for step, name in recorded.trace.errnos.items()
    ]


# --- JSON ------------------------------------------------------------------


def run_json(recorded: Recorded, chosen: Collection[str]) -> dict[str, Any]:
    """As ``ksmlib run --json``; nodes are not counted, calls of rmap_one() are."""
    last = recorded.trace.states[max(recorded.trace.states)]
    return {
        "history": recorded.case.history.text,
        "refused": [
            {"line": r.line, "errno": r.errno, "why": r.why} for r in refusals(recorded)
        ],
        **state(last),
        "walks": [
            {
                "process": walk.process,
                "page": walk.page,
                "folio": walk.name,
                "design": design,
                "found": [pte for pte in walk.mapped if pte not in walk.missed(design)],
                "missed": walk.missed(design),
                "vmas": walk.folio["walks"][design]["vmas"],
                "calls": walk.folio["walks"][design]["calls"],
            }
            for walk in walks(recorded)
            for design in walk.designs(chosen)
        ],
    }


# --- text ------------------------------------------------------------------


def run_text(recorded: Recorded, chosen: Collection[str]) -> list[str]:
    """As ``ksmlib run``: the history, refusals, verdicts, the state at the end."""
    lines = ["history", *history_text(recorded.case.history)]
    lines += refusals_text(refusals(recorded))
    found = walks(recorded)
    for walk in found:
        lines += ["", *_verdicts_text(walk, chosen)]
    if not found:
        lines += ["", "no KSM folio to walk"]
    last = recorded.trace.states[max(recorded.trace.states)]
    shown = state_text(state(last), COLUMNS - 2)
    return [*lines, "", "state at the end", *(f"  {line}" for line in shown)]


def _verdicts_text(walk: KernelWalk, chosen: Collection[str]) -> list[str]:
    rows = [["design", "found", "vmas", "calls", "missed"]]
    of = len(walk.mapped)
    for design in walk.designs(chosen):
        missed, counts = walk.missed(design), walk.folio["walks"][design]
        found = f"{of - len(missed)}/{of}"
        numbers = [str(counts["vmas"]), str(counts["calls"])]
        rows.append([design, found, *numbers, ptes_text(missed) or "-"])
    head = f"walk of {walk.name} ({walk.folio['kind']}, index {walk.folio['index']})"
    lines = headline(f"{head}, mapped at {ptes_text(walk.mapped)}")
    return lines + [f"  {line}" for line in table(rows, (1, 2, 3), COLUMNS - 2)]


def steps_text(recorded: Recorded) -> Iterator[str]:
    """Every operation, what came of it, and the state after it."""
    said = {refusal.step: refusal for refusal in refusals(recorded)}
    for step, operation in enumerate(recorded.case.history.operations, start=1):
        yield f"step {step}: {operation}"
        if step in said:
            yield from refusals_text([said[step]])
        found = state(recorded.trace.states[step])
        yield from (f"    {line}" for line in state_text(found, COLUMNS - 4))
        yield ""


def difference_text(difference: Difference | None, than: str = "model") -> list[str]:
    """The first difference in words, or that there is none."""
    if difference is None:
        return [f"differences to the {than}: none"]
    lines = headline(
        f"differences to the {than}, first after step {difference.step},"
        f" {difference.operation}"
    )
    return lines + [line for text in difference.lines for line in folded(text, 4, "  ")]


def count_text(count: Count) -> list[str]:
    """What a comparison looked at, and a row for the walks of each design."""
    walks = sum(walk.folios for walk in count.walks.values())
    rows = [["walk by", "folios", "ptes", "missed", "vmas"]]
    for design in _in_order(count.walks):
        walk = count.walks[design]
        numbers = (walk.folios, walk.ptes, walk.missed, walk.vmas)
        rows.append([design, *map(str, numbers)])
    counts = (
        f"{count.histories} histories",
        f"{count.states} states",
        f"{count.refused} refusals",
        f"{walks} walks",
    )
    return [*headline(f"compared: {', '.join(counts)}"), *table(rows, (1, 2, 3, 4))]


def _in_order(walks: Collection[str]) -> list[str]:
    """Names of walks in the order of the designs."""
    return sorted(walks, key=[*all_designs(), ANON].index)
