"""Pictures drawn by matplotlib, for the pages of the book.

Every function returns a Figure of its own: nothing goes through pyplot. The
ground is transparent; ``dark`` chooses the colours for a dark page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from math import ceil, log10

import networkx as nx
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter, NullFormatter

from ksmlib.draw.data import Matrix, Series
from ksmlib.draw.graph import boxes, links, scene_graph
from ksmlib.draw.matrix_scene import matrix_scene
from ksmlib.draw.measure import flowed, text_width
from ksmlib.draw.palette import Palette, palette
from ksmlib.draw.scene import state_scene
from ksmlib.draw.shapes import Box, Label, Link, Scene
from ksmlib.draw.strokes import (
    Stroke,
    arrow_head,
    pattern_strokes,
    symbol_strokes,
)
from ksmlib.draw.tree import TreeView
from ksmlib.draw.tree_scene import tree_scene
from ksmlib.draw.view import WalkView
from ksmlib.history.state import State

#: Points for a unit of a scene; a point is 4/3 pixels on a page.
SCALE = 0.975

_FONT = "DejaVu Sans"
_SIDE = {"start": "left", "middle": "center", "end": "right"}
_DASHES = (0.0, (3.0, 2.5))


def state_figure(
    state: State,
    before: State | None = None,
    walk: WalkView | None = None,
    dark: bool = False,
) -> Figure:
    """A state; see ``ksmlib.draw.scene.state_scene()``."""
    return scene_figure(state_scene(state, before, walk), dark)


def tree_figure(tree: TreeView, dark: bool = False) -> Figure:
    """The interval tree of one anon_vma, and what a query does in it."""
    return scene_figure(tree_scene(tree), dark)


def matrix_figure(matrix: Matrix, dark: bool = False) -> Figure:
    """Designs against histories."""
    return scene_figure(matrix_scene(matrix), dark)


def scene_figure(scene: Scene, dark: bool = False) -> Figure:
    """Any scene, by way of its graph."""
    return graph_figure(scene_graph(scene), dark)


def graph_figure(graph: nx.DiGraph, dark: bool = False) -> Figure:
    """The graph of a scene, its nodes and edges where the scene has them."""
    scene: Scene = graph.graph["scene"]
    size = (scene.width * SCALE / 72, scene.height * SCALE / 72)
    figure = Figure(figsize=size, facecolor="none")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, scene.width)
    axes.set_ylim(scene.height, 0)
    axes.set_axis_off()
    colours = palette(dark)
    for n, box in enumerate(boxes(graph)):
        _box(axes, box, colours, n)
    _links(axes, links(graph), colours)
    for symbol in scene.symbols:
        width = 2.0 if symbol.kind == "found" else 2.4
        colour = colours.tones[symbol.kind]
        _strokes(axes, symbol_strokes(symbol), colour, width, 2000)
    for label in scene.labels:
        _label(axes, label, colours)
    return figure


def figure_svg(figure: Figure) -> str:
    """A figure as SVG, the same bytes each time."""
    buffer = StringIO()
    with rc_context({"svg.hashsalt": "ksm"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _box(axes: Axes, box: Box, colours: Palette, order: int) -> None:
    paint = colours.paints[box.style]
    outline, width = paint.stroke or "none", paint.width
    if box.mark in ("+", "~"):
        outline = colours.tones["changed"]
        width = 1.2 if box.style == "panel" else 2.0
    if box.verdict:
        outline = colours.tones[box.verdict]
        width = 3.0 if box.verdict == "missed" else 1.6
    if paint.fill:
        _rectangle(axes, box, paint.fill, "none", 0.0, order)
    if paint.pattern:
        lines = pattern_strokes(box, paint.pattern)
        _strokes(axes, lines, paint.ink, 1.0, order)
    style = _DASHES if paint.dashed else "solid"
    _rectangle(axes, box, "none", outline, width, order, style)


def _rectangle(
    axes: Axes,
    box: Box,
    fill: str,
    outline: str,
    width: float,
    order: int,
    style: str | tuple[float, tuple[float, float]] = "solid",
) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (box.x, box.y),
            box.width,
            box.height,
            boxstyle="round,pad=0,rounding_size=2",
            facecolor=fill,
            edgecolor=outline,
            linewidth=width * SCALE,
            linestyle=style,
            zorder=order,
        )
    )


def _strokes(
    axes: Axes, strokes: Iterable[Stroke], colour: str, width: float, order: int
) -> None:
    lines = LineCollection(
        [list(stroke) for stroke in strokes],
        colors=colour,
        linewidths=width * SCALE,
        capstyle="round",
        joinstyle="round",
        zorder=order,
    )
    axes.add_collection(lines, autolim=False)


def _links(axes: Axes, drawn: Iterable[Link], colours: Palette) -> None:
    strokes: list[Stroke] = []
    for link in drawn:
        if link.points:
            strokes.append(link.points)
            strokes += [arrow_head(link.points)] if link.arrow else []
    _strokes(axes, strokes, colours.line, 1.0, 1000)


def _label(axes: Axes, label: Label, colours: Palette) -> None:
    axes.text(
        label.x,
        label.y,
        label.text,
        parse_math=False,
        color=colours.tones[label.tone],
        fontsize=label.size * SCALE,
        fontfamily=_FONT,
        fontweight="bold" if label.bold else "normal",
        horizontalalignment="center" if label.upwards else _SIDE[label.anchor],
        verticalalignment="bottom" if label.upwards else "center_baseline",
        rotation=90 if label.upwards else 0,
        zorder=3000,
    )


#: The size of a chart in inches: as wide as the other pictures.
CHART = (5.4, 3.7)

_MARKERS = "osD^vPX*<>"
_LINES = ("solid", "dashed", "dashdot", "dotted")
#: Okabe and Ito's colours that stand out from a light and from a dark page.
_LIGHT_LINES = ("#0072b2", "#b84f00", "#00795a", "#a04c80", "#4d4d4d", "#8a6100")
_DARK_LINES = ("#56b4e9", "#ff9a57", "#3fd0a4", "#f0a9d1", "#d5dbe0", "#f0c04a")


def curve_figure(
    series: Sequence[Series], x_label: str, y_label: str, dark: bool = False
) -> Figure:
    """A chart with both axes logarithmic, each line named at its end.

    Lines that are the same are drawn once, under all their names.
    """
    joined = joined_series(series)
    figure = Figure(figsize=CHART, facecolor="none")
    names = [wrapped_name(line.name) for line in joined]
    room = max((text_width(part, 9.5) for name in names for part in name), default=0)
    right = 1 - (room * 1.05 + 26) / (CHART[0] * 72)
    left = _room_for_ticks(joined)
    axes = figure.add_axes((left, 0.135, right - left, 0.77), facecolor="none")
    axes.set_xscale("log")
    axes.set_yscale("log")
    _chart_style(axes, x_label, y_label, palette(dark))
    colours = _DARK_LINES if dark else _LIGHT_LINES
    for n, line in enumerate(joined):
        axes.plot(
            [x for x, _ in line.points],
            [y for _, y in line.points],
            color=colours[n % len(colours)],
            marker=_MARKERS[n % len(_MARKERS)],
            linestyle=_LINES[n % len(_LINES)],
            markersize=5.5,
            linewidth=1.8,
            markeredgecolor="none",
            clip_on=False,
            zorder=3,
        )
    _names(figure, axes, joined, names, colours)
    return figure


def _room_for_ticks(series: Sequence[Series]) -> float:
    """The share of the width that the largest number beside the axis may take."""
    most = max((y for line in series for _, y in line.points), default=1.0)
    largest = f"{10 ** ceil(log10(most)):,}" if most > 1 else "1"
    return max(0.11, (text_width(largest, 9.5) * 1.05 + 12) / (CHART[0] * 72))


def joined_series(series: Sequence[Series]) -> list[Series]:
    """Series of the same points become one, under all their names."""
    names: dict[tuple[tuple[float, float], ...], list[str]] = {}
    for line in series:
        if line.points:
            names.setdefault(line.points, []).append(line.name)
    return [Series(", ".join(said), points) for points, said in names.items()]


def wrapped_name(name: str) -> list[str]:
    """The name of a line, in lines of its own."""
    return flowed(name.split(), 110, 9.5)


def spread(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Middles as near to those wanted as they can be without overlap.

    What is ``wanted`` is in rising order.
    """
    placed: list[float] = []
    floor = float("-inf")
    for y, height in zip(wanted, heights, strict=True):
        y = max(y, floor + height / 2)
        placed.append(y)
        floor = y + height / 2
    return placed


def _chart_style(axes: Axes, x_label: str, y_label: str, colours: Palette) -> None:
    text, muted = colours.tones["normal"], colours.tones["muted"]
    axes.set_xlabel(x_label, color=text, fontsize=10, fontfamily=_FONT)
    axes.text(
        -0.08,
        1.05,
        y_label,
        transform=axes.transAxes,
        color=text,
        fontsize=10,
        fontfamily=_FONT,
        parse_math=False,
    )
    axes.tick_params(which="both", colors=muted, labelsize=9.5)
    for tick_axis in (axes.xaxis, axes.yaxis):
        tick_axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.10g}"))
        tick_axis.set_minor_formatter(NullFormatter())
    axes.grid(which="major", color=muted, alpha=0.25, linewidth=0.8)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(muted)


def _names(
    figure: Figure,
    axes: Axes,
    series: Sequence[Series],
    names: Sequence[list[str]],
    colours: Sequence[str],
) -> None:
    """Each name at the end of its line, moved up where two would overlap."""
    axes.autoscale_view()
    order = sorted(range(len(series)), key=lambda n: series[n].points[-1][1])
    points = figure.dpi_scale_trans.inverted()
    ends = {n: points.transform(axes.transData.transform(series[n].points[-1])) * 72
            for n in order}  # fmt: skip
    placed = spread(
        [float(ends[n][1]) for n in order], [12.5 * len(names[n]) + 3 for n in order]
    )
    for n, y in zip(order, placed, strict=True):
        axes.annotate(
            "\n".join(names[n]),
            xy=series[n].points[-1],
            xytext=(18, y - float(ends[n][1])),
            textcoords="offset points",
            color=colours[n % len(colours)],
            fontsize=9.5,
            fontfamily=_FONT,
            verticalalignment="center",
            parse_math=False,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "relpos": (0.0, 0.5),
                "color": colours[n % len(colours)],
                "linewidth": 0.8,
                "shrinkA": 1,
                "shrinkB": 4,
            },
        )
