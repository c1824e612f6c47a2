"""The interval tree of one anon_vma, and how a query walks it, as plain data.

The search is repeated here step by step on the model's own tree, to know which
nodes it looks at; ``tests/draw`` holds it against what the model counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ksmlib.history.replay import BASE
from ksmlib.history.state import anon_vma_name, relative
from ksmlib.mm.interval_tree import avc_last_pgoff, avc_start_pgoff
from ksmlib.mm.types import ULONG_MAX, AnonVma, AnonVmaChain

#: What a query makes of a node: gives it back; looks at it and goes on; skips
#: it with all below, since ``subtree_last`` says there is nothing to find;
#: never gets there.
Outcome = Literal["", "hit", "looked", "pruned", "unseen"]


@dataclass(frozen=True)
class TreeNode:
    """One node. Page offsets count as in a State.

    ``parent``, ``left`` and ``right`` are positions in ``TreeView.nodes``;
    ``looks`` is how often the query steps on the node.
    """

    process: str
    start: int
    first: int
    last: int
    subtree_last: int
    red: bool
    depth: int
    parent: int | None
    left: int | None
    right: int | None
    outcome: Outcome = ""
    looks: int = 0


@dataclass(frozen=True)
class TreeView:
    """The nodes in order of the tree; ``window`` is what is asked.

    ``window`` is None without a query; its last is None if it asks for
    everything. ``nodes_counted`` is what the model's ``Cost.nodes`` says.
    """

    anon_vma: str
    nodes: tuple[TreeNode, ...]
    window: tuple[int, int | None] | None = None
    nodes_counted: int = 0

    @property
    def hits(self) -> tuple[TreeNode, ...]:
        return tuple(node for node in self.nodes if node.outcome == "hit")


def tree_view(anon_vma: AnonVma, window: tuple[int, int] | None = None) -> TreeView:
    """The tree, and what a query for ``window`` does there.

    ``window`` is as a design's probe has it, page offsets from nought; see
    ``shown_window()`` for one that counts as a State does.
    """
    order = list(_in_order(anon_vma.rb_root, 0))
    query = Query(anon_vma, window) if window else None
    place = {id(avc): n for n, (avc, _) in enumerate(order)}
    nodes = tuple(_node(avc, depth, place, query) for avc, depth in order)
    name = str(anon_vma_name(anon_vma))
    if query is None or window is None:
        return TreeView(name, nodes)
    everything = window[1] == ULONG_MAX
    last = None if everything else relative(window[1])
    first = 0 if everything else relative(window[0])
    return TreeView(name, nodes, (first, last), query.counted)


def shown_window(first: int, last: int) -> tuple[int, int]:
    """The window of anonymous page offsets that count from the base."""
    return BASE + first, BASE + last


def _in_order(
    node: AnonVmaChain | None, depth: int
) -> Iterator[tuple[AnonVmaChain, int]]:
    if node is not None:
        yield from _in_order(node.rb_left, depth + 1)
        yield node, depth
        yield from _in_order(node.rb_right, depth + 1)


def _node(
    avc: AnonVmaChain, depth: int, place: dict[int, int], query: Query | None
) -> TreeNode:
    def of(other: AnonVmaChain | None) -> int | None:
        return None if other is None else place[id(other)]

    return TreeNode(
        avc.vma.vm_mm.name,
        avc.vma.vm_start - BASE,
        relative(avc_start_pgoff(avc)),
        relative(avc_last_pgoff(avc)),
        relative(avc.rb_subtree_last),
        avc.rb_red,
        depth,
        of(avc.rb_parent),
        of(avc.rb_left),
        of(avc.rb_right),
        query.outcome(avc) if query else "",
        query.looks.get(id(avc), 0) if query else 0,
    )


class Query:
    """``anon_vma_interval_tree_foreach()``, writing down each step.

    Follows ksmlib/mm/interval_tree.py, which follows the kernel.
    """

    def __init__(self, anon_vma: AnonVma, window: tuple[int, int]) -> None:
        self.first, self.last = window
        self.looks: dict[int, int] = {}
        self._hits: set[int] = set()
        self._pruned: set[int] = set()
        avc = self._iter_first(anon_vma)
        while avc is not None:
            self._hits.add(id(avc))
            avc = self._iter_next(avc)

    @property
    def counted(self) -> int:
        """All steps, as ``Cost.nodes`` counts them."""
        return sum(self.looks.values())

    def outcome(self, avc: AnonVmaChain) -> Outcome:
        """What became of a node."""
        if id(avc) in self._hits:
            return "hit"
        if id(avc) in self.looks:
            return "looked"
        node: AnonVmaChain | None = avc
        while node is not None:
            if id(node) in self._pruned:
                return "pruned"
            node = node.rb_parent
        return "unseen"

    def _look(self, avc: AnonVmaChain) -> None:
        self.looks[id(avc)] = self.looks.get(id(avc), 0) + 1

    def _below(self, child: AnonVmaChain | None) -> bool:
        """Whether to go down to a child: it is pruned if nothing is there."""
        if child is None:
            return False
        if self.first <= child.rb_subtree_last:
            return True
        self._pruned.add(id(child))
        return False

    def _iter_first(self, anon_vma: AnonVma) -> AnonVmaChain | None:
        root, leftmost = anon_vma.rb_root, anon_vma.rb_leftmost
        if root is None or leftmost is None:
            return None
        self._look(root)
        if root.rb_subtree_last < self.first:
            return None
        self._look(leftmost)
        if avc_start_pgoff(leftmost) > self.last:
            return None
        return self._search(root)

    def _search(self, node: AnonVmaChain) -> AnonVmaChain | None:
        while True:
            self._look(node)
            if self._below(node.rb_left):
                assert node.rb_left is not None
                node = node.rb_left
                continue
            if avc_start_pgoff(node) <= self.last:
                if self.first <= avc_last_pgoff(node):
                    return node
                if self._below(node.rb_right):
                    assert node.rb_right is not None
                    node = node.rb_right
                    continue
            return None

    def _iter_next(self, avc: AnonVmaChain) -> AnonVmaChain | None:
        while True:
            if self._below(avc.rb_right):
                assert avc.rb_right is not None
                return self._search(avc.rb_right)
            while True:
                parent = avc.rb_parent
                if parent is None:
                    return None
                came_from_right = parent.rb_right is avc
                avc = parent
                self._look(avc)
                if not came_from_right:
                    break
            if self.last < avc_start_pgoff(avc):
                return None
            if self.first <= avc_last_pgoff(avc):
                return avc
