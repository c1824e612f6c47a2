"""A walk as plain data, to be drawn over a state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksmlib.designs import Design, all_designs
from ksmlib.designs.base import DesignCost, TreeDesign
from ksmlib.designs.walk import rmap_walk
from ksmlib.draw import shapes
from ksmlib.history.replay import BASE, Replay
from ksmlib.history.state import anon_vma_name, folio_name, relative
from ksmlib.mm.observe import mapped_at
from ksmlib.mm.types import ULONG_MAX, Folio, StableNode
from ksmlib.report.verdict import FolioWalk, Pte, Verdict, judge


@dataclass(frozen=True)
class Window:
    """What a walk asked one interval tree for: page offsets ``first`` to ``last``.

    ``last`` is None where it asked for everything. Page offsets count as in a
    State: those of files, marked ``of_file``, from the start of the file.
    """

    anon_vma: str
    first: int
    last: int | None
    of_file: bool = False


@dataclass(frozen=True)
class WalkView:
    """One design's walk of one folio.

    ``windows`` is what it asked; empty where only the verdict is known. If it
    missed a PTE, ``visited`` are the VMAs it was given, as process and first
    page: they tell why.
    """

    design: str
    folio: str
    found: tuple[Pte, ...]
    missed: tuple[Pte, ...]
    windows: tuple[Window, ...] = ()
    visited: tuple[Pte, ...] = ()

    def outcome(self, process: str, page: int) -> shapes.Verdict:
        """What became of one PTE; nothing if the walk was not after it."""
        if (process, page) in self.missed:
            return "missed"
        return "found" if (process, page) in self.found else ""


def walk_view(walk: FolioWalk, design: str) -> WalkView:
    """The verdict on one design, without its windows. Raises KeyError."""
    verdict = walk.verdict(design)
    return WalkView(design, walk.folio, verdict.found, verdict.missed)


def walk_views(replay: Replay, design: str) -> tuple[WalkView, ...]:
    """The walk of every KSM folio as things stand, in order of the folios.

    ``design`` must be among the tracers of the replay, so that it has saved
    what it saves; see ``ksmlib.report.verdict.replay_with()``.
    """
    return tuple(view for _, view in ksm_views(replay, all_designs()[design]))


def ksm_views(replay: Replay, design: Design) -> Iterator[tuple[Folio, WalkView]]:
    """Every KSM folio with its walk, as above."""
    truth = mapped_at(replay.kernel.mms.values())
    for folio, ptes in sorted(truth.items(), key=lambda item: item[0].number):
        if folio.test_ksm:
            yield folio, view_of(folio, judge(rmap_walk(design, folio), ptes), design)


def view_at(replay: Replay, process: str, page: int, design: str) -> WalkView:
    """The walk of the KSM folio at one page. Raises KeyError if there is none."""
    folio = replay.kernel.mms[process].page_table[BASE + page]
    for view in walk_views(replay, design):
        if view.folio == folio_name(folio):
            return view
    raise KeyError(f"no KSM folio at page {page} of {process}")


def view_of(folio: Folio, verdict: Verdict, design: Design) -> WalkView:
    """A design's walk of a KSM folio, which came to this verdict."""
    return WalkView(
        design.id,
        folio_name(folio),
        verdict.found,
        verdict.missed,
        _windows(folio, design),
        _visited(folio, design) if verdict.missed else (),
    )


def _visited(folio: Folio, design: Design) -> tuple[Pte, ...]:
    seen = {
        (visit.vma.vm_mm.name, visit.vma.vm_start - BASE): None
        for visit in design.visits(folio, DesignCost())
    }
    return tuple(seen)


def _windows(folio: Folio, design: Design) -> tuple[Window, ...]:
    """What the walk asks the interval trees; nothing if it asks none."""
    if not isinstance(design, TreeDesign):
        return ()
    assert isinstance(folio.mapping, StableNode)
    windows: dict[Window, None] = {}
    for probe in design.probes(folio.mapping, DesignCost()):
        first, last = probe.window
        everything = last == ULONG_MAX
        window = Window(
            str(anon_vma_name(probe.anon_vma)),
            0 if everything else relative(first),
            None if everything else relative(last),
            not everything and first < BASE,
        )
        windows[window] = None
    return tuple(windows)
