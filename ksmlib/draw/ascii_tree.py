"""The interval tree of an anon_vma as boxes of plain ASCII.

In the manner of the boxes in the kernel's selftests/mm/merge.c. In a box stand
the VMA, the page offsets it is filed under, and the largest one below it; and
what a query makes of the node.
"""

from __future__ import annotations

from collections.abc import Sequence

from ksmlib.draw.tree import TreeNode, TreeView
from ksmlib.report.text import COLUMNS

#: So many nodes fit side by side; of a larger tree the top is drawn.
MAX_NODES = 9
_WORDS = {
    "": "",
    "hit": "given",
    "looked": "looked at",
    "pruned": "skipped",
    "unseen": "not seen",
}


def tree_ascii(tree: TreeView) -> list[str]:
    """Draw a tree, and what its query finds. At most 66 columns."""
    if not tree.nodes:
        return [f"{tree.anon_vma}: no VMA"]
    depth = _depth(tree)
    shown = {n: node for n, node in enumerate(tree.nodes) if node.depth <= depth}
    boxes = {n: _box(tree, n, depth) for n in shown}
    at = _centres(boxes)
    lines = [_head(tree)]
    for level in range(depth + 1):
        row = [n for n, node in shown.items() if node.depth == level]
        lines += _level(boxes, at, row)
        lines += _branches(shown, at, row) if level < depth else []
    return [line.rstrip() for line in lines]


def _head(tree: TreeView) -> str:
    if tree.window is None:
        return tree.anon_vma
    first, last = tree.window
    asked = "everything" if last is None else f"{first}..{last}"
    asked = str(first) if first == last else asked
    looked = f"looks at nodes {tree.nodes_counted} times, is given {len(tree.hits)}"
    return f"{tree.anon_vma}, asked for {asked}: {looked}"


def _depth(tree: TreeView) -> int:
    """How deep a tree can be drawn."""
    depths = sorted(node.depth for node in tree.nodes)
    fits = depths[MAX_NODES] - 1 if len(depths) > MAX_NODES else depths[-1]
    return max(0, fits)


def _box(tree: TreeView, number: int, depth: int) -> list[str]:
    node = tree.nodes[number]
    offsets = (
        f"{node.first}..{node.last}" if node.last > node.first else f"{node.first}"
    )
    rows = [
        f"{node.process[:4]} {node.start}+{node.last - node.first + 1}",
        f"at {offsets}",
        f"max {node.subtree_last}",
    ]
    rows += [_WORDS[node.outcome]] if node.outcome else []
    below = _below(tree, number)
    rows += [f"{below} below"] if node.depth == depth and below else []
    width = max(map(len, rows))
    edge = f"+{'-' * (width + 2)}+"
    return [edge, *(f"| {row.ljust(width)} |" for row in rows), edge]


def _below(tree: TreeView, number: int) -> int:
    node = tree.nodes[number]
    children = [c for c in (node.left, node.right) if c is not None]
    return sum(1 + _below(tree, child) for child in children)


def _centres(boxes: dict[int, list[str]]) -> dict[int, int]:
    """The middle column of each box, in the order of the tree.

    Neighbours in that order never stand on one level side by side without
    one between them, so they may overlap by half.
    """
    width = max(len(box[0]) for box in boxes.values())
    step = width // 2 + 1
    if len(boxes) > 1:
        step = min(step, (COLUMNS - width) // (len(boxes) - 1))
    return {n: width // 2 + step * place for place, n in enumerate(boxes)}


def _level(
    boxes: dict[int, list[str]], at: dict[int, int], row: Sequence[int]
) -> list[str]:
    lines = []
    for line in range(max(len(boxes[n]) for n in row)):
        canvas = [" "] * (COLUMNS + 1)
        for n in row:
            text = boxes[n][line] if line < len(boxes[n]) else ""
            x = at[n] - len(text) // 2
            canvas[x : x + len(text)] = text
        lines.append("".join(canvas[:COLUMNS]))
    return lines


def _branches(
    shown: dict[int, TreeNode], at: dict[int, int], row: Sequence[int]
) -> list[str]:
    """From each box to those below it."""
    canvas = [" "] * COLUMNS
    for n in row:
        node = shown[n]
        ends = [at[c] for c in (node.left, node.right) if c is not None]
        if not ends:
            continue
        for x in range(min(*ends, at[n]), max(*ends, at[n]) + 1):
            canvas[x] = "-"
        for x in ends:
            canvas[x] = "."
        canvas[at[n]] = "+"
    return ["".join(canvas)]
