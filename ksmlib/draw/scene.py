"""A state as a picture: address spaces, folios, anon_vmas, one below the other.

All share one axis of pages, so that what lies at a page offset is right below
the page of that number. The order and the positions follow from the state
alone. At most four processes and twelve pages are drawn; the rest is counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from ksmlib.draw.alt import listed, state_alt
from ksmlib.draw.anon_vmas import (
    INDENT,
    MAX_DEPTH,
    MAX_ENTRIES,
    by_descent,
    draw_anon_vmas,
)
from ksmlib.draw.changes import Changes, changes, vma_id
from ksmlib.draw.columns import MAX_COLUMNS, Axis, Wish, lay_out, wishes
from ksmlib.draw.folios import draw_folios
from ksmlib.draw.lanes import EDGE, INSET, draw_processes, vma_words
from ksmlib.draw.measure import text_width
from ksmlib.draw.plan import (
    MARGIN,
    Plan,
    and_more,
    entry_label,
    heading,
    paragraph,
    ruler,
    short,
    signed,
    widest,
)
from ksmlib.draw.shapes import (
    LARGE,
    LINE,
    SIZE,
    Canvas,
    Data,
    Outcome,
    Scene,
    Symbol,
)
from ksmlib.draw.view import WalkView
from ksmlib.history.state import State
from ksmlib.report.text import ptes_text

#: How wide a picture is, unless its names are longer than usual.
WIDTH = 400.0
#: If it gets wider, columns are left out, but so many are always kept.
TOO_WIDE, FEWEST = 470.0, 8
#: A column is not wider than this.
WIDEST = 116.0
#: A column is not narrower than this.
NARROWEST = 28.0


def state_scene(
    state: State,
    before: State | None = None,
    walk: WalkView | None = None,
    *beside: WalkView,
) -> Scene:
    """Draw a state; mark what changed since ``before``; show what a walk found.

    Walks of the same folio by other designs may stand ``beside`` the first.
    """
    walks = (walk, *beside) if walk else ()
    plan = _plan(state, before, walks)
    canvas = Canvas(y=MARGIN)
    if walks:
        _headline(canvas, plan)
    if plan.axis.keys:
        ruler(canvas, plan, "page", files=False)
        canvas.y += 2
    draw_processes(canvas, plan)
    if not state["processes"]:
        paragraph(canvas, "No process runs.", MARGIN, plan.right, "muted")
    pages = [key for key in plan.axis.hidden if key[0] == 0]
    and_more(canvas, plan, len(pages), "page", "pages")
    canvas.y += 2
    draw_folios(canvas, plan)
    draw_anon_vmas(canvas, plan)
    _legend(canvas, plan)
    canvas.y += MARGIN - 4
    title = "State of the machine"
    if walk is not None:
        designs = listed([walk.design for walk in walks])
        title = f"Walk of {walk.folio} by {designs}"
    alt = state_alt(state, before, walk, *beside)
    return canvas.scene(plan.width, title, alt, _scale(plan.axis))


def _scale(axis: Axis) -> Data:
    """Where the pages lie across: ``page:x`` of each, and how wide each is."""
    places = zip(axis.keys, axis.left, strict=True)
    pages = " ".join(f"{page}:{x:g}" for (kind, page), x in places if kind == 0)
    return ("column", axis.column), ("columns", pages)


def _plan(state: State, before: State | None, walks: tuple[WalkView, ...]) -> Plan:
    changed = changes(before, state)
    left = MARGIN + _gutter(state, bool(changed.marks), len(walks)) + 8
    wish = wishes(state, before, walks)
    narrowest = max(NARROWEST, _widest_name(state, wish, bool(changed.marks)) + 9.5)
    for most in range(MAX_COLUMNS, FEWEST - 1, -1):
        room = WIDTH - MARGIN - 4 - left
        axis = lay_out(wish, left, room, narrowest, WIDEST, most)
        if axis.right + MARGIN + 4 <= TOO_WIDE:
            break
    width = max(WIDTH, axis.right + MARGIN + 4)
    words = _words_fit(state, changed, axis)
    return Plan(state, before, changed, walks, axis, left, width, words)


def _widest_name(state: State, wish: Wish, marked: bool) -> float:
    """The widest of the names that must fit into a column."""
    mark = "+" if marked else ""
    shown, _ = wish.chosen()
    numbers = (f"@{number}" if kind else str(number) for kind, number in shown)
    folios = (signed("~" if mark else "", name) for name in list(state["folios"])[:99])
    return max(widest(numbers), widest(folios), widest(list(state["anon_vmas"])[:99]))


def _gutter(state: State, marked: bool, walks: int) -> float:
    """The room for names left of the columns."""
    mark = "+ " if marked else ""
    asks = "1 asks" if walks > 1 else "asks"
    names = [
        text_width(mark + short(name), LARGE, bold=True)
        for name in [*state["processes"], *(i["process"] for i in state["rmap_items"])]
    ]
    rows = [widest(["folios", "items"]), *names]
    for name, depth in by_descent(state):
        indent = min(depth, MAX_DEPTH) * INDENT + 6
        entries = state["anon_vmas"][name]["tree"][:MAX_ENTRIES]
        rows.append(indent + text_width(asks, SIZE, bold=True))
        rows.append(indent + widest(["folios", *_entry_labels(entries, mark)]))
    return max(rows)


def _entry_labels(entries: list[dict[str, object]], mark: str) -> Iterator[str]:
    return (mark + entry_label(entry) for entry in entries)


def _words_fit(state: State, changed: Changes, axis: Axis) -> bool:
    """Whether every flag of every VMA can be written out."""
    for name, process in state["processes"].items():
        for vma in process["vmas"]:
            first, last = vma["start"], vma["start"] + vma["pages"] - 1
            across = axis.span((0, first), (0, last))
            if across is None:
                continue
            room = across[1] - across[0] - 2 * (EDGE + INSET)
            mark = changed.mark(vma_id(name, vma["start"]))
            if widest(vma_words(vma, True, mark)) > room:
                return False
    return True


def _headline(canvas: Canvas, plan: Plan) -> None:
    """Which walks, what each found, what it missed and why."""
    for number, walk in enumerate(plan.walks):
        tag = plan.tag(number)
        text = f"{walk.folio}, walked by {walk.design}"
        heading(canvas, f"{tag}: {text}" if tag else text)
        canvas.y += 2
        if walk.found:
            _outcome(canvas, plan, "found", f"finds {ptes_text(walk.found)}")
        for why, ptes in _reasons(plan.state, walk).items():
            _outcome(canvas, plan, "missed", f"misses {ptes_text(ptes)}{why}")
        canvas.y += 8


def _outcome(canvas: Canvas, plan: Plan, kind: Outcome, text: str) -> None:
    canvas.symbols.append(Symbol(kind, MARGIN + 5, canvas.y + LINE / 2))
    paragraph(canvas, text, MARGIN + 16, plan.right, kind)


def _reasons(state: State, walk: WalkView) -> dict[str, list[tuple[str, int]]]:
    """The missed PTEs by why they were missed, if the walk is known so well."""
    reasons: dict[str, list[tuple[str, int]]] = {}
    for process, page in walk.missed:
        why = ""
        if walk.windows:
            visited = any(
                (process, vma["start"]) in walk.visited
                for vma in state["processes"][process]["vmas"]
                if vma["start"] <= page < vma["start"] + vma["pages"]
            )
            why = ": not filed where it asks"
            if visited:
                why = ": its VMA is visited, but not tried there"
        reasons.setdefault(why, []).append((process, page))
    return reasons


def _legend(canvas: Canvas, plan: Plan) -> None:
    """What the abbreviations and signs mean, as far as they occur."""
    said = []
    if not plan.words:
        said.append("@0 on a VMA: vm_pgoff 0")
        vmas = [v for p in plan.state["processes"].values() for v in p["vmas"]]
        said += ["mg: mergeable"] if any(v["mergeable"] for v in vmas) else []
        said += ["dc: dontfork"] if any(v["dontfork"] for v in vmas) else []
    if any(kind for kind, _ in plan.axis.keys):
        said.append("@5 in a tree: page 5 of the file")
    if plan.changed.marks or plan.changed.gone:
        said.append("+ new, ~ changed, \N{MINUS SIGN} gone")
    if said:
        canvas.y += 2
        paragraph(canvas, "; ".join(said) + ".", MARGIN, plan.right, "muted")
