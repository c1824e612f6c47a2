"""A claim as plain text that stands on its own in a mail.

ASCII, at most 66 columns. The command and the page print the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from ksmlib.claims.evidence import evidence
from ksmlib.claims.registry import Claim
from ksmlib.history.link import MODEL
from ksmlib.report.text import COLUMNS, folded, history_text, ptes_text, table
from ksmlib.report.verdict import FolioWalk


def block(claim: Claim) -> str:
    """The text to paste: sentence, history, verdicts, evidence, link."""
    report = claim.report
    lines = [f"The KSM rmap book, {claim.id}:", *folded(claim.says, 2)]
    if claim.withdrawn:
        lines += ["", *folded(f"WITHDRAWN {claim.withdrawn}", 0)]
    lines += ["", *history_text(claim.operations)]
    for walk in report.walks:
        lines += ["", *_verdicts(walk)]
    lines += ["", *_evidence(claim)]
    return "\n".join(lines) + "\n"


def _verdicts(walk: FolioWalk) -> list[str]:
    rows = [["design", "found", "missed"]]
    for verdict in walk.verdicts:
        found = f"{len(verdict.found)}/{len(walk.mapped)}"
        rows.append([verdict.design, found, ptes_text(verdict.missed) or "-"])
    head = f"KSM page mapped at {ptes_text(walk.mapped)}"
    return [f"  {line}" for line in [head, *table(rows, (1,), COLUMNS - 2)]]


def _evidence(claim: Claim) -> Iterator[str]:
    rows = [*evidence(claim), ("model", f"{MODEL}, verdict {claim.hash}")]
    for layer, said in [*rows, ("link", claim.link)]:
        yield from folded(said, 9, f"{layer:<7}  ")
