"""The proposals, one file each. A new design is a new file in this folder.

``all_designs()`` finds every concrete ``Design`` in it: the thread's in order
of their mails, each followed by its other readings, then ours.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from inspect import getmembers, isclass

from ksmlib.designs.base import Design
from ksmlib.mm.trace import Trace


@cache
def all_designs() -> dict[str, Design]:
    """Every design by its id. One object each will do: none keeps any state."""
    classes: dict[str, type[Design]] = {}
    for module in pkgutil.iter_modules(__path__, __name__ + "."):
        for _, member in getmembers(import_module(module.name), isclass):
            if issubclass(member, Design) and "id" in member.__dict__:
                assert classes.setdefault(member.id, member) is member, member.id
    rank = {c.id: c.date for c in classes.values() if c.reading_of is None}

    def order(design: type[Design]) -> tuple[str, bool, int]:
        family = design.reading_of or design.id
        return rank[family], design.reading_of is not None, len(design.saves)

    ordered = sorted(classes.values(), key=lambda c: (order(c), c.id))
    return {c.id: c() for c in ordered}


def designs(ids: str | None = None) -> tuple[Design, ...]:
    """The designs named in ``ids``, separated by commas; all without ids.

    Raises ValueError, in one sentence, for a name that is none.
    """
    known = all_designs()
    if ids is None:
        return tuple(known.values())
    chosen = []
    for name in ids.split(","):
        name = name.strip()
        if name not in known:
            raise ValueError(f"no design {name[:40]!r}; there are {', '.join(known)}")
        chosen.append(known[name])
    return tuple(chosen)


def tracers(designs: Iterable[Design]) -> tuple[Trace, ...]:
    """Who has to look on at a kernel on which these designs are to walk."""
    return tuple(dict.fromkeys(t for design in designs for t in design.tracers()))


__all__ = ["Design", "all_designs", "designs", "tracers"]
