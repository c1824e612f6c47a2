"""Reports as text: plain ASCII that fits a mail three times quoted."""

from __future__ import annotations

from random import Random

import pytest

from ksmlib.designs import designs
from ksmlib.history import History, parse
from ksmlib.history.named import named_histories
from ksmlib.history.random import Bounds, random_history
from ksmlib.report import run
from ksmlib.report.text import COLUMNS, designs_text, ptes_text, report_text, table

WIDE = """\
Process1 mmap 200000+12345 file FILENAME@100000
Process1 madvise 200000+12345 dontfork
Process1 madvise 200000+12345 mergeable
Process1 write 200000+3 content_16_chars
Process1 mprotect 200000+12345 none
Process1 mprotect 200001+1 ro
ksmd 2
Process1 write 200000+1 x
Process1 madvise 200000+62144 unmergeable
"""
BLOCKS = 4


def histories(block: int) -> list[History]:
    """One in four of the named ones and of 300 at random."""
    bounds = Bounds(operations=50, careless=20)
    some = [entry.history for entry in named_histories().values()]
    some += [random_history(Random(seed), bounds) for seed in range(300)]
    return some[block::BLOCKS]


def assert_fits(text: str) -> None:
    for line in text.split("\n"):
        assert len(line) <= COLUMNS, line
        assert line.isascii() and line == line.rstrip(), line
        assert line.isprintable(), line


@pytest.mark.parametrize("block", range(BLOCKS))
def test_reports_fit(block):
    for history in histories(block):
        assert_fits(report_text(run(history)))


def test_so_does_a_report_of_the_longest_names_and_numbers():
    assert_fits(report_text(run(parse(WIDE))))


def test_the_designs_fit():
    text = designs_text(designs())
    assert_fits(text)
    assert all(f"\n{design.id} " in f"\n{text}" for design in designs())


def test_a_report():
    text = """\
A mmap 0+2                  # comments are left out
A write 0+2 x
A mremap 0+2 8; A madvise 8+2 mergeable
A write 0+1 y
ksmd 2
"""
    assert (
        report_text(run(parse(text), designs("full,address")))
        == """\
history
  A mmap 0+2
  A write 0+2 x
  A mremap 0+2 8
  A madvise 8+2 mergeable
  A write 0+1 y
  ksmd 2
  line 4 refused, EFAULT: part of the range is not mapped

walk of f2 (ksm, index 1), mapped at A:8-9
  design   found  vmas  nodes  missed
  full       2/2     4     12  -
  address    0/2     0      4  A:8-9

state at the end
  process  vma  pgoff  flags         anon_vma (chain)
  A        8+2      0  rw mergeable  av1 (av1)
  folio  kind  index  mapped at
  f2     ksm       1  A:8-9
  rmap_items  A:8->f2/av1 A:9->f2/av1
"""
    )


def test_a_report_of_nothing_to_walk():
    text = report_text(run(parse("A mmap 0+1; A exit")))
    assert "no KSM folio to walk" in text
    assert text.endswith("state at the end\n  no process runs\n")


@pytest.mark.parametrize(
    ("ptes", "text"),
    [
        ([], ""),
        ([("A", 3)], "A:3"),
        ([("A", 0), ("A", 1), ("A", 2), ("A", 5), ("B", 0)], "A:0-2,5 B:0"),
        ([("B", 1), ("A", 1)], "B:1 A:1"),
    ],
)
def test_ptes(ptes, text):
    assert ptes_text(ptes) == text


def test_a_table_folds_its_last_column_under_itself():
    rows = [["a", "words"], ["bb", "one two three four"]]
    assert table(rows, columns=17) == ["a   words", "bb  one two three", "    four"]


def test_a_table_too_wide_for_that_is_folded_as_it_is():
    rows = [["a long first cell", "one two"]]
    assert table(rows, columns=20) == ["a long first cell", "    one two"]
