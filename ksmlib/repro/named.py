"""The programs of the named histories."""

from __future__ import annotations

from functools import cache

from ksmlib.history.named import named, named_histories
from ksmlib.repro.program import c_program, folios


@cache
def with_program() -> tuple[str, ...]:
    """The named histories that end with a KSM page, by name."""
    return tuple(name for name in named_histories() if folios(named(name)))


def named_program(name: str) -> str:
    """The program under the history's title. Raises KeyError, ReproError."""
    one = named_histories()[name]
    return c_program(one.history, f"{name}: {one.title}")
