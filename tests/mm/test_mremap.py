"""mremap in all its forms: what moves, what keeps its page offsets, what merges."""

from __future__ import annotations

# --- the page offset -------------------------------------------------------


def test_an_unfaulted_vma_takes_its_new_address_as_pgoff(after):
    now = after("A mmap 0+4; A mremap 0+4 8; A write 8+4 x")
    assert now.vmas() == ["8+4@8"]
    assert now.indices() == {8: 8, 9: 9, 10: 10, 11: 11}


def test_a_faulted_vma_keeps_its_page_offsets(after):
    now = after("A mmap 0+4; A write 0+1 x; A mremap 0+4 8")
    assert now.vmas() == ["8+4@0"]
    assert now.indices() == {8: 0}


def test_a_read_is_not_a_fault_that_counts_and_zero_pages_travel(after):
    now = after("A mmap 0+4; A read 0+4; A mremap 0+4 8")
    assert now.vmas() == ["8+4@8"]
    assert now.kinds() == {8: "zero", 9: "zero", 10: "zero", 11: "zero"}


def test_an_unfaulted_file_mapping_keeps_the_files_offset(after):
    now = after("A mmap 0+2 file F@5; A read 0+1; A mremap 0+2 8")
    assert now.vmas() == ["8+2@5"]
    assert now.kinds() == {8: "file"}


def test_moved_back_home_a_vma_is_as_before(after):
    now = after("A mmap 0+4; A write 0+4 x; A mremap 0+4 8; A mremap 8+4 0")
    assert now.vmas() == ["0+4@0"]
    assert now.tree("av1") == [("A", 0, 0, 3)]


def test_a_moved_part_keeps_its_offsets(after):
    now = after("A mmap 0+6; A write 0+6 x; A mremap 2+2 8")
    assert now.vmas() == ["0+2@0", "4+2@4", "8+2@2"]
    assert {now.anon_vma("A", page) for page in (0, 4, 8)} == {"av1"}


def test_a_part_moved_back_into_its_hole_merges_whole(after):
    now = after("A mmap 0+6; A write 0+6 x; A mremap 2+2 8; A mremap 8+2 2")
    assert now.vmas() == ["0+6@0"]


def test_a_moved_child_stays_in_all_its_trees_under_the_old_offsets(after):
    now = after("A mmap 0+2; A write 0+2 x; A fork B; B mremap 0+2 8")
    assert now.chain("B", 8) == ["av2", "av1"]
    assert now.tree("av1") == [("A", 0, 0, 1), ("B", 8, 0, 1)]
    assert now.folio_name("B", 9) == now.folio_name("A", 1)


# --- what a move merges with -----------------------------------------------


def test_pieces_set_side_by_side_in_order_of_their_offsets_merge(after):
    start = "A mmap 0+8; A write 0+8 x; A mremap 0+2 20; A mremap 2+2 22"
    assert after(start).vmas() == ["4+4@4", "20+4@0"]
    whole = f"{start}; A mremap 6+2 26; A mremap 4+2 24"
    assert after(whole).vmas() == ["20+8@0"]


def test_pieces_set_side_by_side_in_another_order_do_not_merge(after):
    now = after("A mmap 0+4; A write 0+4 x; A mremap 2+2 8; A mremap 0+2 10")
    assert now.vmas() == ["8+2@2", "10+2@0"]


def test_an_unfaulted_vma_moved_beside_a_faulted_one_merges(after):
    now = after("A mmap 0+2; A write 0+2 x; A mmap 8+2; A mremap 8+2 2")
    assert now.vmas() == ["0+4@0"]


def test_beside_a_moved_vma_the_same_does_not_merge(after):
    now = after(
        "A mmap 0+2; A write 0+2 x; A mremap 0+2 8; A mmap 20+2; A mremap 20+2 10"
    )
    assert now.vmas() == ["8+2@0", "10+2@10"]


def test_an_unfaulted_vma_may_merge_with_what_it_leaves_behind(after):
    now = after("A mmap 0+4; A read 0+4; A mremap 2+2 4")
    assert now.vmas() == ["0+2@0", "4+2@4"]
    assert now.pages() == [0, 1, 4, 5]


# --- size ------------------------------------------------------------------


def test_growing_with_a_move_keeps_the_indices(after):
    now = after("A mmap 0+2; A write 0+2 x; A mremap 0+2 8+4; A write 10+2 y")
    assert now.vmas() == ["8+4@0"]
    assert now.indices() == {8: 0, 9: 1, 10: 2, 11: 3}


def test_a_grown_vma_may_share_indices_with_a_neighbour_that_stayed(after):
    """Two VMAs of one process overlap in the tree, and two folios in the index."""
    now = after("A mmap 0+4; A write 0+4 x; A mremap 0+2 8+4; A write 10+2 y")
    assert now.tree("av1") == [("A", 8, 0, 3), ("A", 2, 2, 3)]
    assert now.indices() == {2: 2, 3: 3, 8: 0, 9: 1, 10: 2, 11: 3}


def test_shrinking_with_a_move_unmaps_the_rest(after):
    now = after("A mmap 0+4; A write 0+4 x; A mremap 0+4 8+2")
    assert now.vmas() == ["8+2@0"]
    assert now.pages() == [8, 9]


def test_what_a_shrinking_move_gives_up_need_not_be_mapped(after):
    now = after("A mmap 0+2; A write 0+2 x; A mremap 0+4 8+2")
    assert not now.refusals
    assert now.vmas() == ["8+2@0"]


def test_growing_in_place(after):
    now = after("A mmap 0+2; A write 0+2 x; A mremap 0+2 +4; A write 3+1 y")
    assert now.vmas() == ["0+4@0"]
    assert now.indices() == {0: 0, 1: 1, 3: 3}


def test_growing_in_place_up_to_a_fitting_neighbour_merges(after):
    grown = "A mmap 0+2; A mmap 4+2; A mremap 0+2 +4"
    assert after(grown).vmas() == ["0+6@0"]
    faulted = "A mmap 0+6; A write 0+6 x; A munmap 2+2; A mremap 0+2 +4"
    assert after(faulted).vmas() == ["0+6@0"]


def test_growing_in_place_up_to_an_unfaulted_neighbour_does_not_merge(after):
    now = after("A mmap 0+2; A mmap 4+2; A write 0+2 x; A mremap 0+2 +4")
    assert now.vmas() == ["0+4@0", "4+2@4"]


def test_only_the_tail_of_a_vma_need_be_named_to_grow_it(after):
    assert after("A mmap 0+4; A mremap 3+1 +3").vmas() == ["0+6@0"]


def test_shrinking_in_place(after):
    now = after("A mmap 0+4; A write 0+4 x; A mremap 0+4 +1")
    assert now.vmas() == ["0+1@0"]
    assert now.pages() == [0]


def test_shrinking_in_place_unmaps_whatever_lies_in_the_range(after):
    now = after("A mmap 0+2; A mmap 3+2 file F@0; A mmap 6+4; A mremap 0+8 +1")
    assert now.vmas() == ["0+1@0", "8+2@8"]


def test_the_same_size_in_place_changes_nothing(after):
    assert after("A mmap 0+2; A mremap 0+2 +2").vmas() == ["0+2@0"]


# --- what is in the way ----------------------------------------------------


def test_a_move_replaces_what_is_at_its_destination(after):
    """Hugh Dickins' case: page 1 over page 2."""
    now = after(
        "A mmap 0+3; A write 0+1 x; A write 1+1 y; A write 2+1 z; A mremap 1+1 2"
    )
    assert now.vmas() == ["0+1@0", "2+1@1"]
    assert now.indices() == {0: 0, 2: 1}
    assert now.state["processes"]["A"]["pages"]["2"]["content"] == "y"


def test_a_destination_may_lie_within_the_vma_that_moves(after):
    now = after("A mmap 0+8; A write 0+8 x; A mremap 0+2 4")
    assert now.vmas() == ["2+2@2", "4+2@0", "6+2@6"]


def test_a_destination_may_cover_several_vmas_and_holes(after):
    now = after("A mmap 0+4; A write 0+4 x; A mmap 8+1; A mmap 10+4; A mremap 0+4 8")
    assert now.vmas() == ["8+4@0", "12+2@12"]


# --- MREMAP_DONTUNMAP ------------------------------------------------------


def test_dontunmap_of_a_whole_vma_leaves_it_unfaulted_at_home(after):
    now = after("A mmap 0+2; A write 0+2 x; A mremap 0+2 8 dontunmap")
    assert now.vmas() == ["0+2@0", "8+2@0"]
    assert now.anon_vma("A", 0) is None
    assert now.anon_vma("A", 8) == "av1"
    assert now.pages() == [8, 9]


def test_dontunmap_resets_the_pgoff_of_a_vma_that_was_away(after):
    now = after(
        "A mmap 0+2; A write 0+2 x; A mremap 0+2 8; A mremap 8+2 20 dontunmap;"
        "A write 8+2 y"
    )
    assert now.vmas() == ["8+2@8", "20+2@0"]
    assert now.indices() == {8: 8, 9: 9, 20: 0, 21: 1}
    assert now.anon_vma("A", 8) != now.anon_vma("A", 20)


def test_dontunmap_of_a_whole_file_mapping_keeps_the_files_offset(after):
    now = after("A mmap 0+2 file F@5; A write 0+2 x; A mremap 0+2 8 dontunmap")
    assert now.vmas() == ["0+2@5", "8+2@5"]
    assert now.anon_vma("A", 0) is None


def test_dontunmap_of_a_part_leaves_the_vma_whole(after):
    now = after("A mmap 0+6; A write 0+6 x; A mremap 2+2 8 dontunmap")
    assert now.vmas() == ["0+6@0", "8+2@2"]
    assert now.anon_vma("A", 0) == now.anon_vma("A", 8)
    assert now.pages() == [0, 1, 4, 5, 8, 9]


def test_after_that_two_folios_may_have_one_anon_vma_and_index(after):
    now = after("A mmap 0+6; A write 0+6 x; A mremap 2+2 8 dontunmap; A write 2+2 y")
    assert now.indices()[2] == now.indices()[8] == 2
    assert now.folio("A", 2)["anon_vma"] == now.folio("A", 8)["anon_vma"]
    assert now.folio_name("A", 2) != now.folio_name("A", 8)


def test_dontunmap_does_not_merge_an_unfaulted_vma_with_itself(after):
    assert after("A mmap 0+4; A mremap 0+4 4 dontunmap").vmas() == ["0+4@0", "4+4@4"]


# --- KSM pages -------------------------------------------------------------

MERGED = "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2"


def test_a_move_unshares_ksm_pages_which_keep_their_old_indices(after):
    now = after(f"{MERGED}; A mremap 0+2 8")
    assert now.kinds() == {8: "anon", 9: "anon"}
    assert now.indices() == {8: 0, 9: 1}
    assert now.vma("A", 8)["mergeable"]


def test_only_the_part_that_moves_is_unshared(after):
    now = after(f"{MERGED}; A mremap 1+1 8")
    assert now.kinds() == {0: "ksm", 8: "anon"}


def test_merged_again_an_item_has_the_new_address_and_the_folio_the_old_index(after):
    now = after(f"{MERGED}; A mremap 0+2 8; ksmd 2")
    assert now.kinds() == {8: "ksm", 9: "ksm"}
    assert now.items() == {("A", 8), ("A", 9)}
    assert set(now.indices().values()) == {1}  # of the page scanned second


def test_ksm_pages_of_a_vma_that_is_not_mergeable_travel(after):
    """The page became a KSM page through the child; the parent never asked."""
    now = after(
        "A mmap 0+2; A write 0+2 x; A fork B; B madvise 0+2 mergeable; ksmd 2;"
        "A mremap 1+1 8"
    )
    assert now.kind("A", 8) == "ksm"
    assert now.folio_name("A", 8) == now.folio_name("B", 1)
