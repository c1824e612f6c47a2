"""The drawn search is the model's search, and the picture of it is legible."""

from __future__ import annotations

import pytest

from ksmlib.draw.data import matrix_of
from ksmlib.draw.matrix_scene import matrix_scene
from ksmlib.draw.tree import TreeView, shown_window, tree_view
from ksmlib.draw.tree_scene import MAX_NODES, tree_scene
from ksmlib.history import BASE, parse
from ksmlib.history.generated import split_every_other_page
from ksmlib.history.named import named
from ksmlib.mm.interval_tree import (
    Cost,
    anon_vma_interval_tree_foreach,
    anon_vma_interval_tree_nodes,
)
from ksmlib.mm.types import ULONG_MAX, AnonVma
from ksmlib.report.verdict import replay_with, run

from .cases import seeded
from .test_scene import overlaps


def anon_vma_of(text: str) -> AnonVma:
    replay = replay_with(parse(text), ())
    replay.run()
    anon_vma = replay.kernel.mms["A"].vmas[0].anon_vma
    assert anon_vma is not None
    return anon_vma


def random_history(seed: int) -> str:
    """One region, cut and moved about, and forked: a tree of all sorts."""
    choose = seeded(seed)
    lines = ["A mmap 0+24", "A write 0+24 x"]
    for n in range(choose.randrange(12)):
        page, pages = choose.randrange(22), choose.randrange(1, 3)
        lines.append(
            choose.choice(
                [
                    f"A mprotect {page}+{pages} ro",
                    f"A mremap {page}+1 {40 + n}",
                    f"A munmap {1 + page}+1",
                    f"A fork B{n}",
                ]
            )
        )
    return "\n".join(lines)


def windows(seed: int) -> list[tuple[int, int]]:
    choose = seeded(seed)
    some = [(BASE + (a := choose.randrange(30)), BASE + a + n) for n in range(4)]
    return [(0, ULONG_MAX), (3, 7), *some]


@pytest.mark.parametrize("seed", range(60))
def test_the_search_steps_as_the_model_does(seed: int) -> None:
    anon_vma = anon_vma_of(random_history(seed))
    for window in windows(seed):
        cost = Cost()
        vmas = list(anon_vma_interval_tree_foreach(anon_vma, *window, cost))
        view = tree_view(anon_vma, window)
        assert view.nodes_counted == cost.nodes
        assert sum(node.looks for node in view.nodes) == cost.nodes
        hits = [(node.process, node.start + BASE) for node in view.hits]
        assert hits == [(vma.vm_mm.name, vma.vm_start) for vma in vmas]
        for node in view.nodes:
            assert bool(node.looks) == (node.outcome in ("hit", "looked"))
            if node.outcome == "pruned":
                assert node.subtree_last + BASE < window[0] or window[0] < BASE


@pytest.mark.parametrize("seed", range(20))
def test_nodes_are_those_of_the_tree(seed: int) -> None:
    anon_vma = anon_vma_of(random_history(seed))
    view = tree_view(anon_vma)
    avcs = list(anon_vma_interval_tree_nodes(anon_vma))
    starts = [(node.process, node.start + BASE) for node in view.nodes]
    assert starts == [(avc.vma.vm_mm.name, avc.vma.vm_start) for avc in avcs]
    for n, node in enumerate(view.nodes):
        for child in (node.left, node.right):
            if child is not None:
                assert view.nodes[child].parent == n
                assert view.nodes[child].depth == node.depth + 1
                assert view.nodes[child].subtree_last <= node.subtree_last
    assert view.window is None and {node.outcome for node in view.nodes} == {""}


@pytest.mark.parametrize("seed", range(20))
def test_trees_are_drawn_without_overlap(seed: int) -> None:
    anon_vma = anon_vma_of(random_history(seed))
    for window in (None, *windows(seed)):
        scene = tree_scene(tree_view(anon_vma, window))
        assert scene == tree_scene(tree_view(anon_vma, window))
        assert overlaps(scene) == []
        for one in scene.boxes:
            for other in scene.boxes:
                apart = (
                    one is other
                    or one.right <= other.x
                    or other.right <= one.x
                    or one.bottom <= other.y
                    or other.bottom <= one.y
                )
                assert apart, (one.id, other.id)


def test_a_query_is_marked_by_words_and_signs() -> None:
    anon_vma = anon_vma_of(split_every_other_page(10))
    scene = tree_scene(tree_view(anon_vma, shown_window(4, 5)))
    texts = [label.text for label in scene.labels]
    assert texts.count("found") == len(scene.symbols) == 2
    assert "skipped" in texts and "seen" in texts
    assert "asked for [4, 5]: 2 of 10 found" in " ".join(texts)
    everything = tree_scene(tree_view(anon_vma, (0, ULONG_MAX)))
    texts = [label.text for label in everything.labels]
    assert "asked for everything" in " ".join(texts)
    assert texts.count("found") == 10


def test_large_trees_show_what_was_looked_at() -> None:
    anon_vma = anon_vma_of(split_every_other_page(2000))
    view = tree_view(anon_vma, shown_window(700, 700))
    scene = tree_scene(view)
    assert len(scene.boxes) == MAX_NODES
    assert overlaps(scene) == []
    more = [label.text.split()[-1] for label in scene.labels if label.text[0] == "…"]
    assert sum(map(int, more)) + MAX_NODES == 2000
    assert any(box.style == "hit" for box in scene.boxes)


def test_an_empty_tree() -> None:
    scene = tree_scene(TreeView("av7", ()))
    assert "No VMA." in [label.text for label in scene.labels]


def test_a_matrix_tells_by_sign_and_number() -> None:
    names = ("moved", "mremap", "merged", "no-folio")
    reports = {name: run(named(name)) for name in names[:3]}
    reports["no-folio"] = run(parse("A mmap 0+1"))
    designs = ("full", "address", "stored-pgoff")
    matrix = matrix_of(reports, designs)
    assert matrix.missed("address") == 3 and matrix.missed("full") == 0
    scene = matrix_scene(matrix)
    assert overlaps(scene) == []
    assert len(scene.boxes) == len(designs) * len(names)
    box = scene.box("cell:address:moved")
    assert box.style == "missed_some" and box.title == "address:moved: missed 2 of 2"
    crosses = [s for s in scene.symbols if s.kind == "missed"]
    assert len(crosses) == 2
    assert scene.box("cell:full:no-folio").style == "nothing"
    texts = [label.text for label in scene.labels]
    missed = [str(c.missed) for c in matrix.cells.values() if c.missed]
    assert sorted(t for t in texts if t.isdigit()) == sorted(missed)
    ticks = [s for s in scene.symbols if s.kind == "found"]
    assert len(ticks) == len(matrix.cells) - len(missed)


def test_groups_of_a_matrix_have_heads() -> None:
    report = run(named("moved"))
    names = [f"history-{n}" for n in range(19)]
    heads = {"history-0": "The first", "history-7": "A group with a rather long title"}
    matrix = matrix_of(dict.fromkeys(names, report), ("full", "address"), heads)
    scene = matrix_scene(matrix)
    assert overlaps(scene) == []
    assert [label.text for label in scene.labels if label.bold] == list(heads.values())
    place = {label.text: label.y for label in scene.labels}
    assert place["history-6"] < place[heads["history-7"]] < place["history-7"]
    across = [label.text for label in scene.labels if label.upwards]
    assert across == ["full", "address"]
