"""A claim as plain text that stands on its own in a mail, or in a bibliography.

ASCII, at most 66 columns. The command and the page print the same.
"""

from __future__ import annotations

from typing import Any

from ksmlib.claims.evidence import evidence
from ksmlib.claims.registry import Claim
from ksmlib.report.text import folded
from ksmlib.site import EDITION


def block(claim: Claim) -> str:
    """The text to paste: sentence, history, verdicts, evidence, link."""
    head = f"The KSM rmap book, edition {EDITION}, claim {claim.id}:"
    lines = [head, *folded(claim.statement, 2)]
    if claim.withdrawn:
        lines += ["", *folded(f"WITHDRAWN {claim.withdrawn}", 0)]
    lines += ["", *claim.proof.lines(), ""]
    for layer in evidence(claim):
        lines += folded(layer.says, 9, f"{layer.name:<7}  ")
    return "\n".join([*lines, f"link     {claim.link}"]) + "\n"


def bibtex(claim: Claim) -> str:
    """An entry for a bibliography, in ASCII."""
    fields = {
        "author": "{The KSM rmap book authors}",
        "title": f"{{Claim {claim.id} of the KSM rmap book}}",
        "edition": f"{{{EDITION}}}",
        "url": f"{{{claim.link}}}",
        "note": f"{{{claim.statement} Hash {claim.hash}.}}",
    }
    lines = [f"@misc{{ksm-rmap-{claim.id},"]
    for name, value in fields.items():
        lines += folded(f"{value},", 4, f"  {name} = ")
    return "\n".join([*lines, "}"]) + "\n"


def claim_json(claim: Claim) -> dict[str, Any]:
    """The claim as plain data; ``history`` is empty where none shows it."""
    history = claim.operations
    return {
        "id": claim.id,
        "statement": claim.statement,
        "kind": claim.proof.kind,
        "history": history.one_line if history else "",
        "designs": list(claim.designs),
        "shows": claim.proof.facts(),
        "evidence": {layer.name: layer.says for layer in evidence(claim)},
        "rules": list(claim.rules),
        "unless": claim.unless,
        "chapter": claim.chapter,
        "since": claim.since,
        "withdrawn": claim.withdrawn,
        "hash": claim.hash,
        "link": claim.link,
    }
