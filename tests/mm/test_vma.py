"""mmap, munmap and mprotect: when VMAs split, merge and share an anon_vma."""

from __future__ import annotations

import pytest


def test_neighbours_without_a_difference_are_one_vma(after):
    assert after("A mmap 0+2; A mmap 4+2; A mmap 2+2").vmas() == ["0+6@0"]


def test_munmap_of_the_middle_splits_and_keeps_the_offsets(after):
    now = after("A mmap 0+6; A write 0+6 x; A munmap 2+2")
    assert now.vmas() == ["0+2@0", "4+2@4"]
    assert now.pages() == [0, 1, 4, 5]
    assert now.anon_vma("A", 0) == now.anon_vma("A", 4)


def test_munmap_ignores_holes(after):
    now = after("A mmap 0+2; A mmap 4+2; A munmap 1+4")
    assert now.vmas() == ["0+1@0", "5+1@5"]
    assert not now.refusals


def test_munmap_of_nothing_is_not_refused(after):
    assert not after("A munmap 0+4").refusals


def test_mprotect_splits_in_three_and_merges_back(after):
    split = "A mmap 0+6; A write 0+6 x; A mprotect 2+2 ro"
    assert after(split).vmas() == ["0+2@0", "2+2@2", "4+2@4"]
    assert after(f"{split}; A mprotect 2+2 rw").vmas() == ["0+6@0"]


def test_mprotect_moves_the_border_to_a_neighbour_of_the_same_protection(after):
    border = "A mmap 0+6; A write 0+6 x; A mprotect 0+2 ro"
    assert after(f"{border}; A mprotect 2+1 ro").vmas() == ["0+3@0", "3+3@3"]
    assert after(f"{border}; A mprotect 1+1 rw").vmas() == ["0+1@0", "1+5@1"]


def test_mprotect_across_several_vmas(after):
    now = after("A mmap 0+6; A mprotect 2+2 ro; A mprotect 1+4 none")
    assert now.vmas() == ["0+1@0", "1+4@1", "5+1@5"]
    assert [v["prot"] for v in now.state["processes"]["A"]["vmas"]] == [
        "rw",
        "none",
        "rw",
    ]


@pytest.mark.parametrize("advice", ["mergeable", "dontfork"])
def test_a_flag_that_differs_splits_and_merges_back(after, advice):
    split = f"A mmap 0+4; A write 0+4 x; A madvise 1+2 {advice}"
    assert after(split).vmas() == ["0+1@0", "1+2@1", "3+1@3"]
    undo = {"mergeable": "unmergeable", "dontfork": "dofork"}[advice]
    assert after(f"{split}; A madvise 0+4 {undo}").vmas() == ["0+4@0"]


# --- files -----------------------------------------------------------------


def test_file_mappings_merge_only_if_offsets_run_on(after):
    now = after("A mmap 0+2 file F@5; A mmap 2+2 file F@7; A mmap 4+2 file F@5")
    assert now.vmas() == ["0+4@5", "4+2@5"]


def test_mappings_of_different_files_do_not_merge(after):
    now = after("A mmap 0+2 file F@0; A mmap 2+2 file G@2; A mmap 4+2")
    assert now.vmas() == ["0+2@0", "2+2@2", "4+2@4"]


def test_a_split_of_a_file_mapping_counts_from_the_file(after):
    assert after("A mmap 0+4 file F@5; A munmap 1+1").vmas() == ["0+1@5", "2+2@7"]


# --- merging and anon_vmas -------------------------------------------------


def test_a_faulted_vma_takes_in_an_unfaulted_neighbour(after):
    behind = after("A mmap 0+2; A write 0+2 x; A mmap 2+2")
    ahead = after("A mmap 2+2; A write 2+2 x; A mmap 0+2")
    assert behind.vmas() == ahead.vmas() == ["0+4@0"]
    assert behind.tree("av1") == ahead.tree("av1") == [("A", 0, 0, 3)]


def test_an_unfaulted_vma_grows_over_a_gap_into_a_faulted_one(after):
    now = after("A mmap 0+2; A mmap 4+2; A write 4+2 x; A mmap 2+2")
    assert now.vmas() == ["0+6@0"]
    assert now.tree("av1") == [("A", 0, 0, 5)]


def test_two_anon_vmas_are_never_joined(after):
    now = after("A mmap 0+2; A mmap 4+2; A write 0+2 x; A write 4+2 x; A mmap 2+2")
    assert now.vmas() == ["0+4@0", "4+2@4"]
    assert now.anon_vma("A", 0) != now.anon_vma("A", 4)


def test_an_empty_chain_is_not_singular(after):
    """An unfaulted VMA does not take in a faulted one that changes its flags."""
    now = after("A mmap 0+4; A mprotect 0+2 ro; A write 2+2 x; A mprotect 2+2 ro")
    assert now.vmas() == ["0+2@0", "2+2@2"]
    assert now.anon_vma("A", 0) is None


def test_a_vma_cloned_from_a_parent_does_not_merge_its_parents_does(after):
    forked = "A mmap 0+2; A write 0+2 x; A fork B"
    now = after(f"{forked}; A mmap 2+2; B mmap 2+2")
    assert now.vmas("A") == ["0+4@0"]
    assert now.vmas("B") == ["0+2@0", "2+2@2"]


def test_a_cloned_vma_still_merges_with_its_own_other_half(after):
    now = after(
        "A mmap 0+4; A write 0+4 x; A fork B; B mprotect 0+2 ro; B mprotect 0+2 rw"
    )
    assert now.vmas("B") == ["0+4@0"]


def test_an_unfaulted_child_vma_merges(after):
    assert after("A mmap 0+2; A fork B; B mmap 2+2").vmas("B") == ["0+4@0"]


# --- find_mergeable_anon_vma -----------------------------------------------


def test_permissions_do_not_keep_neighbours_from_sharing_an_anon_vma(after):
    now = after(
        "A mmap 0+4; A mprotect 2+2 ro; A write 0+2 x; A mprotect 2+1 rw;"
        "A mprotect 0+2 none; A write 2+1 y"
    )
    assert now.vmas() == ["0+2@0", "2+1@2", "3+1@3"]
    assert now.anon_vma("A", 2) == now.anon_vma("A", 0)


def test_vm_mergeable_keeps_neighbours_from_sharing_an_anon_vma(after):
    now = after("A mmap 0+4; A madvise 0+2 mergeable; A write 0+4 x")
    assert now.anon_vma("A", 0) != now.anon_vma("A", 2)


def test_dontfork_keeps_neighbours_from_sharing_an_anon_vma(after):
    now = after("A mmap 0+4; A madvise 0+2 dontfork; A write 0+4 x")
    assert now.anon_vma("A", 0) != now.anon_vma("A", 2)


def test_a_refilled_hole_beside_ksm_memory_never_merges_back(after):
    now = after(
        "A mmap 0+6; A write 0+6 x; A madvise 0+6 mergeable; ksmd 2; A munmap 3+1;"
        "A mmap 3+1; A write 3+1 x; A madvise 3+1 mergeable; ksmd 2"
    )
    assert now.vmas() == ["0+3@0", "3+1@3", "4+2@4"]
    assert now.anon_vma("A", 3) not in (now.anon_vma("A", 0), None)
    assert now.anon_vma("A", 0) == now.anon_vma("A", 4)


BOTH_SIDES = (
    "A mmap 0+6; A mprotect 2+2 ro; A write 0+2 x; A write 4+2 y;"
    "A mprotect 0+2 none; A mprotect 4+2 none; A mprotect 2+2 rw"
)


def test_the_next_vma_is_asked_before_the_previous(after):
    now = after(f"{BOTH_SIDES}; A write 2+1 z")
    assert now.anon_vma("A", 2) == now.anon_vma("A", 4) != now.anon_vma("A", 0)


def test_the_previous_vma_is_asked_if_the_next_has_nothing(after):
    now = after(f"{BOTH_SIDES}; A munmap 4+2; A write 2+1 z")
    assert now.anon_vma("A", 2) == now.anon_vma("A", 0)


def test_a_neighbour_that_does_not_touch_is_not_asked(after):
    now = after("A mmap 0+2; A mmap 3+2; A write 0+2 x; A write 3+2 x")
    assert now.anon_vma("A", 0) != now.anon_vma("A", 3)


def test_a_neighbour_whose_offsets_do_not_run_on_is_not_asked(after):
    now = after("A mmap 0+2 file F@0; A mmap 2+2 file F@9; A write 0+4 x")
    assert now.anon_vma("A", 0) != now.anon_vma("A", 2)


def test_a_cloned_neighbours_anon_vma_is_not_shared(after):
    now = after("A mmap 0+2; A write 0+2 x; A fork B; B mmap 2+2; B write 2+1 y")
    assert now.anon_vma("B", 2) != now.anon_vma("B", 0)
    assert now.chain("B", 2) == [now.anon_vma("B", 2)]


# --- what a split and a merge leave in the trees ----------------------------


def test_a_split_files_the_new_half_and_refiles_the_old_behind_it(after):
    now = after("A mmap 0+4; A write 0+4 x; A fork B; A mprotect 2+2 ro")
    assert now.tree("av1") == [("B", 0, 0, 3), ("A", 0, 0, 1), ("A", 2, 2, 3)]


def test_a_merge_removes_the_node_of_the_vma_that_goes(after):
    now = after(
        "A mmap 0+4; A write 0+4 x; A mprotect 2+2 ro; A fork B; A mprotect 2+2 rw"
    )
    assert now.vmas("A") == ["0+4@0"]
    assert sorted(now.tree("av1")) == [("A", 0, 0, 3), ("B", 0, 0, 1), ("B", 2, 2, 3)]
    assert now.state["anon_vmas"]["av1"]["num_active_vmas"] == 1
