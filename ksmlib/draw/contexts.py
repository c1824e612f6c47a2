"""The COW contexts as pictures: beside the anon_vmas, and with a walk.

A tree is a column of panels, one for each anon_vma or context; a child stands
below its parent, set in, with an arrow to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ksmlib.draw.alt import bounded
from ksmlib.draw.measure import clipped, flowed
from ksmlib.draw.plan import MARGIN, entry_label, heading, paragraph
from ksmlib.draw.shapes import (
    LINE,
    SIZE,
    Box,
    Canvas,
    Kind,
    Label,
    Link,
    Scene,
    Style,
    Symbol,
    Tone,
)
from ksmlib.history.pages import pages_text
from ksmlib.history.state import State
from ksmlib.report.contexts import ContextState, ContextWalk, Try

WIDTH = 400.0
#: Of a larger tree only so many panels are drawn.
MAX_PANELS = 12
#: How far a child is set in, and how often at most.
STEP, DEEPEST = 12.0, 5
#: Between two panels.
GAP = 8.0


@dataclass(frozen=True)
class Said:
    """One thing that a panel says; ``found`` puts a tick before it.

    Where it is too long for a line it breaks ``between`` its parts.
    """

    text: str
    found: bool = False
    between: str = " "


@dataclass(frozen=True)
class Panel:
    """One anon_vma or one context; ``parent`` is the name of another."""

    name: str
    parent: str | None
    title: str
    note: str
    said: tuple[Said, ...]
    style: Style = "panel"

    @property
    def words(self) -> str:
        """The panel as a sentence."""
        parts = [self.note, *(said.text for said in self.said)]
        return f"{self.title}: {'; '.join(filter(None, parts)) or 'nothing'}."


@dataclass(frozen=True)
class Column:
    """Where a tree is drawn."""

    kind: Kind
    left: float
    right: float


# --- both maps at one moment -----------------------------------------------


def maps_scene(state: State, contexts: Sequence[ContextState]) -> Scene:
    """The anon_vmas of a state to the left, its COW contexts to the right."""
    trees = _anon_vma_panels(state), [_context_panel(c) for c in contexts]
    middle = WIDTH / 2
    columns = (
        Column("anon_vma", MARGIN, middle - MARGIN / 2),
        Column("process", middle + MARGIN / 2, WIDTH - MARGIN),
    )
    headings = ("today: anon_vmas", "rework: COW contexts")
    counts = _anon_vma_count(state), _context_count(contexts)
    canvas, bottom = Canvas(), 0.0
    for tree, column, title, count in zip(
        trees, columns, headings, counts, strict=True
    ):
        canvas.y = MARGIN
        _bold(canvas, title, column.left)
        _tree(canvas, tree, column)
        paragraph(canvas, count, column.left, column.right, "muted")
        bottom = max(bottom, canvas.y)
    canvas.y = bottom + MARGIN
    sentences = [f"Today {counts[0]}; in the rework {counts[1]}."]
    sentences += [panel.words for panel in (*trees[0], *trees[1])]
    return canvas.scene(WIDTH, "Two reverse maps", bounded(sentences))


def _bold(canvas: Canvas, text: str, x: float) -> None:
    y = canvas.y + LINE / 2
    canvas.labels.append(Label(text, x, y, tone="strong", bold=True))
    canvas.y += LINE + 2


def _anon_vma_panels(state: State) -> list[Panel]:
    folios: dict[str, list[str]] = {}
    for name, folio in state["folios"].items():
        folios.setdefault(folio["anon_vma"], []).append(name)
    return [
        Panel(
            name,
            anon_vma["parent"] if anon_vma["parent"] != name else None,
            name,
            "",
            (
                _listed(map(entry_label, anon_vma["tree"])),
                *_folios(folios.get(name, ())),
            ),
        )
        for name, anon_vma in state["anon_vmas"].items()
    ]


def _listed(vmas: Iterable[str]) -> Said:
    return Said(", ".join(vmas) or "no VMA", between=", ")


def _folios(names: Sequence[str]) -> Iterator[Said]:
    if names:
        yield Said(f"folio{'s' * (len(names) > 1)} {', '.join(names)}")


def _context_panel(context: ContextState) -> Panel:
    note = "" if context.alive else "exited"
    said = (*map(Said, remap_words(context)), *_folios(context.folios))
    return Panel(context.name, context.parent, f"context of {context.name}", note, said)


def remap_words(context: ContextState) -> list[str]:
    """What a context has in its tree of remaps, an entry each."""
    return [
        f"index {pages_text(range(first, last + 1))} is off by "
        + ", ".join(f"{offset:+d}" for offset in offsets)
        for first, last, offsets in context.remaps
    ]


def _anon_vma_count(state: State) -> str:
    vmas = (vma for p in state["processes"].values() for vma in p["vmas"])
    chains = sum(len(vma["chain"]) for vma in vmas)
    return f"{_count(len(state['anon_vmas']), 'anon_vma')}, {_count(chains, 'chain')}"


def _context_count(contexts: Sequence[ContextState]) -> str:
    remaps = sum(len(context.remaps) for context in contexts)
    return f"{_count(len(contexts), 'context')}, {_count(remaps, 'remap')}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


# --- the walk of one folio -------------------------------------------------


def context_walk_scene(contexts: Sequence[ContextState], walk: ContextWalk) -> Scene:
    """The tree of contexts, and what the walk of one folio does in each."""
    panels = [_walked_panel(context, walk) for context in contexts]
    canvas = Canvas(y=MARGIN)
    heading(canvas, f"the walk of {walk.folio}, index {walk.index}")
    canvas.y += 2
    _tree(canvas, panels, Column("process", MARGIN, WIDTH - MARGIN))
    canvas.y += MARGIN - GAP
    alt = bounded([f"Walk of {walk.folio}.", *(panel.words for panel in panels)])
    return canvas.scene(WIDTH, f"The walk of {walk.folio} over the contexts", alt)


def _walked_panel(context: ContextState, walk: ContextWalk) -> Panel:
    order = list(walk.visits)
    visited = context.name in order
    note = f"visit {order.index(context.name) + 1}" if visited else ""
    note += ", the folio points here" if visited and context.name == order[0] else ""
    said = [Said(text) for text in remap_words(context)] if context.alive else []
    if not visited:
        said.append(Said("not visited: not below"))
    elif not context.alive:
        said.append(Said("its process is gone: skipped, its children are not"))
    else:
        home, *others = walk.visits[context.name]
        said.append(_tried("0", home, walk.folio))
        said += [_tried(f"{one.offset:+d}", one, walk.folio) for one in others]
    style: Style = "looked" if visited else "panel"
    title = f"context of {context.name}"
    return Panel(context.name, context.parent, title, note, tuple(said), style)


def _tried(offset: str, one: Try, folio: str) -> Said:
    tried = f"try offset {offset}: "
    if one.page is None:
        return Said(f"{tried}no VMA of that offset")
    maps = {folio: "it", None: "nothing"}.get(one.folio, f"{one.folio}")
    return Said(f"{tried}page {one.page} maps {maps}", one.folio == folio)


# --- a column of panels ----------------------------------------------------


def _tree(canvas: Canvas, panels: Sequence[Panel], column: Column) -> None:
    """Draw a tree from ``canvas.y`` down."""
    drawn: dict[str, Box] = {}
    for panel, depth in _by_descent(panels)[:MAX_PANELS]:
        left = column.left + STEP * min(depth, DEEPEST)
        box = _panel(canvas, panel, column.kind, left, column.right)
        if panel.parent in drawn:
            canvas.links.append(_to_parent(drawn[panel.parent], box))
        drawn[panel.name] = box
    if len(panels) > len(drawn):
        text = f"\N{HORIZONTAL ELLIPSIS} and {len(panels) - len(drawn):,} more"
        paragraph(canvas, text, column.left, column.right, "muted")


def _by_descent(panels: Sequence[Panel]) -> list[tuple[Panel, int]]:
    """Each panel after its parent, with its depth; siblings by age."""
    names = {panel.name for panel in panels}
    children: dict[str | None, list[Panel]] = {}
    for panel in panels:
        parent = panel.parent if panel.parent in names else None
        children.setdefault(parent, []).append(panel)
    found: list[tuple[Panel, int]] = []
    left = [(panel, 0) for panel in reversed(children.get(None, []))]
    while left:
        panel, depth = left.pop()
        found.append((panel, depth))
        left += [(child, depth + 1) for child in reversed(children.get(panel.name, []))]
    return found


def _panel(canvas: Canvas, panel: Panel, kind: Kind, left: float, right: float) -> Box:
    lines = list(_lines(panel.said, right - left - 2 * MARGIN))
    height = LINE * (1 + len(lines)) + 6
    box_id = f"{kind}:{panel.name}"
    box = Box(
        box_id, kind, left, canvas.y, right - left, height, panel.style,
        title=panel.words,
    )  # fmt: skip
    y, x = box.y + 3 + LINE / 2, left + MARGIN
    canvas.boxes.append(box)
    canvas.labels.append(Label(panel.title, x, y, bold=True))
    tone: Tone = "ask" if panel.style == "looked" else "muted"
    canvas.labels += [Label(panel.note, right - MARGIN, y, "end", tone)] * bool(
        panel.note
    )
    for text, first in lines:
        y += LINE
        if first:
            canvas.symbols.append(Symbol("found", x + 6, y))
            canvas.labels.append(Label(text, x + 16, y, tone="found"))
        else:
            canvas.labels.append(Label(text, x, y))
    canvas.y = box.bottom + GAP
    return box


def _lines(said: Iterable[Said], room: float) -> Iterator[tuple[str, bool]]:
    """The lines of a panel, and whether they stand behind a tick."""
    for one in said:
        width = room - 16 * one.found
        parts = [clipped(part, width, SIZE) for part in one.text.split(one.between)]
        for line in flowed(parts, width, SIZE, one.between):
            yield line, one.found


def _to_parent(parent: Box, child: Box) -> Link:
    turn = child.y + 3 + LINE / 2
    x = child.x - STEP / 2
    points = ((child.x, turn), (x, turn), (x, parent.bottom))
    return Link("parent", child.id, parent.id, points, arrow=True)
