"""Editing the past keeps what was; what a link opens; all of it can be undone."""

from __future__ import annotations

from typing import Any

import pytest

from ksmlib.history.link import fragment
from ksmlib.history.named import named
from ksmlib.widgets import timeline
from ksmlib.widgets.edits import MAX_BRANCHES, departure, operations_of

from .test_controller import made, send

MREMAP = named("mremap").text
KSMD = {"form": "ksmd", "fields": {"scans": 1}}


def labels(state: dict[str, Any]) -> list[str]:
    return [f"{b['label']} {b['differs']}".strip() for b in state["branches"]]


def test_at_first_there_is_one_branch() -> None:
    state = made().snapshot()
    assert labels(state) == ["mremap, 6 steps"]
    assert state["branch"] == 0


def test_adding_at_the_end_makes_no_branch() -> None:
    controller = made()
    send(controller, "add", **KSMD)
    state = send(controller, "text", text=MREMAP + "ksmd\nA exit # bye\n")
    assert len(state["branches"]) == 1


def test_editing_the_past_keeps_what_was_beside_it() -> None:
    controller = made()
    send(controller, "seek", step=3)
    state = send(controller, "add", form="fork", fields={"process": "A", "child": "B"})
    assert labels(state) == ["mremap, 6 steps from step 4: A write 0+2 x", "7 steps"]
    assert state["branch"] == 1
    old = send(controller, "branch", branch=0)
    assert (old["history"], old["step"], old["name"]) == (MREMAP, 3, "mremap")
    assert labels(old)[1] == "7 steps from step 4: A fork B"
    assert old["said"].startswith("Branch 1. Step 3 of 6, A madvise 0+3 dontfork")
    new = send(controller, "branch", branch=1)
    assert (new["step"], new["operations"][3]["text"]) == (4, "A fork B")


def test_edits_that_go_on_make_one_branch() -> None:
    controller = made()
    send(controller, "seek", step=3)
    for child in "BCD":
        fields = {"process": "A", "child": child}
        state = send(controller, "add", form="fork", fields=fields)
    assert len(state["branches"]) == 2
    send(controller, "delete")
    assert len(send(controller, "delete")["branches"]) == 2
    # Somewhere else, it is another thought.
    send(controller, "seek", step=1)
    state = send(controller, "add", **KSMD)
    assert len(state["branches"]) == 3
    assert state["branch"] == 2


def test_typing_in_the_past_makes_one_branch_of_good_texts() -> None:
    controller = made()
    send(controller, "seek", step=5)
    for typed in ("A mremap 1+1", "A mremap 1+1 3", "A mremap 1+1 33", "A mremap 1"):
        state = send(controller, "text", text=MREMAP.replace("A mremap 1+1 2", typed))
    assert state["stale"]
    assert labels(state)[0] == "mremap, 6 steps from step 5: A mremap 1+1 2"
    assert len(state["branches"]) == 2
    # The one in hand keeps its bad text while another is looked at.
    assert not send(controller, "branch", branch=0)["stale"]
    assert send(controller, "branch", branch=1)["text"].endswith("A mremap 1\nksmd 2\n")


def test_a_kept_branch_is_never_edited() -> None:
    controller = made()
    send(controller, "delete", step=5)
    send(controller, "branch", branch=0)
    state = send(controller, "delete", step=6)
    assert len(state["branches"]) == 3
    assert send(controller, "branch", branch=1)["history"] == MREMAP


def test_loading_keeps_what_has_no_name() -> None:
    controller = made()
    assert len(send(controller, "load", name="split")["branches"]) == 1
    send(controller, "add", **KSMD)
    state = send(controller, "load", name="moved")
    assert labels(state)[0].startswith("6 steps from step 1: A mmap 0+4")
    assert state["name"] == "moved"


def test_the_same_history_is_not_kept_twice() -> None:
    controller = made()
    for _ in range(3):
        send(controller, "delete", step=2)
        assert len(send(controller, "load", name="mremap")["branches"]) <= 3


def test_branches_are_bounded_and_the_oldest_go() -> None:
    controller = made()
    for step in (1, 3, 5, 1, 3, 5, 2, 4, 6, 1):
        send(controller, "seek", step=step)
        state = send(controller, "add", **KSMD)
        assert len(state["branches"]) <= MAX_BRANCHES
        assert state["branch"] == len(state["branches"]) - 1
    assert len(state["branches"]) == MAX_BRANCHES
    assert "mremap" not in " ".join(labels(state))
    assert [len(operations_of(d.good)) for d in controller._editor.desk.drafts] == [
        11, 12, 13, 14, 15, 16,
    ]  # fmt: skip


def test_branches_are_undone_with_the_edit_and_a_change_of_branch_too() -> None:
    controller = made()
    first = controller.snapshot()
    second = send(controller, "delete", step=5)
    send(controller, "branch", branch=0)
    keys = ("text", "step", "branches", "branch", "history")
    for wanted in (second, first):
        state = send(controller, "undo")
        assert {k: state[k] for k in keys} == {k: wanted[k] for k in keys}
    assert send(controller, "redo")["branch"] == 1
    assert send(controller, "redo")["branch"] == 0


@pytest.mark.parametrize("branch", [-1, 1, 10**400])
def test_there_may_be_no_such_branch(branch: int) -> None:
    error = send(made(), "branch", branch=branch)["error"]
    assert error.startswith("There is no branch ")


@pytest.mark.parametrize(
    ("one", "other", "step"),
    [
        ("A mmap 0+1\n", "A mmap 0+1\n", None),
        ("A mmap 0+1\n", "A mmap 0+1 # why\n", None),
        ("A mmap 0+1\n", "A mmap 0+2\n", 1),
        ("A mmap 0+1\n", "A mmap 0+1\nA exit\n", 2),
        ("", "A exit\n", 1),
    ],
)
def test_where_two_histories_part(one: str, other: str, step: int | None) -> None:
    assert departure(one, other) == departure(other, one) == step


# Links


def test_a_link_opens_what_it_holds() -> None:
    controller = made()
    link = fragment(named("split").text, 2, "address", ["full", "by-index"])
    state = send(controller, "open", link=link)
    assert (state["name"], state["step"]) == ("split", 2)
    assert (state["design"], state["beside"]) == ("address", ["full", "by-index"])
    assert state["link"] == link
    assert not state["error"]
    assert send(controller, "undo")["name"] == "mremap"


def test_every_state_has_a_link_that_leads_back() -> None:
    controller = made("A mmap 0+2; A write 0+2 x # so & so; ; , %", design="address")
    for step in (2, 1, 0):
        send(controller, "seek", step=step)
        shown = send(controller, "beside", designs=["full"])
        other = made()
        state = send(other, "open", link=shown["link"])
        for key in ("history", "step", "design", "beside", "svg", "link"):
            assert state[key] == shown[key]
    assert "s=" not in send(controller, "seek", step=2)["link"]


def test_an_odd_link_is_opened_and_said_to_be_odd() -> None:
    link = fragment(named("split").text, 2, "full").replace("v=1.", "v=7.")
    state = send(made(), "open", link=link)
    assert state["name"] == "split"
    assert state["error"].startswith("The link is from model 7, this is ")
    assert state["said"].startswith(state["error"])


def test_a_link_with_a_bad_history_can_be_mended() -> None:
    controller = made()
    state = send(controller, "open", link="#h=A,mremp,0+1;A,exit&v=1.0000")
    assert state["text"] == "A mremp 0+1\nA exit"
    assert state["errors"][0]["token"] == "mremp"
    assert state["history"] == MREMAP
    assert send(controller, "undo")["text"] == MREMAP


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("#h=mremapp", "There is no named history "),
        ("#h=moved&d=best&v=1.0000", "There is no design 'best'"),
        ("#h=moved&d=full,address,derived,by-index,by-index-origin", "At most 4 des"),
        ("#top", "The link holds no history"),
        ("#h=" + "ksmd;" * 20_000, "The text is longer than the "),
    ],
)
def test_a_link_that_cannot_be_opened_changes_nothing(link: str, sentence: str) -> None:
    controller = made()
    before = controller.snapshot()
    state = send(controller, "open", link=link)
    assert state["error"].startswith(sentence)
    assert state == {**before, "error": state["error"], "said": state["error"]}


def test_a_failure_in_an_edit_takes_the_branches_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controller = made()
    before = controller.snapshot()

    def broken(*_: object, **__: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(timeline, "scene_svg", broken)
        controller.handle({"op": "delete", "step": 2})
    state = controller.snapshot()
    assert state == {**before, "error": state["error"], "said": state["error"]}
    assert send(controller, "seek", by=-1)["branches"] == before["branches"]
    assert send(controller, "undo")["error"] == "There is nothing to undo."
