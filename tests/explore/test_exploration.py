"""What came of a search, as data, tables, text and JSON; and what is kept of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ksmlib.explore import checkpoint, manifest
from ksmlib.explore.bound import Bound
from ksmlib.explore.executors import InProcess
from ksmlib.explore.exploration import (
    Behaviour,
    Exploration,
    exploration_of,
    operations_in,
)
from ksmlib.explore.histories import Histories
from ksmlib.explore.progress import Progress
from ksmlib.explore.search import Level, Search
from ksmlib.explore.tables import Cell, growths, matrix, saturation, together
from ksmlib.explore.text import exploration_text
from tests.explore.two_phase import TwoPhase

BOUND = Bound(
    procs=1, pages=2, ops=5, kinds=("mmap", "write", "mprotect", "mergeable", "ksmd")
)
DESIGNS = ("full", "stored-vm-pgoff")


@pytest.fixture(scope="module")
def exploration() -> Exploration:
    model = Histories(BOUND, DESIGNS)
    search = Search(model, BOUND.ops)
    search.run(InProcess())
    return exploration_of(search, model)


def test_it_survives_json(exploration):
    assert Exploration.from_json(json.loads(json.dumps(exploration.json()))) == (
        exploration
    )


def test_the_text_fits_a_mail(exploration):
    text = exploration_text(exploration)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 66
    assert "\n\n\n" not in text


def test_the_text_says_bound_verdict_and_history(exploration):
    text = exploration_text(exploration)
    assert "every history of up to 5 operations by 1 process on 2 pages" in text
    assert "full                     .     .       .    .     .\n" in text
    assert "stored-vm-pgoff          5     5       5    5     .\n" in text
    history = exploration.shortest("stored-vm-pgoff", "every").history
    block = "".join(f"    {operation}\n" for operation in history.split("; "))
    assert f"breaks stored-vm-pgoff (every full merged own)\n{block}" in text


def test_the_text_says_what_never_occurred(exploration):
    text = exploration_text(replace(exploration, never=("munmap", "a PTE moved")))
    assert text.endswith("proves nothing of it: munmap; a PTE moved\n")


def test_saturation_has_a_row_for_each_number_of_operations(exploration):
    rows = saturation(exploration)
    assert [row.ops for row in rows] == [0, 1, 2, 3, 4, 5]
    assert [row.states for row in rows] == [lv.states for lv in exploration.levels]
    assert (rows[0].generated, rows[1].generated) == (
        0,
        exploration.levels[0].generated,
    )
    assert sum(row.behaviours for row in rows) == len(exploration.behaviours)
    done = sum(count for count, _ in exploration.kinds.values())
    assert sum(row.generated for row in rows) == done


def made(*behaviours: Behaviour) -> Exploration:
    return Exploration(
        BOUND, DESIGNS, (Level(1),), {}, (), tuple(behaviours), (), never=()
    )


def test_cells_of_several_explorations_add_up_and_lead_to_the_first_history():
    one = made(Behaviour(("merged",), ("full",), 10, "a; b; c"))
    other = made(
        Behaviour(("merged",), ("full",), 3, "a; b"),
        Behaviour(("moved",), (), 2, "a; b; c"),
    )
    cells = together([one, other])
    assert cells["full"] == {
        "merged": Cell(13, 13, "a; b"),
        "moved": Cell(0, 2, None),
    }
    assert together([other, one])["full"]["merged"] == cells["full"]["merged"]
    assert matrix(one)["full"]["merged"] == Cell(10, 10, "a; b; c")


def recorded(ops: int, states: int, cpu: float, pages: int = 2) -> manifest.Recorded:
    took = manifest.Took("2026-11-27", 9.9, cpu, 1, "3.11")
    exploration = replace(
        made(), bound=replace(BOUND, ops=ops, pages=pages), levels=(Level(states),)
    )
    return manifest.Recorded(f"{pages}-{ops}", "", "", True, took, exploration)


def test_growth_is_that_of_two_bounds_one_operation_apart():
    small, large, far = recorded(4, 10, 1), recorded(5, 30, 4), recorded(7, 90, 9)
    other = recorded(5, 1000, 100, pages=3)
    [growth] = growths([far, large, other, small])
    assert (growth.smaller, growth.larger) == (small, large)
    assert (growth.factor, growth.next_cpu) == (3, 12)


def test_a_cell_adds_up_and_leads_to_the_first_history():
    cells = matrix(
        made(
            Behaviour(("merged",), (), 10, "a; b; c"),
            Behaviour(("merged", "split"), ("stored-vm-pgoff",), 3, "a; b; c; e"),
            Behaviour(("merged", "moved"), ("stored-vm-pgoff",), 2, "a; b; c; d"),
        )
    )
    assert cells["stored-vm-pgoff"] == {
        "merged": Cell(5, 15, "a; b; c; d"),
        "moved": Cell(2, 2, "a; b; c; d"),
        "split": Cell(3, 3, "a; b; c; e"),
    }
    assert cells["full"]["merged"] == Cell(0, 15, None)


@pytest.mark.parametrize(
    ("missed", "shown"), [(0, "."), (1, "<1"), (500, "50"), (999, ">99"), (1000, "100")]
)
def test_one_in_a_thousand_is_not_none_nor_all_but_one_all(missed, shown):
    found = Behaviour(("merged",), (), 1000 - missed, "a")
    lost = Behaviour(("merged",), ("full",), missed, "b")
    lines = exploration_text(made(found, lost)).splitlines()
    assert [line.split()[1] for line in lines if line.startswith("full ")][-1] == shown


def test_operations_in_a_history():
    assert operations_in("A mmap 0+1") == 1
    assert operations_in("A mmap 0+1; ksmd 2") == 2


# --- progress --------------------------------------------------------------


def test_progress_tells_rate_and_time_left():
    search, progress = Search(TwoPhase(3), 99), Progress()
    search.run(InProcess(), piece=1, pause=lambda: search.depth == 4)
    assert progress.line(search, 100.0) == (
        f"operation 4/99 [{'.' * 12}] {len(search.entries)} states"
    )
    search.entries, search.position = [()] * 50, 1
    progress = Progress()
    progress.line(search, 100.0)
    search.position = 26
    half = progress.line(search, 110.0)
    assert half == "operation 4/99 [######......] 2 states/s, 0:10 left of it"


def test_time_left_is_of_the_whole_search_only_in_the_last_operation():
    search, progress = Search(TwoPhase(3), 2), Progress()
    search.run(InProcess(), piece=1, pause=lambda: search.depth == 2)
    search.entries, search.position = [()] * 50, 0
    progress.line(search, 100.0)
    search.position = 25
    assert progress.line(search, 110.0).endswith(" 2 states/s, 0:10 left")


def test_progress_fits_a_line():
    search, progress = Search(TwoPhase(3), 30), Progress()
    search.entries, search.levels = [()] * 10**7, [Level()] * 30
    progress.line(search, 0.0)
    search.position = 10**6
    assert len(progress.line(search, 3.0)) <= 66
    progress = Progress()
    progress.line(search, 0.0)
    search.position += 1000
    assert len(progress.line(search, 100.0)) <= 66


# --- checkpoint ------------------------------------------------------------


def stopped() -> Search:
    search = Search(Histories(BOUND, DESIGNS), BOUND.ops)
    assert not search.run(InProcess(), piece=3, pause=lambda: search.depth == 3)
    return search


def test_a_search_goes_on_from_a_file(tmp_path, exploration):
    file = tmp_path / "x.checkpoint"
    checkpoint.save(stopped(), file)
    search = checkpoint.load(file)
    assert search.depth == 3 and not search.finished
    search.run(InProcess())
    assert exploration_of(search, search.model) == exploration


def test_a_checkpoint_replaces_an_older_one_whole(tmp_path, monkeypatch):
    file = tmp_path / "x.checkpoint"
    checkpoint.save(stopped(), file)
    before = file.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.pickle, "dump", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(stopped(), file)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "cannot read .*: No such file"),
        (b"", "is not a checkpoint of this version"),
        (b"\x80\x04garbage", "is not a checkpoint of this version"),
        (checkpoint.MAGIC, "is damaged: "),
        (checkpoint.MAGIC + b"\x80\x05\x00", "is damaged: "),
    ],
    ids=["none", "empty", "another", "cut", "bad"],
)
def test_what_is_no_checkpoint(tmp_path, data, sentence):
    file = tmp_path / "x.checkpoint"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(checkpoint.NoCheckpoint, match=sentence):
        checkpoint.load(file)


# --- the manifest ----------------------------------------------------------


def test_no_difference(exploration):
    assert list(manifest.differences(exploration, exploration)) == []


def test_a_design_that_stops_failing_is_a_difference(exploration):
    now = replace(exploration, broken=exploration.broken[1:])
    [line] = manifest.differences(exploration, now)
    assert line.startswith("broken: no longer design stored-vm-pgoff, promise every")


def test_a_count_that_changed_is_a_difference(exploration):
    levels = (*exploration.levels[:-1], Level(states=7))
    gone, come = manifest.differences(exploration, replace(exploration, levels=levels))
    assert gone.startswith(f"levels: no longer states {exploration.levels[-1].states}")
    assert come == "levels: now states 7, generated 0, refused 0, cut 0"


def test_another_order_is_a_difference(exploration):
    turned = replace(exploration, broken=exploration.broken[::-1])
    [line] = manifest.differences(exploration, turned)
    assert line == "broken: in another order"


def test_a_bound_that_changed_is_a_difference(exploration):
    wider = replace(exploration, bound=replace(BOUND, pages=3))
    [line] = manifest.differences(exploration, wider)
    assert line.startswith("bound: was procs 1, pages 2, ")


def test_recording_and_reading_back(exploration, tmp_path, monkeypatch):
    file = tmp_path / "manifest.json"
    entry = {"name": "n", "title": "t", "arguments": "--ops 5", "quick": True}
    file.write_text(json.dumps([{**entry, "name": "other"}, entry]))
    monkeypatch.setattr(manifest, "_path", lambda: file)
    assert manifest.explorations()["n"].exploration is None
    took = manifest.Took("2026-11-27", 1.5, 2.5, 2, "3.11")
    manifest.record("n", exploration, took)
    found = manifest.explorations()
    assert found["n"].exploration == exploration
    assert found["n"].took == took
    assert found["other"].exploration is None
