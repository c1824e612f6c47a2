"""The anon_vma interval tree: mm/interval_tree.c over an augmented rbtree.

Follows ``INTERVAL_TREE_DEFINE()`` (include/linux/interval_tree_generic.h) and
lib/rbtree.c of Linux 6.12: closed intervals, sorted by first page offset,
equal starts go right, so the order is (start, time of insertion). Each node
keeps the largest last offset below it, which lets a search skip a subtree.
The shape is the kernel's, so that counted nodes are the kernel's too.

Insertion and removal cost O(log n). A walk costs O(log n) for each VMA it
finds, and O(log n + k) for k VMAs that stand side by side in the tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksmlib.mm.types import AnonVma, AnonVmaChain, Vma


@dataclass
class Cost:
    """What a walk of the tree has cost so far.

    ``vmas`` counts the VMAs the tree gave back, ``nodes`` each step of the
    search onto a node, down or up, and the two that the early exit looks at.
    """

    vmas: int = 0
    nodes: int = 0

    def step(self, node: AnonVmaChain) -> None:
        """The search looks at ``node``; override it to look on."""
        self.nodes += 1


def avc_start_pgoff(avc: AnonVmaChain) -> int:
    """First page offset of the node, read through its VMA."""
    return avc.vma.vm_pgoff


def avc_last_pgoff(avc: AnonVmaChain) -> int:
    """Last page offset of the node, read through its VMA."""
    return avc.vma.last_pgoff


# --- lib/rbtree.c, with the augmented maximum ------------------------------


def _subtree_last(node: AnonVmaChain) -> int:
    last = avc_last_pgoff(node)
    if node.rb_left and node.rb_left.rb_subtree_last > last:
        last = node.rb_left.rb_subtree_last
    if node.rb_right and node.rb_right.rb_subtree_last > last:
        last = node.rb_right.rb_subtree_last
    return last


def _propagate(node: AnonVmaChain | None) -> None:
    """Recompute the maximum from ``node`` up to the root."""
    while node:
        node.rb_subtree_last = _subtree_last(node)
        node = node.rb_parent


def _replace_child(root: AnonVma, old: AnonVmaChain, new: AnonVmaChain | None) -> None:
    parent = old.rb_parent
    if parent is None:
        root.rb_root = new
    elif parent.rb_left is old:
        parent.rb_left = new
    else:
        parent.rb_right = new
    if new:
        new.rb_parent = parent


def _rotate(root: AnonVma, node: AnonVmaChain, to_left: bool) -> None:
    """Turn ``node`` down to the left (or right); its child takes its place."""
    child = node.rb_right if to_left else node.rb_left
    assert child is not None
    inner = child.rb_left if to_left else child.rb_right
    _replace_child(root, node, child)
    if to_left:
        node.rb_right, child.rb_left = inner, node
    else:
        node.rb_left, child.rb_right = inner, node
    if inner:
        inner.rb_parent = node
    node.rb_parent = child
    child.rb_subtree_last = node.rb_subtree_last
    node.rb_subtree_last = _subtree_last(node)


def _insert_color(root: AnonVma, node: AnonVmaChain) -> None:
    """Restore the colours after ``node`` was linked red."""
    while (parent := node.rb_parent) and parent.rb_red:
        gparent = parent.rb_parent
        assert gparent is not None  # a red node is never the root
        on_left = gparent.rb_left is parent
        uncle = gparent.rb_right if on_left else gparent.rb_left
        if uncle and uncle.rb_red:
            parent.rb_red = uncle.rb_red = False
            gparent.rb_red = True
            node = gparent
            continue
        if node is (parent.rb_right if on_left else parent.rb_left):
            _rotate(root, parent, to_left=on_left)
            parent = node
        parent.rb_red = False
        gparent.rb_red = True
        _rotate(root, gparent, to_left=not on_left)
        break
    assert root.rb_root is not None
    root.rb_root.rb_red = False


def _erase_color(
    root: AnonVma, node: AnonVmaChain | None, parent: AnonVmaChain | None
) -> None:
    """Restore the black height; ``node`` (or nothing) lacks one black."""
    while parent and (node is None or not node.rb_red):
        on_left = parent.rb_left is node
        sibling = parent.rb_right if on_left else parent.rb_left
        assert sibling is not None
        if sibling.rb_red:
            sibling.rb_red = False
            parent.rb_red = True
            _rotate(root, parent, to_left=on_left)
            sibling = parent.rb_right if on_left else parent.rb_left
            assert sibling is not None
        near = sibling.rb_left if on_left else sibling.rb_right
        far = sibling.rb_right if on_left else sibling.rb_left
        if not (far and far.rb_red):
            if not (near and near.rb_red):
                sibling.rb_red = True
                node, parent = parent, parent.rb_parent
                continue
            near.rb_red = False
            sibling.rb_red = True
            _rotate(root, sibling, to_left=not on_left)
            sibling, far = near, sibling
        sibling.rb_red = parent.rb_red
        parent.rb_red = False
        assert far is not None
        far.rb_red = False
        _rotate(root, parent, to_left=on_left)
        return
    if node:
        node.rb_red = False


def _first(node: AnonVmaChain) -> AnonVmaChain:
    while node.rb_left:
        node = node.rb_left
    return node


def _next(node: AnonVmaChain) -> AnonVmaChain | None:
    if node.rb_right:
        return _first(node.rb_right)
    while (parent := node.rb_parent) and parent.rb_right is node:
        node = parent
    return parent


def _erase(root: AnonVma, node: AnonVmaChain) -> None:
    """``__rb_erase_augmented()``: unlink ``node`` and rebalance."""
    if node.rb_left and node.rb_right:
        successor = _first(node.rb_right)
        lost_red = successor.rb_red
        child = successor.rb_right
        if successor.rb_parent is node:
            parent: AnonVmaChain | None = successor
        else:
            parent = successor.rb_parent
            _replace_child(root, successor, child)
            successor.rb_right = node.rb_right
            successor.rb_right.rb_parent = successor
        successor.rb_left = node.rb_left
        successor.rb_left.rb_parent = successor
        successor.rb_red = node.rb_red
        _replace_child(root, node, successor)
    else:
        lost_red = node.rb_red
        child = node.rb_left or node.rb_right
        parent = node.rb_parent
        _replace_child(root, node, child)
    _propagate(parent)
    if not lost_red:
        _erase_color(root, child, parent)


# --- mm/interval_tree.c ----------------------------------------------------


def anon_vma_interval_tree_insert(avc: AnonVmaChain, anon_vma: AnonVma) -> None:
    """File ``avc`` under the page offsets its VMA has now."""
    start, last = avc_start_pgoff(avc), avc_last_pgoff(avc)
    parent: AnonVmaChain | None = None
    link = anon_vma.rb_root
    go_left = False
    leftmost = True
    while link:
        parent = link
        if parent.rb_subtree_last < last:
            parent.rb_subtree_last = last
        go_left = start < avc_start_pgoff(parent)
        if go_left:
            link = parent.rb_left
        else:
            link = parent.rb_right
            leftmost = False
    avc.rb_parent, avc.rb_left, avc.rb_right = parent, None, None
    avc.rb_red = True
    avc.rb_subtree_last = last
    if parent is None:
        anon_vma.rb_root = avc
    elif go_left:
        parent.rb_left = avc
    else:
        parent.rb_right = avc
    if leftmost:
        anon_vma.rb_leftmost = avc
    _insert_color(anon_vma, avc)


def anon_vma_interval_tree_remove(avc: AnonVmaChain, anon_vma: AnonVma) -> None:
    """Take ``avc`` out; its VMA must still have the bounds it was filed with."""
    if anon_vma.rb_leftmost is avc:
        anon_vma.rb_leftmost = _next(avc)
    _erase(anon_vma, avc)
    avc.rb_parent = avc.rb_left = avc.rb_right = None


def _subtree_search(
    node: AnonVmaChain, first: int, last: int, cost: Cost
) -> AnonVmaChain | None:
    """Leftmost match below ``node``, of which ``first <= rb_subtree_last``."""
    while True:
        cost.step(node)
        if node.rb_left and first <= node.rb_left.rb_subtree_last:
            node = node.rb_left
            continue
        if avc_start_pgoff(node) <= last:
            if first <= avc_last_pgoff(node):
                return node
            if node.rb_right and first <= node.rb_right.rb_subtree_last:
                node = node.rb_right
                continue
        return None


def anon_vma_interval_tree_iter_first(
    anon_vma: AnonVma, first: int, last: int, cost: Cost
) -> AnonVmaChain | None:
    """The first node that overlaps ``[first, last]``, or None."""
    root, leftmost = anon_vma.rb_root, anon_vma.rb_leftmost
    if root is None or leftmost is None:
        return None
    cost.step(root)
    if root.rb_subtree_last < first:
        return None
    cost.step(leftmost)
    if avc_start_pgoff(leftmost) > last:
        return None
    return _subtree_search(root, first, last, cost)


def anon_vma_interval_tree_iter_next(
    avc: AnonVmaChain, first: int, last: int, cost: Cost
) -> AnonVmaChain | None:
    """The next node in order that overlaps ``[first, last]``, or None."""
    right = avc.rb_right
    while True:
        if right and first <= right.rb_subtree_last:
            return _subtree_search(right, first, last, cost)
        while True:
            parent = avc.rb_parent
            if parent is None:
                return None
            came_from, avc = avc, parent
            right = avc.rb_right
            cost.step(avc)
            if came_from is not right:
                break
        if last < avc_start_pgoff(avc):
            return None
        if first <= avc_last_pgoff(avc):
            return avc


def anon_vma_interval_tree_foreach(
    anon_vma: AnonVma, first: int, last: int, cost: Cost
) -> Iterator[Vma]:
    """The VMAs whose page offsets overlap ``[first, last]``, in order.

    The tree must not change while the loop runs.
    """
    avc = anon_vma_interval_tree_iter_first(anon_vma, first, last, cost)
    while avc:
        cost.vmas += 1
        yield avc.vma
        avc = anon_vma_interval_tree_iter_next(avc, first, last, cost)


def anon_vma_interval_tree_nodes(anon_vma: AnonVma) -> Iterator[AnonVmaChain]:
    """Every node in order (``rb_next()``); costs nothing, for looking on."""
    avc = anon_vma.rb_leftmost
    while avc:
        yield avc
        avc = _next(avc)


def is_linked(avc: AnonVmaChain) -> bool:
    """Is ``avc`` in the tree of its anon_vma? Climbs from it to the root."""
    while parent := avc.rb_parent:
        if avc not in (parent.rb_left, parent.rb_right):
            return False
        avc = parent
    return avc is avc.anon_vma.rb_root


def check(anon_vma: AnonVma) -> None:
    """Assert that the tree is an augmented red-black tree in kernel order.

    Follows ``anon_vma_interval_tree_verify()`` and the checks of
    lib/rbtree_test.c; raises AssertionError naming the rule.
    """
    root = anon_vma.rb_root
    if root is None:
        assert anon_vma.rb_leftmost is None, "rb_leftmost of an empty tree"
        return
    assert root.rb_parent is None, "the root has a parent"
    assert not root.rb_red, "the root is red"
    assert anon_vma.rb_leftmost is _first(root), "rb_leftmost is not the first node"
    nodes = list(_in_order(root))
    for node in nodes:
        for child in (node.rb_left, node.rb_right):
            assert not child or child.rb_parent is node, (
                "a child does not know its parent"
            )
    black_heights = set()
    before = -1
    for node in nodes:
        start = avc_start_pgoff(node)
        assert before <= start, "nodes are not sorted by first page offset"
        before = start
        assert node.anon_vma is anon_vma, "a node of another anon_vma"
        assert node.rb_subtree_last == _subtree_last(node), "rb_subtree_last is stale"
        for child in (node.rb_left, node.rb_right):
            if child:
                assert not (node.rb_red and child.rb_red), "red child of a red node"
            else:
                black_heights.add(_black_height(node))
    assert len(black_heights) == 1, "paths with different numbers of black nodes"


def _in_order(node: AnonVmaChain | None) -> Iterator[AnonVmaChain]:
    """Every node below, found through children alone."""
    if node:
        yield from _in_order(node.rb_left)
        yield node
        yield from _in_order(node.rb_right)


def _black_height(node: AnonVmaChain | None) -> int:
    height = 0
    while node:
        height += not node.rb_red
        node = node.rb_parent
    return height
