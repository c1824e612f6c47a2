"""The manifest: each quick exploration once more, and what all of them have shown."""

from __future__ import annotations

import pytest

from ksmlib.cli import main
from ksmlib.designs import all_designs
from ksmlib.explore.exploration import age, operations_in
from ksmlib.explore.manifest import counterexamples, explorations
from ksmlib.explore.promises import PROMISES
from ksmlib.explore.tables import together
from ksmlib.history import parse
from ksmlib.report import run

ALL = explorations()
QUICK = [name for name, entry in ALL.items() if entry.quick]


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_exploration_finds_what_is_recorded(name, capsys):
    status = main(["explore", "--manifest", name, "--workers", "1"])
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("entry", ALL.values(), ids=ALL)
def test_what_is_recorded_is_borne_out_by_a_replay(entry):
    assert entry.exploration.never == ()
    for broken in entry.exploration.broken:
        report = run(parse(broken.history))
        assert report.missed(broken.design), broken
        assert not report.refusals


#: Explorations, designs and promises, and how few operations break them.
SHORTEST = [
    ("three-pages", "address", "full", 5),
    ("private-file", "address", "full", 4),
    ("moved-and-split", "stored-vm-pgoff", "full", 5),
    ("two-pages", "derived", "full", 6),
    ("two-pages", "derived-mm", "full", 6),
    ("two-pages", "derived-find-vma", "full", 6),
    ("two-pages", "full", "every", 5),
    ("two-pages", "stored-pgoff", "full", 6),
    ("two-pages", "remap-bit", "full", 6),
    ("moved-and-forked", "remap-bit-anon-vma", "merged", 6),
    ("exit", "derived-mm", "full", 6),
    ("private-file", "remap-bit-anon-vma-fork", "merged", 4),
]


@pytest.mark.parametrize(("name", "design", "promise", "length"), SHORTEST)
def test_the_shortest_history_is_as_long_as_the_book_says(
    name, design, promise, length
):
    broken = ALL[name].exploration.shortest(design, promise)
    assert operations_in(broken.history) == length


@pytest.mark.parametrize("entry", ALL.values(), ids=ALL)
def test_what_holds_at_every_bound(entry):
    for promise in PROMISES:
        for design in ("by-index-origin", "cow-context-origin"):
            assert entry.exploration.shortest(design, promise.name) is None
    for design in ("full", "stored-pgoff", "remap-bit", "by-index"):
        assert entry.exploration.shortest(design, "merged") is None


def test_each_counterexample_shows_a_design_that_misses():
    found = counterexamples()
    assert found == sorted(set(found), key=age)
    shown = {b.history for e in ALL.values() for b in e.exploration.broken}
    shown |= {
        cell.history
        for row in together(e.exploration for e in ALL.values()).values()
        for cell in row.values()
        if cell.history
    }
    assert shown <= set(found)
    for text in found:
        report = run(parse(text))
        assert not report.refusals
        assert any(report.missed(design) for design in all_designs()), text


def test_what_is_recorded_says_when_and_what_it_took():
    for entry in ALL.values():
        assert entry.took.date > "2026"
        assert entry.took.cpu > 0 and entry.took.workers >= 1


def test_every_design_is_in_each_exploration():
    for entry in ALL.values():
        assert entry.exploration.designs == tuple(all_designs())
