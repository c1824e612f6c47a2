"""Walking the reverse map of one folio as a design would (``rmap_walk()``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ksmlib.designs.base import Design, DesignCost
from ksmlib.mm.interval_tree import anon_vma_interval_tree_foreach
from ksmlib.mm.rmap import rmap_walk_anon
from ksmlib.mm.types import AnonVma, Folio, Mm, StableNode, Vma

#: In place of a design: the walk of a folio that is not a KSM folio.
ANON = "rmap_walk_anon"


@dataclass(frozen=True)
class Visit:
    """One VMA that the tree gave back.

    ``address`` is the page tried there, None if the VMA was skipped; ``hit``
    tells whether its PTE maps the folio.
    """

    anon_vma: AnonVma
    vma: Vma
    address: int | None
    hit: bool


@dataclass(frozen=True)
class Walk:
    """What one walk found and what it cost."""

    design: str
    found: set[tuple[Mm, int]]
    cost: DesignCost


def visits(design: Design, folio: Folio, cost: DesignCost) -> Iterator[Visit]:
    """Every VMA a design's walk of a KSM folio looks at, in order.

    The walk never stops early, as for a caller whose ``rmap_one()`` always
    wants more: migration and reclaim until the last PTE is found.
    """
    assert isinstance(folio.mapping, StableNode)
    for probe in design.probes(folio.mapping, cost):
        first, last = probe.window
        for vma in anon_vma_interval_tree_foreach(probe.anon_vma, first, last, cost):
            address = probe.address(vma)
            hit = address is not None and vma.vm_mm.page_table.get(address) is folio
            yield Visit(probe.anon_vma, vma, address, hit)


def anon_visits(folio: Folio, cost: DesignCost) -> Iterator[Visit]:
    """Every VMA a walk of an anonymous folio looks at, whatever the design."""
    assert isinstance(folio.mapping, AnonVma)
    for vma, address in rmap_walk_anon(folio, cost):
        hit = vma.vm_mm.page_table.get(address) is folio
        yield Visit(folio.mapping, vma, address, hit)


def rmap_walk(design: Design, folio: Folio) -> Walk:
    """Walk a KSM folio as ``design`` would."""
    cost = DesignCost()
    return Walk(design.id, _found(visits(design, folio, cost)), cost)


def walk_anon(folio: Folio) -> Walk:
    """Walk an anonymous folio, as all designs do: none changes this."""
    cost = DesignCost()
    return Walk(ANON, _found(anon_visits(folio, cost)), cost)


def _found(seen: Iterable[Visit]) -> set[tuple[Mm, int]]:
    return {
        (visit.vma.vm_mm, visit.address)
        for visit in seen
        if visit.hit and visit.address is not None
    }
