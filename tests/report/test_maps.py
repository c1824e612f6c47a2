"""The two reverse maps, counted: objects, bytes, merges refused, visits."""

from __future__ import annotations

import pytest

from ksmlib.history import parse
from ksmlib.history.generated import (
    apart,
    deep_chain,
    private_files,
    same_offset,
    wide_fan,
)
from ksmlib.history.named import named
from ksmlib.mm.cow_context import Remap
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.rmap import anon_vma_prepare, unlink_anon_vmas
from ksmlib.mm.types import Mm, Vma
from ksmlib.report.maps import (
    Refused,
    moments,
    objects,
    refused_merges,
    remap_bytes,
    replay_both,
    visits,
)


def after(text: str) -> Kernel:
    replay = replay_both(parse(text))
    replay.run()
    assert not replay.refusals
    return replay.kernel


# --- objects ---------------------------------------------------------------


def test_the_objects_of_a_family():
    counted = objects(after(named("fork-family").text))
    assert (counted.processes, counted.vmas) == (4, 5)
    assert (counted.anon_vmas, counted.anon_vma_chains) == (6, 10)
    # B has exited, but C is below it
    assert (counted.contexts, counted.remaps) == (5, 1)
    assert counted.anon_vma_bytes == 6 * 104 + 10 * 64
    assert counted.context_bytes == 5 * 96 + 256


def test_a_context_that_nobody_needs_is_not_counted():
    assert objects(after("A mmap 0+1; B mmap 0+1; B exit")).contexts == 1


def test_a_tree_of_remaps_takes_nodes_and_arrays():
    one = [Remap(n, n, (8,)) for n in range(9)]
    assert [remap_bytes(one[:n]) for n in (0, 1, 8, 9)] == [0, 256, 256, 512]
    assert remap_bytes([Remap(0, 0, (4, 8, 9))]) == 256 + 8 + 3 * 8


def test_each_fork_links_each_vma_once_more():
    for depth in range(5):
        counted = objects(after(deep_chain(depth, vmas=3)))
        assert counted.anon_vma_chains == 3 * sum(range(1, depth + 2))
        assert counted.contexts == depth + 1


def test_only_what_moved_is_in_the_tree_of_remaps():
    assert objects(after(apart(5))).remaps == 0
    assert objects(after(apart(5, moved=True))).remaps == 5


# --- merges ----------------------------------------------------------------


CUT = "A mmap 0+2; A write 0+2 x; A mprotect 1+1 ro; A fork B"


@pytest.mark.parametrize(
    ("history", "refused"),
    [
        # two halves of one region: in the child each has an anon_vma of its own
        (f"{CUT}; B mprotect 1+1 rw", [Refused("B", 1, "two anon_vmas")]),
        # in the parent they have the same one, and merge
        (f"{CUT}; A mprotect 1+1 rw", []),
        # the new neighbour of a VMA cloned from a parent
        (
            "A mmap 0+1; A write 0+1 x; A fork B; B mmap 1+1",
            [Refused("B", 1, "fork child")],
        ),
        ("A mmap 0+1; A write 0+1 x; A fork B; A mmap 1+1", []),
        # what stands between these is something else: flags, a gap, page offsets
        (CUT, []),
        (f"{CUT}; B mprotect 1+1 rw; B mremap 1+1 8", []),
        ("A mmap 0+1; A write 0+1 x; A mmap 8+1; A write 8+1 x; A mremap 8+1 1", []),
        ("A mmap 0+1 file F@0; A mmap 1+1 file G@1; A write 0+2 x", []),
    ],
)
def test_merges_that_only_the_anon_vmas_refuse(history, refused):
    assert refused_merges(after(history)) == refused


def test_an_unfaulted_vma_may_join_a_faulted_one_on_either_side():
    """Built by hand: a history seldom leaves such a pair."""
    [mm] = after("A mmap 0+2").mms.values()
    [left] = mm.vmas
    left.vm_end -= 1
    right = Vma(mm, left.vm_end, left.vm_end + 1, left.vm_pgoff + 1, left.vm_flags)
    mm.vmas.append(right)
    for faulted in (left, right):
        anon_vma_prepare(faulted, None)
        assert refused_merges_of(mm) == []
        unlink_anon_vmas(faulted)
    anon_vma_prepare(left, None)
    anon_vma_prepare(right, None)
    assert [pair.why for pair in refused_merges_of(mm)] == ["two anon_vmas"]


def refused_merges_of(mm: Mm) -> list[Refused]:
    kernel = Kernel()
    kernel.mms[mm.name] = mm
    return refused_merges(kernel)


# --- visits ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "vmas", "contexts", "lookups", "candidates"),
    [
        # all share the page: both maps come by all
        (wide_fan(10), 11, 11, 11, 11),
        (deep_chain(10), 11, 11, 11, 11),
        # nine of ten unmapped it: a context is visited all the same
        (wide_fan(10, unmapped=9), 2, 11, 11, 2),
        # one index, many VMAs: offset 0 and one for each are tried
        (same_offset(10), 1, 1, 11, 10),
        (private_files(10), 1, 1, 11, 10),
        # nothing in common
        (apart(10, moved=True), 1, 1, 2, 1),
    ],
)
def test_what_the_walk_of_the_first_folio_comes_by(
    history, vmas, contexts, lookups, candidates
):
    first = next(visits(after(history)))
    assert (first.folio, first.vmas) == ("f1", vmas)
    assert (first.contexts, first.lookups) == (contexts, lookups)
    assert first.candidates == candidates


def test_a_ksm_folio_is_not_walked_here():
    assert list(visits(after(named("merged").text))) == []


# --- step by step ----------------------------------------------------------


def test_a_moment_for_each_operation():
    history = parse(f"{CUT}; B munmap 9+1; B mprotect 1+1 rw; Z mremap 0+1 8")
    seen = list(moments(history))
    assert [m.step for m in seen] == [1, 2, 3, 4, 5, 6, 7]
    assert [m.operation for m in seen] == [str(op) for op in history.operations]
    assert [m.objects.processes for m in seen] == [1, 1, 1, 2, 2, 2, 2]
    assert [len(m.refused) for m in seen] == [0, 0, 0, 0, 0, 1, 1]
    assert [len(m.visits) for m in seen] == [0, 2, 2, 2, 2, 2, 2]
    assert [v.mapped for v in seen[3].visits] == [2, 2]
