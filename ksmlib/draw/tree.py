"""The interval tree of one anon_vma, and how a query walks it, as plain data.

The search is the model's own, looked on at through the cost that it counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ksmlib.designs import Design
from ksmlib.designs.base import DesignCost, TreeDesign
from ksmlib.history.replay import BASE
from ksmlib.history.state import anon_vma_name, relative
from ksmlib.mm.interval_tree import (
    Cost,
    anon_vma_interval_tree_iter_first,
    anon_vma_interval_tree_iter_next,
    avc_last_pgoff,
    avc_start_pgoff,
)
from ksmlib.mm.types import (
    ULONG_MAX,
    AnonVma,
    AnonVmaChain,
    Folio,
    Mm,
    StableNode,
)

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
    query = _ask(anon_vma, window) if window else None
    place = {id(avc): n for n, (avc, _) in enumerate(order)}
    nodes = tuple(_node(avc, depth, place, query) for avc, depth in order)
    name = str(anon_vma_name(anon_vma))
    if query is None or window is None:
        return TreeView(name, nodes)
    everything = window[1] == ULONG_MAX
    last = None if everything else relative(window[1])
    first = 0 if everything else relative(window[0])
    return TreeView(name, nodes, (first, last), query.nodes)


def asked_trees(folio: Folio, design: Design) -> list[TreeView]:
    """Every question that a design's walk of a KSM folio asks a tree, once."""
    if not isinstance(design, TreeDesign):
        return []
    assert isinstance(folio.mapping, StableNode)
    asked = design.probes(folio.mapping, DesignCost())
    once = {(probe.anon_vma.number, probe.window): probe for probe in asked}
    return [tree_view(probe.anon_vma, probe.window) for probe in once.values()]


def all_trees(mms: Iterable[Mm]) -> list[TreeView]:
    """The trees of more than one VMA, in the order of their anon_vmas."""
    chains = (avc for mm in mms for vma in mm.vmas for avc in vma.anon_vma_chain)
    found = {avc.anon_vma.number: avc.anon_vma for avc in chains}
    views = [tree_view(found[number]) for number in sorted(found)]
    return [view for view in views if len(view.nodes) > 1]


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
        query.looks[avc] if query else 0,
    )


@dataclass
class Query(Cost):
    """A search of the model, writing down where it looks and what it gives back."""

    first: int = 0
    looks: Counter[AnonVmaChain] = field(default_factory=Counter)
    hits: set[AnonVmaChain] = field(default_factory=set)

    def step(self, node: AnonVmaChain) -> None:
        super().step(node)
        self.looks[node] += 1

    def outcome(self, avc: AnonVmaChain) -> Outcome:
        """What became of a node."""
        if avc in self.hits:
            return "hit"
        if avc in self.looks:
            return "looked"
        return "pruned" if avc.rb_subtree_last < self.first else "unseen"


def _ask(anon_vma: AnonVma, window: tuple[int, int]) -> Query:
    query = Query(first=window[0])
    avc = anon_vma_interval_tree_iter_first(anon_vma, *window, query)
    while avc is not None:
        query.hits.add(avc)
        avc = anon_vma_interval_tree_iter_next(avc, *window, query)
    return query
