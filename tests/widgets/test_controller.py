"""The controller: every message, undo and redo, errors, and hostile input."""

from __future__ import annotations

import json
import re
import string
import subprocess
import sys
from random import Random
from typing import Any

import pytest

from ksmlib.designs import all_designs
from ksmlib.draw.scene import state_scene
from ksmlib.draw.svg import scene_svg
from ksmlib.draw.view import walk_views
from ksmlib.history import Replay, parse, snapshot
from ksmlib.history.diff import differences
from ksmlib.history.generated import split_every_other_page
from ksmlib.history.language import HistoryError
from ksmlib.history.named import named, named_histories
from ksmlib.history.random import Bounds, random_history
from ksmlib.report import run
from ksmlib.report.verdict import replay_with
from ksmlib.widgets import forms, timeline
from ksmlib.widgets.bounds import MAX_OPERATIONS, MAX_TEXT, MAX_WORK, work_of
from ksmlib.widgets.controller import FAILED, HistoryController, create
from ksmlib.widgets.copies import COPIES
from ksmlib.widgets.edits import MAX_UNDO, MAX_UNDO_TEXT
from ksmlib.widgets.state import WidgetState
from ksmlib.widgets.timeline import read

MREMAP = named("mremap").text
DESIGNS = list(all_designs())


def made(history: str = "mremap", **kw: Any) -> HistoryController:
    return create("history", history=history, **kw)


def send(controller: HistoryController, op: str, **fields: object) -> dict[str, Any]:
    """Send a message; the patch makes the old state the new one."""
    before = controller.snapshot()
    patch = controller.handle({"op": op, **fields})
    after = controller.snapshot()
    assert {**before, **patch} == after
    assert all(before[key] != value for key, value in patch.items())
    return after


# State


def test_the_state_is_plain_data_with_every_key() -> None:
    state = made().snapshot()
    assert set(state) == set(WidgetState.__annotations__)
    assert json.loads(json.dumps(state)) == state


def test_it_starts_at_the_end_of_a_named_history() -> None:
    state = made("split", design="stored-vm-pgoff").snapshot()
    assert (state["name"], state["step"]) == ("split", len(state["operations"]))
    assert state["title"] == "A VMA is split after its pages merged"
    assert not state["stale"]
    assert not state["errors"]
    assert state["svg"].startswith("<svg")
    assert "missed" in state["alt"] or "misses" in state["alt"]


@pytest.mark.parametrize("step", [0, 3, 99, -1])
def test_it_starts_at_the_step_asked_for(step: int) -> None:
    assert made(step=step).snapshot()["step"] == min(max(step, 0), 6)


@pytest.mark.parametrize(
    ("kw", "sentence"),
    [
        ({"history": "mremapp"}, "there is no named history 'mremapp'; there are "),
        ({"history": "A mmap 0+"}, "line 1: '0+' is not a range"),
        ({"design": "best"}, "there is no design 'best'; there are full, "),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(kw: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        create("history", **kw)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(named_histories()))
def test_verdicts_are_those_of_the_report(name: str) -> None:
    state = made(name).snapshot()
    report = run(named(name))
    assert [walk["folio"] for walk in state["walks"]] == [
        walk.folio for walk in sorted(report.walks, key=lambda w: int(w.folio[1:]))
    ]
    for shown in state["walks"]:
        [walk] = [w for w in report.walks if w.folio == shown["folio"]]
        assert shown["of"] == len(walk.mapped)
        for row, verdict in zip(shown["rows"], walk.verdicts, strict=True):
            assert row["design"] == verdict.design
            assert row["found"] == len(verdict.found)
            assert (row["vmas"], row["nodes"]) == (verdict.vmas, verdict.nodes)
            assert bool(row["missed"]) == bool(verdict.missed)
            wanted = f"missed {row['missed']}" if verdict.missed else "found all"
            assert row["outcome"] == wanted


@pytest.mark.parametrize("design", ["full", "address", "by-index-origin"])
def test_each_step_shows_what_a_replay_shows(design: str) -> None:
    controller = made("coincidence", design=design)
    history = named("coincidence")
    for step in range(len(history.operations) + 1):
        state = send(controller, "seek", step=step)
        replay = replay_with(history, tuple(all_designs().values()))
        before = None
        if step:
            replay.seek(step - 1)
            before = snapshot(replay.kernel)
        replay.seek(step)
        after = snapshot(replay.kernel)
        views = walk_views(replay, design)
        scene = state_scene(after, before, views[0] if views else None)
        assert state["svg"] == scene_svg(scene, styled=False)
        assert state["changes"] == (differences(before, after) if before else [])
        assert [walk["folio"] for walk in state["walks"]] == [v.folio for v in views]
        assert bool(state["walks_note"]) == (not views)


def test_an_id_comes_back_whatever_the_answer() -> None:
    controller = made()
    assert controller.snapshot()["answered"] == ""
    assert send(controller, "seek", by=-1, id="v-1")["answered"] == "v-1"
    assert send(controller, "nonsense", id="v-2")["answered"] == "v-2"
    assert send(controller, "seek", by=1)["answered"] == "v-2"
    assert send(controller, "seek", by=1, id=["v-3"])["answered"] == "v-2"
    assert send(controller, "seek", by=1, id="x" * 999)["answered"] == "x" * 64


# Seeking


def test_seek_by_step_and_back_and_forth() -> None:
    controller = made()
    assert send(controller, "seek", step=2)["step"] == 2
    assert send(controller, "seek", by=2)["step"] == 4
    state = send(controller, "seek", by=-3)
    assert state["step"] == 1
    assert state["caption"] == "After step 1 of 6: A mmap 0+3"
    assert state["said"].startswith("Step 1 of 6, A mmap 0+3: A starts")
    assert send(controller, "seek", by=-9)["step"] == 0
    assert controller.snapshot()["said"] == "Before the first of 6 steps."
    assert send(controller, "seek", step=10**9)["step"] == 6


def test_seek_changes_neither_text_nor_undo() -> None:
    controller = made()
    state = send(controller, "seek", step=2)
    assert state["text"] == MREMAP
    assert not state["can_undo"]


def test_what_changed_is_counted_with_its_sign() -> None:
    controller = made("A mmap 0+2; A write 0+2 x; A munmap 1+1; A exit")
    counts = [send(controller, "seek", step=step)["counts"] for step in range(5)]
    assert counts[0] == []
    # A process and its VMA; two pages, two folios, an anon_vma and its entry.
    assert counts[1:3] == [["+ 2 new"], ["+ 6 new", "~ 1 changed"]]
    # A page, its folio; the VMA and its entry are shorter. Then all is gone.
    assert counts[3] == ["~ 2 changed", "\N{MINUS SIGN} 2 gone"]
    assert counts[4] == ["\N{MINUS SIGN} 5 gone"]


# The text


def test_a_good_text_is_shown() -> None:
    state = send(made(), "text", text="A mmap 0+1; A write 0+1 x # hello\n")
    assert state["history"] == ("A mmap 0+1\nA write 0+1 x               # hello\n")
    assert state["text"] == "A mmap 0+1; A write 0+1 x # hello\n"
    assert [o["line"] for o in state["operations"]] == [1, 1]
    assert state["operations"][1]["comment"] == "hello"
    assert (state["step"], state["name"]) == (2, "")


def test_a_text_with_errors_stays_and_so_does_the_picture() -> None:
    controller = made()
    good = controller.snapshot()
    text = MREMAP + "A mremp 0+1 2\n\nB write 0+1\n"
    state = send(controller, "text", text=text)
    assert state["text"] == text
    assert state["stale"]
    assert [(e["line"], e["column"], e["token"]) for e in state["errors"]] == [
        (7, 3, "mremp"),
        (9, 12, ""),
    ]
    assert state["errors"][0]["why"].endswith("did you mean mremap?")
    for key in ("history", "operations", "svg", "walks", "step"):
        assert state[key] == good[key]
    assert state["said"].startswith("Line 7: 'mremp' is not an operation")
    assert state["said"].endswith("(1 more); the last good history stays on show.")
    mended = send(controller, "text", text=MREMAP + "ksmd\n")
    assert not mended["stale"]
    assert len(mended["operations"]) == 7


def test_the_step_stays_at_the_end_or_where_it_is() -> None:
    controller = made()
    assert send(controller, "text", text=MREMAP + "ksmd\n")["step"] == 7
    send(controller, "seek", step=3)
    assert send(controller, "text", text=MREMAP)["step"] == 3
    assert send(controller, "text", text="A mmap 0+1\n")["step"] == 1


def test_line_endings_and_odd_characters() -> None:
    controller = made()
    state = send(controller, "text", text="A mmap 0+1\r\nA exit\rksmd # \ud800\x00é")
    assert [o["line"] for o in state["operations"]] == [1, 2, 3]
    assert state["text"] == "A mmap 0+1\nA exit\nksmd # ?\x00é"
    json.dumps(state, ensure_ascii=False).encode()


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_an_empty_history_has_a_state(text: str) -> None:
    state = send(made(), "text", text=text)
    assert state["operations"] == []
    assert state["caption"] == "No operation yet"
    assert state["processes"] == []
    assert send(made(text), "seek", by=1)["step"] == 0


# Bounds


def test_a_text_that_is_too_long_is_not_taken() -> None:
    controller = made()
    state = send(controller, "text", text="#" * (MAX_TEXT + 1))
    assert state["text"] == MREMAP
    assert state["error"].startswith(f"The text is longer than the {MAX_TEXT} char")
    assert not send(controller, "text", text="#" * MAX_TEXT)["error"]


def test_of_many_errors_the_first_are_told() -> None:
    state = send(made(), "text", text="A mremp\n" * 5000)
    assert [e["line"] for e in state["errors"]] == [*range(1, timeline.MAX_ERRORS + 1)]
    assert "(and many more)" in state["said"]


def test_too_many_operations_are_told_where() -> None:
    text = "ksmd\n" * (MAX_OPERATIONS + 1)
    state = send(made(), "text", text=text)
    [error] = state["errors"]
    assert error["line"] == MAX_OPERATIONS + 1
    assert f"operation {MAX_OPERATIONS + 1}, one more than" in error["why"]
    assert not send(made(), "text", text="ksmd\n" * MAX_OPERATIONS)["errors"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A mmap 0+200000\nA write 0+200000 x\n", 1),
        ("A mmap 0+9000\nA madvise 0+9000 mergeable\nksmd 99", 3),
        ("A mmap 0+99\n" + "A fork B\nB exit\nA write 0+99 x\n" * 600, None),
        ("A mmap 0+1\n" + "".join(f"A fork P{n}\n" for n in range(1999)), None),
        ("A mmap 0+9000\nA write 0+9000 x\n" + "A fork B\nB exit\n" * 20, None),
    ],
)
def test_too_much_work_is_refused_before_it_is_done(
    text: str, line: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = 0
    step = Replay.step

    def counted(self: Replay) -> object:
        nonlocal done
        done += work_of(self.kernel, self._operations[self.position])
        return step(self)

    monkeypatch.setattr(Replay, "step", counted)
    shown, errors = read(text)
    assert done <= MAX_WORK
    assert (shown is None) == bool(errors)
    if line is not None:
        assert errors[0].line == line
        assert errors[0].why.endswith("which is too much for the widget")


def test_two_thousand_vmas_are_not_too_much() -> None:
    state = made(split_every_other_page(2000)).snapshot()
    assert len(state["operations"]) == 1004
    assert len(state["walks"]) == 1


def test_folios_beyond_the_bound_are_counted() -> None:
    writes = "".join(f"A write {2 * n}+2 c{n}\n" for n in range(30))
    text = f"A mmap 0+60\nA madvise 0+60 mergeable\n{writes}ksmd 2\n"
    state = made(text).snapshot()
    assert len(state["walks"]) == timeline.MAX_WALKS
    left = 30 - timeline.MAX_WALKS
    assert state["walks_note"].startswith(f"{left} more KSM folios are left out")


def test_undo_is_bounded() -> None:
    controller = made()
    for n in range(MAX_UNDO + 50):
        send(controller, "text", text=f"A mmap 0+{n + 1}\n")
    steps = 0
    while send(controller, "undo")["can_undo"]:
        steps += 1
    assert steps + 1 == MAX_UNDO
    for n in range(40):
        send(controller, "text", text=f"ksmd {n + 1}\n" + "#" * 60_000)
    drafts = [d for desk in controller._editor._undo for d in desk.drafts]
    texts = {text for draft in drafts for text in (draft.text, draft.good)}
    assert len(texts) > 5
    assert sum(map(len, texts)) <= MAX_UNDO_TEXT


# Undo and redo


def test_undo_and_redo_go_through_the_same_states() -> None:
    controller = made()
    shown = ("text", "history", "step", "operations", "svg", "errors", "stale")
    states = [controller.snapshot()]
    for message in (
        {"op": "add", "form": "ksmd", "fields": {"scans": 3}},
        {"op": "load", "name": "split"},
        {"op": "delete", "step": 5},
        {"op": "text", "text": "A mmap 0+1\n"},
    ):
        controller.handle(message)
        states.append(controller.snapshot())
    for op, order in (("undo", states[-2::-1]), ("redo", states[1:])):
        for wanted in order:
            state = send(controller, op)
            assert [state[key] for key in shown] == [wanted[key] for key in shown]
    assert not state["can_redo"]


def test_there_may_be_nothing_to_undo() -> None:
    controller = made()
    assert send(controller, "undo")["error"] == "There is nothing to undo."
    assert send(controller, "redo")["error"] == "There is nothing to redo."
    assert not send(controller, "seek", by=-1)["error"]


def test_a_new_change_ends_redo() -> None:
    controller = made()
    send(controller, "load", name="split")
    assert send(controller, "undo")["can_redo"]
    assert send(controller, "seek", by=-1)["can_redo"]
    assert not send(controller, "text", text="ksmd\n")["can_redo"]


def test_typing_is_undone_from_good_text_to_good_text() -> None:
    controller = made()
    for text in ("A", "A m", "A mmap 0+", "A mmap 0+4", "A mmap 0+4\nA e"):
        send(controller, "text", text=text)
    assert send(controller, "undo")["text"] == "A mmap 0+4"
    assert send(controller, "undo")["text"] == MREMAP
    assert not controller.snapshot()["can_undo"]


def test_a_bad_text_is_not_lost_by_loading_another() -> None:
    controller = made()
    send(controller, "text", text=MREMAP + "A oops")
    send(controller, "load", name="split")
    state = send(controller, "undo")
    assert state["text"] == MREMAP + "A oops"
    assert state["stale"]
    assert state["history"] == MREMAP
    assert send(controller, "redo")["name"] == "split"


# Forms

FILLED: dict[str, tuple[dict[str, object], str]] = {
    "mmap": ({"process": "B", "start": 0, "pages": "4"}, "B mmap 0+4"),
    "mmap-file": (
        {"process": "B", "start": 8, "pages": 2, "file": "F", "offset": "5"},
        "B mmap 8+2 file F@5",
    ),
    "write": (
        {"process": "A", "start": 0, "pages": 1, "content": "x.1"},
        "A write 0+1 x.1",
    ),
    "read": ({"process": "A", "start": 0, "pages": 1}, "A read 0+1"),
    "mremap": (
        {"process": "A", "start": 0, "pages": 1, "to": 8, "dontunmap": True},
        "A mremap 0+1 8 dontunmap",
    ),
    "mremap-resize": (
        {"process": "A", "start": 0, "pages": 1, "new_pages": 4},
        "A mremap 0+1 +4",
    ),
    "munmap": ({"process": "A", "start": 0, "pages": 1}, "A munmap 0+1"),
    "mprotect": (
        {"process": "A", "start": 0, "pages": 1, "protection": "none"},
        "A mprotect 0+1 none",
    ),
    "madvise": (
        {"process": "A", "start": 0, "pages": 1, "advice": "dontneed"},
        "A madvise 0+1 dontneed",
    ),
    "fork": ({"process": "A", "child": "B"}, "A fork B"),
    "exit": ({"process": "A"}, "A exit"),
    "ksmd": ({"scans": 2}, "ksmd 2"),
    "walk": ({"process": "A", "page": 0}, "walk A 0"),
}


def test_every_form_is_tried() -> None:
    assert set(FILLED) == set(forms.FORMS)
    named_fields = {f.name: {x.name for x in f.fields} for f in forms.FORMS.values()}
    for name, (fields, _) in FILLED.items():
        assert set(fields) <= named_fields[name]


@pytest.mark.parametrize("form", FILLED)
def test_add_inserts_an_operation_after_the_step(form: str) -> None:
    fields, line = FILLED[form]
    controller = made()
    send(controller, "seek", step=4)
    state = send(controller, "add", form=form, fields=fields)
    lines = MREMAP.splitlines()
    assert state["text"].splitlines() == [*lines[:4], line, *lines[4:]]
    assert state["step"] == 5
    assert state["said"].startswith(f"Added as step 5. Step 5 of 7, {line}: ")
    assert state["can_undo"]


def test_a_move_may_resize() -> None:
    fields = {"process": "A", "start": 0, "pages": 1, "to": 8, "new_pages": "4"}
    state = send(made(), "add", form="mremap", fields=fields)
    assert state["operations"][-1]["text"] == "A mremap 0+1 8+4"


def test_add_at_the_start_and_in_nothing() -> None:
    controller = made("# a comment\nA mmap 0+1\n")
    send(controller, "seek", step=0)
    state = send(controller, "add", form="ksmd", fields={"scans": 1})
    assert state["text"] == "# a comment\nksmd\nA mmap 0+1\n"
    assert state["step"] == 1
    state = send(made(""), "add", form="ksmd", fields={"scans": 1})
    assert (state["text"], state["step"]) == ("ksmd\n", 1)


def test_comments_survive_adding_and_removing() -> None:
    controller = made("# head\nA mmap 0+1 # first\nA exit # last\n# tail\n")
    state = send(controller, "add", form="ksmd", fields={"scans": 1})
    assert [o["comment"] for o in state["operations"]] == ["first", "last", ""]
    state = send(controller, "delete", step=2)
    assert {"# head", "# last", "# tail"} <= set(state["text"].splitlines())


@pytest.mark.parametrize(
    ("form", "fields", "sentence"),
    [
        ("fork", {"process": "A", "child": ""}, "Name of the child is missing."),
        ("fork", {"process": "A"}, "Name of the child is missing."),
        ("fork", {"process": "A", "child": "B C"}, "Name of the child has to be one"),
        ("fork", {"process": "A", "child": "B;exit"}, "Name of the child has to be"),
        ("fork", {"process": "A", "child": "B#"}, "Name of the child has to be one"),
        ("fork", {"process": "A", "child": "ksmd"}, "'ksmd' is not a name for the"),
        ("exit", {"process": ["A"]}, "Process has to be one word or number."),
        ("ksmd", {"scans": True}, "Scans has to be one word or number."),
        ("ksmd", {"scans": 0}, "'0' is not a number of scans (1 to 99)."),
        ("ksmd", {"scans": 10**5000}, "Scans has to be one word or number."),
        ("ksmd", {"scans": 2.5}, "Scans has to be one word or number."),
        ("read", {"process": "A", "start": -1, "pages": 1}, "'-1+1' is not a range"),
        ("read", {"process": "A", "start": 0, "pages": 0}, "'0+0' has no pages."),
        ("nonsense", {}, "There is no such form; there are mmap, "),
        (
            "mremap",
            {"process": "A", "start": 0, "pages": 1, "to": 1, "dontunmap": "yes"},
            "Dontunmap is either ticked or not.",
        ),
    ],
)
def test_a_form_filled_badly_gets_a_sentence(
    form: str, fields: dict[str, object], sentence: str
) -> None:
    controller = made()
    state = send(controller, "add", form=form, fields=fields)
    assert state["form_error"].startswith(sentence)
    assert state["said"] == state["form_error"]
    assert not state["error"]
    assert state["text"] == MREMAP
    assert not state["can_undo"]


def test_nothing_is_added_to_a_text_with_errors() -> None:
    controller = made()
    send(controller, "text", text=MREMAP + "oops")
    state = send(controller, "add", form="ksmd", fields={"scans": 1})
    assert state["form_error"] == "Mend line 7 of the text first, or undo."
    assert state["text"] == MREMAP + "oops"
    assert send(controller, "delete", step=1)["form_error"] == state["form_error"]


def test_nothing_is_added_to_a_full_history() -> None:
    controller = made("ksmd\n" * MAX_OPERATIONS)
    state = send(controller, "add", form="ksmd", fields={"scans": 1})
    assert "one more than the widget takes" in state["form_error"]
    assert len(state["operations"]) == MAX_OPERATIONS


def test_choices_follow_the_step() -> None:
    controller = made("A mmap 0+1; A fork B; C mmap 0+1; A exit")
    assert controller.snapshot()["processes"] == ["B", "C"]
    assert send(controller, "seek", step=2)["processes"] == ["A", "B"]
    assert controller.snapshot()["fresh"] == "D"
    assert send(controller, "seek", step=0)["processes"] == []


# Refused operations


def test_a_refused_operation_says_why_and_changes_nothing() -> None:
    controller = made()
    before = send(controller, "seek", step=4)
    fields = {"process": "A", "start": 0, "pages": 2, "to": 1}
    state = send(controller, "add", form="mremap", fields=fields)
    operation = state["operations"][4]
    assert operation["errno"] == "EINVAL"
    assert operation["why"] == "the old and the new range overlap"
    assert state["changes"] == ["nothing changed"]
    assert state["walks"] == before["walks"]
    assert state["said"].endswith(
        "refused, EINVAL: the old and the new range overlap; nothing changed."
    )
    assert [bool(o["errno"]) for o in state["operations"]].count(True) == 1


# Removing, loading, looking


def test_delete_removes_a_step() -> None:
    controller = made()
    state = send(controller, "delete", step=5)
    assert "A mremap 1+1 2" not in state["text"]
    assert (state["step"], len(state["operations"])) == (5, 5)
    assert state["said"].startswith("Removed step 5, A mremap 1+1 2. Step 5 of 5")
    send(controller, "seek", step=2)
    assert send(controller, "delete", step=4)["step"] == 2
    assert send(controller, "delete")["said"].startswith("Removed step 2, A madvise")
    for step in (0, 5, -1, 10**5000):
        state = send(controller, "delete", step=step)
        assert state["error"].startswith("There is no step ")
    assert len(state["operations"]) == 3
    send(controller, "seek", step=0)
    assert send(controller, "delete")["error"] == "There is no step 0 to remove."


@pytest.mark.parametrize("name", sorted(named_histories()))
def test_load_shows_a_named_history(name: str) -> None:
    controller = made("A mmap 0+1")
    state = send(controller, "load", name=name)
    assert state["name"] == name
    assert state["text"] == named(name).text
    assert state["step"] == len(state["operations"])
    assert send(controller, "undo")["text"] == "A mmap 0+1"


def test_load_of_nothing() -> None:
    state = send(made(), "load", name="<b>")
    assert state["error"] == "There is no named history '<b>'."
    assert state["name"] == "mremap"


def test_design_chooses_the_walk_of_the_picture() -> None:
    controller = made()
    state = send(controller, "design", design="address")
    assert state["said"] == "The walk of f2 by address: missed A:2."
    assert state["alt"].startswith("The walk of f2 by address misses page 2 of A.")
    state = send(controller, "design", design="full")
    assert state["said"] == "The walk of f2 by full: found all."
    assert send(controller, "design", design="x")["error"].startswith("There is no de")
    send(controller, "seek", step=1)
    state = send(controller, "design", design="address")
    assert state["said"].endswith("There is no KSM folio to walk at this step.")


def test_folio_chooses_the_folio_of_the_picture() -> None:
    text = "A mmap 0+4; A madvise 0+4 mergeable; A write 0+2 x; A write 2+2 y; ksmd 2"
    controller = made(text)
    state = controller.snapshot()
    first, second = (walk["folio"] for walk in state["walks"])
    assert state["folio"] == first
    state = send(controller, "folio", folio=second)
    assert state["folio"] == second
    assert state["alt"].startswith(f"The walk of {second} by full")
    assert send(controller, "folio", folio="f99")["error"]
    assert send(controller, "seek", by=-1)["folio"] == ""
    assert send(controller, "seek", by=1)["folio"] == second


def test_a_walk_line_asks_for_its_folio_first() -> None:
    text = "A mmap 0+3; A madvise 0+2 mergeable; A write 0+2 x; A write 2+1 y; ksmd 2"
    state = made(f"{text}; A fork B; walk A 2").snapshot()
    anon, ksm = state["walks"]
    assert anon["caption"].startswith(f"Walk of {anon['folio']}, anonymous folio of")
    assert [row["design"] for row in anon["rows"]] == ["rmap_walk_anon"]
    assert ksm["caption"].startswith(f"Walk of {ksm['folio']}, KSM folio of index ")
    assert state["folio"] == anon["folio"]
    state = send(made(f"{text}; walk A 2"), "design", design="address")
    assert "by rmap_walk_anon: found all." in state["said"]
    refused = made(f"{text}; walk A 9").snapshot()
    assert refused["operations"][-1]["errno"] == "EFAULT"


# Like one made anew


def like_new(state: dict[str, Any]) -> dict[str, Any]:
    """What follows from history, step and design alone."""
    keys = (
        "history", "step", "link", "caption", "changes", "counts", "alt", "svg",
        "design", "beside", "comparison", "walks", "name", "processes", "fresh",
    )  # fmt: skip
    kept = {key: state[key] for key in keys}
    operations = [{**o, "line": 0} for o in state["operations"]]
    return {**kept, "operations": operations}


def check_against_a_new_one(controller: HistoryController) -> None:
    state = controller.snapshot()
    again = create("history", **controller.kw())
    again.handle({"op": "folio", "folio": state["folio"]})
    assert like_new(again.snapshot()) == like_new(state)


def messages(random: Random) -> dict[str, Any]:
    """A message that makes sense, most of the time."""
    form = random.choice(list(FILLED))
    fields = dict(FILLED[form][0])
    if "process" in fields:
        fields["process"] = random.choice("AAAB")
    if "start" in fields:
        fields["start"] = random.randrange(4)
    return random.choice(
        [
            {"op": "seek", "step": random.randrange(12)},
            {"op": "seek", "step": random.randrange(12)},
            {"op": "seek", "by": random.choice([-1, 1])},
            {"op": "add", "form": form, "fields": fields},
            {"op": "add", "form": form, "fields": fields},
            {"op": "delete", "step": random.randrange(1, 10)},
            {"op": "undo"},
            {"op": "redo"},
            {"op": "load", "name": random.choice(list(named_histories()))},
            {"op": "design", "design": random.choice(DESIGNS)},
            {"op": "text", "text": random_history(random, Bounds(12)).text},
            {"op": "branch", "branch": random.randrange(3)},
            {"op": "beside", "designs": random.sample(DESIGNS, 2)},
            {"op": "open", "link": f"#h={random.choice(list(named_histories()))}&s=3"},
            {"op": "watch", "on": random.random() < 0.5},
            {"op": "copy", "what": random.choice(list(COPIES))},
        ]
    )


@pytest.mark.parametrize("seed", range(8))
def test_after_any_messages_the_state_is_that_of_a_new_controller(seed: int) -> None:
    random = Random(seed)
    controller = made()
    seen = set()
    for _ in range(90):
        message = messages(random)
        state = send(controller, **message)
        seen.add((message["op"], bool(state["error"] or state["form_error"])))
        check_against_a_new_one(controller)
    well = {op for op, wrong in seen if not wrong}
    assert well >= {"seek", "add", "undo", "text", "branch", "beside", "watch", "copy"}


# Hostile input

ODD: list[Any] = [
    None, True, 0, -1, 1.5, 10**400, "", "A", [], {}, [[]], {"op": "seek"}, "\ud800",
    float("nan"), float("inf"), "x" * 5000, "\x00", "</textarea><script>", "undo",
    b"bytes", ("a",), "__class__", "{0.__class__}", "%s", "../../x", "mremap\n",
]  # fmt: skip
OPS = [
    "seek", "text", "add", "delete", "undo", "redo", "load", "open", "branch", "design",
    "beside", "folio", "watch", "copy",
]  # fmt: skip
FIELDS = [
    "id", "step", "by", "text", "form", "fields", "name", "link", "branch", "design",
    "designs", "folio", "on", "what", "x",
]  # fmt: skip


def hostile_message(random: Random) -> Any:
    if random.random() < 0.1:
        return random.choice(ODD)
    message: dict[Any, Any] = {}
    if random.random() < 0.95:
        message["op"] = random.choice(OPS if random.random() < 0.85 else ODD)
    for field in random.sample(FIELDS, random.randrange(len(FIELDS))):
        message[field] = random.choice(ODD)
    if message.get("op") == "add" and random.random() < 0.8:
        form = random.choice(list(FILLED))
        fields = dict(FILLED[form][0])
        fields[random.choice(list(fields))] = random.choice(ODD)
        message.update(form=form, fields=fields)
    return message


def hostile_text(random: Random) -> str:
    """A history with something wrong, or only noise."""
    text = random_history(random, Bounds(operations=10)).text
    kind = random.randrange(5)
    if kind == 0:
        return "".join(random.choices(string.printable, k=random.randrange(400)))
    if kind == 1:
        return "".join(chr(random.randrange(0x11000)) for _ in range(60))
    for _ in range(random.randrange(1, 6)):
        at = random.randrange(len(text) + 1)
        junk = random.choice([*"+;#@ \n\t0", "9" * 30, "<svg/onload=x>", "\u202e", "é"])
        text = text[:at] + junk + text[at + random.randrange(3) :]
    return text


def check_a_sentence(text: str) -> None:
    assert text[-1] in ".?"
    assert "\n" not in text
    assert "Traceback" not in text
    assert len(text) < 1000
    assert FAILED not in text.lower()


def test_a_thousand_hostile_messages_get_a_sentence() -> None:
    random = Random(2026)
    controller = made()
    complaints: dict[str, int] = {}
    for number in range(1000):
        message = hostile_message(random)
        controller.handle(message)
        state = controller.snapshot()
        json.dumps(state, ensure_ascii=False, allow_nan=False).encode()
        check_a_sentence(state["said"])
        said = state["error"] or state["form_error"]
        if said:
            check_a_sentence(said)
            complaints[said] = complaints.get(said, 0) + 1
        if number % 20 == 0:
            check_against_a_new_one(controller)
    assert sum(complaints.values()) > 500
    assert len(complaints) > 30


def test_a_thousand_hostile_texts_get_a_sentence() -> None:
    random = Random(7)
    controller = made()
    wrong = 0
    for number in range(1000):
        text = hostile_text(random)
        controller.handle({"op": "text", "text": text})
        state = controller.snapshot()
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        assert state["text"] == text.encode("utf-8", "replace").decode()
        check_a_sentence(state["said"])
        assert len(state["errors"]) <= timeline.MAX_ERRORS
        assert not state["error"]
        for error in state["errors"]:
            wrong += 1
            check_a_sentence(error["why"])
            lines = state["text"].split("\n")
            assert 1 <= error["line"] <= len(lines)
            line = lines[error["line"] - 1]
            assert 1 <= error["column"] <= len(line) + 1
            assert line[error["column"] - 1 :].startswith(error["token"])
        assert state["stale"] == bool(state["errors"])
        if number % 20 == 0:
            check_against_a_new_one(controller)
    assert wrong > 500


def test_the_first_error_is_the_languages_own() -> None:
    random = Random(11)
    wrong = 0
    for _ in range(200):
        text = hostile_text(random)
        _, errors = read(text)
        if not errors:
            parse(text)
            continue
        wrong += 1
        with pytest.raises(HistoryError) as caught:
            parse(text)
        assert errors[0].line == caught.value.line
        assert errors[0].why == caught.value.why
    assert wrong > 100


def test_no_hostile_text_becomes_an_element() -> None:
    controller = made("A mmap 0+1 # <script>alert(1)</script>\nA write 0+1 a.b\n")
    state = send(controller, "seek", by=0)
    assert "<script" not in state["svg"]
    state = send(controller, "text", text="A <script> 0+1")
    assert "<script" not in state["svg"]


def test_a_failure_of_the_model_leaves_the_state_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controller = made()
    before = controller.snapshot()

    def broken(*_: object, **__: object) -> None:
        raise AssertionError("num_children")

    with monkeypatch.context() as patch:
        patch.setattr(timeline, "scene_svg", broken)
        controller.handle({"op": "seek", "step": 2})
    state = controller.snapshot()
    why = "The model failed here (AssertionError); nothing has changed."
    assert state == {**before, "error": why, "said": why}
    assert controller.step == before["step"]
    assert send(controller, "seek", by=-1)["caption"].startswith("After step 5 of 6")


# Where it runs


def test_the_controller_needs_no_jupyter() -> None:
    """A browser's Python has the standard library, and nothing else."""
    program = """
import sys
from ksmlib.widgets.controller import create
from ksmlib.widgets.page import live_html
live_html(create("history"))
foreign = {name.partition(".")[0] for name in sys.modules} - {"ksmlib", "__main__"}
before = set(sys.stdlib_module_names)
print(*sorted(name for name in foreign - before if not name.startswith("_")))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path += {sys.path!r}"
         + program],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == []
