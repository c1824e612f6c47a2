"""Each design on each named history: what it misses, and what that costs.

A design that fails is an expected failure, strictly: should it ever find all
PTEs, the tests fail until its row here is corrected.
"""

from __future__ import annotations

import pytest

from ksmlib.designs import all_designs
from ksmlib.designs.base import DesignCost
from ksmlib.history import BASE, parse
from ksmlib.history.named import named, named_histories
from ksmlib.report import run

EVERY = tuple(all_designs())
ORIGIN = ("by-index-origin", "cow-context-origin")


def all_but(*found: str) -> set[str]:
    return set(EVERY) - set(found)


#: Per history, the designs whose walk misses a PTE.
MISSES: dict[str, set[str]] = {
    "merged": set(),
    "forked-after-merge": set(),
    # the thread's
    "mremap": {"address"},
    "moved": {"address"},
    "private-file": {"address", "remap-bit-anon-vma", "remap-bit-anon-vma-fork"},
    "split": {"stored-vm-pgoff"},
    "head-unmapped": {"stored-vm-pgoff"},
    # where a remap bit would live: the child's anon_vma never saw the move
    "moved-parent-exits": {"address", "remap-bit-anon-vma"},
    # which VMA to derive an index from
    "derived-first-vma": {"address", "derived"},
    "parent-unmapped": {"derived-mm", "derived-find-vma"},
    "parent-unmapped-moved": {"address", "derived-mm", "derived-find-vma"},
    "parent-moved-onto": {"derived-mm", "derived-find-vma", "stored-vm-pgoff"},
    "parent-remapped": {"address", "derived-mm", "derived-find-vma", "remap-bit-vma"},
    # PTEs without an rmap_item
    "parent-not-mergeable": all_but(*ORIGIN),
    "child-moved-first": all_but("by-index", *ORIGIN),
    "child-moved-after": all_but("by-index", *ORIGIN),
    "dontunmap-refilled": all_but("by-index", "cow-context", *ORIGIN),
    "coincidence": all_but("full", "by-index", "cow-context", *ORIGIN),
    "coincidence-after-merge": all_but("full", "by-index", "cow-context", *ORIGIN),
    "coincidence-stale-item": {
        "address",
        "stored-pgoff",
        "remap-bit",
        "stored-vm-pgoff",
        "by-index",
    },
}


def cases() -> list:
    misses_a_pte = pytest.mark.xfail(
        raises=AssertionError, strict=True, reason="this design misses a PTE here"
    )
    return [
        pytest.param(
            history,
            design,
            marks=[misses_a_pte] if design in missing else [],
        )
        for history, missing in MISSES.items()
        for design in EVERY
    ]


@pytest.mark.parametrize(("history", "design"), cases())
def test_the_walk_finds_every_pte(history, design):
    report = run(named(history), [all_designs()[design]])
    assert report.walks
    assert report.missed(design) == ()


def test_every_named_history_with_a_ksm_folio_has_a_row():
    walked = {name for name in named_histories() if run(named(name), []).walks}
    assert walked == set(MISSES)


@pytest.mark.parametrize(
    ("history", "design", "missed"),
    [
        ("mremap", "address", [("A", 2)]),
        ("private-file", "address", [("A", 0), ("A", 1)]),
        ("moved", "address", [("A", 8), ("A", 9)]),
        ("split", "stored-vm-pgoff", [("A", 2), ("A", 3)]),
        ("head-unmapped", "stored-vm-pgoff", [("A", 1), ("A", 2), ("A", 3)]),
        ("moved-parent-exits", "remap-bit-anon-vma", [("B", 8), ("B", 9)]),
        ("parent-not-mergeable", "full", [("A", 1)]),
        ("child-moved-first", "full", [("B", 8)]),
        ("coincidence", "stored-pgoff", [("B", 0)]),
    ],
)
def test_what_exactly_is_missed(history, design, missed):
    report = run(named(history), [all_designs()[design]])
    assert list(report.missed(design)) == missed


# --- what is saved, and when -----------------------------------------------


@pytest.mark.parametrize(
    "design", ["stored-pgoff", "stored-vm-pgoff", "remap-bit", "by-index"]
)
def test_what_is_saved_is_saved_anew_at_each_merge(design):
    """Another page is moved onto a merged one: same rmap_item, another index."""
    text = "A mmap 0+1; A mmap 5+1; A mmap 9+1; A write 0+1 x; A write 5+1 x"
    text += "; A write 9+1 x; A madvise 0+1 mergeable; A madvise 5+1 mergeable"
    text += "; A madvise 9+1 mergeable; ksmd 2; A mremap 5+1 0; ksmd"
    report = run(parse(text), [all_designs()[design]])
    assert report.found(design) == (("A", 0), ("A", 9))
    assert report.missed(design) == ()


def test_the_own_mm_is_tried_before_the_forks_and_the_newest_item_first(after):
    now = after("A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2; A fork B")
    tried = [
        (visit.vma.vm_mm.name, visit.address - BASE)
        for visit in all_designs()["full"].visits(now.folio_at("A", 0), DesignCost())
        if visit.address is not None
    ]
    assert tried == [("A", 1), ("A", 0), ("B", 1), ("B", 0)]


# --- what a walk costs -----------------------------------------------------


def cost(name: str, design: str):
    [walk] = run(named(name), [all_designs()[design]]).walks
    return walk.verdict(design)


def test_the_full_walk_visits_each_vma_once_per_item_and_pass():
    # two items, two passes; two VMAs on the anon_vma
    assert cost("mremap", "full").vmas == 2 * 2 * 2


def test_the_full_walk_tries_some_ptes_twice(after):
    """A child with its own item is also a fork of its parent's."""
    now = after(
        "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; A fork B; A fork C; ksmd 2"
    )
    hits = [
        (visit.vma.vm_mm.name, visit.address)
        for visit in all_designs()["full"].visits(now.folio_at("A", 0), DesignCost())
        if visit.hit
    ]
    assert len(set(hits)) == 6
    assert len(hits) > 6


def test_a_moved_vma_stays_slow_with_a_remap_bit():
    assert cost("moved", "remap-bit").vmas == cost("moved", "full").vmas
    assert cost("merged", "remap-bit").vmas == cost("merged", "address").vmas


def test_deriving_from_the_tree_costs_the_scan_it_was_to_save():
    assert cost("mremap", "derived").vmas > cost("mremap", "stored-pgoff").vmas


@pytest.mark.parametrize("design", ["derived-mm", "derived-find-vma", "remap-bit-vma"])
def test_deriving_from_the_mm_costs_a_lookup_per_item_and_pass(design):
    assert cost("merged", design).find_vma == 2 * 2


@pytest.mark.parametrize("design", ["full", "stored-pgoff", "by-index-origin"])
def test_who_saves_what_it_needs_looks_no_vma_up(design):
    assert cost("merged", design).find_vma == 0


def test_stale_items_cost_a_walk_and_find_nothing():
    text = "A mmap 0+3; A write 0+3 x; A madvise 0+3 mergeable; ksmd 2; A write 0+1 y"
    full = [all_designs()["full"]]
    [stale] = run(parse(text), full).walks
    [fresh] = run(parse(f"{text}; ksmd"), full).walks
    assert stale.verdict("full").found == fresh.verdict("full").found
    assert stale.verdict("full").vmas > fresh.verdict("full").vmas
