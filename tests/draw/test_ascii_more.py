"""Time tables and trees of plain ASCII."""

from __future__ import annotations

import re
from random import Random

import pytest

from ksmlib.cli import main
from ksmlib.designs import all_designs
from ksmlib.draw.ascii_time import time_table
from ksmlib.draw.ascii_tree import MAX_NODES, tree_ascii
from ksmlib.draw.tree import TreeView, all_trees, asked_trees, shown_window, tree_view
from ksmlib.history import Replay, parse
from ksmlib.history.named import named, named_histories
from ksmlib.history.random import Bounds, random_history
from ksmlib.report.text import COLUMNS
from ksmlib.report.verdict import replay_with

MANY = "A mmap 0+40; A write 0+40 x;" + ";".join(
    f"A mprotect {page}+1 ro" for page in range(1, 40, 2)
)


def trees(text: str) -> list[TreeView]:
    replay = Replay(parse(text))
    replay.run()
    return all_trees(replay.kernel.mms.values())


def test_processes_are_columns_and_time_goes_down() -> None:
    assert time_table(named("child-moved-first")) == [
        "    A                              B",
        "    -                              -",
        " 1  mmap 0+2",
        " 2  write 0+2 x",
        " 3  fork B                         (forked)",
        " 4                                 mremap 1+1 8",
        " 5  madvise 0+2 mergeable",
        " 6  -------------------------- ksmd 2 --------------------------",
    ]


def test_more_processes_than_columns_share_the_last() -> None:
    lines = time_table(parse("A mmap 0+1; B mmap 0+1; C mmap 0+1; D mmap 0+1"))
    assert re.fullmatch(r" +A +B +C D", lines[0])
    assert lines[-4:-2] == [" 1  mmap 0+1", " 2                      mmap 0+1"]
    assert [line.split(maxsplit=1)[1] for line in lines[-2:]] == [
        "C mmap 0+1",
        "D mmap 0+1",
    ]


def test_what_is_refused_says_so() -> None:
    history = parse("A mmap 0+1; A fork A; A munmap 0+1")
    lines = time_table(history, {2: "EEXIST"})
    assert lines[3] == " 2  fork A = EEXIST"
    assert "EEXIST" not in lines[2] + lines[4]


@pytest.mark.parametrize("name", named_histories())
def test_every_operation_of_a_history_is_in_its_table(name: str) -> None:
    history = named(name)
    lines = time_table(history)
    said = " ".join(" ".join(lines).replace("-", " ").split())
    for number, operation in enumerate(history.operations, 1):
        words = str(operation).split()
        arguments = words[1:] if words[0] != "ksmd" else words
        assert f"{number} " in said
        assert all(word in said for word in arguments)


@pytest.mark.parametrize("seed", range(20))
def test_time_tables_and_trees_fit_a_mail(seed: int) -> None:
    history = random_history(Random(seed), Bounds(operations=40, processes=5))
    replay = Replay(history)
    replay.run()
    lines = time_table(history)
    for view in all_trees(replay.kernel.mms.values()):
        lines += tree_ascii(view)
    assert max(map(len, lines)) <= COLUMNS
    assert "\n".join(lines).isascii()
    assert not [line for line in lines if line != line.rstrip()]


def test_a_tree_of_boxes() -> None:
    [view] = trees("A mmap 0+3; A write 0+3 x; A mprotect 1+1 ro")
    assert tree_ascii(view) == [
        "av1",
        "     +-------+",
        "     | A 1+1 |",
        "     | at 1  |",
        "     | max 2 |",
        "     +-------+",
        "    .----+----.",
        "+-------+ +-------+",
        "| A 0+1 | | A 2+1 |",
        "| at 0  | | at 2  |",
        "| max 0 | | max 2 |",
        "+-------+ +-------+",
    ]


def test_every_node_is_drawn_with_its_offsets() -> None:
    [view] = trees("A mmap 0+12; A write 0+12 x; A mprotect 2+1 ro; A mprotect 5+2 ro")
    text = "\n".join(tree_ascii(view))
    assert len(view.nodes) == 5
    for node in view.nodes:
        assert f"{node.process} {node.start}+{node.last - node.first + 1} " in text
    assert text.count("max ") == len(view.nodes)


def test_a_query_says_what_became_of_each_node() -> None:
    replay = Replay(parse("A mmap 0+12; A write 0+12 x; A mprotect 2+1 ro"))
    replay.run()
    anon_vma = replay.kernel.mms["A"].vmas[0].anon_vma
    assert anon_vma is not None
    view = tree_view(anon_vma, shown_window(11, 11))
    lines = tree_ascii(view)
    assert lines[0].startswith("av1, asked for 11: looks at ")
    assert lines[0].endswith(" times, is given 1")
    assert "\n".join(lines).count("given") == 2


def test_of_a_large_tree_the_top_is_drawn() -> None:
    [view] = trees(MANY)
    lines = tree_ascii(view)
    boxes = "\n".join(lines).count("max ")
    assert 0 < boxes <= MAX_NODES < len(view.nodes)
    below = sum(int(n) for n in re.findall(r"(\d+) below", "\n".join(lines)))
    assert boxes + below == len(view.nodes)


def test_a_walk_asks_each_question_once() -> None:
    replay = replay_with(named("coincidence"), list(all_designs().values()))
    replay.run()
    folio = replay.kernel.mms["A"].page_table[min(replay.kernel.mms["A"].page_table)]
    asked = [view.window for view in asked_trees(folio, all_designs()["stored-pgoff"])]
    assert sorted(asked) == [(0, 0), (1, 1)]
    assert [v.window for v in asked_trees(folio, all_designs()["full"])] == [(0, None)]


def test_step_begins_with_the_table_and_draws_each_state(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "--step", "coincidence"]) == 0
    out = capsys.readouterr().out
    table = "\n".join(time_table(named("coincidence")))
    assert out.startswith(f"{table}\n\nstep 1: A mmap 0+2\n")
    assert out.count("\nA vma   ") == len(named("coincidence").operations)


def test_draw_shows_what_each_walk_asks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--draw", "--design", "stored-pgoff", "coincidence"]) == 0
    out = capsys.readouterr().out
    assert "av1, asked for 0: looks at " in out
    assert "av1, asked for 1: looks at " in out
    assert main(["run", "--draw", "coincidence"]) == 0
    assert "\nav1\n" in capsys.readouterr().out
