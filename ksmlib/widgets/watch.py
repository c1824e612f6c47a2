"""A walk through the trees, node by node, for the front end to play."""

from __future__ import annotations

from typing import Any

from ksmlib.draw.svg import scene_svg
from ksmlib.draw.tree_scene import MARKS, drawn_nodes, tree_scene
from ksmlib.draw.tree_walk import Frame, TreeWalk
from ksmlib.report.verdict import FolioWalk
from ksmlib.widgets.walks import verdict_on

#: So many PTEs of the folio are listed.
MAX_LISTED = 24


def watch_json(walk: FolioWalk, design: str, followed: TreeWalk) -> dict[str, Any]:
    """All that is needed to play it: trees drawn once, and what changes on them."""
    drawn = [set(drawn_nodes(tree)) for tree in followed.trees]
    listed = walk.mapped[:MAX_LISTED]
    more = len(walk.mapped) - len(listed)
    by = verdict_on(walk, design).design
    return {
        "caption": f"The walk of {walk.folio} by {by}, node by node",
        "trees": [
            scene_svg(tree_scene(tree, watched=True), styled=False)
            for tree in followed.trees
        ],
        "frames": [_frame_json(frame, drawn) for frame in followed.frames],
        "marks": {
            mark: {"word": word, "style": style}
            for mark, (word, style) in MARKS.items()
        },
        "ptes": [f"{process}:{page}" for process, page in listed],
        "more": f"and {more} more" if more else "",
        "cut": followed.cut,
    }


def _frame_json(frame: Frame, drawn: list[set[int]]) -> dict[str, Any]:
    shown = set() if frame.tree is None else drawn[frame.tree]
    return {
        "text": frame.text,
        "tree": frame.tree,
        "node": frame.node,
        "marks": [[node, mark] for node, mark in frame.marks if node in shown],
        "asks": frame.asks,
        "found": f"{frame.found[0]}:{frame.found[1]}" if frame.found else "",
    }
