"""The anon_vma interval tree against a plain list that is scanned."""

from __future__ import annotations

from bisect import insort
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksmlib.designs import all_designs, tracers
from ksmlib.designs.walk import rmap_walk
from ksmlib.history import BASE, Replay, parse
from ksmlib.history.generated import split_every_other_page
from ksmlib.mm import interval_tree
from ksmlib.mm.check import check
from ksmlib.mm.interval_tree import (
    Cost,
    anon_vma_interval_tree_foreach,
    anon_vma_interval_tree_insert,
    anon_vma_interval_tree_nodes,
    anon_vma_interval_tree_remove,
)
from ksmlib.mm.types import ULONG_MAX, AnonVma, AnonVmaChain, Mm, Numbers, Vma

MM = Mm("A", Numbers())


def interval(anon_vma: AnonVma, first: int, pages: int) -> AnonVmaChain:
    return AnonVmaChain(Vma(MM, first, first + pages, first, 0), anon_vma)


class Both:
    """A tree, and the list it must agree with."""

    def __init__(self, intervals: list[tuple[int, int]] = ()) -> None:
        self.tree = AnonVma(1)
        self.list: list[AnonVmaChain] = []
        for first, pages in intervals:
            self.insert(first, pages)

    def insert(self, first: int, pages: int) -> None:
        avc = interval(self.tree, first, pages)
        anon_vma_interval_tree_insert(avc, self.tree)
        insort(self.list, avc, key=lambda avc: avc.vma.vm_pgoff)  # after its equals

    def remove(self, number: int, _: int) -> None:
        if self.list:
            avc = self.list.pop(number % len(self.list))
            anon_vma_interval_tree_remove(avc, self.tree)

    def query(self, first: int, last: int) -> Cost:
        """Ask both; returns what it cost the tree."""
        cost = Cost()
        found = list(anon_vma_interval_tree_foreach(self.tree, first, last, cost))
        scanned = [avc.vma for avc in self.list]
        expected = [v for v in scanned if v.vm_pgoff <= last and first <= v.last_pgoff]
        assert found == expected
        assert cost.vmas == len(expected)
        return cost

    def height(self) -> float:
        """A red-black tree is no higher."""
        return 2 * log2(len(self.list) + 1)


ACTIONS = st.tuples(
    st.sampled_from(["insert", "insert", "remove", "query"]),
    st.integers(0, 20),
    st.integers(1, 8),
)


@given(st.lists(ACTIONS, max_size=60))
def test_the_tree_agrees_with_a_list(actions):
    both = Both()
    for action, first, pages in actions:
        if action == "query":
            both.query(first, first + pages - 1)
        else:
            getattr(both, action)(first, pages)
            interval_tree.check(both.tree)
            assert list(anon_vma_interval_tree_nodes(both.tree)) == both.list
    both.query(0, ULONG_MAX)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), max_size=80))
def test_no_query_costs_more_than_its_bound(intervals):
    both = Both(intervals)
    for first in range(0, 80, 7):
        for last in (first, first + 10):
            cost = both.query(first, last)
            # a descent to the first hit, and from each hit to the next
            assert cost.nodes <= 2 + (cost.vmas + 1) * 2 * both.height()
            assert cost.nodes <= 2 + 2 * len(both.list)


@pytest.mark.parametrize("n", [1, 10, 100, 1_000, 10_000])
def test_k_neighbours_of_n_cost_log_n_plus_k(n):
    """VMAs of one process do not overlap: those found lie side by side."""
    both = Both([(first, 1) for first in range(n)])
    for k in (1, 2, 10, n):
        for first in range(0, n, max(1, n // 7)):
            cost = both.query(first, first + k - 1)
            assert cost.nodes <= 3 * (log2(n + 1) + cost.vmas) + 3


def test_a_query_beyond_all_looks_at_two_nodes_at_most():
    both = Both([(first, 1) for first in range(10, 1_000)])
    assert both.query(2_000, ULONG_MAX).nodes == 1  # the root's subtree_last
    assert both.query(0, 5).nodes == 2  # and the leftmost node
    assert Both().query(0, ULONG_MAX).nodes == 0


def test_equal_starts_stay_in_order_of_insertion_when_one_is_filed_again():
    both = Both([(5, 1), (5, 2), (5, 3)])
    first = both.list[0]
    anon_vma_interval_tree_remove(first, both.tree)
    anon_vma_interval_tree_insert(first, both.tree)
    order = [avc.vma.pages for avc in anon_vma_interval_tree_nodes(both.tree)]
    assert order == [2, 3, 1]


# --- check() can fail ------------------------------------------------------


def red_leaf(tree: AnonVma) -> AnonVmaChain:
    nodes = anon_vma_interval_tree_nodes(tree)
    return next(n for n in nodes if n.rb_red and not n.rb_left)


@pytest.mark.parametrize(
    ("rule", "corrupt"),
    [
        ("the root has a parent", lambda t: set_(t.rb_root, rb_parent=t.rb_leftmost)),
        ("the root is red", lambda t: set_(t.rb_root, rb_red=True)),
        ("rb_leftmost of an empty tree", lambda t: set_(t, rb_root=None)),
        ("rb_leftmost is not the first", lambda t: set_(t, rb_leftmost=t.rb_root)),
        ("not sorted", lambda t: set_(t.rb_leftmost.vma, vm_pgoff=3, vm_end=1)),
        ("of another anon_vma", lambda t: set_(t.rb_root, anon_vma=AnonVma(2))),
        ("rb_subtree_last is stale", lambda t: set_(t.rb_root, rb_subtree_last=99)),
        ("does not know its parent", lambda t: set_(t.rb_root.rb_left, rb_parent=None)),
        ("red child of a red node", lambda t: set_(red_leaf(t).rb_parent, rb_red=True)),
        ("different numbers of black", lambda t: set_(red_leaf(t), rb_red=False)),
    ],
)
def test_a_broken_tree_is_seen(rule, corrupt):
    tree = Both([(first, 4) for first in range(8)]).tree
    interval_tree.check(tree)
    corrupt(tree)
    with pytest.raises(AssertionError, match=rule):
        interval_tree.check(tree)


def set_(target: object, **values: object) -> None:
    for name, value in values.items():
        setattr(target, name, value)


# --- 20,000 VMAs on one anon_vma -------------------------------------------

VMAS = 20_000


@pytest.fixture(scope="module")
def many() -> Replay:
    replay = Replay(
        parse(split_every_other_page(VMAS)), tracers(all_designs().values())
    )
    replay.run()
    assert not replay.refusals
    check(replay.kernel)
    return replay


@pytest.mark.parametrize(
    ("design", "vmas"),
    [
        # two rmap_items, each asked for twice: itself, and forks since
        ("full", 2 * 2 * VMAS),
        ("stored-pgoff", 2 * 2),
        ("address", 2 * 2),
        ("by-index", 2),  # one pass is enough
        ("by-index-origin", 3),
    ],
)
def test_vmas_visited_with_20_000_vmas_on_one_anon_vma(many, design, vmas):
    page_table = many.kernel.mms["A"].page_table
    walk = rmap_walk(all_designs()[design], page_table[BASE])
    assert walk.found == {(many.kernel.mms["A"], BASE + page) for page in (0, 1)}
    assert walk.cost.vmas == vmas
    assert walk.cost.nodes <= 3 * (4 * log2(VMAS) + vmas)


def test_20_000_vmas_are_all_in_one_tree(many):
    [anon_vma] = {vma.anon_vma for vma in many.kernel.mms["A"].vmas}
    starts = [n.vma.vm_pgoff for n in anon_vma_interval_tree_nodes(anon_vma)]
    assert starts == list(range(BASE, BASE + VMAS))
