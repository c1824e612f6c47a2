"""What each design costs in bytes: the structures, laid out by the C compiler's rules.

Mirrors mm/ksm.c of Linux 6.12 on a 64-bit machine with CONFIG_NUMA. ctypes
follows the platform's C ABI, so the sizes are computed, not remembered.
"""

from __future__ import annotations

from ctypes import Structure, Union, c_int32, c_uint8, c_uint32, c_uint64, sizeof

#: Objects of a dedicated kmem cache lie in slabs of at least one page.
SLAB_BYTES = 4096

_pointer = c_uint64
_unsigned_long = c_uint64


class RbNode(Structure):
    _fields_ = [
        ("parent_color", _unsigned_long),
        ("right", _pointer),
        ("left", _pointer),
    ]


class ListHead(Structure):
    _fields_ = [("next", _pointer), ("prev", _pointer)]


class HlistNode(Structure):
    _fields_ = [("next", _pointer), ("pprev", _pointer)]


class _StableLinks(Structure):
    _fields_ = [("head", _pointer), ("hlist", HlistNode)]


class _TreeOrList(Union):
    _fields_ = [("node", RbNode), ("stable", _StableLinks)]


class _UnstableOnly(Structure):
    _fields_ = [
        ("oldchecksum", c_uint32),
        ("age", c_uint8),
        ("remaining_skips", c_uint8),
    ]


class _UnstableOrIndex(Union):
    _fields_ = [("unstable", _UnstableOnly), ("linear_page_index", _unsigned_long)]


class RmapItem(Structure):
    """``struct ksm_rmap_item`` up to Linux 7.2."""

    _fields_ = [
        ("rmap_list", _pointer),
        ("anon_vma", _pointer),
        ("mm", _pointer),
        ("address", _unsigned_long),
        ("oldchecksum", c_uint32),
        ("age", c_uint8),
        ("remaining_skips", c_uint8),
        ("links", _TreeOrList),
    ]


class RmapItemPlainField(Structure):
    """The same with the page offset as a field of its own (9 April 2026)."""

    _fields_ = [
        *RmapItem._fields_[:-1],
        ("pgoff", _unsigned_long),
        ("links", _TreeOrList),
    ]


class RmapItemUnion(Structure):
    """The same with the offset over the unstable-only fields (Linux 7.3)."""

    _fields_ = [*RmapItem._fields_[:4], ("u", _UnstableOrIndex), ("links", _TreeOrList)]


class _MigrateLinks(Structure):
    _fields_ = [("head", _pointer), ("hlist_dup", HlistNode), ("list", ListHead)]


class _TreeOrMigrate(Union):
    _fields_ = [("node", RbNode), ("migrate", _MigrateLinks)]


class StableNode(Structure):
    """``struct ksm_stable_node``."""

    _fields_ = [
        ("links", _TreeOrMigrate),
        ("hlist", _pointer),
        ("kpfn", _unsigned_long),
        ("rmap_hlist_len", c_int32),
        ("nid", c_int32),
    ]


class StableNodeOrigin(Structure):
    """The same with the anon_vma its folio had before (``by-index-origin``)."""

    _fields_ = [*StableNode._fields_, ("origin", _pointer)]


def objects_per_slab(layout: type[Structure]) -> int:
    """How many objects fit a slab of one page."""
    return SLAB_BYTES // sizeof(layout)
