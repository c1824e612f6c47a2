"""Faults: which folio a page gets, and whose it is."""

from __future__ import annotations


def test_a_read_maps_the_zero_page_and_leaves_the_vma_unfaulted(after):
    now = after("A mmap 0+2; A read 0+1")
    assert now.kinds() == {0: "zero"}
    assert now.anon_vma("A", 0) is None


def test_a_write_maps_an_anonymous_folio_with_the_linear_index(after):
    now = after("A mmap 3+2; A read 3+1; A write 3+2 x")
    assert now.kinds() == {3: "anon", 4: "anon"}
    assert now.indices() == {3: 3, 4: 4}
    assert now.folio("A", 3)["anon_vma"] == now.anon_vma("A", 3)


def test_a_second_write_stays_in_the_folio(after):
    once = after("A mmap 0+1; A write 0+1 x")
    twice = after("A mmap 0+1; A write 0+1 x; A write 0+1 y")
    assert once.folio_name("A", 0) == twice.folio_name("A", 0)
    assert twice.state["processes"]["A"]["pages"]["0"]["content"] == "y"


def test_a_read_of_a_file_maps_the_page_cache_for_everybody(after):
    now = after("A mmap 0+2 file F@5; B mmap 7+2 file F@5; A read 0+2; B read 8+1")
    assert now.kinds() == {0: "file", 1: "file"}
    assert now.indices() == {0: 5, 1: 6}
    assert now.folio_name("A", 1) == now.folio_name("B", 8)
    assert now.anon_vma("A", 0) is None


def test_a_written_file_page_is_anonymous_with_the_files_index(after):
    now = after("A mmap 0+2 file F@5; A read 0+2; A write 1+1 x")
    assert now.kinds() == {0: "file", 1: "anon"}
    assert now.indices() == {0: 5, 1: 6}


# --- fork and copy-on-write ------------------------------------------------

FORKED = "A mmap 0+2; A write 0+2 x; A fork B"


def test_fork_shares_every_page_of_a_faulted_vma(after):
    now = after("A mmap 0+3; A write 0+1 x; A read 1+1; A fork B")
    assert now.kinds("B") == {0: "anon", 1: "zero"}
    assert now.folio_name("A", 0) == now.folio_name("B", 0)


def test_fork_shares_the_file_pages_of_a_faulted_vma_too(after):
    now = after("A mmap 0+3 file F@5; A write 0+1 x; A read 1+1; A fork B")
    assert now.kinds("B") == {0: "anon", 1: "file"}


def test_fork_copies_no_pte_of_an_unfaulted_vma(after):
    anonymous = after("A mmap 0+2; A read 0+2; A fork B")
    file = after("A mmap 0+2 file F@5; A read 0+2; A fork B")
    assert anonymous.pages("B") == file.pages("B") == []


def test_a_write_to_a_shared_page_copies_it_to_the_writers_anon_vma(after):
    now = after(f"{FORKED}; B write 0+1 y")
    assert now.folio_name("A", 0) != now.folio_name("B", 0)
    assert now.folio("B", 0)["anon_vma"] == now.anon_vma("B", 0) == "av2"
    assert now.folio("B", 0)["index"] == 0
    assert now.folio_name("A", 1) == now.folio_name("B", 1)


def test_the_sole_mapper_takes_the_folio_over_and_the_index_stays(after):
    before = after(f"{FORKED}; B mremap 0+2 8")
    now = after(f"{FORKED}; B mremap 0+2 8; A exit; B write 8+1 y")
    assert now.folio_name("B", 8) == before.folio_name("B", 8)
    assert before.folio("B", 8)["anon_vma"] == "av1"
    assert now.folio("B", 8)["anon_vma"] == "av2"
    assert now.folio("B", 8)["index"] == 0
    # nobody wrote to the other page
    assert now.folio("B", 9)["anon_vma"] == "av1"


def test_the_parent_as_sole_mapper_keeps_the_folio_too(after):
    now = after(f"{FORKED}; B write 0+1 y; A write 0+1 z")
    assert now.folio_name("A", 0) == after(FORKED).folio_name("A", 0)


def test_a_ksm_page_is_copied_even_for_its_sole_mapper(after):
    merged = "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2"
    one_left = after(f"{merged}; A write 1+1 y")
    none_left = after(f"{merged}; A write 1+1 y; A write 0+1 z")
    assert one_left.kinds() == {0: "ksm", 1: "anon"}
    assert none_left.kinds() == {0: "anon", 1: "anon"}
    assert none_left.folio_name("A", 0) != one_left.folio_name("A", 0)
    assert none_left.indices() == {0: 0, 1: 1}


def test_a_copied_ksm_page_has_the_index_of_its_address(after):
    now = after(
        "A mmap 0+2 file F@5; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2;"
        "A write 0+1 y"
    )
    assert now.kinds() == {0: "anon", 1: "ksm"}
    assert now.indices()[0] == 5
