"""Anonymous reverse mapping: mm/rmap.c of Linux 6.12."""

from __future__ import annotations

from collections.abc import Iterator

from ksmlib.mm.interval_tree import (
    Cost,
    anon_vma_interval_tree_foreach,
    anon_vma_interval_tree_insert,
    anon_vma_interval_tree_remove,
)
from ksmlib.mm.types import (
    AnonVma,
    AnonVmaChain,
    Folio,
    Vma,
    linear_page_index,
    vma_address,
)


def get_anon_vma(anon_vma: AnonVma) -> None:
    """Take a reference, so that the anon_vma outlives its last VMA."""
    anon_vma.refcount += 1


def put_anon_vma(anon_vma: AnonVma) -> None:
    """Drop a reference; the last one of a child lets go of its root too."""
    anon_vma.refcount -= 1
    assert anon_vma.refcount >= 0, "anon_vma put once too often"
    if anon_vma.refcount == 0 and anon_vma.root is not anon_vma:
        put_anon_vma(anon_vma.root)


def anon_vma_chain_link(vma: Vma, anon_vma: AnonVma) -> None:
    """``anon_vma_chain_assign()`` and the insertion that always follows it."""
    avc = AnonVmaChain(vma, anon_vma)
    vma.anon_vma_chain.insert(0, avc)
    anon_vma_interval_tree_insert(avc, anon_vma)


def anon_vma_prepare(vma: Vma, mergeable: AnonVma | None) -> None:
    """Give ``vma`` an anon_vma before its first anonymous page.

    Follows ``__anon_vma_prepare()``. ``mergeable`` is what
    ``find_mergeable_anon_vma()`` (mm/vma.c) said: an anon_vma to share.
    """
    if vma.anon_vma is not None:
        return
    anon_vma = mergeable
    if anon_vma is None:
        anon_vma = AnonVma(vma.vm_mm.numbers.anon_vma())
        anon_vma.num_children += 1  # self-parent link for new root
    vma.anon_vma = anon_vma
    anon_vma_chain_link(vma, anon_vma)
    anon_vma.num_active_vmas += 1
    for tracer in vma.vm_mm.trace:
        tracer.linked(vma)


def anon_vma_clone(dst: Vma, src: Vma) -> None:
    """Attach ``dst`` to every anon_vma that ``src`` is attached to.

    With ``dst.anon_vma`` unset (fork), an anon_vma without active VMAs and
    with fewer than two children is reused; the search starts at the oldest,
    and a root never qualifies, being its own child.
    """
    for pavc in reversed(src.anon_vma_chain):
        anon_vma = pavc.anon_vma
        anon_vma_chain_link(dst, anon_vma)
        if (
            dst.anon_vma is None
            and src.anon_vma is not None
            and anon_vma.num_children < 2
            and anon_vma.num_active_vmas == 0
        ):
            dst.anon_vma = anon_vma
    if dst.anon_vma is not None:
        dst.anon_vma.num_active_vmas += 1


def anon_vma_fork(vma: Vma, pvma: Vma) -> None:
    """Attach the child's ``vma`` to the anon_vmas of ``pvma``, and to its own."""
    if pvma.anon_vma is None:
        return
    vma.anon_vma = None
    anon_vma_clone(vma, pvma)
    if vma.anon_vma is None:  # none was reused
        _add_own_anon_vma(vma, pvma.anon_vma)
    for tracer in vma.vm_mm.trace:
        tracer.linked(vma)
        tracer.forked(vma, pvma)


def _add_own_anon_vma(vma: Vma, parent: AnonVma) -> None:
    anon_vma = AnonVma(vma.vm_mm.numbers.anon_vma())
    anon_vma.num_active_vmas += 1
    anon_vma.root = parent.root
    anon_vma.parent = parent
    get_anon_vma(anon_vma.root)
    vma.anon_vma = anon_vma
    anon_vma_chain_link(vma, anon_vma)
    anon_vma.parent.num_children += 1


def unlink_anon_vmas(vma: Vma) -> None:
    """Detach ``vma`` from all its anon_vmas; free those left without a VMA."""
    empty: list[AnonVma] = []
    for avc in vma.anon_vma_chain:
        anon_vma = avc.anon_vma
        anon_vma_interval_tree_remove(avc, anon_vma)
        if anon_vma.rb_root is None:
            anon_vma.parent.num_children -= 1
            empty.append(anon_vma)
    if vma.anon_vma is not None:
        vma.anon_vma.num_active_vmas -= 1
        vma.anon_vma = None
    for anon_vma in empty:
        put_anon_vma(anon_vma)
    vma.anon_vma_chain.clear()


def anon_vma_merge(vma: Vma, next_: Vma) -> None:
    """``next_`` disappears into ``vma``, which shares its anon_vma."""
    assert vma.anon_vma is next_.anon_vma, "merged VMAs differ in their anon_vma"
    unlink_anon_vmas(next_)


def folio_add_new_anon_rmap(folio: Folio, vma: Vma, address: int) -> None:
    """``__folio_set_anon()`` for a folio that only ``vma`` maps."""
    assert vma.anon_vma is not None
    folio.kind = "anon"
    folio.mapping = vma.anon_vma
    folio.index = linear_page_index(vma, address)
    folio.anon_exclusive = True
    for tracer in vma.vm_mm.trace:
        tracer.added(folio, vma)


def folio_move_anon_rmap(folio: Folio, vma: Vma) -> None:
    """The only mapper takes the folio over: new anon_vma, same index."""
    assert vma.anon_vma is not None
    folio.mapping = vma.anon_vma
    folio.anon_exclusive = True
    for tracer in vma.vm_mm.trace:
        tracer.taken_over(folio, vma)


def rmap_walk_anon(folio: Folio, cost: Cost) -> Iterator[tuple[Vma, int]]:
    """Every place where an anonymous folio may be mapped: (VMA, address).

    The address is the one the folio's index has in that VMA
    (``vma_address()``). Whether the PTE maps the folio is for the caller.
    """
    assert isinstance(folio.mapping, AnonVma)
    index = folio.index
    for vma in anon_vma_interval_tree_foreach(folio.mapping, index, index, cost):
        yield vma, vma_address(vma, index)
