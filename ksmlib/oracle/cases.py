"""The histories that are recorded: for each rule, from the explorer, random ones.

``cases/*.txt`` has those for the rules by subject, each history after a line
``=== NAME`` that may end with ``max_page_sharing=N``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from random import Random

from ksmlib.explore.exploration import name_of
from ksmlib.explore.manifest import counterexamples
from ksmlib.history.language import HistoryError, parse
from ksmlib.history.named import named_histories
from ksmlib.history.random import Bounds, random_history
from ksmlib.oracle.script import MAX_PAGE_SHARING, Case

_HEAD = re.compile(r"=== ([a-z0-9_-]{1,48})(?: max_page_sharing=([0-9]{1,6}))?")


class CaseError(ValueError):
    """What is wrong with a file of histories, in one sentence."""


def read_cases(text: str, where: str) -> Iterator[Case]:
    """The histories of one file. Raises CaseError."""
    for block in re.split(r"^(?====)", text, flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        match = _HEAD.fullmatch(head.strip())
        if match is None:
            raise CaseError(f"{where}: {head[:60]!r} is not === NAME")
        sharing = int(match[2]) if match[2] else MAX_PAGE_SHARING
        try:
            yield Case(match[1], parse(body), sharing)
        except HistoryError as error:
            raise CaseError(f"{where}, {match[1]}: {error}") from None


def case_text(case: Case) -> list[str]:
    """The lines of such a file for one history."""
    sharing = case.max_page_sharing
    setting = f" max_page_sharing={sharing}" if sharing != MAX_PAGE_SHARING else ""
    return [f"=== {case.name}{setting}", *map(str, case.history.operations)]


@dataclass(frozen=True)
class Family:
    """Random histories of one sort."""

    name: str
    bounds: Bounds
    max_page_sharing: int = MAX_PAGE_SHARING


def _kinds(**more: int) -> dict[str, int]:
    return {**Bounds().kinds, **more}


#: Sorts of random histories that between them come to every rule. The bounds
#: on operations are for what is recorded; ``fuzz`` sets its own.
FAMILIES = (
    Family("mixed", Bounds(operations=40)),
    Family("small", Bounds(operations=16, pages=6, processes=3, contents=1)),
    Family(
        "forks",
        Bounds(
            operations=40,
            pages=10,
            contents=2,
            kinds=_kinds(fork=26, exit=12, mmap=4, file=1, munmap=3, start=0),
        ),
    ),
    Family(
        "moves",
        Bounds(
            operations=40,
            pages=16,
            processes=3,
            kinds=_kinds(mremap=40, dontunmap=10, resize=10, mergeable=14),
        ),
    ),
    Family(
        "files", Bounds(operations=40, pages=12, kinds=_kinds(file=20, mmap=3, read=10))
    ),
    Family(
        "chains",
        Bounds(
            operations=40,
            processes=4,
            contents=1,
            kinds=_kinds(mergeable=14, ksmd=14, write=26),
        ),
        max_page_sharing=3,
    ),
)


def random_cases(
    seed: int, count: int, operations: int | None = None
) -> Iterator[Case]:
    """``count`` random histories, the sorts in turn; a seed gives the same ones."""
    for number in range(count):
        family = FAMILIES[number % len(FAMILIES)]
        bounds = family.bounds
        if operations is not None:
            bounds = replace(bounds, operations=operations)
        random = Random(seed * 1_000_003 + number)
        name = f"{family.name}-{seed}-{number // len(FAMILIES)}"
        yield Case(name, random_history(random, bounds), family.max_page_sharing)


#: What is recorded of random histories.
RECORDED_SEED, RECORDED_COUNT = 1, 150


@cache
def rule_cases() -> dict[str, tuple[Case, ...]]:
    """The histories of each file in ``cases/``, by its name without ``.txt``."""
    folder = files("ksmlib.oracle") / "cases"
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".txt"))
    return {
        name[:-4]: tuple(read_cases((folder / name).read_text("utf-8"), name))
        for name in names
    }


def found_cases() -> Iterator[Case]:
    """What the explorer found against a design, named after its text."""
    for text in counterexamples():
        yield Case(name_of(text), parse(text))


def chosen_cases() -> list[Case]:
    """Every history with a name: the book's, those of rules, what was found.

    What was found may be one of the others already, and is then left out.
    """
    cases = [Case(name, one.history) for name, one in named_histories().items()]
    cases += [case for file in rule_cases().values() for case in file]
    known = {(case.history.text, case.max_page_sharing) for case in cases}
    for case in found_cases():
        if (case.history.text, case.max_page_sharing) not in known:
            cases.append(case)
    return cases


def recorded_cases() -> list[Case]:
    """Every history to record: those, and random ones."""
    cases = [*chosen_cases(), *random_cases(RECORDED_SEED, RECORDED_COUNT)]
    again = [name for name, n in Counter(case.name for case in cases).items() if n > 1]
    if again:
        raise CaseError(f"two histories have the name {again[0]}")
    return cases
