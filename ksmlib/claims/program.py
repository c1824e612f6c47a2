"""A claim as a C program: that of its history, under a head that says it."""

from __future__ import annotations

from ksmlib.claims.registry import Claim
from ksmlib.report.text import folded
from ksmlib.repro import c_program


def claim_program(claim: Claim) -> str:
    """One C file, see ``ksmlib.repro``."""
    return c_program(
        claim.operations,
        [
            f"{claim.id} of the KSM rmap book, {claim.link}",
            "",
            *folded(claim.says, 0),
            "",
            "In the model a mapping is not reached by the walk of",
            *folded(", ".join(claim.misses), 0, "\t"),
            "and all are reached by that of",
            *folded(", ".join(claim.finds), 0, "\t"),
        ],
    )
