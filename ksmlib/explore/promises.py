"""What a design may promise: which PTEs of a KSM folio its walk finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ksmlib.explore.machine import Machine, WalkedFolio
from ksmlib.explore.situations import Pte


@dataclass(frozen=True)
class Promise:
    """To find every PTE of which ``promised`` holds."""

    name: str
    title: str
    promised: Callable[[WalkedFolio, Pte], bool]


PROMISES = (
    Promise("every", "every PTE", lambda walked, pte: True),
    Promise(
        "full",
        "all that full finds",
        lambda walked, pte: (pte.mm, pte.address) in walked.found["full"],
    ),
    Promise(
        "merged",
        "all that ksmd merged, and fork copies of it",
        lambda walked, pte: pte.merged,
    ),
    Promise(
        "own",
        "all that have an rmap_item of their own",
        lambda walked, pte: pte.own_item,
    ),
    Promise(
        "copy",
        "all fork copies at the address and index of an rmap_item",
        lambda walked, pte: pte.looks_like_a_copy,
    ),
)


def property_name(design: str, promise: Promise) -> str:
    """The name of the property that a design keeps a promise."""
    return f"{design} finds {promise.title}"


def keeps(design: str, promise: Promise, machine: Machine) -> bool:
    """Does the design find what is promised, in this state?"""
    for walked in machine.walked:
        for pte in walked.missed[design]:
            if promise.promised(walked, pte):
                return False
    return True
