"""What KSM could do on the anon_vma rework: our inference, nobody wrote it.

The proof of concept of the rework (``ksmlib.mm.cow_context``) has no KSM code
that we could find. In place of an anon_vma each rmap_item would hold the COW
context of its mm, with a reference that this model need not count; then no
page offset has to be asked for: a VMA is looked up in each address space.
"""

from __future__ import annotations

from collections.abc import Iterator

from ksmlib.designs import layout
from ksmlib.designs.base import Design, DesignCost, Visit, maps
from ksmlib.mm.cow_context import (
    COW_CONTEXTS,
    CowContext,
    CowCost,
    cow_context,
    folio_cow_context,
    places,
    traverse_contexts,
)
from ksmlib.mm.trace import Trace
from ksmlib.mm.types import Folio, RmapItem, StableNode, Vma, linear_page_index
from ksmlib.mm.vma import vma_lookup


class CowContextByAddress(Design):
    """Each item's address, in its mm and in all that were forked from it.

    One VMA lookup for each address space, also for those that copied or
    unmapped the page long ago. It misses what the full walk misses, who moved
    the page; and a parent is never reached from its child.
    """

    id = "cow-context"
    title = "COW contexts, by address"
    saves = "nothing"
    asks = "the item's address, in its mm's context and all below"
    author = "this book"
    date = "2026-11-23"
    link = "unposted"

    def tracers(self) -> tuple[Trace, ...]:
        return (COW_CONTEXTS, self)

    def visits(self, folio: Folio, cost: DesignCost) -> Iterator[Visit]:
        assert isinstance(folio.mapping, StableNode)
        for rmap_item in folio.mapping.hlist:
            for context in traverse_contexts(cow_context(rmap_item.mm)):
                if context.mm is None:
                    continue
                cost.find_vma += 1
                vma = vma_lookup(context.mm, rmap_item.address)
                if vma is not None:
                    cost.vmas += 1
                    address = rmap_item.address
                    yield Visit(None, vma, address, maps(vma, address, folio))


class CowContextOrigin(CowContextByAddress):
    """Each item's index instead, and once more the folio's own from before.

    The idea of ``by-index-origin``: the folio became a KSM page for all who
    mapped it, and all of them are below the context it had, at the index it
    had. In each context every offset is tried that the remaps list for the
    index. 8 bytes more in the stable node, where the context moves to.
    """

    id = "cow-context-origin"
    reading_of = "cow-context"
    title = "COW contexts, by index and by origin"
    saves = "linear_page_index(vma, address); the folio's old context"
    asks = "that index in the context and all below; and the origin's"
    rmap_item = layout.RmapItemUnion
    stable_node = layout.StableNodeOrigin

    def merged(self, rmap_item: RmapItem, vma: Vma) -> None:
        rmap_item.saved[self.id] = linear_page_index(vma, rmap_item.address)

    def visits(self, folio: Folio, cost: DesignCost) -> Iterator[Visit]:
        assert isinstance(folio.mapping, StableNode)
        for rmap_item in folio.mapping.hlist:
            index: int = rmap_item.saved[self.id]
            yield from _visits(cow_context(rmap_item.mm), index, folio, cost)
        yield from _visits(folio_cow_context(folio), folio.index, folio, cost)


def _visits(
    start: CowContext, index: int, folio: Folio, cost: DesignCost
) -> Iterator[Visit]:
    spent = CowCost()
    for vma, address in places(start, index, spent):
        yield Visit(None, vma, address, maps(vma, address, folio))
    cost.find_vma += spent.lookups
    cost.vmas += spent.vmas
