"""Designs beside each other: every step judged as the report judges it."""

from __future__ import annotations

from typing import Any

import pytest

from ksmlib.designs import all_designs, designs
from ksmlib.history import History, parse
from ksmlib.history.generated import split_every_other_page
from ksmlib.history.named import named, named_histories
from ksmlib.report import run
from ksmlib.widgets import bounds, compare
from ksmlib.widgets.arguments import MAX_BESIDE
from ksmlib.widgets.compare import MAX_ROWS, Found, first_miss, verdicts

from .test_controller import made, send

DESIGNS = list(all_designs())


def judged_anew(history: History, step: int, ids: tuple[str, ...]) -> tuple[Found, ...]:
    """The verdicts on the history cut off after a step, from the report."""
    report = run(History.of(history.operations[:step]), designs(",".join(ids)))
    walks = [walk for walk in report.walks if walk.kind == "ksm"]
    of = sum(len(walk.mapped) for walk in walks)
    return tuple(
        Found(sum(len(walk.verdict(i).found) for walk in walks), of) for i in ids
    )


@pytest.mark.parametrize("name", sorted(named_histories()))
def test_each_step_is_judged_as_by_the_report(name: str) -> None:
    ids = ("full", "address", "stored-pgoff", "by-index-origin")
    history = named(name)
    wanted = [
        judged_anew(history, step, ids) for step in range(len(history.operations) + 1)
    ]
    assert list(verdicts(history, ids)) == wanted


def table(state: dict[str, Any]) -> list[list[str]]:
    return [
        [cell["text"] + (" first" if cell["first"] else "") for cell in row["cells"]]
        for row in state["comparison"]["rows"]
    ]


def test_the_first_miss_is_marked() -> None:
    state = made("mremap", design="address", beside=["full"]).snapshot()
    assert state["comparison"]["designs"] == ["address", "full"]
    assert [row["step"] for row in state["comparison"]["rows"]] == [*range(7)]
    assert table(state) == [["no KSM folio"] * 2] * 6 + [
        ["missed 1 of 2 first", "all 2"]
    ]
    assert state["comparison"]["firsts"] == [
        "address misses first at step 6: 1 of 2.",
        "full misses nothing.",
    ]


def test_a_design_that_misses_twice_misses_first_once() -> None:
    text = f"{named('mremap').text}ksmd\nksmd\n"
    state = made(text, design="address", beside=["full"]).snapshot()
    firsts = [row[0] for row in table(state)][-3:]
    assert firsts == ["missed 1 of 2 first", "missed 1 of 2", "missed 1 of 2"]


def test_who_is_compared_is_in_order_and_in_the_picture() -> None:
    controller = made("coincidence")
    state = send(controller, "beside", designs=["address", "full", "address"])
    assert state["beside"] == ["address"]
    assert "1: f2, walked by full" in state["svg"]
    assert "2: f2, walked by address" in state["svg"]
    assert state["said"] == (
        "The walk of f2 by full: found all. The walk of f2 by address: missed B:0."
    )
    # The design on show changes places with one beside it.
    state = send(controller, "design", design="address")
    assert (state["design"], state["beside"]) == ("address", ["full"])
    state = send(controller, "design", design="by-index")
    assert state["beside"] == ["full"]
    state = send(controller, "beside", designs=[])
    assert state["comparison"]["rows"] == []
    assert "1: f2" not in state["svg"]


def test_at_most_so_many_are_compared() -> None:
    controller = made()
    others = DESIGNS[1 : MAX_BESIDE + 1]
    assert send(controller, "beside", designs=others)["beside"] == others
    state = send(controller, "beside", designs=DESIGNS[1 : MAX_BESIDE + 2])
    assert state["error"] == "At most 4 designs can be compared at a time."
    assert state["beside"] == others
    assert send(controller, "beside", designs=["best"])["error"].startswith("There is")
    with pytest.raises(ValueError, match="at most 4 designs"):
        made(beside=DESIGNS[1:6])


def test_long_histories_are_listed_around_the_step() -> None:
    text = named("mremap").text + "ksmd\n" * 100
    controller = made(text, design="address", beside=["full"])
    for step in (0, 50, 106):
        state = send(controller, "seek", step=step)
        steps = [row["step"] for row in state["comparison"]["rows"]]
        assert len(steps) == MAX_ROWS and step in steps
        assert steps == [*range(steps[0], steps[-1] + 1)]
        note = f"Steps {steps[0]} to {steps[-1]} of 106 are listed."
        assert state["comparison"]["note"] == note
    assert state["comparison"]["firsts"][0].startswith("address misses first at step 6")


def test_it_judges_as_far_as_is_not_too_much() -> None:
    history = parse(split_every_other_page(2000))
    judged = verdicts(history, ("full", "address"))
    assert 10 < len(judged) < 300
    controller = made(history.text, beside=["address"])
    state = controller.snapshot()
    [note] = [state["comparison"]["note"]]
    assert f"From step {len(judged)} on it is too much to walk" in note
    assert table(state)[-1] == ["not judged", "not judged"]
    assert state["comparison"]["firsts"] == [
        f"full misses nothing up to step {len(judged) - 1}.",
        f"address misses nothing up to step {len(judged) - 1}.",
    ]


def test_it_walks_no_more_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    walked = 0
    walk = compare.rmap_walk

    def counted(design: Any, folio: Any) -> Any:
        nonlocal walked
        done = walk(design, folio)
        walked += done.cost.vmas
        return done

    monkeypatch.setattr(compare, "rmap_walk", counted)
    verdicts.cache_clear()
    verdicts(parse(split_every_other_page(1990)), ("full", "derived"))
    # Each item is visited twice, and derived looks for its question besides.
    assert 1000 < walked <= 4 * bounds.MAX_COMPARED_WORK


def test_first_miss() -> None:
    all_, some = Found(2, 2), Found(1, 2)
    assert first_miss(((all_, all_), (all_, some), (some, some)), 0) == 2
    assert first_miss(((all_, all_), (all_, some)), 1) == 1
    assert first_miss(((all_, all_),), 0) is None
