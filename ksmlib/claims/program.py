"""A claim as a C program: that of its history, under a head that says it."""

from __future__ import annotations

from ksmlib.claims.registry import Claim, claims
from ksmlib.report.text import folded
from ksmlib.repro import c_program
from ksmlib.repro.program import folios
from ksmlib.repro.runs import history_of
from ksmlib.repro.verdict import walks_said


def with_program() -> list[Claim]:
    """The claims whose history ends with a KSM page."""
    shown = (one for one in claims().values() if one.history)
    return [one for one in shown if folios(history_of(one.history))]


def claim_program(claim: Claim) -> str:
    """One C file, see ``ksmlib.repro``."""
    history = history_of(claim.history)
    lines = [
        f"{claim.id} of the KSM rmap book, {claim.link}",
        "",
        *folded(claim.statement, 0),
        "",
        *walks_said(history, claim.designs),
    ]
    return c_program(history, "\n".join(lines))
