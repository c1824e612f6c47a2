"""The search of histories: what it finds, and that it leaves nothing out."""

from __future__ import annotations

from collections import deque

import pytest

from ksmlib.designs import all_designs
from ksmlib.explore.bound import DEFAULT, Bound
from ksmlib.explore.executors import InProcess
from ksmlib.explore.exploration import (
    Exploration,
    confirm,
    exploration_of,
    operations_in,
)
from ksmlib.explore.histories import Histories, operations_to_ksm
from ksmlib.explore.machine import Machine
from ksmlib.explore.promises import PROMISES, keeps
from ksmlib.explore.search import Search
from ksmlib.history import History, parse
from ksmlib.report import run
from tests.explore.machines import BOUNDS, unreduced

DESIGNS = tuple(all_designs())


def explored(bound: Bound, designs=DESIGNS, **how) -> Exploration:
    model = Histories(bound, designs, **how)
    search = Search(model, bound.ops)
    assert search.run(InProcess())
    return exploration_of(search, model)


SMALL = ("mmap", "write", "fork", "mergeable", "ksmd")

#: A bound, and what it takes to break a promise there, by design.
SHORTEST = {
    "moved": (
        Bound(procs=1, pages=3, ops=5, kinds=(*SMALL[:2], "mremap", *SMALL[3:])),
        "full",
        {"address": 5, "stored-vm-pgoff": 5},
    ),
    "split": (
        Bound(procs=1, pages=2, ops=5, kinds=(*SMALL[:2], "mprotect", *SMALL[3:])),
        "full",
        {"stored-vm-pgoff": 5},
    ),
    "private file": (
        Bound(procs=1, pages=2, ops=4, kinds=("file", "write", "mergeable", "ksmd")),
        "full",
        {"address": 4, "remap-bit-anon-vma": 4, "remap-bit-anon-vma-fork": 4},
    ),
    "only the child is mergeable": (
        Bound(procs=2, pages=2, ops=5, kinds=SMALL),
        "every",
        {id_: 5 for id_ in DESIGNS if not id_.endswith("-origin")},
    ),
}


@pytest.mark.parametrize("case", SHORTEST.values(), ids=SHORTEST)
def test_the_shortest_history_that_breaks_a_design(case):
    bound, promise, expected = case
    exploration = explored(bound)
    found = {
        b.design: operations_in(b.history)
        for b in exploration.broken
        if b.promise == promise
    }
    assert found == expected
    assert exploration.never == ()


def test_brute_force_finds_the_same():
    """Every history there is, in order, by replay from scratch."""
    bound = Bound(procs=2, pages=2, ops=5, contents=1, kinds=SMALL)
    designs = ("full", "address", "stored-vm-pgoff", "by-index-origin")
    wanted = {(b.design, b.promise): b.history for b in explored(bound, designs).broken}
    assert wanted
    model = Histories(bound, designs, reduce=False, cut=False)
    found: dict[tuple[str, str], str] = {}
    level = deque([((), model.initial()[0])])
    while level:
        history, machine = level.popleft()
        for design in designs:
            for promise in PROMISES:
                if not keeps(design, promise, machine):
                    text = History.of(history).one_line
                    found.setdefault((design, promise.name), text)
        left = bound.ops - len(history)
        if left == 1 and not machine.kernel.ksm.mm_slots:
            continue  # one operation more cannot merge anything
        for operation in model.actions(machine, left) if left else ():
            if (child := machine.after(operation)) is not None:
                level.append(((*history, operation), child))
    assert found == wanted


TWICE = {
    "default": Bound(procs=2, pages=2, ops=5),
    "more": Bound(
        procs=2,
        pages=2,
        ops=5,
        contents=1,
        kinds=("mmap", "write", "fork", "exit", "mremap", "mergeable", "ksmd"),
    ),
}


def verdicts(exploration: Exploration):
    """All but numbers of states."""
    broken = [(b.design, b.promise, b.history) for b in exploration.broken]
    kinds = [(b.situations, b.missed_by, b.history) for b in exploration.behaviours]
    return broken, kinds, exploration.dearest, exploration.never


@pytest.mark.parametrize("bound", TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("without", ["reduce", "cut"])
def test_the_same_without_reduction_and_without_the_cut(bound, without):
    plain, slow = explored(bound), explored(bound, **{without: False})
    assert (
        plain.broken == slow.broken
        if without == "cut"
        else (
            [(b.design, b.promise, b.history) for b in plain.broken]
            == [(b.design, b.promise, b.history) for b in slow.broken]
        )
    )
    kinds = [(b.situations, b.missed_by, b.history) for b in plain.behaviours]
    assert kinds == [(b.situations, b.missed_by, b.history) for b in slow.behaviours]
    assert plain.dearest == slow.dearest
    states = [sum(level.states for level in e.levels) for e in (plain, slow)]
    assert states[0] < states[1]


@pytest.mark.parametrize(("first", "bound"), BOUNDS.values(), ids=BOUNDS)
def test_a_ksm_folio_is_never_nearer_than_said(first, bound):
    model = Histories(bound, ("full",), cut=False)
    near = 0
    for _, machine, left in unreduced(first, bound):
        needs = operations_to_ksm(machine.kernel)
        assert (needs == 0) == bool(machine.walked)
        for operation in model.actions(machine, left) if left else ():
            child = machine.after(operation)
            if child is not None and needs:
                assert operations_to_ksm(child.kernel) >= needs - 1, operation
                near += operations_to_ksm(child.kernel) < needs
    assert near or "ksmd" in first


def test_what_is_left_out_when_there_is_no_time_brings_no_ksm_folio_nearer():
    """The operations that ``actions()`` offers with nothing to spare suffice."""
    bound = Bound(procs=2, pages=2, ops=5, kinds=(*DEFAULT, "exit", "scan"))
    designs = ("full",)
    all_, few = Histories(bound, designs, cut=False), Histories(bound, designs)
    left_out = helped = 0
    for _, machine, _ in unreduced("", Bound(procs=2, pages=2, ops=3), designs):
        needs = operations_to_ksm(machine.kernel)
        offered = set(few.actions(machine, needs))
        for operation in all_.actions(machine, needs):
            child = machine.after(operation)
            nearer = child is not None and operations_to_ksm(child.kernel) < needs
            assert operation in offered or not nearer
            left_out += operation not in offered
            helped += nearer
    assert left_out > 10_000 and helped > 500


def test_what_never_occurs_makes_a_search_prove_nothing():
    short = explored(Bound(procs=1, pages=2, ops=4, kinds=("mmap", "write", "munmap")))
    assert short.never == ("munmap",)
    assert not short.broken and not short.behaviours


def test_a_situation_that_should_have_come_up_and_did_not(monkeypatch):
    """A kernel in which nothing merges keeps every promise, and proves nothing."""
    monkeypatch.setattr(Machine, "walked", [])
    exploration = explored(Bound(procs=1, pages=2, ops=4, kinds=SMALL[:2] + SMALL[3:]))
    assert not exploration.broken
    assert exploration.never == ("a PTE merged by ksmd, or a fork copy",)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda s: s.name)
def test_a_history_that_proves_nothing_is_not_shown(promise):
    history = "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2"
    with pytest.raises(AssertionError, match="misses nothing"):
        confirm(history, "address", promise)


def test_what_is_shown_is_what_the_command_run_says():
    for broken in explored(SHORTEST["only the child is mergeable"][0]).broken:
        report = run(parse(broken.history))
        assert report.missed(broken.design)
        assert not report.refusals


def test_every_design_is_asked_about_every_promise():
    names = {p.name for p in Histories(Bound(), DESIGNS).properties()}
    for id_ in all_designs():
        assert sum(name.startswith(f"{id_} finds ") for name in names) == len(PROMISES)
