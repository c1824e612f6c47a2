"""The verdicts of a step, as tables."""

from __future__ import annotations

from typing import Any

from ksmlib.report.verdict import FolioWalk, Verdict
from ksmlib.widgets.sentences import counted, some_ptes
from ksmlib.widgets.timeline import Moment


def walk_json(walk: FolioWalk) -> dict[str, Any]:
    """One folio, and a row for each design."""
    kind = "KSM" if walk.kind == "ksm" else "anonymous"
    caption = f"Walk of {walk.folio}, {kind} folio of index {walk.index}"
    return {
        "folio": walk.folio,
        "caption": f"{caption}, mapped at {some_ptes(walk.mapped)}",
        "of": len(walk.mapped),
        "rows": [_row(verdict, walk) for verdict in walk.verdicts],
    }


def _row(verdict: Verdict, walk: FolioWalk) -> dict[str, Any]:
    return {
        "design": verdict.design,
        "outcome": _outcome(verdict, walk),
        "missed": some_ptes(verdict.missed),
        "found": len(verdict.found),
        "vmas": verdict.vmas,
        "nodes": verdict.nodes,
    }


def _outcome(verdict: Verdict, walk: FolioWalk) -> str:
    if verdict.missed:
        return f"missed {some_ptes(verdict.missed)}"
    return "found all" if walk.mapped else "nothing to find"


def verdict_on(walk: FolioWalk, design: str) -> Verdict:
    """The verdict on a design; a folio that is not KSM's has one for them all."""
    return walk.verdict(design) if walk.kind == "ksm" else walk.verdicts[0]


def walk_sentence(walk: FolioWalk, design: str) -> str:
    """What one design makes of a folio."""
    verdict = verdict_on(walk, design)
    return f"The walk of {walk.folio} by {verdict.design}: {_outcome(verdict, walk)}."


def walks_note(moment: Moment) -> str:
    """What there is to say besides the tables."""
    if moment.left_out:
        what = counted(moment.left_out, "KSM folio is", "KSM folios are")
        if moment.walks:
            what = what.replace(" ", " more ", 1)
        return f"{what} left out: too much to walk here."
    return "" if moment.walks else "There is no KSM folio to walk at this step."
