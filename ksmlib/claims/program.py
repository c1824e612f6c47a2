"""A claim as a C program: that of its history, under a head that says it."""

from __future__ import annotations

from functools import cache

from ksmlib.claims.registry import Claim, claims
from ksmlib.report.text import folded
from ksmlib.repro import ReproError, c_program
from ksmlib.repro.program import folios
from ksmlib.repro.runs import history_of
from ksmlib.repro.verdict import walks_said


@cache
def with_program() -> tuple[Claim, ...]:
    """The claims whose history ends with a KSM page."""
    shown = (one for one in claims().values() if one.history)
    return tuple(one for one in shown if folios(history_of(one.history)))


def claim_program(claim: Claim) -> str:
    """One C file, see ``ksmlib.repro``. Raises ReproError."""
    if not claim.history:
        raise ReproError(f"{claim.id} has no history that a program could run")
    history = history_of(claim.history)
    said = ["", *walks_said(history, claim.designs)] if claim.designs else []
    lines = [
        f"{claim.id} of the KSM rmap book, {claim.link}",
        "",
        *folded(claim.statement, 0),
        *said,
    ]
    return c_program(history, "\n".join(lines))
