"""What holds of the designs on 10,000 random histories.

Each test takes a block of seeds; a failure names the seed and the history.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from ksmlib.designs import all_designs, tracers
from ksmlib.designs.base import AddressDesign
from ksmlib.designs.walk import rmap_walk
from ksmlib.history import Replay
from ksmlib.history.random import Bounds, random_history
from ksmlib.mm.cow_context import check_cow_contexts
from ksmlib.mm.observe import mapped_at
from ksmlib.mm.types import Folio, Mm, StableNode, linear_page_index
from ksmlib.mm.vma import vma_lookup

HISTORIES = 10_000
BLOCK = 500
BLOCKS = [range(first, first + BLOCK) for first in range(0, HISTORIES, BLOCK)]

#: The shapes that histories take in turn.
SHAPES = (
    Bounds(),
    Bounds(operations=20, pages=4, processes=3, contents=1),
    Bounds(operations=50, pages=12, contents=2),
    Bounds(operations=40, pages=8, processes=6, contents=1, careless=1),
)

#: They hold on to what the folio was before it became a KSM folio.
BY_ORIGIN = ("by-index-origin", "cow-context-origin")

Pte = tuple[Mm, int]


def replays(seeds: range) -> Iterator[tuple[str, Replay]]:
    """A replay per seed, at its start, and what to say if it fails."""
    for seed in seeds:
        history = random_history(Random(seed), SHAPES[seed % len(SHAPES)])
        sharing = 2 if seed % 10 == 9 else 256
        replay = Replay(history, tracers(all_designs().values()), sharing)
        yield f"seed {seed}, max_page_sharing {sharing}\n{history.text}", replay


def ksm_folios(replay: Replay) -> Iterator[tuple[Folio, set[Pte]]]:
    truth = mapped_at(replay.kernel.mms.values())
    for folio, ptes in truth.items():
        if folio.test_ksm:
            yield folio, set(ptes)


@pytest.mark.parametrize("seeds", BLOCKS, ids=str)
def test_a_walk_by_origin_misses_nothing_at_any_step(seeds):
    ptes, by_origin = 0, [all_designs()[id_] for id_ in BY_ORIGIN]
    for told, replay in replays(seeds):
        while replay.position < len(replay):
            replay.step()
            check_cow_contexts(replay.kernel.mms.values())
            for folio, truth in ksm_folios(replay):
                ptes += len(truth)
                for design in by_origin:
                    assert rmap_walk(design, folio).found == truth, told
    assert ptes > BLOCK, "hardly a KSM page: the test proves nothing"


@pytest.mark.parametrize("seeds", BLOCKS, ids=str)
def test_the_designs_beside_each_other(seeds):
    for told, replay in replays(seeds):
        replay.run()
        for folio, truth in ksm_folios(replay):
            found = {id_: rmap_walk(d, folio) for id_, d in all_designs().items()}
            for id_, walk in found.items():
                assert walk.found <= truth, f"{id_} finds what is not there\n{told}"
                if isinstance(all_designs()[id_], AddressDesign):
                    assert walk.found <= found["full"].found, f"{id_}\n{told}"
            assert found["stored-pgoff"].found <= found["remap-bit"].found, told
            assert found["by-index"].found <= found["by-index-origin"].found, told
            assert_full_is_the_loop(replay, folio, found["full"], told)
            promised = own_items(folio) | fork_copies(folio, truth)
            assert promised & truth <= found["stored-pgoff"].found, told


def own_items(folio: Folio) -> set[Pte]:
    """Where an rmap_item says the folio is mapped."""
    assert isinstance(folio.mapping, StableNode)
    return {(item.mm, item.address) for item in folio.mapping.hlist}


def fork_copies(folio: Folio, truth: set[Pte]) -> set[Pte]:
    """PTEs of VMAs on an item's anon_vma, at the item's address and index."""
    assert isinstance(folio.mapping, StableNode)
    copies = set()
    for mm, address in truth:
        vma = vma_lookup(mm, address)
        chain = [avc.anon_vma for avc in vma.anon_vma_chain]
        for item in folio.mapping.hlist:
            same_index = item.saved["stored-pgoff"] == linear_page_index(vma, address)
            if item.address == address and item.anon_vma in chain and same_index:
                copies.add((mm, address))
    return copies


def assert_full_is_the_loop(replay, folio, walk, told):
    """``rmap_walk_ksm()`` as it stands in mm/ksm.c, over plain lists."""
    vmas = [vma for mm in replay.kernel.mms.values() for vma in mm.vmas]
    found, visited = set(), 0
    for search_new_forks in (False, True):
        for item in folio.mapping.hlist:
            for vma in vmas:
                if item.anon_vma not in [avc.anon_vma for avc in vma.anon_vma_chain]:
                    continue
                visited += 1
                if not vma.vm_start <= item.address < vma.vm_end:
                    continue
                if (item.mm is vma.vm_mm) == search_new_forks:
                    continue
                if vma.vm_mm.page_table.get(item.address) is folio:
                    found.add((vma.vm_mm, item.address))
    assert (walk.found, walk.cost.vmas) == (found, visited), told
