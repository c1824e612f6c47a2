"""Judging designs: replay a history, walk its KSM folios, compare with the PTEs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ksmlib.designs import Design, all_designs, tracers
from ksmlib.designs.walk import Walk, rmap_walk, walk_anon
from ksmlib.history.language import History
from ksmlib.history.operations import WalkPage
from ksmlib.history.replay import BASE, Refusal, Replay, folio_to_walk
from ksmlib.history.state import State, folio_name, relative, snapshot
from ksmlib.mm.observe import mapped_at
from ksmlib.mm.types import Folio, Mm

#: A PTE, as process and page.
Pte = tuple[str, int]


@dataclass(frozen=True)
class Verdict:
    """One walk of one folio by one design, judged by the page tables.

    ``vmas`` and ``nodes`` count as ``ksmlib.mm.interval_tree.Cost`` does, over
    the whole walk; ``find_vma`` counts lookups by address besides.
    """

    design: str
    found: tuple[Pte, ...]
    missed: tuple[Pte, ...]
    vmas: int
    nodes: int
    find_vma: int


@dataclass(frozen=True)
class FolioWalk:
    """One folio, and what each design's walk makes of it.

    ``line`` is that of the ``walk`` operation, None for a walk at the end.
    ``process`` and ``page`` are where it was asked for, or its first PTE.
    """

    line: int | None
    process: str
    page: int
    folio: str
    kind: str
    index: int
    mapped: tuple[Pte, ...]
    verdicts: tuple[Verdict, ...]

    def verdict(self, design: str) -> Verdict:
        """The verdict on one design. Raises KeyError."""
        for verdict in self.verdicts:
            if verdict.design == design:
                return verdict
        raise KeyError(design)


@dataclass(frozen=True)
class Report:
    """What came of a history: refusals, walks, and the state at the end."""

    history: History
    refusals: tuple[Refusal, ...]
    walks: tuple[FolioWalk, ...]
    state: State

    def missed(self, design: str) -> tuple[Pte, ...]:
        """Every PTE that a design's walks missed."""
        return tuple(pte for w in self.walks for pte in w.verdict(design).missed)

    def found(self, design: str) -> tuple[Pte, ...]:
        """Every PTE that a design's walks found."""
        return tuple(pte for w in self.walks for pte in w.verdict(design).found)

    def vmas(self, design: str) -> int:
        """VMAs visited by all walks of a design."""
        return sum(w.verdict(design).vmas for w in self.walks)


def judge(walk: Walk, ptes: Sequence[tuple[Mm, int]]) -> Verdict:
    """Compare what a walk found with the PTEs that map the folio."""
    return Verdict(
        walk.design,
        tuple(_pte(pte) for pte in ptes if pte in walk.found),
        tuple(_pte(pte) for pte in ptes if pte not in walk.found),
        walk.cost.vmas,
        walk.cost.nodes,
        walk.cost.find_vma,
    )


def _pte(pte: tuple[Mm, int]) -> Pte:
    return pte[0].name, pte[1] - BASE


def walk_folio(
    folio: Folio,
    ptes: Sequence[tuple[Mm, int]],
    designs: Sequence[Design],
    line: int | None = None,
    at: Pte | None = None,
) -> FolioWalk:
    """Walk ``folio`` as each design would; ``ptes`` is the ground truth.

    A folio that is not a KSM folio gets one verdict, on ``rmap_walk_anon()``.
    """
    walks = (
        [rmap_walk(design, folio) for design in designs]
        if folio.test_ksm
        else [walk_anon(folio)]
    )
    process, page = at or _pte(ptes[0])
    return FolioWalk(
        line,
        process,
        page,
        folio_name(folio),
        folio.kind,
        relative(folio.index),
        tuple(_pte(pte) for pte in ptes),
        tuple(judge(walk, ptes) for walk in walks),
    )


def ksm_walks(replay: Replay, designs: Sequence[Design]) -> tuple[FolioWalk, ...]:
    """The walk of every KSM folio, as things stand."""
    truth = mapped_at(replay.kernel.mms.values())
    return tuple(
        walk_folio(folio, ptes, designs)
        for folio, ptes in truth.items()
        if folio.test_ksm
    )


def replay_with(
    history: History, designs: Sequence[Design], max_page_sharing: int = 256
) -> Replay:
    """A replay on a kernel where each of the designs saves what it saves."""
    return Replay(history, tracers(designs), max_page_sharing)


def run(
    history: History,
    designs: Sequence[Design] | None = None,
    max_page_sharing: int = 256,
) -> Report:
    """Replay a history to its end and judge its walks.

    Those its ``walk`` lines ask for; without any, those of every KSM folio at
    the end. ``designs`` defaults to all.
    """
    designs = tuple(all_designs().values()) if designs is None else designs
    replay = replay_with(history, designs, max_page_sharing)
    walks: list[FolioWalk] = []
    asked = False
    while replay.position < len(replay):
        refusal = replay.step()
        if isinstance(replay.operation, WalkPage):
            asked = True
            if refusal is None:
                walks.append(_asked_walk(replay, replay.operation, designs))
    if not asked:
        walks.extend(ksm_walks(replay, designs))
    return Report(
        history, tuple(replay.refusals), tuple(walks), snapshot(replay.kernel)
    )


def _asked_walk(
    replay: Replay, operation: WalkPage, designs: Sequence[Design]
) -> FolioWalk:
    folio = folio_to_walk(replay.kernel, operation)
    truth = mapped_at(replay.kernel.mms.values())
    line = replay.history.line_of(replay.position)
    at = (operation.process, operation.page)
    return walk_folio(folio, truth[folio], designs, line, at)
