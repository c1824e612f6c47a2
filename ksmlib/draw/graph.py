"""A scene as a networkx graph, placed as in the picture."""

from __future__ import annotations

from dataclasses import asdict

import networkx as nx

from ksmlib.draw.shapes import Box, Link, Scene


def scene_graph(scene: Scene) -> nx.DiGraph:
    """Nodes are the boxes of the picture, edges the pointers between them.

    A node has the fields of its Box, ``pos`` (its centre; y grows downwards)
    and the ``box`` itself; ``kind`` is vma, page, avc, anon_vma, folio or
    rmap_item for what the kernel has, and what is gone has the ``mark`` "-".
    An edge has its ``kind`` and the ``link``. Labels and symbols are the
    graph's own: ``graph.graph["scene"]``.
    """
    graph = nx.DiGraph(scene=scene, title=scene.title, alt=scene.alt)
    for box in scene.boxes:
        graph.add_node(box.id, **_attributes(box))
    for link in scene.links:
        if link.source in graph and link.target in graph:
            graph.add_edge(link.source, link.target, kind=link.kind, link=link)
    return graph


def _attributes(box: Box) -> dict[str, object]:
    return {**asdict(box), "pos": box.centre, "box": box}


def boxes(graph: nx.DiGraph) -> list[Box]:
    """The boxes of a graph, in the order they are drawn in."""
    return [box for _, box in graph.nodes(data="box")]


def links(graph: nx.DiGraph) -> list[Link]:
    """The links of a graph."""
    return [link for _, _, link in graph.edges(data="link")]
