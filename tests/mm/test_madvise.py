"""Advice: what it does at once, and which flags it leaves."""

from __future__ import annotations

import pytest

MERGED = "A mmap 0+4; A write 0+4 x; A madvise 0+4 mergeable; ksmd 2"


def test_dontneed_drops_the_pages_and_keeps_the_vma(after):
    now = after("A mmap 0+4; A write 0+4 x; A madvise 1+2 dontneed")
    assert now.vmas() == ["0+4@0"]
    assert now.pages() == [0, 3]
    assert now.anon_vma("A", 0) == "av1"


def test_after_dontneed_a_private_file_mapping_shows_the_file_again(after):
    now = after(
        "A mmap 0+1 file F@5; A write 0+1 x; A madvise 0+1 dontneed; A read 0+1"
    )
    assert now.kinds() == {0: "file"}


def test_dontneed_leaves_the_rmap_item_until_the_next_scan(after):
    gone = f"{MERGED}; A madvise 0+2 dontneed"
    assert after(gone).items() == {("A", page) for page in range(4)}
    assert after(f"{gone}; ksmd").items() == {("A", 2), ("A", 3)}


def test_unmergeable_unshares_in_place(after):
    now = after(f"{MERGED}; A madvise 1+2 unmergeable")
    assert now.kinds() == {0: "ksm", 1: "anon", 2: "anon", 3: "ksm"}
    assert now.indices()[1] == 1
    assert now.indices()[2] == 2
    assert [v["mergeable"] for v in now.state["processes"]["A"]["vmas"]] == [
        True,
        False,
        True,
    ]


def test_unmergeable_leaves_the_rmap_items_until_the_next_scan(after):
    gone = f"{MERGED}; A madvise 1+2 unmergeable"
    assert after(gone).items() == {("A", page) for page in range(4)}
    assert after(f"{gone}; ksmd").items() == {("A", 0), ("A", 3)}


def test_unmergeable_does_not_unshare_what_never_was_mergeable(after):
    now = after(
        "A mmap 0+2; A write 0+2 x; A fork B; B madvise 0+2 mergeable; ksmd 2;"
        "A madvise 0+2 unmergeable"
    )
    assert now.kind("A", 1) == "ksm"


def test_dontfork_keeps_a_vma_from_the_child(after):
    now = after("A mmap 0+4; A write 0+4 x; A madvise 1+2 dontfork; A fork B")
    assert now.vmas("B") == ["0+1@0", "3+1@3"]
    assert now.pages("B") == [0, 3]


def test_dofork_takes_that_back(after):
    now = after(
        "A mmap 0+4; A write 0+4 x; A madvise 1+2 dontfork; A madvise 0+4 dofork;"
        "A fork B"
    )
    assert now.vmas("B") == ["0+4@0"]


@pytest.mark.parametrize("advice", ["mergeable", "dontfork"])
def test_advice_may_span_several_vmas(after, advice):
    now = after(f"A mmap 0+2; A mmap 2+2 file F@0; A madvise 1+2 {advice}")
    assert [v[advice] for v in now.state["processes"]["A"]["vmas"]] == [
        False,
        True,
        True,
        False,
    ]
