"""fork and exit: what a child inherits, what a dead process leaves behind."""

from __future__ import annotations

MERGED = "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2"


def test_a_child_has_the_vmas_of_its_parent(after):
    now = after(
        "A mmap 0+2; A write 0+2 x; A mremap 0+2 8; A mprotect 9+1 ro; A fork B"
    )
    assert now.vmas("B") == now.vmas("A") == ["8+1@0", "9+1@1"]
    assert now.vma("B", 9)["prot"] == "ro"


def test_a_child_of_a_mergeable_process_is_mergeable_and_known_to_ksmd(after):
    now = after(f"{MERGED}; A fork B; ksmd")
    assert now.vma("B", 0)["mergeable"]
    assert ("B", 0) in now.items()


def test_a_childs_ksm_page_has_no_rmap_item_until_ksmd_passes(after):
    forked = f"{MERGED}; A fork B"
    assert after(forked).items() == {("A", 0), ("A", 1)}
    assert after(f"{forked}; ksmd").items() == {
        ("A", 0),
        ("A", 1),
        ("B", 0),
        ("B", 1),
    }


def test_a_fresh_process_is_related_to_no_other(after):
    now = after("A mmap 0+2; A write 0+2 x; B mmap 0+2; B write 0+2 x")
    roots = {a["root"] for a in now.state["anon_vmas"].values()}
    assert len(roots) == 2


def test_an_exited_process_maps_nothing(after):
    now = after("A mmap 0+2; A write 0+2 x; A fork B; A exit")
    assert list(now.state["processes"]) == ["B"]
    assert now.folio("B", 0)["mapped"] == [["B", 0]]


def test_an_exited_process_leaves_rmap_items_until_the_next_scan(after):
    left = f"{MERGED}; A fork B; A exit"
    assert after(left).items() == {("A", 0), ("A", 1)}
    assert after(f"{left}; ksmd").items() == {("B", 0), ("B", 1)}


def test_stale_rmap_items_keep_their_anon_vma_alive(after):
    now = after(f"{MERGED}; A exit")
    assert now.state["folios"] == {}
    assert now.state["anon_vmas"]["av1"]["tree"] == []
    assert {item["folio"] for item in now.state["rmap_items"]} == {None}
    assert after(f"{MERGED}; A exit; ksmd").state["anon_vmas"] == {}
