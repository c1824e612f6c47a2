"""What the model makes of a history, in the shape of a kernel's records.

See ``ksmlib.oracle.records`` for that shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ksmlib.designs import Design, designs, tracers
from ksmlib.designs.base import DesignCost, TreeDesign, Visit
from ksmlib.designs.walk import ANON, anon_visits
from ksmlib.history.operations import WalkPage
from ksmlib.history.replay import BASE, apply
from ksmlib.history.state import folio_name, pte_names, relative, snapshot
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.observe import live_anon_vmas, mapped_at
from ksmlib.mm.types import AnonVma, Folio, Mm, Refused, RmapItem, StableNode
from ksmlib.oracle.deviations import half_done
from ksmlib.oracle.script import Case

#: What the patched kernels can walk by. The others need another kernel: there
#: is no patch that gives Linux 6.12 a tree of COW contexts.
IN_KERNEL: tuple[Design, ...] = tuple(
    design for design in designs() if isinstance(design, TreeDesign)
)

#: PTEs of one folio.
Ptes = Sequence[tuple[Mm, int]]


@dataclass(frozen=True)
class ModelStep:
    """The machine after one operation, and why it was refused, if it was."""

    step: int
    errno: str | None
    kernel: Kernel


def model_steps(case: Case) -> Iterator[ModelStep]:
    """The model after each operation of a history.

    Where a kernel has done part of a call it refuses, so has this one.
    """
    kernel = Kernel(tracers(IN_KERNEL), case.max_page_sharing)
    for step, operation in enumerate(case.history.operations, start=1):
        errno = None
        if not isinstance(operation, WalkPage):
            try:
                apply(kernel, operation)
            except Refused as refused:
                errno = refused.errno
                for done in half_done(kernel, operation):
                    apply(kernel, done)
        yield ModelStep(step, errno, kernel)


def state_record(kernel: Kernel) -> dict[str, Any]:
    """The state of the model as a kernel would print it."""
    shown = snapshot(kernel)
    anon_vmas = live_anon_vmas(kernel)
    truth = mapped_at(kernel.mms.values())
    return {
        "processes": {
            name: {"vmas": process["vmas"], "swap": [], "zero": _zero(process["pages"])}
            for name, process in shown["processes"].items()
        },
        "anon_vmas": {
            name: {**shown["anon_vmas"][name], "refcount": anon_vma.refcount}
            for anon_vma in anon_vmas
            if (name := f"av{anon_vma.number}")
        },
        "folios": [
            {**shown["folios"][folio_name(folio)], **_folio(folio, ptes)}
            for folio, ptes in truth.items()
            if folio.kind != "zero"
        ],
    }


def _zero(pages: dict[str, Any]) -> list[int]:
    return [int(page) for page, what in pages.items() if what["folio"] == "zero"]


def _folio(folio: Folio, ptes: Ptes) -> dict[str, Any]:
    """What ``snapshot()`` leaves out."""
    rest: dict[str, Any] = {
        "mapcount": folio.mapcount,
        "exclusive": int(folio.anon_exclusive),
        "walks": _walks(folio, ptes),
    }
    if isinstance(folio.mapping, StableNode):
        rest["rmap_items"] = [_rmap_item(item) for item in folio.mapping.hlist]
    return rest


def _rmap_item(item: RmapItem) -> dict[str, Any]:
    assert item.anon_vma is not None
    return {
        "process": item.mm.name,
        "page": item.address - BASE,
        "anon_vma": f"av{item.anon_vma.number}",
        "dead": not item.mm.alive,
        "saved": {design: relative(value) for design, value in item.saved.items()},
    }


def _walks(folio: Folio, ptes: Ptes) -> dict[str, Any]:
    if isinstance(folio.mapping, StableNode):
        return {design.id: _ksm_walk(design, folio, ptes) for design in IN_KERNEL}
    if isinstance(folio.mapping, AnonVma):
        cost = DesignCost()
        return {ANON: _walk(anon_visits(folio, cost), cost, ptes)}
    return {}


def _ksm_walk(design: Design, folio: Folio, ptes: Ptes) -> dict[str, Any]:
    cost = DesignCost()
    return _walk(design.visits(folio, cost), cost, ptes)


def _walk(seen: Iterable[Visit], cost: DesignCost, ptes: Ptes) -> dict[str, Any]:
    """VMAs visited, calls of ``rmap_one()``, PTEs that none of them came upon."""
    calls = 0
    found = set()
    for visit in seen:
        if visit.address is not None:
            calls += 1
            if visit.hit:
                found.add((visit.vma.vm_mm, visit.address))
    missed = [pte for pte in ptes if pte not in found]
    return {"vmas": cost.vmas, "calls": calls, "missed": pte_names(missed)}
