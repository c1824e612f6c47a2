"""The address spaces: one lane each, VMAs over their pages, rmap_items below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksmlib.draw.changes import (
    anon_vma_id,
    folio_id,
    item_id,
    page_id,
    process_id,
    vma_id,
)
from ksmlib.draw.measure import flowed, text_width
from ksmlib.draw.plan import (
    DOT,
    MARGIN,
    Plan,
    and_more,
    in_width,
    short,
    signed,
    style_of_folio,
    tone_of,
)
from ksmlib.draw.shapes import (
    LARGE,
    LINE,
    SIZE,
    Box,
    Canvas,
    Label,
    Link,
    Mark,
    Outcome,
    Style,
    Symbol,
    Verdict,
)
from ksmlib.report.text import ptes_text

#: From the outline of a VMA to what is in it.
INSET = 3.0
#: From the edge of a column to a VMA that begins there.
EDGE = 1.5
MAX_PROCESSES = 4


def vma_words(vma: dict[str, Any], words: bool, mark: Mark = "") -> list[str]:
    """What is written on a VMA; the short form is that of /proc/pid/smaps."""
    offset = vma["vm_pgoff"]
    if vma["file"]:
        said = [signed(mark, f"{short(vma['file'])}@{offset}")]
    else:
        said = [signed(mark, f"pgoff {offset}" if words else f"@{offset}")]
    said.append(vma["prot"])
    if vma["mergeable"]:
        said.append("mergeable" if words else "mg")
    if vma["dontfork"]:
        said.append("dontfork" if words else "dc")
    if vma["anon_vma"]:
        said.append(vma["anon_vma"])
    return said


def vma_sentence(process: str, vma: dict[str, Any]) -> str:
    """A VMA in full, for those who point at it."""
    last = vma["start"] + vma["pages"] - 1
    chain = f", chain {' '.join(vma['chain'])}" if vma["chain"] else ""
    words = ", ".join(vma_words(vma, True))
    return f"VMA of {process}, pages {vma['start']} to {last}: {words}{chain}"


def draw_processes(canvas: Canvas, plan: Plan) -> None:
    """All lanes; those with a missed PTE are never left out."""
    names = list(plan.state["processes"])
    missed = {name for walk in plan.walks for name, _ in walk.missed}
    ranked = sorted(names, key=lambda name: (name not in missed, names.index(name)))
    shown = set(ranked[:MAX_PROCESSES])
    for name in names:
        if name in shown:
            _lane(canvas, plan, name)
    and_more(canvas, plan, len(names) - len(shown), "process", "processes")
    for name in dict.fromkeys(item["process"] for item in plan.state["rmap_items"]):
        if name not in plan.state["processes"]:
            _left_behind(canvas, plan, name)
    for name in plan.changed.gone_of("process:"):
        y = canvas.y + LINE / 2
        text = signed("-", f"process {short(name)} has exited")
        canvas.labels.append(Label(text, MARGIN, y, tone="gone"))
        canvas.y += LINE + 4


def _lane(canvas: Canvas, plan: Plan, name: str) -> None:
    process = plan.state["processes"][name]
    top = canvas.y
    mark = plan.changed.mark(process_id(name))
    text = signed(mark, short(name))
    label = Label(text, MARGIN, top + 12, tone=tone_of(mark), size=LARGE, bold=True)
    canvas.labels.append(label)
    visible = [v for v in process["vmas"] if _across(plan, v) is not None]
    lines = max((len(_lines(plan, name, v)) for v in visible), default=1)
    cells = top + INSET + lines * LINE + 2
    bottom = cells + _cell_height(plan) + INSET
    gone = list(_gone_runs(plan, name))
    for first, last in gone:
        _gone_run(canvas, plan, name, first, last, top, bottom)
    for vma in visible:
        _vma(canvas, plan, name, vma, top, bottom, cells)
    if not process["vmas"] and not gone:
        nothing = Label("no memory", plan.left, top + 12, tone="muted")
        canvas.labels.append(nothing)
        bottom = top + 24
    canvas.boxes.append(
        Box(process_id(name), "process", MARGIN, top, plan.left - MARGIN - 4, 24)
    )
    canvas.y = bottom
    _items(canvas, plan, name, cells + _cell_height(plan))
    canvas.y += 4
    and_more(canvas, plan, len(process["vmas"]) - len(visible), "VMA", "VMAs")
    canvas.y += 8


def _left_behind(canvas: Canvas, plan: Plan, name: str) -> None:
    """The rmap_items of a process that has exited: they last until the next scan."""
    label = Label(short(name), MARGIN, canvas.y + 12, size=LARGE, bold=True)
    canvas.labels.append(label)
    exited = Label("has exited", plan.left, canvas.y + 12, tone="muted")
    canvas.labels.append(exited)
    canvas.y += 20
    _items(canvas, plan, name, canvas.y)
    canvas.y += 12


def _across(plan: Plan, vma: dict[str, Any]) -> tuple[float, float] | None:
    start = vma["start"]
    return plan.axis.span((0, start), (0, start + vma["pages"] - 1))


def _cell_height(plan: Plan) -> float:
    return (2 + len(plan.walks)) * LINE + 5


def _lines(plan: Plan, name: str, vma: dict[str, Any]) -> list[str]:
    across = _across(plan, vma)
    assert across is not None
    room = across[1] - across[0] - 2 * (EDGE + INSET)
    mark = plan.changed.mark(vma_id(name, vma["start"]))
    return flowed(vma_words(vma, plan.words, mark), room, SIZE, DOT)


def _vma(
    canvas: Canvas,
    plan: Plan,
    name: str,
    vma: dict[str, Any],
    top: float,
    bottom: float,
    cells: float,
) -> None:
    across = _across(plan, vma)
    assert across is not None
    left, right = across[0] + EDGE, across[1] - EDGE
    key = vma_id(name, vma["start"])
    mark = plan.changed.mark(key)
    title = vma_sentence(name, vma)
    size = (right - left, bottom - top)
    data = ("process", name), ("start", vma["start"]), ("pages", vma["pages"])
    box = Box(key, "vma", left, top, *size, "vma", mark, title=title, data=data)
    canvas.boxes.append(box)
    lines = _lines(plan, name, vma)
    y = (top + INSET + cells) / 2 - (len(lines) - 1) * LINE / 2
    for n, text in enumerate(lines):
        tone = tone_of(mark) if n == 0 else "normal"
        canvas.labels.append(in_width(text, left + 1, y, right - left - 2, tone))
        y += LINE
    _cells(canvas, plan, name, vma, cells)


def _cells(
    canvas: Canvas, plan: Plan, name: str, vma: dict[str, Any], top: float
) -> None:
    axis = plan.axis
    start, end = vma["start"], vma["start"] + vma["pages"]
    inside = [
        (page, x)
        for (kind, page), x in zip(axis.keys, axis.left, strict=True)
        if kind == 0 and start <= page < end
    ]
    for page, x in inside:
        _cell(canvas, plan, name, page, x + EDGE + 2, top, vma)
    for gap in axis.gaps:
        if inside[0][1] < gap < inside[-1][1]:
            y = top + _cell_height(plan) / 2
            dots = Label("\N{HORIZONTAL ELLIPSIS}", gap, y, "middle", "muted")
            canvas.labels.append(dots)


def _cell(
    canvas: Canvas,
    plan: Plan,
    name: str,
    page: int,
    x: float,
    top: float,
    vma: dict[str, Any],
) -> None:
    width, height = plan.axis.column - 2 * (EDGE + 2), _cell_height(plan)
    key = page_id(name, page)
    pte = plan.state["processes"][name]["pages"].get(str(page))
    if pte is None:
        title = f"page {page} of {name}: nothing is mapped"
        box = Box(key, "page", x, top, width, height, "empty", title=title)
        canvas.boxes.append(box)
        was = plan.changed.gone.get(key)
        if was is not None:
            text = signed("-", was["folio"])
            canvas.labels.append(in_width(text, x, top + 2 + LINE / 2, width, "gone"))
        return
    place = Box(key, "page", x, top, width, height)
    _mapped_cell(canvas, plan, (name, page), pte, place)
    canvas.links.append(Link("contains", vma_id(name, vma["start"]), key))
    canvas.links.append(Link("maps", key, folio_id(pte["folio"])))


def _mapped_cell(
    canvas: Canvas, plan: Plan, at: tuple[str, int], pte: dict[str, Any], place: Box
) -> None:
    kind = plan.state["folios"][pte["folio"]]["kind"]
    mark = plan.changed.mark(place.id)
    verdicts = plan.verdicts(*at)
    said = _said(plan, verdicts)
    content = "the zero page" if kind == "zero" else f"{kind}, holds {pte['content']}"
    box = Box(
        place.id,
        "page",
        place.x,
        place.y,
        place.width,
        place.height,
        style_of_folio(kind),
        mark,
        _worst(verdicts),
        f"page {at[1]} of {at[0]}: {pte['folio']} ({content}){said}",
    )
    canvas.boxes.append(box)
    y = place.y + 2 + LINE / 2
    name = signed(mark, pte["folio"])
    inner = place.width - 2
    canvas.labels.append(in_width(name, place.x + 1, y, inner, tone_of(mark)))
    content = "" if kind == "zero" else pte["content"]
    if content:
        label = in_width(content, place.x + 1, y + LINE, inner, "normal")
        canvas.labels.append(label)
    for number, verdict in enumerate(verdicts):
        if verdict:
            line = y + (2 + number) * LINE
            _verdict(canvas, box, line, verdict, plan.tag(number) or verdict)


def _said(plan: Plan, verdicts: list[Verdict]) -> str:
    """``, found by full``: what each walk made of a PTE."""
    pairs = zip(verdicts, plan.walks, strict=True)
    return "".join(
        f", {verdict} by {walk.design}" for verdict, walk in pairs if verdict
    )


def _worst(verdicts: list[Verdict]) -> Verdict:
    """One verdict for several: what any walk has missed counts as missed."""
    return "missed" if "missed" in verdicts else max(verdicts, default="")


def _verdict(canvas: Canvas, box: Box, y: float, verdict: Outcome, word: str) -> None:
    """A tick or a cross, and the word if there is room for it."""
    width = text_width(word, SIZE, bold=True)
    middle, _ = box.centre
    if width + 20 > box.width:
        canvas.symbols.append(Symbol(verdict, middle, y))
        return
    x = middle - (width + 14) / 2
    canvas.symbols.append(Symbol(verdict, x + 5, y))
    canvas.labels.append(Label(word, x + 14, y, tone=verdict, bold=True))


def _gone_runs(plan: Plan, name: str) -> Iterator[tuple[int, int]]:
    """Runs of pages that were in a VMA before and are in none now."""
    if plan.before is None or name not in plan.before["processes"]:
        return
    now = plan.state["processes"][name]["vmas"]
    taken = {page for vma in now for page in _pages(plan, vma)}
    for vma in plan.before["processes"][name]["vmas"]:
        run: list[int] = []
        for page in [*_pages(plan, vma), None]:
            if page is not None and page not in taken:
                run.append(page)
            elif run:
                yield run[0], run[-1]
                run = []


def _pages(plan: Plan, vma: dict[str, Any]) -> list[int]:
    start, end = vma["start"], vma["start"] + vma["pages"]
    return [page for kind, page in plan.axis.keys if not kind and start <= page < end]


def _gone_run(
    canvas: Canvas,
    plan: Plan,
    name: str,
    first: int,
    last: int,
    top: float,
    bottom: float,
) -> None:
    across = plan.axis.span((0, first), (0, last))
    assert across is not None
    left, width = across[0] + EDGE, across[1] - across[0] - 2 * EDGE
    text = signed("-", f"{first}+{last - first + 1}")
    title = f"no longer mapped by {name}: pages {first} to {last}"
    key = f"gone-{vma_id(name, first)}"
    size = (width, bottom - top)
    canvas.boxes.append(Box(key, "vma", left, top, *size, "gone", "-", title=title))
    y = top + INSET + LINE / 2
    canvas.labels.append(in_width(text, left + 1, y, width - 2, "gone"))


def _items(canvas: Canvas, plan: Plan, name: str, cells_end: float) -> None:
    """The rmap_items of a process, each below its page."""
    items = [item for item in plan.state["rmap_items"] if item["process"] == name]
    shown = [item for item in items if plan.axis.at((0, item["page"])) is not None]
    gone = [
        item
        for item in plan.changed.gone_of(f"item:{name}:").values()
        if plan.axis.at((0, item["page"])) is not None
    ]
    if shown or gone:
        top = canvas.y + 6
        text = "items"
        y = top + 2 + LINE / 2
        canvas.labels.append(Label(text, MARGIN, y, tone="muted"))
        for item in gone:
            _item(canvas, plan, item, top, None)
        for item in shown:
            _item(canvas, plan, item, top, cells_end)
        canvas.y = top + _item_height(plan)
    and_more(canvas, plan, len(items) - len(shown), "rmap_item", "rmap_items")


def _one_line(plan: Plan) -> bool:
    return plan.axis.column >= 84


def _item_height(plan: Plan) -> float:
    return LINE + 4 if _one_line(plan) else 2 * LINE + 4


def is_stale(plan: Plan, item: dict[str, Any]) -> bool:
    """Whether the page no longer maps the folio that the item hangs on."""
    process = plan.state["processes"].get(item["process"])
    pte = process["pages"].get(str(item["page"])) if process else None
    return pte is None or pte["folio"] != item["folio"]


def _item(
    canvas: Canvas,
    plan: Plan,
    item: dict[str, Any],
    top: float,
    cells_end: float | None,
) -> None:
    """One rmap_item; without ``cells_end`` it is gone."""
    left = plan.axis.at((0, item["page"]))
    assert left is not None
    left += EDGE + 2
    width, height = plan.axis.column - 2 * (EDGE + 2), _item_height(plan)
    key = item_id(item["process"], item["page"])
    gone = cells_end is None
    mark: Mark = "-" if gone else plan.changed.mark(key)
    stale = is_stale(plan, item)
    folio = item["folio"] or "gone"
    at = ptes_text([(item["process"], item["page"])])
    title = f"rmap_item {at}: folio {folio}, anon_vma {item['anon_vma']}"
    title += ", stale" if stale else ""
    style: Style = "gone" if gone else "stale" if stale else "item"
    box = Box(
        f"gone-{key}" if gone else key,
        "rmap_item", left, top, width, height, style, mark, title=title,
    )  # fmt: skip
    canvas.boxes.append(box)
    parts = [signed(mark, folio), str(item["anon_vma"])]
    for n, text in enumerate([DOT.join(parts)] if _one_line(plan) else parts):
        y = top + 2 + LINE / 2 + n * LINE
        canvas.labels.append(in_width(text, left + 1, y, width - 2, tone_of(mark)))
    if not gone:
        _item_links(canvas, item, box, cells_end)


def _item_links(
    canvas: Canvas, item: dict[str, Any], box: Box, cells_end: float | None
) -> None:
    page = page_id(item["process"], item["page"])
    drawn = any(b.id == page and b.style != "empty" for b in canvas.boxes)
    middle, _ = box.centre
    points = ((middle, cells_end or box.y), (middle, box.y)) if drawn else ()
    canvas.links.append(Link("item_page", box.id, page, points))
    if item["folio"]:
        canvas.links.append(Link("item_folio", box.id, folio_id(item["folio"])))
    target = anon_vma_id(item["anon_vma"])
    canvas.links.append(Link("item_anon_vma", box.id, target))
