"""The interval tree of an anon_vma as a picture.

Nodes lie from left to right in the order of the tree and down by depth. Two
neighbours in that order are never at the same depth, so columns may be half
as wide as nodes.
"""

from __future__ import annotations

from ksmlib.draw.alt import tree_alt
from ksmlib.draw.measure import text_width
from ksmlib.draw.plan import MARGIN, paragraph, short
from ksmlib.draw.shapes import (
    LINE,
    SIZE,
    Anchor,
    Box,
    Canvas,
    Label,
    Link,
    Scene,
    Style,
    Symbol,
    Tone,
)
from ksmlib.draw.tree import Outcome, TreeNode, TreeView
from ksmlib.draw.tree_walk import Mark

#: Of larger trees only so many nodes are drawn, those looked at first.
MAX_NODES = 12
WIDTH = 400.0
#: From one level to the next, beyond the height of a node.
FALL = 18.0

_STYLE: dict[Outcome, Style] = {
    "": "node", "hit": "hit", "looked": "looked", "pruned": "pruned", "unseen": "node",
}  # fmt: skip

#: What a script writes on the nodes of a tree that is watched: the word and the
#: style for each mark of ``ksmlib.draw.tree_walk``.
MARKS: dict[Mark, tuple[str, Style]] = {
    "seen": ("seen", "looked"),
    "found": ("\N{CHECK MARK} found", "hit"),
    "absent": ("\N{BALLOT X} absent", "looked"),
    "passed": ("passed", "looked"),
    "skipped": ("skipped", "pruned"),
}


def tree_scene(tree: TreeView, watched: bool = False) -> Scene:
    """Draw a tree and, if there is a query, what it does with each node.

    If it is to be ``watched``, there is room for what a script writes: a label
    with ``data-word`` and the node's number, in the box with that
    ``data-node``.
    """
    shown = drawn_nodes(tree)
    size = _node_width(tree, shown, watched), _node_height(tree, watched)
    step = (size[0] + 6) / 2
    width = max(WIDTH, MARGIN * 2 + step * (len(shown) - 1) + size[0])
    canvas = Canvas(y=MARGIN)
    _headline(canvas, tree, width - MARGIN)
    top = canvas.y
    left = (width - step * (len(shown) - 1) - size[0]) / 2
    for column, n in enumerate(shown):
        node = tree.nodes[n]
        x, y = left + column * step, top + node.depth * (size[1] + FALL)
        _node(canvas, tree, n, Box("", "node", x, y, *size))
        if watched:
            canvas.labels.append(_word(n, x + size[0] / 2, y + size[1]))
    _edges(canvas, tree, shown)
    _cut_subtrees(canvas, tree, shown)
    canvas.y = max((box.bottom for box in canvas.boxes), default=top) + FALL
    _legend(canvas, tree, width - MARGIN)
    canvas.y += MARGIN
    return canvas.scene(width, f"Interval tree of {tree.anon_vma}", tree_alt(tree))


def drawn_nodes(tree: TreeView) -> list[int]:
    """The nodes to draw, in order of the tree: no child without its parent."""
    roots = [n for n, node in enumerate(tree.nodes) if node.parent is None]
    chosen: set[int] = set()
    open_ = set(roots)
    while open_ and len(chosen) < MAX_NODES:
        best = min(open_, key=lambda n: _rank(tree.nodes[n], n))
        open_.remove(best)
        chosen.add(best)
        node = tree.nodes[best]
        open_ |= {n for n in (node.left, node.right) if n is not None}
    return sorted(chosen)


def _rank(node: TreeNode, n: int) -> tuple[bool, int, int]:
    return not node.looks, node.depth, n


def _texts(tree: TreeView, node: TreeNode) -> list[str]:
    texts = [
        f"{short(node.process)}:{node.start}",
        f"[{node.first}, {node.last}]",
        f"max {node.subtree_last}",
    ]
    return [*texts, outcome_word(node)] if tree.window else texts


def outcome_word(node: TreeNode) -> str:
    """What became of a node."""
    words: dict[Outcome, str] = {"hit": "found", "looked": "seen", "pruned": "skipped"}
    return words.get(node.outcome, "")


def _node_width(tree: TreeView, shown: list[int], watched: bool) -> float:
    texts = [text for n in shown for text in _texts(tree, tree.nodes[n])]
    texts += [word for word, _ in MARKS.values()] if watched else []
    widest = max((text_width(text, SIZE, bold=True) for text in texts), default=30.0)
    return max(widest, text_width("found", SIZE) + 14) + 8


def _node_height(tree: TreeView, watched: bool) -> float:
    return (4 if tree.window or watched else 3) * LINE + 6


def _word(n: int, x: float, bottom: float) -> Label:
    """The empty line at the bottom of a node."""
    y = bottom - 3 - LINE / 2
    return Label("", x, y, "middle", bold=True, data=(("word", n),))


def _node(canvas: Canvas, tree: TreeView, n: int, place: Box) -> None:
    node = tree.nodes[n]
    title = f"VMA {node.process} {node.start}, page offsets {node.first} to"
    title += f" {node.last}, subtree_last {node.subtree_last}"
    title += f", {'red' if node.red else 'black'}"
    if node.looks:
        title += f", stepped on {node.looks} time{'s' * (node.looks > 1)}"
    box = Box(
        f"node:{n}", "node", place.x, place.y, place.width, place.height,
        _STYLE[node.outcome], title=title, data=(("node", n),),
    )  # fmt: skip
    canvas.boxes.append(box)
    x, y = box.centre[0], box.y + 3 + LINE / 2
    faint = node.outcome in ("pruned", "unseen")
    for line, text in enumerate(_texts(tree, node)):
        tone: Tone = "muted" if faint or line == 2 else "normal"
        if line == 3 and node.outcome == "hit":
            width = text_width(text, SIZE) + 14
            canvas.symbols.append(Symbol("found", x - width / 2 + 5, y))
            found = Label(text, x - width / 2 + 14, y, tone="found")
            canvas.labels.append(found)
        elif text:
            bold = line == 0
            canvas.labels.append(Label(text, x, y, "middle", tone, bold=bold))
        y += LINE


def _edges(canvas: Canvas, tree: TreeView, shown: list[int]) -> None:
    boxes = {box.id: box for box in canvas.boxes}
    for n in shown:
        parent = tree.nodes[n].parent
        if parent is not None:
            child, above = boxes[f"node:{n}"], boxes[f"node:{parent}"]
            points = ((above.centre[0], above.bottom), (child.centre[0], child.y))
            canvas.links.append(Link("edge", above.id, child.id, points))


def _cut_subtrees(canvas: Canvas, tree: TreeView, shown: list[int]) -> None:
    """Say below a node how many of its descendants are not drawn, on each side."""
    known = set(shown)
    boxes = {box.id: box for box in canvas.boxes}
    for n in shown:
        node, box = tree.nodes[n], boxes[f"node:{n}"]
        for side, child in ((-1, node.left), (1, node.right)):
            if child is not None and child not in known:
                text = f"\N{HORIZONTAL ELLIPSIS} {_count(tree, child)}"
                anchor: Anchor = "end" if side < 0 else "start"
                x, y = box.centre[0] + side * 4, box.bottom + FALL / 2
                canvas.labels.append(Label(text, x, y, anchor, "muted"))


def _count(tree: TreeView, n: int) -> int:
    """The size of a subtree."""
    count, left = 0, [n]
    while left:
        node = tree.nodes[left.pop()]
        count += 1
        left += [m for m in (node.left, node.right) if m is not None]
    return count


def _headline(canvas: Canvas, tree: TreeView, right: float) -> None:
    y = canvas.y + LINE / 2
    text = f"Interval tree of {tree.anon_vma}"
    canvas.labels.append(Label(text, MARGIN, y, tone="strong", bold=True))
    canvas.y += LINE
    if tree.window is not None:
        first, last = tree.window
        asked = "everything" if last is None else f"[{first}, {last}]"
        text = f"asked for {asked}: {len(tree.hits)} of {len(tree.nodes)} found"
        text += f", {tree.nodes_counted} steps onto a node"
        paragraph(canvas, text, MARGIN, right, "ask")
    if not tree.nodes:
        paragraph(canvas, "No VMA.", MARGIN, right, "muted")
    canvas.y += 8


def _legend(canvas: Canvas, tree: TreeView, right: float) -> None:
    said = "max: subtree_last, the largest page offset in the node or below."
    if any(node.outcome == "pruned" for node in tree.nodes):
        said += " skipped: never looked at, since max lies before what is asked."
    if len(tree.nodes) > MAX_NODES:
        said += " \N{HORIZONTAL ELLIPSIS} 5: five more nodes."
    if tree.nodes:
        paragraph(canvas, said, MARGIN, right, "muted")
