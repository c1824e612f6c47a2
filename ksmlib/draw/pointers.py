"""The objects behind a state and who points to whom, as a networkx graph.

Columns from left to right: VMAs, the anon_vma_chain objects that link them,
anon_vmas, anonymous folios. Positions follow from the state alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import networkx as nx
from matplotlib.figure import Figure

from ksmlib.draw.palette import palette
from ksmlib.history.state import State

NodeKind = Literal["vma", "avc", "anon_vma", "folio"]
#: chain: vma to avc to anon_vma; own: vma->anon_vma; mapping: folio->mapping.
EdgeKind = Literal["chain", "own", "mapping"]

_COLUMN: dict[NodeKind, float] = {"vma": 0.0, "avc": 1.0, "anon_vma": 2.0, "folio": 3.0}
_HEADING: dict[NodeKind, str] = {
    "vma": "VMA",
    "avc": "avc",
    "anon_vma": "anon_vma",
    "folio": "folio",
}
_SHAPE: dict[NodeKind, str] = {"vma": "s", "avc": "s", "anon_vma": "o", "folio": "h"}
#: Size of a node in square points, as networkx wants it.
_SIZE: dict[NodeKind, int] = {"vma": 1900, "avc": 50, "anon_vma": 800, "folio": 1700}
_LINE: dict[EdgeKind, str] = {"chain": "solid", "own": "dashed", "mapping": "dotted"}
_SAYS: dict[EdgeKind, str] = {
    "chain": "solid: through the chain",
    "own": "dashed: vma->anon_vma",
    "mapping": "dotted: folio->mapping",
}


def pointer_graph(state: State) -> nx.DiGraph:
    """Who points to whom. Nodes have ``kind``, ``label`` and ``pos``.

    Edges have ``kind``. A VMA stands beside the middle of its chain, of which
    the oldest comes first, so that lines seldom cross; anon_vmas and folios
    are spread over the height in order of their creation.
    """
    graph = nx.DiGraph()
    row = 0
    for process, what in state["processes"].items():
        for vma in what["vmas"]:
            name = f"{process} {vma['start']}+{vma['pages']}"
            chain = vma["chain"]
            middle = row + max(len(chain) - 1, 0) / 2
            label = f"{name}\npgoff {vma['vm_pgoff']}"
            _add(graph, name, "vma", label, middle)
            for anon_vma in reversed(chain):
                avc = f"{name} {anon_vma}"
                _add(graph, avc, "avc", "", row)
                graph.add_edge(name, avc, kind="chain")
                graph.add_edge(avc, anon_vma, kind="chain")
                row += 1
            if chain:
                graph.add_edge(name, vma["anon_vma"], kind="own")
            row += not chain
    _spread(graph, state, row)
    return graph


def _add(graph: nx.DiGraph, node: str, kind: NodeKind, label: str, row: float) -> None:
    graph.add_node(node, kind=kind, label=label, pos=(_COLUMN[kind], -row))


def _spread(graph: nx.DiGraph, state: State, rows: int) -> None:
    """Place the anon_vmas and the anonymous folios over ``rows``."""
    anon_vmas = list(state["anon_vmas"])
    for name, row in zip(anon_vmas, _rows(len(anon_vmas), rows), strict=True):
        _add(graph, name, "anon_vma", name, row)
    folios = {
        name: folio
        for name, folio in state["folios"].items()
        if folio["anon_vma"] in state["anon_vmas"]
    }
    for name, row in zip(folios, _rows(len(folios), rows), strict=True):
        _add(graph, name, "folio", f"{name}\nindex {folios[name]['index']}", row)
        graph.add_edge(name, folios[name]["anon_vma"], kind="mapping")


def _rows(count: int, rows: int) -> Iterator[float]:
    """``count`` places, evenly over ``rows`` and at least one apart."""
    step = max(1.0, rows / max(count, 1))
    first = (rows - 1) / 2 - step * (count - 1) / 2
    return (first + step * n for n in range(count))


def pointer_figure(graph: nx.DiGraph, dark: bool = False) -> Figure:
    """The graph of ``pointer_graph()``, drawn by networkx and matplotlib."""
    colours = palette(dark)
    pos = nx.get_node_attributes(graph, "pos")
    top, bottom = max(y for _, y in pos.values()), min(y for _, y in pos.values())
    figure = Figure(figsize=(4.3, 0.68 * (top - bottom + 3.2)), facecolor="none")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(-0.5, 3.5)
    axes.set_ylim(bottom - 1.3, top + 1.1)
    axes.set_axis_off()
    ink = colours.tones["normal"]
    for kind, shape in _SHAPE.items():
        nodes = [n for n, k in graph.nodes(data="kind") if k == kind]
        paint = colours.paints["anon" if kind == "folio" else "vma"]
        nx.draw_networkx_nodes(
            graph,
            pos,
            nodes,
            node_size=_SIZE[kind],
            node_color=colours.line if kind == "avc" else paint.fill,
            edgecolors=paint.stroke,
            node_shape=shape,
            ax=axes,
        )
        axes.text(
            _COLUMN[kind], top + 0.95, _HEADING[kind], color=ink, ha="center", size=9
        )
    for edge_kind, style in _LINE.items():
        nx.draw_networkx_edges(
            graph,
            pos,
            [(a, b) for a, b, k in graph.edges(data="kind") if k == edge_kind],
            style=style,
            edge_color=colours.line,
            connectionstyle="arc3,rad=0.22" if edge_kind == "own" else "arc3",
            node_size=[_SIZE[kind] for _, kind in graph.nodes(data="kind")],
            nodelist=list(graph),
            arrowsize=9,
            ax=axes,
        )
    labels = nx.get_node_attributes(graph, "label")
    nx.draw_networkx_labels(graph, pos, labels, font_size=8, font_color=ink, ax=axes)
    legend = "\n".join(_SAYS.values())
    axes.text(1.5, bottom - 1.25, legend, color=ink, ha="center", size=8)
    return figure


def pointer_alt(graph: nx.DiGraph) -> str:
    """The graph in words, at most 600 characters."""
    said = []
    for node, kind in graph.nodes(data="kind"):
        if kind == "vma":
            chain = [
                next(graph.successors(avc))
                for avc in graph.successors(node)
                if graph.nodes[avc]["kind"] == "avc"
            ]
            said.append(f"VMA {node} is linked to {', '.join(chain) or 'no anon_vma'}.")
        elif kind == "folio":
            said.append(f"Folio {node} points to {next(graph.successors(node))}.")
    text = "Pointers between objects. " + " ".join(said)
    return text if len(text) <= 600 else text[:597].rsplit(" ", 1)[0] + " ..."
