"""The claims, read from ``claims.toml`` beside this file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from typing import Any

from ksmlib.claims.bounds import Breaks, Keeps
from ksmlib.claims.counts import Region, Sizes, Visits
from ksmlib.claims.proofs import Leaves, Proof, Walks, history_of
from ksmlib.history import History
from ksmlib.site import HOME


@dataclass(frozen=True)
class Claim:
    """One sentence that somebody may quote, and what it stands on.

    ``chapter`` is an anchor of the book, ``since`` the edition that had the
    claim first. ``rules`` are those of the model that carry it: with one of
    them broken it does not hold. ``unless`` says what else would have to be so.
    ``withdrawn`` is empty, or the date on which it was found wrong, and why.
    """

    id: str
    statement: str
    proof: Proof
    chapter: str
    since: int
    rules: tuple[str, ...] = ()
    unless: str = ""
    withdrawn: str = ""

    @property
    def history(self) -> str:
        """The history that shows it, by name or as text; nothing if none does."""
        return self.proof.example

    @property
    def operations(self) -> History | None:
        """The same, parsed."""
        return history_of(self.history) if self.history else None

    @property
    def designs(self) -> tuple[str, ...]:
        """Those it speaks of."""
        return self.proof.designs

    @property
    def link(self) -> str:
        """The address of its page in this edition."""
        return f"{HOME}{self.id}/"

    def holds(self) -> bool:
        """Does the model, or what was explored, still bear it out?"""
        return self.proof.holds()

    @cached_property
    def hash(self) -> str:
        """Twelve hexadecimal digits of what was shown.

        The same for as long as the claim says the same; the words may change.
        """
        text = "\n".join([self.id, *self.proof.facts()])
        return sha256(text.encode()).hexdigest()[:12]


def _proof(entry: Mapping[str, Any]) -> Proof:
    """The proof that the fields of an entry make."""
    history = entry.get("history", "")
    if "misses" in entry or "finds" in entry:
        misses, finds = entry.get("misses", ()), entry.get("finds", ())
        return Walks(history, tuple(misses), tuple(finds))
    if "keeps" in entry:
        return Keeps(entry["design"], entry["keeps"], entry["states"], history)
    if "breaks" in entry:
        return Breaks(entry["design"], entry["breaks"], history)
    if "visits" in entry:
        return Visits(tuple(map(_row, entry["visits"])))
    if "bytes" in entry:
        return Sizes(tuple((what, name, size) for what, name, size in entry["bytes"]))
    return Leaves(history, entry["state"])


def _row(row: Mapping[str, Any]) -> tuple[Region, dict[str, int]]:
    about = {"vmas", "items", "last", "moved"}
    region = Region(**{key: row[key] for key in row.keys() & about})
    return region, {design: n for design, n in row.items() if design not in about}


def kinds() -> dict[str, str]:
    """The kinds of proof, and what each says."""
    proofs = (Walks, Keeps, Breaks, Visits, Sizes, Leaves)
    return {proof.kind: str(proof.__doc__).partition("\n")[0] for proof in proofs}


@cache
def claims() -> dict[str, Claim]:
    """Every claim by its id, the withdrawn ones included."""
    text = (files("ksmlib.claims") / "claims.toml").read_text("utf-8")
    return {
        id_: Claim(
            id_,
            entry["statement"],
            _proof(entry),
            entry["chapter"],
            entry["since"],
            tuple(entry.get("rules", ())),
            entry.get("unless", ""),
            entry.get("withdrawn", ""),
        )
        for id_, entry in tomllib.loads(text).items()
    }


def claim(id_: str) -> Claim:
    """The claim of that id. Raises ValueError, in one sentence."""
    try:
        return claims()[id_]
    except KeyError:
        first, *_, last = claims()
        known = f"there are {first} to {last}"
        raise ValueError(f"no claim {id_[:20]!a}; {known}") from None
