"""What the designs cost in bytes, by the C compiler's rules."""

from __future__ import annotations

from ctypes import sizeof

import pytest

from ksmlib.designs import all_designs
from ksmlib.designs.layout import (
    RmapItem,
    RmapItemPlainField,
    RmapItemUnion,
    StableNode,
    StableNodeOrigin,
    objects_per_slab,
)


@pytest.mark.parametrize(
    ("layout", "size", "per_slab"),
    [
        (RmapItem, 64, 64),
        (RmapItemPlainField, 72, 56),
        (RmapItemUnion, 64, 64),
        (StableNode, 64, 64),
        (StableNodeOrigin, 72, 56),
    ],
)
def test_size_and_objects_per_slab(layout, size, per_slab):
    assert sizeof(layout) == size
    assert objects_per_slab(layout) == per_slab


def test_the_union_lies_over_the_checksum_and_moves_nothing():
    assert RmapItemUnion.u.offset == RmapItem.oldchecksum.offset == 32
    assert RmapItemUnion.links.offset == RmapItem.links.offset == 40


def test_a_field_of_its_own_pushes_the_links_back():
    assert RmapItemPlainField.links.offset == 48


def test_no_design_needs_a_larger_rmap_item():
    assert {sizeof(d.rmap_item) for d in all_designs().values()} == {64}


def test_only_an_origin_needs_a_larger_stable_node():
    larger = {d.id for d in all_designs().values() if sizeof(d.stable_node) > 64}
    assert larger == {"by-index-origin", "cow-context-origin"}


@pytest.mark.parametrize("design", all_designs().values(), ids=lambda d: d.id)
def test_who_saves_an_index_has_room_for_it(after, design):
    now = after("A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; ksmd 2")
    item = now.kernel.ksm.mm_slots[0].rmap_list[0]
    number = isinstance(item.saved.get(design.id), int)
    number = number and not isinstance(item.saved[design.id], bool)
    assert number == (design.rmap_item is RmapItemUnion)
