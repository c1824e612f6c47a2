"""move_pages() and reclaim after a history; the guest here answers by the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ksmlib.history import parse
from ksmlib.history.named import named_histories
from ksmlib.oracle.boot import SILENCE, GuestError, Kernel, Record
from ksmlib.oracle.model import model_steps, state_record
from ksmlib.oracle.outcomes import Outcome, outcome_script, outcomes, page_of
from ksmlib.oracle.script import Case
from ksmlib.report.verdict import run

DESIGNS = ("full", "address", "by-index-origin")
RESULTS = Path(__file__).parents[2] / "oracle" / "results"


def case(name: str) -> Case:
    return Case(name, named_histories()[name].history)


def guest_of(one: Case, lucky: bool = False) -> Kernel:
    """A kernel that runs ``one``; if lucky, it moves pages that walks miss."""
    [*_, end] = model_steps(one)
    state = state_record(end.kernel)

    def guest(
        script: str, kernel: Kernel, silence: float = SILENCE
    ) -> Iterator[Record]:
        missed: list[object] = []
        design = "full"
        for line in script.splitlines():
            verb, *words = line.split()
            folios = [f for f in state["folios"] if f["kind"] == "ksm"]
            if verb == "design":
                design = words[0]
                missed = folios[0]["walks"][design]["missed"]
            elif verb == "history":
                missed = []
                yield {"history": words[0]}
            elif verb == "move_pages":
                moved = int(lucky or not missed)
                yield {"move_pages": {"moved": moved, "returned": 1 - moved}}
                yield {"state": 99, "folios": []}
            elif verb == "reclaim":
                yield {"reclaim": {"reclaimed": int(not missed)}}
                left = [{"kind": "ksm", "mapped": missed}] if missed else []
                yield {"state": 99, "folios": left}
            elif verb == "state" and int(words[0]) == end.step:
                yield {"state": end.step, **state}
        yield {"end": True}

    return Kernel("qemu", Path(), guest)


def test_the_page_asked_for_is_one_that_some_walk_misses() -> None:
    page = page_of(case("child-moved-first"))
    assert page is not None
    assert ("B", 8) in page.mapped


def test_a_history_without_a_ksm_page_has_no_outcome() -> None:
    empty = Case("empty", parse("A mmap 0+2; A write 0+2 x"))
    assert page_of(empty) is None
    assert list(outcomes(guest_of(case("moved")), [empty], DESIGNS, True)) == []


def test_the_design_is_chosen_after_the_history() -> None:
    moved = case("moved")
    page = page_of(moved)
    assert page is not None
    lines = outcome_script(moved, page, "address", choose=True).splitlines()
    assert lines[0] == "history moved-address-move"
    assert lines[-5:] == [
        "ksmd 2",
        "state 5",
        "design address",
        "reclaim A 8",
        "state 6",
    ]
    as_it_comes = outcome_script(moved, page, "full", choose=False)
    assert "design" not in as_it_comes


def test_what_a_walk_misses_is_neither_moved_nor_reclaimed() -> None:
    moved = case("moved")
    full, address, ours = outcomes(guest_of(moved), [moved], DESIGNS, True)
    assert (full.missed, full.moved, full.reclaimed, full.still) == ([], True, True, [])
    assert address.design == "address"
    assert address.missed == address.mapped == address.still == [["A", 8], ["A", 9]]
    assert not address.moved
    assert not address.reclaimed
    assert address.returned == 1
    assert all(one.consistent for one in (full, address, ours))


def test_an_outcome_that_is_not_as_the_walk_says_shows() -> None:
    moved = case("moved")
    found = outcomes(guest_of(moved, lucky=True), [moved], DESIGNS, True)
    assert [one.consistent for one in found] == [True, False, True]


def test_a_kernel_without_memory_nodes_is_asked_for_reclaim_alone() -> None:
    moved = case("moved")
    kernel = guest_of(moved)

    def one_node(
        script: str, kernel_: Kernel, silence: float = SILENCE
    ) -> Iterator[Record]:
        records = kernel.run_script(script, kernel_, silence)
        return (record for record in records if "move_pages" not in record)

    [one] = outcomes(Kernel("uml", Path(), one_node), [moved], ["full"], False)
    assert (one.moved, one.returned, one.reclaimed) == (None, None, True)
    assert one.consistent


def test_a_kernel_without_the_page_is_an_error() -> None:
    other = guest_of(case("private-file"))
    with pytest.raises(GuestError, match="moved: no page at A:8"):
        list(outcomes(other, [case("moved")], DESIGNS, True))


def recorded(*kernels: str) -> list[Any]:
    """What kernels made of named histories: `ksmlib kernel outcomes --out`."""
    return [
        pytest.param(Outcome(**one), id=f"{kernel}-{one['history']}-{one['design']}")
        for kernel in kernels
        for one in json.loads((RESULTS / f"outcomes-{kernel}.json").read_text("utf-8"))[
            "outcomes"
        ]
    ]


@pytest.mark.parametrize("one", recorded("uml-by-index-origin", "uml-unshare-first"))
def test_with_a_proposal_each_page_is_found_and_reclaimed(one: Outcome) -> None:
    assert (one.missed, one.reclaimed, one.still) == ([], True, [])
    assert one.moved is one.returned is None


@pytest.mark.parametrize("one", recorded("debian", "qemu"))
def test_a_kernel_did_what_the_model_says(one: Outcome) -> None:
    walks = run(named_histories()[one.history].history).walks
    [walk] = [walk for walk in walks if tuple(one.page) in walk.mapped]
    missed = walk.verdict(one.design).missed
    assert sorted(map(tuple, one.mapped)) == sorted(walk.mapped)
    assert sorted(map(tuple, one.missed)) == sorted(missed)
    assert one.moved is one.reclaimed is (not missed)
    assert one.returned == (1 if missed else 0)
    assert {tuple(pte) for pte in missed} <= {tuple(pte) for pte in one.still}
