"""The anon_vmas: which page offsets their VMAs are filed under in the tree.

A bar is an interval of the tree. Where the pages of the VMA lie elsewhere,
they are drawn dashed, with an arrow to the bar. What a walk asks for runs
down through the tree: it finds the bars it crosses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksmlib.draw.changes import anon_vma_id, avc_id, folio_id, vma_id
from ksmlib.draw.columns import Key, folio_of_file
from ksmlib.draw.measure import clipped, text_width
from ksmlib.draw.plan import (
    MARGIN,
    Plan,
    and_more,
    entry_label,
    file_of,
    heading,
    in_width,
    paragraph,
    ruler,
    signed,
    tone_of,
)
from ksmlib.draw.shapes import LINE, SIZE, Box, Canvas, Label, Link
from ksmlib.draw.view import WalkView, Window
from ksmlib.history.state import State

MAX_ANON_VMAS = 8
MAX_ENTRIES = 8
#: From a parent's left edge to its child's.
INDENT = 10.0
#: Deeper children are not set further in.
MAX_DEPTH = 3
ROW = 20.0
BAR = 12.0

#: What an interval covers: its first and last key.
Span = tuple[Key, Key]


def by_descent(state: State) -> list[tuple[str, int]]:
    """The anon_vmas with their depth: each after its parent, in order of age."""
    anon_vmas = state["anon_vmas"]
    children: dict[str | None, list[str]] = {}
    for name, anon_vma in anon_vmas.items():
        parent = anon_vma["parent"]
        root = parent == name or parent not in anon_vmas
        children.setdefault(None if root else parent, []).append(name)
    found: list[tuple[str, int]] = []
    left = [(name, 0) for name in reversed(children.get(None, []))]
    while left:
        name, depth = left.pop()
        found.append((name, depth))
        left += [(child, depth + 1) for child in reversed(children.get(name, []))]
    return found


def interval_keys(state: State, entry: dict[str, Any]) -> Span:
    """The page offsets of a tree entry."""
    kind = int(file_of(state, entry["process"], entry["start"]) is not None)
    return (kind, entry["first"]), (kind, entry["last"])


def address_keys(entry: dict[str, Any]) -> Span:
    """The pages of the VMA of a tree entry."""
    pages = entry["last"] - entry["first"]
    return (0, entry["start"]), (0, entry["start"] + pages)


def draw_anon_vmas(canvas: Canvas, plan: Plan) -> None:
    """All anon_vmas with their trees, children after their parents."""
    descent = by_descent(plan.state)
    gone = plan.changed.gone_of("anon_vma:")
    if not descent and not gone:
        return
    caption = "dashed: the pages of a VMA filed elsewhere"
    elsewhere = any(
        interval_keys(plan.state, entry) != address_keys(entry)
        for anon_vma in plan.state["anon_vmas"].values()
        for entry in anon_vma["tree"][:MAX_ENTRIES]
    )
    heading(canvas, "anon_vmas, by page offset")
    if elsewhere:
        paragraph(canvas, caption, MARGIN, plan.right, "muted")
    canvas.y += 3
    ruler(canvas, plan, "pgoff", files=True)
    shown = _shown(plan, descent)
    for name, depth in shown:
        _anon_vma(canvas, plan, name, min(depth, MAX_DEPTH))
    _parents(canvas, plan)
    and_more(canvas, plan, len(descent) - len(shown), "anon_vma", "anon_vmas")
    for name in gone:
        paragraph(canvas, signed("-", f"{name} is freed"), MARGIN, plan.right, "gone")


def _shown(plan: Plan, descent: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """As many as there is room for, those that are asked first."""
    asked = {window.anon_vma for walk in plan.walks for window in walk.windows}
    ranked = sorted(descent, key=lambda item: item[0] not in asked)
    kept = {name for name, _ in ranked[:MAX_ANON_VMAS]}
    return [item for item in descent if item[0] in kept]


def _anon_vma(canvas: Canvas, plan: Plan, name: str, depth: int) -> None:
    anon_vma = plan.state["anon_vmas"][name]
    left, top = MARGIN + INDENT * depth, canvas.y
    place = len(canvas.boxes)
    canvas.y += 3
    _header(canvas, plan, name, left + 6)
    canvas.y += 2
    rows = canvas.y
    windows: list[Span | None] = []
    for number, walk in enumerate(plan.walks):
        asked = joined_windows(walk, name)
        if asked:
            _asks(canvas, plan, name, asked, left + 6, plan.tag(number))
        windows += (span for span in asked if span not in windows)
    shown = anon_vma["tree"][:MAX_ENTRIES]
    for entry in shown:
        _entry(canvas, plan, name, entry, left + 6)
    if not shown:
        nothing = Label("no VMA", left + 6, canvas.y + ROW / 2, tone="muted")
        canvas.labels.append(nothing)
        canvas.y += ROW
    rest = len(anon_vma["tree"]) - len(shown)
    and_more(canvas, plan, rest, "VMA", "VMAs")
    _folios(canvas, plan, name, left + 6)
    canvas.y += 3
    _panel(canvas, plan, name, Box("", "anon_vma", left, top, 0, 0), place)
    _bands(canvas, plan, name, windows, rows, place + 1)
    canvas.y += 7


def _header(canvas: Canvas, plan: Plan, name: str, x: float) -> None:
    anon_vma = plan.state["anon_vmas"][name]
    mark = plan.changed.mark(anon_vma_id(name))
    y = canvas.y + LINE / 2
    text = signed(mark, name)
    canvas.labels.append(Label(text, x, y, tone=tone_of(mark), bold=True))
    x += text_width(text, SIZE, bold=True) + 6
    parent = anon_vma["parent"]
    if parent == name:
        kin = "root"
    else:
        freed = "" if parent in plan.state["anon_vmas"] else ", freed"
        kin = f"child of {parent}{freed}"
    counts = f"children {anon_vma['num_children']}"
    counts += f", active VMAs {anon_vma['num_active_vmas']}"
    room = plan.right - 6 - x
    if text_width(kin + counts, SIZE) + 12 <= room:
        end = plan.right - 6
        canvas.labels.append(Label(counts, end, y, "end", "muted"))
    canvas.labels.append(Label(clipped(kin, room, SIZE), x, y))
    canvas.y += LINE


def _panel(canvas: Canvas, plan: Plan, name: str, corner: Box, place: int) -> None:
    """The ground below an anon_vma, put in before what is drawn on it."""
    anon_vma = plan.state["anon_vmas"][name]
    count = len(anon_vma["tree"])
    title = f"anon_vma {name}, {count} VMA{'' if count == 1 else 's'} in its tree"
    box = Box(
        anon_vma_id(name),
        "anon_vma",
        corner.x,
        corner.y,
        plan.right - corner.x,
        canvas.y - corner.y,
        "panel",
        plan.changed.mark(anon_vma_id(name)),
        title=title,
    )
    canvas.boxes.insert(place, box)
    if anon_vma["parent"] != name:
        parent = anon_vma_id(anon_vma["parent"])
        canvas.links.append(Link("parent", box.id, parent))


def _parents(canvas: Canvas, plan: Plan) -> None:
    """Lines from each child up to its parent, left of the panels between."""
    panels = {box.id: box for box in canvas.boxes if box.kind == "anon_vma"}
    for n, link in enumerate(canvas.links):
        child, parent = panels.get(link.source), panels.get(link.target)
        if link.kind != "parent" or child is None or parent is None:
            continue
        x, y = child.x - INDENT / 2, child.y + 3 + LINE / 2
        if child.x > parent.x:
            points = ((child.x, y), (x, y), (x, parent.bottom))
            canvas.links[n] = Link("parent", child.id, parent.id, points, arrow=True)


def joined_windows(walk: WalkView, name: str) -> list[Span | None]:
    """What a walk asks a tree, touching windows joined; None: everything."""
    asked = [w for w in walk.windows if w.anon_vma == name]
    if any(window.last is None for window in asked):
        return [None]
    joined: list[Span | None] = []
    for first, last in sorted(_window_keys(window) for window in asked):
        before = joined[-1] if joined else None
        if before and first <= (before[1][0], before[1][1] + 1):
            joined[-1] = before[0], max(before[1], last)
        else:
            joined.append((first, last))
    return joined


def _window_keys(window: Window) -> Span:
    assert window.last is not None
    kind = int(window.of_file)
    return (kind, window.first), (kind, window.last)


def _reach(plan: Plan, span: Span | None) -> tuple[float, float] | None:
    """From where to where a window reaches; everything is all columns."""
    if span is None:
        return plan.left, max(plan.axis.right, plan.left + 80)
    return plan.axis.span(*span)


def _asks(
    canvas: Canvas,
    plan: Plan,
    name: str,
    windows: list[Span | None],
    x: float,
    tag: str,
) -> None:
    """The windows of a walk, in a row above the tree."""
    y = canvas.y + ROW / 2
    asks = f"{tag} asks".strip()
    canvas.labels.append(Label(asks, x, y, tone="ask", bold=True))
    for span in windows:
        reach = _reach(plan, span)
        if reach is None:
            continue
        left, right = reach
        said = "everything" if span is None else f"{span[0][1]} to {span[1][1]}"
        key = f"window{tag}:{name}:{said}"
        title = f"the walk asks {name} for {said}"
        size = (right - left - 2, BAR + 4)
        top = y - BAR / 2 - 2
        box = Box(key, "window", left + 1, top, *size, "window", title=title)
        canvas.boxes.append(box)
        if span is None:
            canvas.labels.append(in_width(said, left + 1, y, right - left, "ask"))
    canvas.y += ROW


def _bands(
    canvas: Canvas,
    plan: Plan,
    name: str,
    windows: list[Span | None],
    top: float,
    place: int,
) -> None:
    """What is asked for, down through the tree, behind its bars."""
    for n, span in enumerate(windows):
        reach = _reach(plan, span)
        if reach is not None:
            left, right = reach
            height = canvas.y - 3 - top
            key = f"band:{name}:{n}"
            band = Box(key, "window", left + 1, top, right - left - 2, height, "band")
            canvas.boxes.insert(place, band)


def _entry(
    canvas: Canvas, plan: Plan, name: str, entry: dict[str, Any], x: float
) -> None:
    key = avc_id(name, entry["process"], entry["start"])
    mark = plan.changed.mark(key)
    y = canvas.y + ROW / 2
    text = signed(mark, entry_label(entry))
    canvas.labels.append(Label(text, x, y, tone=tone_of(mark)))
    filed, lies = interval_keys(plan.state, entry), address_keys(entry)
    moved = filed != lies
    title = f"{entry_label(entry)} is filed in {name} under page offsets"
    title += f" {entry['first']} to {entry['last']}"
    across = plan.axis.span(*filed)
    if across is not None:
        left, width = across[0] + 2, across[1] - across[0] - 4
        top = y - BAR / 2
        bar = Box(key, "avc", left, top, width, BAR, "avc", mark, title=title)
        canvas.boxes.append(bar)
        if moved:
            _moved(canvas, plan, bar, lies)
    else:
        said = f"{entry['first']} to {entry['last']}, not shown"
        canvas.labels.append(Label(said, plan.left, y, tone="muted"))
    vma = vma_id(entry["process"], entry["start"])
    canvas.links.append(Link("avc_vma", key, vma))
    canvas.links.append(Link("avc_anon_vma", key, anon_vma_id(name)))
    canvas.y += ROW


def _moved(canvas: Canvas, plan: Plan, bar: Box, lies: Span) -> None:
    """Where the pages are, with an arrow to where they are filed."""
    across = plan.axis.span(*lies)
    if across is None:
        return
    left, right = across
    title = f"the VMA itself lies at pages {lies[0][1]} to {lies[1][1]}"
    ghost = Box(
        f"address:{bar.id[4:]}", "address", left + 2, bar.y - 1.5,
        right - left - 4, bar.height + 3, "address", title=title,
    )  # fmt: skip
    canvas.boxes.append(ghost)
    _, y = bar.centre
    half = plan.axis.column / 2
    if ghost.x > bar.right:
        points = ((left + half, y), (bar.right + 1, y))
    elif ghost.right < bar.x:
        points = ((right - half, y), (bar.x - 1, y))
    else:
        points = ((left + half, y), (bar.x - 2 + half, y))
    canvas.links.append(Link("filed", ghost.id, bar.id, points, arrow=True))


def _folios(canvas: Canvas, plan: Plan, name: str, x: float) -> None:
    """The anonymous folios of an anon_vma, each at its index."""
    rows = list(_folio_rows(plan, name))
    for n, row in enumerate(rows):
        y = canvas.y + ROW / 2
        if n == 0:
            canvas.labels.append(Label("folios", x, y, tone="muted"))
        for folio, left in row:
            _folio(canvas, plan, folio, name, left, y)
        canvas.y += ROW
    rest = len(_folios_of(plan, name)) - sum(map(len, rows))
    and_more(canvas, plan, rest, "folio", "folios")


def _folios_of(plan: Plan, name: str) -> dict[str, dict[str, Any]]:
    return {
        folio: facts
        for folio, facts in plan.state["folios"].items()
        if facts["kind"] == "anon" and facts["anon_vma"] == name
    }


def _folio_rows(plan: Plan, name: str) -> Iterator[list[tuple[str, float]]]:
    """Folios of the same index go into rows of their own."""
    columns: dict[float, list[str]] = {}
    for folio, facts in _folios_of(plan, name).items():
        kind = int(folio_of_file(plan.state, facts))
        left = plan.axis.at((kind, facts["index"]))
        if left is not None:
            columns.setdefault(left, []).append(folio)
    for n in range(max(map(len, columns.values()), default=0)):
        yield [(column[n], x) for x, column in columns.items() if n < len(column)]


def _folio(
    canvas: Canvas, plan: Plan, folio: str, name: str, left: float, y: float
) -> None:
    facts = plan.state["folios"][folio]
    mark = plan.changed.mark(folio_id(folio))
    title = f"{folio}: anonymous folio, index {facts['index']}, of {name}"
    width = plan.axis.column - 7
    box = Box(
        folio_id(folio), "folio", left + 3.5, y - 8.5, width, 17, "anon", mark,
        title=title,
    )  # fmt: skip
    canvas.boxes.append(box)
    text = signed(mark, folio)
    canvas.labels.append(in_width(text, box.x + 1, y, width - 2, tone_of(mark)))
    canvas.links.append(Link("mapping", box.id, anon_vma_id(name)))
