"""What a claim stands on besides the model: kernels, and whole bounds."""

from __future__ import annotations

from collections.abc import Iterator

from ksmlib.claims.registry import Claim
from ksmlib.explore.exploration import operations_in
from ksmlib.explore.manifest import explorations
from ksmlib.history.named import named
from ksmlib.oracle.confirmed import confirmed, kernel_name


def evidence(claim: Claim) -> Iterator[tuple[str, str]]:
    """Each layer, and what it says of the claim, in a few words."""
    said = kernel_says(claim.history)
    if said:
        yield "kernel", said
    for design in claim.misses:
        bound = bound_says(claim, design)
        if bound:
            yield "bound", bound


def kernel_says(history: str) -> str:
    """Which kernel did the same as the model at every step, and missed the same.

    Nothing if the history was not recorded, or if they differ.
    """
    if confirmed(named(history)) is None:
        return ""
    return f"{kernel_name()} does and misses the same"


def bound_says(claim: Claim, design: str) -> str:
    """How short a history must be to break a design, if that was explored."""
    length = len(claim.operations.operations)
    for recorded in explorations().values():
        explored = recorded.exploration
        broken = explored.shortest(design, "every") if explored else None
        if explored is None or broken is None:
            continue
        bound = explored.bound
        of = f"{bound.procs} processes, {bound.pages} pages"
        shortest = operations_in(broken.history)
        if shortest == length:
            return f"{design}: none shorter, of all with {of}"
        if shortest < length:
            return f"{design}: the shortest has {shortest} operations ({of})"
    return ""
