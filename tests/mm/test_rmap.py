"""anon_vmas: who gets which at fork, who keeps them alive, what a walk finds."""

from __future__ import annotations

import pytest

from ksmlib.designs.walk import walk_anon


def test_a_child_gets_its_own_anon_vma_in_front_of_its_parents(after):
    now = after("A mmap 0+2; A write 0+2 x; A fork B; B fork C")
    assert now.chain("A", 0) == ["av1"]
    assert now.chain("B", 0) == ["av2", "av1"]
    assert now.chain("C", 0) == ["av3", "av2", "av1"]
    anon_vmas = now.state["anon_vmas"]
    assert [anon_vmas[a]["parent"] for a in ("av1", "av2", "av3")] == [
        "av1",
        "av1",
        "av2",
    ]
    assert {a["root"] for a in anon_vmas.values()} == {"av1"}


def test_the_root_counts_itself_as_a_child(after):
    anon_vmas = after("A mmap 0+2; A write 0+2 x; A fork B").state["anon_vmas"]
    assert anon_vmas["av1"]["num_children"] == 2
    assert anon_vmas["av2"]["num_children"] == 0


def test_equal_starts_are_filed_in_order_of_fork(after):
    now = after("A mmap 0+2; A write 0+2 x; A fork B; A fork C")
    assert [node[0] for node in now.tree("av1")] == ["A", "B", "C"]


def test_an_unfaulted_vma_gives_its_child_no_anon_vma(after):
    now = after("A mmap 0+2; A read 0+2; A fork B")
    assert now.chain("B", 0) == []
    assert now.anon_vma("B", 0) is None


def test_vmas_of_one_process_may_get_different_anon_vmas_at_fork(after):
    now = after("A mmap 0+4; A write 0+4 x; A mprotect 2+2 ro; A fork B")
    assert now.anon_vma("A", 0) == now.anon_vma("A", 2)
    assert now.anon_vma("B", 0) != now.anon_vma("B", 2)


# --- reuse -----------------------------------------------------------------

THREE = "A mmap 0+2; A write 0+2 x; A fork B; B fork C"


def test_an_anon_vma_whose_process_left_is_reused(after):
    now = after(f"{THREE}; B exit; C fork D")
    assert now.anon_vma("D", 0) == "av2"
    assert now.chain("D", 0) == ["av3", "av2", "av1"]
    # it has not become anybody's child by that
    assert now.state["anon_vmas"]["av3"]["num_children"] == 0
    assert now.state["anon_vmas"]["av2"]["num_children"] == 1
    assert now.state["anon_vmas"]["av2"]["num_active_vmas"] == 1


def test_the_oldest_eligible_ancestor_is_reused_not_the_parent(after):
    chain = (
        "A mmap 0+2; A write 0+2 x; A fork B; B fork C; C fork D; D fork E; E fork F;"
        "B exit; C exit"
    )
    assert after(f"{chain}; F fork G").anon_vma("G", 0) == "av2"  # was B's
    again = after(f"{chain}; F fork G; D fork H")
    assert again.anon_vma("H", 0) == "av3"  # was C's


def test_the_root_is_never_reused(after):
    now = after("A mmap 0+2; A write 0+2 x; A fork B; A exit; B fork C")
    assert now.state["anon_vmas"]["av1"]["num_active_vmas"] == 0
    assert now.anon_vma("C", 0) == "av3"


def test_an_anon_vma_with_two_children_is_not_reused(after):
    now = after(f"{THREE}; B fork D; B exit; C fork E")
    assert now.state["anon_vmas"]["av2"]["num_children"] == 2
    assert now.anon_vma("E", 0) == "av5"


def test_an_anon_vma_in_use_is_not_reused(after):
    assert after(f"{THREE}; C fork D").anon_vma("D", 0) == "av4"


# --- lifetime --------------------------------------------------------------


def test_an_anon_vma_lives_while_a_child_maps_its_pages(after):
    now = after("A mmap 0+2; A write 0+2 x; A fork B; A exit")
    assert now.tree("av1") == [("B", 0, 0, 1)]
    assert now.state["anon_vmas"]["av1"]["num_active_vmas"] == 0


def test_the_root_outlives_its_tree_while_a_descendant_lives(after):
    """A child's anon_vma holds a reference to its root."""
    now = after(
        "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; A fork B; ksmd 2;"
        "B exit; A exit"
    )
    assert now.tree("av1") == now.tree("av2") == []
    assert now.state["anon_vmas"]["av2"]["root"] == "av1"


def test_all_anon_vmas_go_with_the_last_process(after):
    assert after(f"{THREE}; A exit; B exit; C exit").state["anon_vmas"] == {}


# --- the walk --------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "vmas"),
    [
        ("A mmap 0+2; A write 0+2 x", 1),
        ("A mmap 0+2; A write 0+2 x; A fork B; A fork C", 3),
        ("A mmap 0+2; A write 0+2 x; A fork B; B mremap 0+2 8", 2),
        # two folios of one index: the walk sees both VMAs, one PTE is its own
        ("A mmap 0+4; A write 0+4 x; A mremap 0+2 8 dontunmap; A write 0+1 y", 2),
    ],
)
def test_an_anonymous_folio_is_found_by_index_wherever_it_is_mapped(
    after, history, vmas
):
    now = after(history)
    folio = now.folio_at("A", min(now.pages()))
    walk = walk_anon(folio)
    assert len(walk.found) == folio.mapcount
    assert walk.cost.vmas == vmas
