"""Pictures in words, for those who do not see them: plain English, not long.

What matters most comes first, so that what does not fit can be left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from ksmlib.draw.data import Matrix, Series
from ksmlib.draw.tree import TreeView
from ksmlib.draw.view import WalkView
from ksmlib.history.diff import differences
from ksmlib.history.pages import page_runs
from ksmlib.history.state import State
from ksmlib.report.verdict import Pte

#: No description is longer.
LONGEST = 600
_REST = "The rest is left out here."


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def pages_words(pages: Iterable[int]) -> str:
    """``page 8``, ``pages 8 and 9``, ``pages 0 to 3 and 7``."""
    runs = page_runs(pages)
    said: list[str] = []
    for first, last in runs:
        if last - first < 2:
            said += [str(page) for page in range(first, last + 1)]
        else:
            said.append(f"{first} to {last}")
    single = len(runs) == 1 and runs[0][0] == runs[0][1]
    return f"page{'' if single else 's'} {listed(said)}"


def ptes_words(ptes: Iterable[Pte]) -> str:
    """``pages 8 and 9 of A and page 0 of B``."""
    said = [
        f"{pages_words(page for _, page in group)} of {process}"
        for process, group in groupby(ptes, key=lambda pte: pte[0])
    ]
    return listed(said)


def bounded(sentences: Iterable[str]) -> str:
    """As many of the sentences as there is room for."""
    text = ""
    for sentence in sentences:
        longer = f"{text} {sentence}".strip()
        if len(longer) > LONGEST - len(_REST) - 1:
            return cut(f"{text} {_REST}".strip() if text else longer)
        text = longer
    return text


def cut(text: str) -> str:
    """A sentence that alone is too long loses its end."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."


def state_alt(
    state: State,
    before: State | None = None,
    walk: WalkView | None = None,
    *beside: WalkView,
) -> str:
    """A state in words: the walks, what changed, the processes, the trees."""
    walks = (walk, *beside) if walk else ()
    return bounded(
        [
            *(sentence for walk in walks for sentence in _walk_sentences(walk)),
            *_process_sentences(state),
            *(_change_sentences(before, state) if before else []),
            *_anon_vma_sentences(state),
            *_item_sentences(state),
        ]
    )


def _walk_sentences(walk: WalkView) -> list[str]:
    said = f"The walk of {walk.folio} by {walk.design}"
    if not walk.missed:
        return [f"{said} finds all: {ptes_words(walk.found)}."]
    missed = f"{said} misses {ptes_words(walk.missed)}"
    if not walk.found:
        return [f"{missed} and finds nothing."]
    return [f"{missed}.", f"It finds {ptes_words(walk.found)}."]


def _process_sentences(state: State) -> list[str]:
    names = list(state["processes"])
    if not names:
        return ["No process runs."]
    said = [_process_sentence(state, name) for name in names]
    if len(" ".join(said)) > LONGEST // 2:
        said.insert(0, f"Processes {listed(names)}.")
    return said


def _process_sentence(state: State, name: str) -> str:
    process = state["processes"][name]
    folios: dict[str, list[int]] = {}
    for page, pte in process["pages"].items():
        folios.setdefault(pte["folio"], []).append(int(page))
    if not process["vmas"]:
        return f"Process {name} has no memory."
    if not folios:
        pages = (
            page
            for vma in process["vmas"]
            for page in (vma["start"], vma["start"] + vma["pages"] - 1)
        )
        return f"Process {name} has VMAs from {_span(list(pages))}, nothing mapped."
    maps = [
        f"{_folio_words(state, folio)} at {pages_words(pages)}"
        for folio, pages in folios.items()
    ]
    return f"Process {name} maps {listed(maps)}."


def _span(pages: Sequence[int]) -> str:
    return f"page {min(pages)} to {max(pages)}"


def _folio_words(state: State, name: str) -> str:
    kind = state["folios"][name]["kind"]
    if kind == "zero":
        return "the zero page"
    words = {"ksm": "KSM folio", "anon": "anonymous folio", "file": "file page"}
    return f"{words[kind]} {name}"


def _change_sentences(before: State, after: State) -> list[str]:
    said = differences(before, after)
    if said == ["nothing changed"]:
        return ["Nothing changed."]
    return [f"Changed: {said[0]}.", *(f"{line}." for line in said[1:])]


def _anon_vma_sentences(state: State) -> list[str]:
    said: list[str] = []
    for name, anon_vma in state["anon_vmas"].items():
        entries = [
            f"VMA {entry['process']} {entry['start']}+{_pages(entry)} under "
            f"{_offsets(entry)}"
            for entry in anon_vma["tree"]
        ]
        parent = anon_vma["parent"]
        of = "" if parent == name else f", child of {parent},"
        files = f"files {listed(entries)}" if entries else "files no VMA"
        said.append(f"anon_vma {name}{of} {files}.")
    return said


def _pages(entry: dict[str, int]) -> int:
    return entry["last"] - entry["first"] + 1


def _offsets(entry: dict[str, int]) -> str:
    first, last = entry["first"], entry["last"]
    return f"page offset{f' {first}' if first == last else f's {first} to {last}'}"


def _item_sentences(state: State) -> list[str]:
    items = [(item["process"], item["page"]) for item in state["rmap_items"]]
    if not items:
        return []
    # Those of processes that have exited come first.
    order = {name: n for n, name in enumerate(state["processes"])}
    items.sort(key=lambda pte: order.get(pte[0], -1))
    return [f"There are rmap_items for {ptes_words(items)}."]


def tree_alt(tree: TreeView) -> str:
    """The tree of an anon_vma in words, and what a query does in it."""
    count = len(tree.nodes)
    if not count:
        return f"The interval tree of {tree.anon_vma} is empty."
    depth = max(node.depth for node in tree.nodes) + 1
    said = [
        f"The interval tree of anon_vma {tree.anon_vma} has"
        f" {count} VMA{'' if count == 1 else 's'} on {depth}"
        f" level{'' if depth == 1 else 's'}."
    ]
    if tree.window is not None:
        first, last = tree.window
        asked = "everything" if last is None else f"page offsets {first} to {last}"
        hits = [f"{node.process} {node.start}" for node in tree.hits]
        found = f"gives back {len(hits)}" if hits else "gives back nothing"
        said.append(f"A query for {asked} {found}, in {tree.nodes_counted} steps.")
        pruned = sum(node.outcome == "pruned" for node in tree.nodes)
        if pruned:
            said.append(f"It skips {pruned} without a look, by subtree_last.")
        if hits:
            said.append(f"Given back: the VMA{'s' * (len(hits) > 1)} {listed(hits)}.")
    said += [
        f"{node.process} {node.start} is filed under {node.first} to {node.last}."
        for node in tree.nodes
    ]
    return bounded(said)


def curve_alt(series: Sequence[Series], x_label: str, y_label: str) -> str:
    """Where each line of a chart begins and ends."""
    said = [f"Chart of {y_label} against {x_label}, both logarithmic."]
    for line in series:
        if line.points:
            (x0, y0), (x1, y1) = line.points[0], line.points[-1]
            said.append(f"{line.name}: {y0:g} at {x0:g}, {y1:g} at {x1:g}.")
    return bounded(said)


def matrix_alt(matrix: Matrix) -> str:
    """Who found all, and who missed how much where."""
    said = [
        f"Table of {len(matrix.designs)} designs against"
        f" {len(matrix.histories)} histories."
    ]
    perfect = [name for name in matrix.designs if not matrix.missed(name)]
    if perfect:
        said.append(f"Nothing missed by {listed(perfect)}.")
    for name in matrix.designs:
        missed = [
            f"{cell.missed} on {history}"
            for (design, history), cell in matrix.cells.items()
            if design == name and cell.missed
        ]
        if missed:
            said.append(f"{name} misses {listed(missed)}.")
    return bounded(said)
