"""What matplotlib and networkx make of the same scenes."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from itertools import combinations

import networkx as nx
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from ksmlib.draw.data import Series, matrix_of
from ksmlib.draw.figure import (
    curve_figure,
    joined_series,
    matrix_figure,
    spread,
    state_figure,
    tree_figure,
)
from ksmlib.draw.graph import boxes, links, scene_graph
from ksmlib.draw.palette import DARK, LIGHT
from ksmlib.draw.scene import state_scene
from ksmlib.draw.tree import shown_window, tree_view
from ksmlib.draw.view import WalkView
from ksmlib.history import State
from ksmlib.history.generated import split_every_other_page
from ksmlib.history.named import named
from ksmlib.report.verdict import run

from .cases import Case, endings, final
from .test_tree import anon_vma_of

WORST = [
    case
    for case in endings()
    if case.walk and case.walk.design in ("address", "stored-pgoff")
]


def png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def ticks_out_of_view(figure: Figure) -> set[Text]:
    """The labels that matplotlib keeps beyond the ends of an axis, undrawn."""
    found: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            found |= {t.label1 for t in ticks if not low <= t.get_loc() <= high}
    return found


def text_overlaps(figure: Figure) -> list[str]:
    """Texts that lie on one another as they are really drawn."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    unseen = ticks_out_of_view(figure)
    texts = [
        text
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_text() and text not in unseen
    ]
    places = [(t.get_text(), t.get_window_extent(renderer)) for t in texts]
    wrong = []
    for (one, a), (other, b) in combinations(places, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        if wide > 0.5 and high > 2.5:
            wrong.append(f"{one!r} and {other!r}")
    width, height = canvas.get_width_height()
    wrong += [
        f"{text!r} outside"
        for text, box in places
        if box.x0 < -0.5 or box.x1 > width + 0.5 or box.y0 < -1 or box.y1 > height + 1
    ]
    return wrong


@pytest.mark.parametrize("case", WORST[::2], ids=lambda case: case.name)
def test_no_text_lies_on_another_in_a_figure(case: Case) -> None:
    assert text_overlaps(state_figure(case.state, case.before, case.walk)) == []


def test_the_graph_has_the_objects_of_the_kernel_and_their_places() -> None:
    for case in endings()[::6]:
        scene = state_scene(case.state, case.before, case.walk)
        graph = scene_graph(scene)
        assert isinstance(graph, nx.DiGraph)
        assert list(graph.nodes) == [box.id for box in scene.boxes]
        assert boxes(graph) == list(scene.boxes)
        assert set(links(graph)) == set(scene.links)
        assert nx.get_node_attributes(graph, "pos") == {
            box.id: box.centre for box in scene.boxes
        }


def test_the_graph_can_be_asked() -> None:
    state = final(
        "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2; A fork B"
    )
    graph = scene_graph(state_scene(state))
    kinds = {kind for _, kind in graph.nodes(data="kind")}
    assert {"vma", "page", "avc", "anon_vma", "folio", "rmap_item"} <= kinds
    assert set(graph.successors("item:A:0")) == {"page:A:0", "folio:f2", "anon_vma:av1"}
    assert graph.edges["anon_vma:av2", "anon_vma:av1"]["kind"] == "parent"
    assert set(graph.predecessors("folio:f2")) >= {"page:A:0", "page:B:1"}


@pytest.mark.parametrize("dark", [False, True])
def test_figures_are_the_same_each_time_and_let_the_page_shine_through(
    dark: bool,
) -> None:
    state: State = final("A mmap 0+2; A write 0+2 x; A mremap 0+2 8")
    one, other = state_figure(state, dark=dark), state_figure(state, dark=dark)
    assert png(one) == png(other)
    assert one.get_facecolor()[3] == 0
    palette = DARK if dark else LIGHT
    colours = {text.get_color() for text in one.findobj(Text) if text.get_text()}  # type: ignore[attr-defined]
    assert colours <= set(palette.tones.values())


def test_dollars_are_not_mathematics() -> None:
    state = final("A mmap 0+1; A write 0+1 x")
    walk = WalkView("$x^{$", "f1", (("A", 0),), ())
    assert png(state_figure(state, None, walk))


def test_trees_and_matrices() -> None:
    anon_vma = anon_vma_of(split_every_other_page(12))
    view = tree_view(anon_vma, shown_window(4, 5))
    assert text_overlaps(tree_figure(view)) == []
    reports = {name: run(named(name)) for name in ("moved", "split", "private-file")}
    matrix = matrix_of(reports, ("full", "address", "remap-bit-anon-vma-fork"))
    assert text_overlaps(matrix_figure(matrix)) == []
    assert text_overlaps(matrix_figure(matrix, dark=True)) == []


def designs(count: int) -> list[Series]:
    """Lines that end close together, as those of the designs do."""
    return [
        Series(
            f"design-number-{k}", tuple((n, n ** (k / count)) for n in (10, 100, 1000))
        )
        for k in range(count)
    ]


def test_a_curve_names_every_line_at_its_end() -> None:
    series = [*designs(5), Series("twin", designs(5)[2].points)]
    labels = ("VMAs on the anon_vma", "VMAs visited")
    figure = curve_figure(series, *labels)
    assert text_overlaps(figure) == []
    said = " ".join(
        text.get_text()  # type: ignore[attr-defined]
        for text in figure.findobj(Text)
    )
    for line in series:
        assert line.name in said
    [axes] = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    styles = {(line.get_marker(), line.get_linestyle()) for line in axes.get_lines()}
    assert len(styles) == len(axes.get_lines()) == 5
    assert png(figure) == png(
        curve_figure(series, "VMAs on the anon_vma", "VMAs visited")
    )


@pytest.mark.parametrize("most", [4.0, 45_000.0, 80_000.0, 3_000_000.0])
def test_the_numbers_beside_a_curve_are_whole(most: float) -> None:
    figure = curve_figure([Series("full", ((1.0, 1.0), (100.0, most)))], "x", "y")
    FigureCanvasAgg(figure).draw()
    [axes] = figure.axes
    low, high = axes.get_ylim()
    shown = [
        tick.label1.get_window_extent()
        for tick in axes.yaxis.get_major_ticks()
        if low <= tick.get_loc() <= high
    ]
    assert shown
    assert min(box.x0 for box in shown) >= 0


def test_series_that_are_the_same_become_one() -> None:
    points = ((1.0, 2.0), (3.0, 4.0))
    joined = joined_series([Series("a", points), Series("b", points), Series("c", ())])
    assert joined == [Series("a, b", points)]


def test_names_are_spread() -> None:
    assert spread([0, 100], [10, 10]) == [0, 100]
    placed = spread([0, 1, 2], [10, 10, 30])
    assert placed == [0, 10, 30]


def test_nothing_goes_through_pyplot() -> None:
    program = """
import sys
from ksmlib.draw.figure import curve_figure, state_figure
from ksmlib.history import parse, snapshot
from ksmlib.report.verdict import replay_with
state_figure(snapshot(replay_with(parse("A mmap 0+1"), ()).kernel))
print("matplotlib.pyplot" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_everything_else_needs_the_standard_library_alone() -> None:
    program = """
import sys
from ksmlib.draw import alt, ascii, picture, scene, svg, tree, view
heavy = {"matplotlib", "networkx", "numpy"}
print(*sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
