"""What the front end gets to play a walk: trees drawn once, and what changes."""

from __future__ import annotations

import json

from ksmlib.history.generated import split_every_other_page
from ksmlib.widgets.watch import MAX_LISTED

from .test_controller import made, send


def test_it_is_made_only_if_it_is_asked_for() -> None:
    controller = made(design="address")
    assert controller.snapshot()["watch"] == {}
    assert send(controller, "watch", on=True)["watch"]["frames"]
    assert send(controller, "watch", on=False)["watch"] == {}
    assert send(controller, "watch", on="yes")["error"]


def test_it_follows_what_is_on_show() -> None:
    controller = made(design="address")
    first = send(controller, "watch", on=True)["watch"]
    assert first["caption"] == "The walk of f2 by address, node by node"
    assert first["ptes"] == ["A:0", "A:2"]
    other = send(controller, "design", design="full")["watch"]
    assert other["caption"] == "The walk of f2 by full, node by node"
    assert send(controller, "seek", step=1)["watch"] == {}
    assert send(controller, "seek", step=6)["watch"] == other


def test_a_walk_of_an_anonymous_folio() -> None:
    controller = made("A mmap 0+2; A write 0+2 x; walk A 1", design="address")
    watch = send(controller, "watch", on=True)["watch"]
    assert watch["caption"] == "The walk of f2 by rmap_walk_anon, node by node"
    assert watch["frames"][0]["text"] == ("Question 1: av1 is asked for page offset 1.")
    assert watch["frames"][-1]["text"] == "The walk is over. It found 1 of 1."


def test_only_nodes_that_are_drawn_are_marked() -> None:
    controller = made(split_every_other_page(2000), design="by-index")
    watch = send(controller, "watch", on=True)["watch"]
    [tree] = watch["trees"]
    marked = {node for frame in watch["frames"] for node, _ in frame["marks"]}
    assert marked
    for node in marked:
        assert f'data-node="{node}"' in tree and f'data-word="{node}"' in tree
    assert {mark for f in watch["frames"] for _, mark in f["marks"]} <= set(
        watch["marks"]
    )


def test_of_many_ptes_the_first_are_listed() -> None:
    text = "A mmap 0+40; A write 0+40 x; A madvise 0+40 mergeable; ksmd 2"
    watch = send(made(text), "watch", on=True)["watch"]
    assert len(watch["ptes"]) == MAX_LISTED
    assert watch["more"] == f"and {40 - MAX_LISTED} more"


def test_it_stays_small() -> None:
    controller = made(split_every_other_page(2000), design="full")
    state = send(controller, "watch", on=True)
    assert state["watch"]["cut"]
    assert len(json.dumps(state["watch"])) < 100_000
