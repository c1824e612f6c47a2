"""Tracepoints: the places where somebody outside may look on.

The model calls them and takes no answer. A design uses them to save what it
would save in a patched kernel: each one stands where a patch would put its
line, with the locks held that the patch would need. A second reverse map
(``ksmlib.mm.cow_context``) lives on nothing else.
"""

from __future__ import annotations

from ksmlib.mm.types import AnonVma, Folio, Mm, RmapItem, StableNode, Vma


class Trace:
    """Does nothing; override what you want to see."""

    def merged(self, rmap_item: RmapItem, vma: Vma) -> None:
        """``try_to_merge_with_ksm_page()``: the item got its anon_vma.

        ``vma`` maps ``rmap_item.address``; ``mmap_lock`` is held for reading.
        """

    def became_ksm(
        self, stable_node: StableNode, anon_vma: AnonVma, index: int
    ) -> None:
        """``stable_tree_insert()``: a folio became a KSM folio.

        ``anon_vma`` and ``index`` are what the folio had as anonymous folio.
        """

    def started(self, mm: Mm) -> None:
        """``mm_init()``: a new address space, still empty."""

    def dup_mmap(self, mm: Mm, oldmm: Mm) -> None:
        """``dup_mmap()``: the child's ``mm`` has all it gets from ``oldmm``."""

    def exited(self, mm: Mm) -> None:
        """``exit_mmap()``: nothing is mapped any more, and nothing will be."""

    def linked(self, vma: Vma) -> None:
        """From here on ``vma`` has these bounds; it may have no anon_vma.

        At its first fault, in a copy, and behind a change of its bounds.
        """

    def unlinked(self, vma: Vma) -> None:
        """Of an unmapped VMA, and of one whose bounds are about to change."""

    def added(self, folio: Folio, vma: Vma) -> None:
        """``folio_add_new_anon_rmap()``: a new folio of ``vma``."""

    def taken_over(self, folio: Folio, vma: Vma) -> None:
        """``folio_move_anon_rmap()``: ``vma`` is its only mapper."""

    def freed(self, folio: Folio) -> None:
        """The last PTE of an anonymous or KSM folio is gone."""

    def moved(self, vma: Vma, new_vma: Vma) -> None:
        """``move_vma()``: page tables went from ``vma`` to ``new_vma``."""

    def forked(self, vma: Vma, pvma: Vma) -> None:
        """``anon_vma_fork()``: the child's ``vma`` has its anon_vma."""
