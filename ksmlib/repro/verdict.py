"""A run of the program held against the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ksmlib.designs import designs
from ksmlib.history import History
from ksmlib.report.text import folded
from ksmlib.report.verdict import FolioWalk, Pte, run
from ksmlib.repro.program import folio_name, folios
from ksmlib.repro.tap import Test, read_tap

#: What makes the kernel walk a page, in the words of the program.
WALKERS = ("move_pages()", "soft offlining", "reclaim")
_BEFORE = ("every step ends as in the model", "what is merged is as in the model")


@dataclass(frozen=True)
class Outcome:
    """What became of one page: who walked, whether it went, and who missed.

    ``went`` is None if the machine could not, ``skip`` then says why.
    ``missed`` is known after a reclaim alone: a migration is undone as a whole.
    """

    walker: str
    page: str
    went: bool | None
    skip: str | None
    missed: tuple[str, ...] | None


def walks_said(history: History, ids: Sequence[str]) -> list[str]:
    """For the head of a program: whose walk reaches every mapping, in the model."""
    report = run(history, designs(",".join(ids)))
    misses = [id_ for id_ in ids if report.missed(id_)]
    finds = [id_ for id_ in ids if id_ not in misses]
    lines = ["In the model a mapping is not reached by the walk of"] if misses else []
    lines += folded(", ".join(misses), 1, "\t") if misses else []
    lines += [f"{'and' if misses else 'In the model'} all are reached by that of"]
    return [*lines, *folded(", ".join(finds), 1, "\t")] if finds else lines[:-1]


def outcomes(tap: Sequence[str]) -> list[Outcome]:
    """What a program printed of each page."""
    return [
        Outcome(
            walker,
            test.words.removeprefix(f"{walker} of "),
            None if test.skip else test.ok,
            test.skip,
            None if walker != "reclaim" or test.skip else tuple(_missed(test)),
        )
        for test in read_tap(tap)
        for walker in WALKERS
        if test.words.startswith(f"{walker} of ")
    ]


def _missed(test: Test) -> Iterator[str]:
    for note in test.notes:
        where, _, how = note.partition(" ")
        if how == "not reached":
            yield where


def differences(history: History, design: str, tap: Sequence[str]) -> list[str]:
    """Where a run under ``design`` went another way than in the model.

    A page of which the design's walk misses a mapping stays where it is, and
    every other page goes. What the machine cannot do is no difference.
    """
    said = {test.words: test for test in read_tap(tap)}
    lines = [f"not ok: {w}" for w in _BEFORE if w not in said or not said[w].ok]
    missed = _model(history, design)
    expected = {(walker, page) for page in missed for walker in WALKERS}
    found = {(one.walker, one.page): one for one in outcomes(tap)}
    if set(found) != expected:
        return [*lines, "the program was about other pages, or did not end"]
    for (walker, page), one in found.items():
        lines += _page_differences(one, walker, page, missed[page])
    return lines


def _page_differences(
    one: Outcome, walker: str, page: str, missed: tuple[Pte, ...]
) -> Iterator[str]:
    if one.went is (bool(missed)):
        does = "goes" if one.went else "stays"
        yield f"{walker}: {page} {does}, and the walk misses {len(missed)} of it"
    names = tuple(f"{process}:{number}" for process, number in missed)
    if one.missed is not None and one.missed != names:
        yield f"{walker}: misses {one.missed}, and the model {names}"


def _model(history: History, design: str) -> dict[str, tuple[Pte, ...]]:
    """Every KSM page at the end, and what the design's walk misses of it."""
    walks: Sequence[FolioWalk] = run(history, designs(design)).walks
    by_page = {walk.mapped: walk for walk in walks}
    return {
        folio_name(folio): by_page[folio.mapped].verdict(design).missed
        for folio in folios(history)
    }
