"""Tracepoints: the places where somebody outside may look on.

The model calls them and takes no answer. A design uses them to save what it
would save in a patched kernel: each one stands where a patch would put its
line, with the locks held that the patch would need.
"""

from __future__ import annotations

from ksmlib.mm.types import AnonVma, RmapItem, StableNode, Vma


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

    def moved(self, vma: Vma, new_vma: Vma) -> None:
        """``move_vma()``: page tables went from ``vma`` to ``new_vma``."""

    def forked(self, vma: Vma, pvma: Vma) -> None:
        """``anon_vma_fork()``: the child's ``vma`` has its anon_vma."""
