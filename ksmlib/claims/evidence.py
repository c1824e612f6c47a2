"""What a claim stands on: the model, whole bounds, kernels, a program to run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from ksmlib.claims.bounds import (
    Breaks,
    Keeps,
    explored,
    explored_with,
    fewest_operations,
    states_of,
)
from ksmlib.claims.proofs import Walks, replayed
from ksmlib.claims.registry import Claim
from ksmlib.history.link import MODEL
from ksmlib.oracle.confirmed import confirmed, recording
from ksmlib.repro.runs import repro_says

_KERNELS = {"uml": "User Mode Linux", "qemu": "x86, QEMU", "debian": "Debian, QEMU"}


@dataclass(frozen=True)
class Layer:
    """One layer of evidence, in a sentence.

    ``trace`` names the recorded trace that shows it, if there is one.
    """

    name: str
    says: str
    trace: str = ""


def evidence(claim: Claim) -> list[Layer]:
    """Every layer that there is: unknown is left out."""
    layers = (_kernel, _program, _bound, _model, _replay)
    return [layer for found in layers for layer in found(claim)]


def kernel_name() -> str:
    """The kernel of the recording, as a stranger would call it."""
    head = recording().head
    return f"Linux {head['release']} ({_KERNELS[head['kernel']]})"


def joined(words: tuple[str, ...] | list[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _kernel(claim: Claim) -> Iterator[Layer]:
    """Which kernel did the same as the model at every step, and missed the same."""
    if claim.operations is None or isinstance(claim.proof, Keeps):
        return
    recorded = confirmed(claim.operations)
    if recorded is None:
        return
    says = f"{kernel_name()} went through the same states"
    walked = [d for d in claim.designs if d in recording().head["designs"]]
    if walked and isinstance(claim.proof, Walks | Breaks):
        walks = "walks" if len(walked) > 1 else "walk"
        says += f", and its {walks} under {joined(walked)} missed the same PTEs"
    yield Layer("kernel", says, recorded.case.name)


def _program(claim: Claim) -> Iterator[Layer]:
    """On which kernels its C program had the page go, or stay, as the model says."""
    if claim.history and not isinstance(claim.proof, Keeps):
        says = repro_says(claim.history, claim.designs)
        if says:
            yield Layer("program", says)


def _bound(claim: Claim) -> Iterator[Layer]:
    """What is known of every history up to a bound."""
    proof = claim.proof
    if isinstance(proof, Keeps):
        found = explored_with(proof.design).values()
        tried = sum(
            level.generated + level.refused for e in found for level in e.levels
        )
        states = sum(map(states_of, found))
        says = f"every history within the bounds above: {states:,} states, {tried:,}"
        yield Layer("bound", f"{says} operations tried on the model")
    elif isinstance(proof, Breaks):
        says = f"no history of fewer than {proof.operations} operations does"
        yield Layer("bound", f"{says}, of all within {_bounds()}")
    elif isinstance(proof, Walks) and proof.misses:
        fewest = {d: fewest_operations(d, "every") for d in proof.misses}
        known = [f"{n} operations for {design}" for design, n in fewest.items() if n]
        if known:
            says = f"the shortest history that misses a PTE, of all within {_bounds()}"
            yield Layer("bound", f"{says}: {', '.join(known)}")


def _bounds() -> str:
    states = sum(map(states_of, explored().values()))
    return f"{len(explored())} bounds ({states:,} states)"


def _model(claim: Claim) -> Iterator[Layer]:
    says = f"ksmlib {version('ksmlib')}, model {MODEL}; hash of the result"
    yield Layer("model", f"{says} {claim.hash}")


def _replay(claim: Claim) -> Iterator[Layer]:
    """How to see it again, here and on another kernel."""
    if isinstance(claim.proof, Keeps):
        yield Layer("replay", "ksmlib explore --manifest all")
    elif claim.history:
        says = f"ksmlib run {claim.id}"
        # A program is there to make a kernel walk: that takes a KSM page.
        if replayed(claim.history, claim.designs or ("full",)).walks:
            says += f"; on a kernel, as C: ksmlib repro {claim.id}"
        yield Layer("replay", says)
