"""The KSM folios, with what the kernel knows of their PTEs; other folios, briefly."""

from __future__ import annotations

from typing import Any

from ksmlib.draw.changes import folio_id
from ksmlib.draw.measure import text_width
from ksmlib.draw.plan import (
    MARGIN,
    Plan,
    and_more,
    heading,
    in_width,
    paragraph,
    signed,
    style_of_folio,
    tone_of,
    widest,
)
from ksmlib.draw.shapes import LINE, SIZE, Box, Canvas, Tone
from ksmlib.report.text import ptes_text

MAX_FOLIOS = 6


def content_of(plan: Plan, folio: dict[str, Any]) -> str:
    """What a folio holds, as its first PTE tells."""
    process, page = folio["mapped"][0]
    content: str = plan.state["processes"][process]["pages"][str(page)]["content"]
    return content


def items_of(plan: Plan, name: str) -> dict[tuple[str, int], str]:
    """The rmap_items on a folio: page to anon_vma."""
    return {
        (item["process"], item["page"]): item["anon_vma"]
        for item in plan.state["rmap_items"]
        if item["folio"] == name
    }


def folio_sentences(plan: Plan, name: str, folio: dict[str, Any]) -> list[str]:
    """What there is to say about a folio: what it is, its PTEs, its items."""
    mapped = [(process, page) for process, page in folio["mapped"]]
    at = f"mapped at {ptes_text(mapped)}"
    if folio["kind"] == "zero":
        return [f"the zero page, {at}"]
    holds = f"holds {content_of(plan, folio)}, index {folio['index']}"
    if folio["kind"] == "file":
        return [f"page of a file, {holds}, {at}"]
    items = items_of(plan, name)
    bare = [pte for pte in mapped if pte not in items]
    stale = [pte for pte in items if pte not in mapped]
    said = f"rmap_items for {ptes_text(items)}" if items else "no rmap_item"
    said += f"; none for {ptes_text(bare)}" if bare and items else ""
    said += f"; stale: {ptes_text(stale)}" if stale else ""
    return [f"KSM folio, {holds}", at, said]


def draw_folios(canvas: Canvas, plan: Plan) -> None:
    """All folios but the anonymous ones, which are drawn with their anon_vma."""
    folios = {
        name: folio
        for name, folio in plan.state["folios"].items()
        if folio["kind"] != "anon"
    }
    gone = [
        name
        for name, folio in plan.changed.gone_of("folio:").items()
        if folio["kind"] == "ksm"
    ]
    if not folios and not gone:
        return
    heading(canvas, "Folios")
    canvas.y += 3
    walked = {walk.folio for walk in plan.walks}
    ranked = sorted(folios, key=lambda n: (n not in walked, folios[n]["kind"] != "ksm"))
    shown = ranked[:MAX_FOLIOS]
    width = max(28.0, widest(signed("+", name) for name in shown) + 8)
    for name in folios:
        if name in shown:
            _folio(canvas, plan, name, folios[name], width)
    and_more(canvas, plan, len(folios) - len(shown), "folio", "folios")
    for name in gone:
        text = signed("-", f"{name} is gone")
        paragraph(canvas, text, MARGIN, plan.right, "gone")
    canvas.y += 8


def _folio(
    canvas: Canvas, plan: Plan, name: str, folio: dict[str, Any], width: float
) -> None:
    key = folio_id(name)
    mark = plan.changed.mark(key)
    text = signed(mark, name if folio["kind"] != "zero" else "zero")
    width = max(width, text_width(text, SIZE) + 8)
    sentences = folio_sentences(plan, name, folio)
    title = f"{name}: {'; '.join(sentences)}"
    style = style_of_folio(folio["kind"])
    box = Box(key, "folio", MARGIN, canvas.y, width, LINE + 5, style, mark, title=title)
    canvas.boxes.append(box)
    y = canvas.y + LINE / 2 + 2.5
    canvas.labels.append(in_width(text, box.x + 1, y, width - 2, tone_of(mark)))
    canvas.y += 2.5
    for n, sentence in enumerate(sentences):
        tone: Tone = "normal" if n == 0 else "muted"
        paragraph(canvas, sentence, box.right + 8, plan.right, tone)
    canvas.y = max(canvas.y, box.bottom) + 5
