"""Walking the reverse map of one folio as a design would (``rmap_walk()``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ksmlib.designs.base import Design, DesignCost, Visit, maps
from ksmlib.mm.rmap import rmap_walk_anon
from ksmlib.mm.types import AnonVma, Folio, Mm

#: In place of a design: the walk of a folio that is not a KSM folio.
ANON = "rmap_walk_anon"


@dataclass(frozen=True)
class Walk:
    """What one walk found and what it cost."""

    design: str
    found: set[tuple[Mm, int]]
    cost: DesignCost


def anon_visits(folio: Folio, cost: DesignCost) -> Iterator[Visit]:
    """Every VMA a walk of an anonymous folio looks at, whatever the design."""
    assert isinstance(folio.mapping, AnonVma)
    for vma, address in rmap_walk_anon(folio, cost):
        yield Visit(folio.mapping, vma, address, maps(vma, address, folio))


def rmap_walk(design: Design, folio: Folio) -> Walk:
    """Walk a KSM folio as ``design`` would."""
    cost = DesignCost()
    return Walk(design.id, _found(design.visits(folio, cost)), cost)


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
