"""ksmd: when pages merge, which one becomes the KSM page, what goes stale."""

from __future__ import annotations

import pytest

READY = "A mmap 0+3; A write 0+3 x; A madvise 0+3 mergeable"


# --- merging ---------------------------------------------------------------


def test_the_first_scan_only_records_checksums(after):
    now = after(f"{READY}; ksmd")
    assert set(now.kinds().values()) == {"anon"}
    assert now.items() == set()


def test_the_second_scan_merges(after):
    now = after(f"{READY}; ksmd; ksmd")
    assert set(now.kinds().values()) == {"ksm"}
    assert len({now.folio_name("A", page) for page in range(3)}) == 1
    assert now.items() == {("A", 0), ("A", 1), ("A", 2)}


def test_the_page_scanned_second_becomes_the_ksm_page_and_keeps_its_index(after):
    before, now = after(READY), after(f"{READY}; ksmd 2")
    assert now.folio_name("A", 0) == before.folio_name("A", 1)
    assert now.indices() == {0: 1, 1: 1, 2: 1}
    assert now.folio("A", 0)["anon_vma"] is None


def test_a_single_page_does_not_merge(after):
    now = after(
        "A mmap 0+2; A write 0+1 x; A write 1+1 y; A madvise 0+2 mergeable; ksmd 9"
    )
    assert set(now.kinds().values()) == {"anon"}


def test_a_new_page_needs_its_checksum_even_with_a_stable_node_present(after):
    late = f"{READY}; ksmd 2; A mmap 8+1; A write 8+1 x; A madvise 8+1 mergeable"
    assert after(f"{late}; ksmd").kind("A", 8) == "anon"
    assert after(f"{late}; ksmd 2").kind("A", 8) == "ksm"


def test_a_page_that_changes_between_scans_waits(after):
    changed = f"{READY}; ksmd; A write 2+1 y; ksmd"
    assert after(changed).kinds() == {0: "ksm", 1: "ksm", 2: "anon"}
    back = f"{changed}; A write 2+1 x; ksmd"
    assert after(back).kind("A", 2) == "anon"
    assert after(f"{back}; ksmd").kind("A", 2) == "ksm"


def test_a_checksum_outlives_a_scan_that_found_no_partner(after):
    now = after(
        "A mmap 0+1; A write 0+1 x; A madvise 0+1 mergeable; ksmd 3;"
        "B mmap 0+1; B write 0+1 x; B madvise 0+1 mergeable; ksmd 2"
    )
    assert now.folio_name("A", 0) == now.folio_name("B", 0)


def test_pages_of_private_file_mappings_merge(after):
    now = after("A mmap 0+2 file F@5; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2")
    assert now.indices() == {0: 6, 1: 6}
    assert now.kinds() == {0: "ksm", 1: "ksm"}


def test_zero_pages_and_file_pages_do_not_merge(after):
    now = after(
        "A mmap 0+2; A mmap 8+2 file F@5; A write 1+1 x; A write 9+1 x;"
        "A read 0+1; A read 8+1; A madvise 0+2 mergeable; A madvise 8+2 mergeable;"
        "ksmd 3"
    )
    assert now.kinds() == {0: "zero", 1: "ksm", 8: "file", 9: "ksm"}


def test_pages_without_write_permission_merge(after):
    now = after(f"{READY}; A mprotect 0+3 none; ksmd 2")
    assert set(now.kinds().values()) == {"ksm"}


def test_pages_that_are_not_mergeable_stay(after):
    now = after("A mmap 0+4; A write 0+4 x; A madvise 0+2 mergeable; ksmd 2")
    assert now.kinds() == {0: "ksm", 1: "ksm", 2: "anon", 3: "anon"}


def test_two_processes_merge(after):
    now = after(
        "A mmap 0+1; A write 0+1 x; A madvise 0+1 mergeable;"
        "B mmap 8+1; B write 8+1 x; B madvise 8+1 mergeable; ksmd 2"
    )
    assert now.folio("A", 0)["mapped"] == [["A", 0], ["B", 8]]


def test_two_mappings_of_one_folio_do_not_merge_with_each_other(after):
    """Shared by fork already: there is nothing to gain."""
    now = after("A mmap 0+1; A write 0+1 x; A madvise 0+1 mergeable; A fork B; ksmd 3")
    assert now.kind("A", 0) == now.kind("B", 0) == "anon"


def test_a_folio_shared_by_fork_becomes_a_ksm_page_for_all_who_map_it(after):
    now = after("A mmap 0+2; A write 0+2 x; A fork B; B madvise 0+2 mergeable; ksmd 2")
    assert now.kinds("A") == {0: "anon", 1: "ksm"}
    assert now.kinds("B") == {0: "ksm", 1: "ksm"}
    assert now.folio("A", 1)["mapped"] == [["A", 1], ["B", 0], ["B", 1]]
    assert now.items() == {("B", 0), ("B", 1)}


def test_ksmd_repairs_that_if_the_other_becomes_mergeable(after):
    now = after(
        "A mmap 0+2; A write 0+2 x; A fork B; B madvise 0+2 mergeable; ksmd 2;"
        "A madvise 0+2 mergeable; ksmd"
    )
    assert ("A", 1) in now.items()


# --- the order of the scan -------------------------------------------------

TWO = "A mmap 0+1; A write 0+1 x; B mmap 8+1; B write 8+1 x"


@pytest.mark.parametrize(
    ("order", "second"),
    [
        ("A madvise 0+1 mergeable; B madvise 8+1 mergeable", "B"),
        ("B madvise 8+1 mergeable; A madvise 0+1 mergeable", "A"),
    ],
)
def test_processes_are_scanned_in_the_order_of_their_first_madvise(
    after, order, second
):
    before, now = after(TWO), after(f"{TWO}; {order}; ksmd 2")
    page = {"A": 0, "B": 8}[second]
    assert now.folio_name(second, page) == before.folio_name(second, page)


def test_a_child_is_scanned_last(after):
    text = (
        "A mmap 0+2; A write 0+1 x; A madvise 0+2 mergeable;"
        "B mmap 0+1; B write 0+1 y; B madvise 0+1 mergeable; A fork C; C write 1+1 y"
    )
    before, now = after(text), after(f"{text}; ksmd 2")
    assert now.folio_name("B", 0) == before.folio_name("C", 1)


def test_a_process_that_lost_its_mergeable_vmas_goes_to_the_end_of_the_list(after):
    text = f"{TWO}; A madvise 0+1 mergeable; B madvise 8+1 mergeable"
    text += "; A madvise 0+1 unmergeable; ksmd; A madvise 0+1 mergeable"
    before, now = after(text), after(f"{text}; ksmd 2")
    assert now.folio_name("B", 8) == before.folio_name("A", 0)


def test_addresses_are_scanned_upwards_wherever_they_were_mapped_first(after):
    text = "A mmap 8+1; A write 8+1 x; A mmap 0+1; A write 0+1 x"
    text += "; A madvise 8+1 mergeable; A madvise 0+1 mergeable"
    before, now = after(text), after(f"{text}; ksmd 2")
    assert now.folio_name("A", 0) == before.folio_name("A", 8)


def test_a_dead_process_is_dropped_before_the_others_are_scanned(after):
    """B came last, but its items go first and make room for D's page."""
    text = (
        "E mmap 0+1; E write 0+1 x; E madvise 0+1 mergeable;"
        "D mmap 0+1; D write 0+1 z; D madvise 0+1 mergeable;"
        "B mmap 0+2; B write 0+2 x; B madvise 0+2 mergeable; ksmd 2; D write 0+1 x"
    )
    assert after(f"{text}; ksmd 2", 3).kind("D", 0) == "anon"  # three share already
    now = after(f"{text}; ksmd; B exit; ksmd", 3)
    assert now.folio_name("D", 0) == now.folio_name("E", 0)


# --- stale rmap_items ------------------------------------------------------

MERGED = f"{READY}; ksmd 2"


def test_after_copy_on_write_the_item_stays_until_the_next_scan(after):
    stale = f"{MERGED}; A write 0+1 y"
    assert ("A", 0) in after(stale).items()
    assert after(f"{stale}; ksmd").items() == {("A", 1), ("A", 2)}


def test_a_page_written_back_merges_at_once_since_its_item_knows_the_checksum(after):
    now = after(f"{MERGED}; A write 0+1 y; A write 0+1 x; ksmd")
    assert now.folio_name("A", 0) == after(MERGED).folio_name("A", 1)


def test_the_items_of_a_folio_that_is_gone_hold_none(after):
    now = after(f"{MERGED}; A write 0+3 y")
    assert {item["folio"] for item in now.state["rmap_items"]} == {None}
    assert after(f"{MERGED}; A write 0+3 y; ksmd").items() == set()


def test_a_mapping_reborn_on_stale_items_has_a_new_anon_vma(after):
    reborn = f"{MERGED}; A munmap 0+3; A mmap 0+2; A write 0+2 x"
    assert set(after(reborn).state["anon_vmas"]) == {"av1", "av2"}
    now = after(f"{reborn}; A madvise 0+2 mergeable; ksmd")
    assert set(now.state["anon_vmas"]) == {"av2"}
    assert now.kinds() == {0: "ksm", 1: "ksm"}  # the items knew the checksum


def test_a_reborn_mapping_needs_two_scans_since_its_item_is_new(after):
    reborn = f"{MERGED}; A munmap 0+3; ksmd; A mmap 0+2; A write 0+2 x"
    reborn += "; A madvise 0+2 mergeable"
    assert after(f"{reborn}; ksmd").kind("A", 0) == "anon"
    assert after(f"{reborn}; ksmd 2").kind("A", 0) == "ksm"


def test_a_page_moved_onto_a_stale_item_is_not_the_items(after):
    now = after(f"{MERGED}; A mmap 8+1; A write 8+1 x; A munmap 0+1; A mremap 8+1 0")
    assert ("A", 0) in now.items()
    assert now.kinds() == {0: "anon", 1: "ksm", 2: "ksm"}


# --- a stable node without items -------------------------------------------


def test_a_stable_node_without_items_is_not_merged_with(after):
    """A's page is a KSM page still, but no rmap_item is left on its node."""
    now = after(
        "A mmap 0+2; A write 0+2 x; A fork B; B madvise 0+2 mergeable; ksmd 2;"
        "B madvise 0+2 unmergeable; ksmd;"
        "C mmap 0+2; C write 0+2 x; C madvise 0+2 mergeable; ksmd 2"
    )
    assert now.kind("A", 1) == now.kind("C", 0) == "ksm"
    assert now.folio_name("C", 0) != now.folio_name("A", 1)
    assert now.items() == {("C", 0), ("C", 1)}


# --- max_page_sharing ------------------------------------------------------


def sharers(now, pages: range) -> list[list[int]]:
    """The pages of A, grouped by folio."""
    groups: dict[str, list[int]] = {}
    for page in pages:
        groups.setdefault(now.folio_name("A", page), []).append(page)
    return list(groups.values())


@pytest.mark.parametrize(
    ("limit", "groups"),
    [
        (2, [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]),
        (3, [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]),
        (4, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]),
        (256, [list(range(10))]),
    ],
)
def test_no_more_pages_share_a_folio_than_max_page_sharing(after, limit, groups):
    text = "A mmap 0+10; A write 0+10 x; A madvise 0+10 mergeable; ksmd 4"
    now = after(text, limit)
    assert sharers(now, range(10)) == groups
    assert now.kind("A", 9) == ("anon" if groups[-1] == [9] else "ksm")


def test_forks_may_exceed_max_page_sharing(after):
    now = after(f"{MERGED}; A fork B; A fork C; ksmd", 3)
    assert len(now.items()) == 9
    assert len(now.folio("A", 0)["mapped"]) == 9


def test_a_chain_with_one_duplicate_left_is_a_plain_node_again(after):
    text = "A mmap 0+6; A write 0+6 x; A madvise 0+6 mergeable; ksmd 2"
    before = after(text, 3)
    assert len(before.kernel.ksm.stable_tree["x"].dups) == 2
    text += "; A write 0+3 y; A write 5+1 z; ksmd"
    text += "; A mmap 8+1; A write 8+1 x; A madvise 8+1 mergeable; ksmd 2"
    now = after(text, 3)
    assert now.folio_name("A", 8) == now.folio_name("A", 3) == before.folio_name("A", 3)
    assert now.kernel.ksm.stable_tree["x"].chain is None


# Two duplicates of one content: pages 0 to 2, and 3 to 5 at the head of the chain.
DUPLICATES = "A mmap 0+6; A write 0+6 x; A madvise 0+6 mergeable; ksmd 2"
NEW_PAGE = "A mmap 8+1; A write 8+1 x; A madvise 8+1 mergeable"


def test_a_full_duplicate_is_passed_over_for_one_with_room(after):
    assert sharers(after(DUPLICATES, 3), range(6)) == [[0, 1, 2], [3, 4, 5]]
    now = after(f"{DUPLICATES}; A write 0+1 y; ksmd; {NEW_PAGE}; ksmd 2", 3)
    assert now.folio_name("A", 8) == now.folio_name("A", 1)


def test_the_duplicate_at_the_head_is_taken_first(after):
    room = f"{DUPLICATES}; A write 0+1 y; A write 5+1 y; ksmd"
    now = after(f"{room}; {NEW_PAGE}; ksmd 2", 3)
    assert now.folio_name("A", 8) == now.folio_name("A", 3)


def test_a_duplicate_with_room_for_two_more_moves_to_the_head(after):
    """It was looked up while the head was full, and is taken when both have room."""
    text = f"{DUPLICATES}; A write 0+2 y; ksmd; {NEW_PAGE}; ksmd 2; A write 5+1 z; ksmd"
    now = after(f"{text}; {NEW_PAGE.replace('8', '9')}; ksmd 2", 3)
    assert now.folio_name("A", 9) == now.folio_name("A", 2)
