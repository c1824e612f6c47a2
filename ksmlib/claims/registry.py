"""The claims, read from ``claims.toml`` beside this file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from ksmlib.designs import designs
from ksmlib.history import History
from ksmlib.history.named import named
from ksmlib.report import Report, run
from ksmlib.site import HOME


@dataclass(frozen=True)
class Claim:
    """One sentence that somebody may quote, and what it stands on.

    On its named history the designs in ``misses`` miss a PTE, and those in
    ``finds`` find all. ``chapter`` is an anchor of the book, ``since`` the
    edition that had the claim first. ``withdrawn`` is empty, or the date on
    which it was found wrong, and why.
    """

    id: str
    says: str
    history: str
    misses: tuple[str, ...]
    finds: tuple[str, ...]
    chapter: str
    since: int
    withdrawn: str = ""

    @property
    def operations(self) -> History:
        """The named history."""
        return named(self.history)

    @property
    def designs(self) -> tuple[str, ...]:
        """Those it speaks of: first who misses, then who finds."""
        return (*self.misses, *self.finds)

    @property
    def report(self) -> Report:
        """The verdicts, from a replay."""
        return run(self.operations, designs(",".join(self.designs)))

    @property
    def link(self) -> str:
        """The address of its page in this edition."""
        return f"{HOME}{self.id}/"

    def holds(self) -> bool:
        """Does the replay bear it out?"""
        report = self.report
        missed = all(report.missed(design) for design in self.misses)
        found = not any(report.missed(design) for design in self.finds)
        return bool(report.walks) and missed and found

    @property
    def hash(self) -> str:
        """Twelve hexadecimal digits of the operations and of every verdict.

        The same for as long as the claim says the same; the words may change.
        """
        report = self.report
        lines = [self.id, *map(str, self.operations.operations)]
        for walk in report.walks:
            for verdict in walk.verdicts:
                lines.append(f"{verdict.design} {verdict.found} {verdict.missed}")
        return sha256("\n".join(lines).encode()).hexdigest()[:12]


@cache
def claims() -> dict[str, Claim]:
    """Every claim by its id, the withdrawn ones included."""
    text = (files("ksmlib.claims") / "claims.toml").read_text("utf-8")
    return {
        id_: Claim(
            id_,
            entry["says"],
            entry["history"],
            tuple(entry["misses"]),
            tuple(entry["finds"]),
            entry["chapter"],
            entry["since"],
            entry.get("withdrawn", ""),
        )
        for id_, entry in tomllib.loads(text).items()
    }


def claim(id_: str) -> Claim:
    """The claim of that id. Raises ValueError, in one sentence."""
    try:
        return claims()[id_]
    except KeyError:
        known = ", ".join(claims())
        raise ValueError(f"no claim {id_[:20]!r}; there are {known}") from None
