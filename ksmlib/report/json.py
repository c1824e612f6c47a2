"""Reports as JSON objects, for machines."""

from __future__ import annotations

from collections.abc import Iterable
from ctypes import sizeof
from typing import Any

from ksmlib.designs import Design
from ksmlib.designs.layout import objects_per_slab
from ksmlib.report.verdict import FolioWalk, Report, Verdict


def _verdict(walk: FolioWalk, verdict: Verdict) -> dict[str, Any]:
    return {
        "process": walk.process,
        "page": walk.page,
        "folio": walk.folio,
        "design": verdict.design,
        "found": [list(pte) for pte in verdict.found],
        "missed": [list(pte) for pte in verdict.missed],
        "vmas": verdict.vmas,
        "nodes": verdict.nodes,
        "find_vma": verdict.find_vma,
    }


def report_json(report: Report) -> dict[str, Any]:
    """What ``ksmlib run --json`` prints."""
    refused = [
        {"line": r.line, "errno": r.errno, "why": r.why} for r in report.refusals
    ]
    return {
        "history": report.history.text,
        "refused": refused,
        **report.state,
        "walks": [_verdict(walk, v) for walk in report.walks for v in walk.verdicts],
    }


def designs_json(designs: Iterable[Design]) -> list[dict[str, Any]]:
    """What ``ksmlib designs --json`` prints."""
    return [
        {
            "id": d.id,
            "reading_of": d.reading_of,
            "title": d.title,
            "saved": d.saves,
            "asked": d.asks,
            "author": d.author,
            "date": d.date,
            "link": d.link,
            "rmap_item_bytes": sizeof(d.rmap_item),
            "rmap_items_per_slab": objects_per_slab(d.rmap_item),
            "stable_node_bytes": sizeof(d.stable_node),
        }
        for d in designs
    ]
