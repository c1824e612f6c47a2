"""The canonical form of a machine: all that matters later, and no name.

Two machines get the same form if they differ only in

- the names of processes, page contents and files,
- which anon_vma, folio or rmap_item is which object,
- what no operation and no design will ever look at again: counters, the
  unstable tree between scans, page caches, stable nodes whose folio is gone,
  anon_vmas that have no VMA left, processes that have exited and have no
  rmap_item in use, the shape (not the order) of interval trees.

Nothing else is left out and nothing is hashed, so machines of equal form
behave alike. An address shift is no symmetry here: the bound is a window of
pages, and what lies at its edge can move one way only.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import is_dataclass
from itertools import groupby, permutations, product
from typing import Any, TypeVar

from ksmlib.history.replay import BASE
from ksmlib.mm.interval_tree import anon_vma_interval_tree_nodes
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.ksm import Ksm, KsmMmSlot
from ksmlib.mm.types import (
    VM_ACCESS_FLAGS,
    VM_DONTCOPY,
    VM_MERGEABLE,
    AnonVma,
    File,
    Folio,
    Mm,
    RmapItem,
    StableChain,
    StableNode,
    Vma,
)

#: Page offsets of anonymous memory count from here, those of files from 0.
_ANONYMOUS = 128
#: What follows is a number that does not fit here.
_WIDE = 254
#: In place of a number: there is none, or it is of no use any more.
_NONE = 255

_KINDS = {"anon": 0, "ksm": 1, "file": 2, "zero": 3}

T = TypeVar("T")


def canonical(kernel: Kernel, merged: Container[tuple[Mm, int]]) -> bytes:
    """The canonical form. ``merged`` are the PTEs that ksmd merged.

    Raises TypeError if a design saves what it cannot read.
    """
    slots = {slot.mm: n for n, slot in enumerate(kernel.ksm.mm_slots)}
    mms = [mm for mm in kernel.mms.values() if mm.alive]
    mms += [slot.mm for slot in kernel.ksm.mm_slots if _is_dead_but_in_use(slot)]
    ranked = sorted([(_rank(mm, slots), mm) for mm in mms], key=_by_rank)
    ties = [[mm for _, mm in group] for _, group in groupby(ranked, key=_by_rank)]
    if len(ties) == len(mms):
        return _Form(kernel, merged, [tie[0] for tie in ties]).written()
    return min(
        _Form(kernel, merged, [mm for tie in order for mm in tie]).written()
        for order in product(*(permutations(tie) for tie in ties))
    )


def _is_dead_but_in_use(slot: KsmMmSlot) -> bool:
    return not slot.mm.alive and any(map(_is_in_use, slot.rmap_list))


def _is_in_use(rmap_item: RmapItem) -> bool:
    """Is it on a stable node that a walk could still start from?"""
    return rmap_item.head is not None and rmap_item.head.folio.mapcount > 0


def _rank(mm: Mm, slots: dict[Mm, int]) -> tuple[object, ...]:
    """Puts processes in order as far as that can be had without comparing names."""
    vmas = [(v.vm_start, v.vm_end, v.vm_pgoff, v.vm_flags) for v in mm.vmas]
    return slots.get(mm, _NONE), vmas, sorted(mm.page_table)


def _by_rank(ranked: tuple[tuple[object, ...], Mm]) -> Any:
    return ranked[0]


def _first_sight(things: dict[T, int], thing: T) -> int:
    """Numbers things from 0 in the order in which they are first asked for."""
    return things.setdefault(thing, len(things))


def _pgoff(pgoff: int) -> int:
    return pgoff - BASE + _ANONYMOUS if pgoff >= BASE else pgoff


class _Form:
    """The form of a machine with its processes in a given order.

    A list comes after its length unless that follows from what went before, so
    the form could be read back.
    """

    def __init__(
        self, kernel: Kernel, merged: Container[tuple[Mm, int]], mms: list[Mm]
    ) -> None:
        self.merged = merged
        #: What designs keep on the objects passed by, written down last.
        self.saved: list[dict[str, Any]] = []
        self.keys: dict[str, int] = {}
        self.objects: dict[int, int] = {}
        self.mms = {mm: number for number, mm in enumerate(mms)}
        self.vmas: dict[Vma, int] = {}
        self.anon_vmas: dict[AnonVma, int] = {}
        self.folios: dict[Folio, int] = {}
        self.files: dict[File, int] = {}
        self.contents: dict[str, int] = {}
        self.numbers = [len(kernel.mms), len(mms)]
        self.add: Callable[[int], None] = self.numbers.append
        for mm in mms:
            self.mm(mm)
        for anon_vma in self.anon_vmas:
            self.anon_vma(anon_vma)
        for folio in self.folios:
            self.folio(folio)
        self.ksm(kernel.ksm)
        for saved in self.saved:
            self.keep(saved)

    def written(self) -> bytes:
        return bytes(self.numbers)

    def mm(self, mm: Mm) -> None:
        self.add(mm.alive)
        self.saved.append(mm.saved)
        self.add(len(mm.vmas))
        for vma in mm.vmas:
            self.vma(vma)
        self.add(len(mm.page_table))
        for address in sorted(mm.page_table):
            self.add(address - BASE)
            self.add(_first_sight(self.folios, mm.page_table[address]))
            self.add((mm, address) in self.merged)

    def vma(self, vma: Vma) -> None:
        add = self.add
        self.vmas[vma] = len(self.vmas)
        add(vma.vm_start - BASE)
        add(vma.vm_end - BASE)
        add(_pgoff(vma.vm_pgoff))
        flags = vma.vm_flags
        dontcopy, mergeable = flags & VM_DONTCOPY, flags & VM_MERGEABLE
        add(flags & VM_ACCESS_FLAGS | bool(dontcopy) << 2 | bool(mergeable) << 3)
        add(_NONE if vma.vm_file is None else _first_sight(self.files, vma.vm_file))
        if vma.anon_vma is None:
            add(_NONE)
            return
        add(_first_sight(self.anon_vmas, vma.anon_vma))
        add(len(vma.anon_vma_chain))
        for avc in vma.anon_vma_chain:
            add(_first_sight(self.anon_vmas, avc.anon_vma))

    def anon_vma(self, anon_vma: AnonVma) -> None:
        """Its root is the last of each chain, its counters but one are counts."""
        self.add(self.anon_vmas[anon_vma.parent])
        self.add(anon_vma.num_children)
        for avc in anon_vma_interval_tree_nodes(anon_vma):
            self.add(self.vmas[avc.vma])
        self.saved.append(anon_vma.saved)

    def keep(self, saved: dict[str, Any]) -> None:
        """What designs keep on one object."""
        self.add(len(saved))
        for key in sorted(saved):
            self.key(key)
            self.value(saved[key])

    def key(self, key: str) -> None:
        """Who keeps it: spelled out the first time."""
        known = key in self.keys
        self.add(_first_sight(self.keys, key))
        if not known:
            self.add(len(key))
            self.numbers += key.encode()

    def value(self, value: Any) -> None:
        """A number; or what sort of thing it is, and then that."""
        if isinstance(value, int):
            self.number(value)
            return
        self.add(_NONE)
        match value:
            case None:
                self.add(0)
            case AnonVma():
                self.numbers += (1, self.number_of(value))
            case Mm():
                self.numbers += (2, self.mms.get(value, _NONE))
            case list() | tuple():
                self.numbers += (3, len(value))
                for item in value:
                    self.value(item)
            case _ if is_dataclass(value):
                self.add(4)
                self.object(value)
            case _:
                what = type(value).__name__
                raise TypeError(f"a design saves a {what}, which has no canonical form")

    def number(self, value: int) -> None:
        """In many bytes if it is none of the usual ones."""
        short = _pgoff(value)
        if 0 <= short < _WIDE:
            self.add(short)
        else:
            self.add(_WIDE)
            self.numbers += value.to_bytes(8, "big", signed=True)

    def object(self, thing: Any) -> None:
        """The fields of an object, the first time that one comes by."""
        known = id(thing) in self.objects
        self.add(_first_sight(self.objects, id(thing)))
        if not known:
            for name in thing.__dataclass_fields__:
                self.value(getattr(thing, name))

    def number_of(self, anon_vma: AnonVma) -> int:
        """By now every anon_vma that has a VMA has been seen."""
        return self.anon_vmas.get(anon_vma, _NONE)

    def content(self, content: str | None) -> int:
        return _NONE if content is None else _first_sight(self.contents, content)

    def folio(self, folio: Folio) -> None:
        self.add(_KINDS[folio.kind])
        self.add(_pgoff(folio.index))
        self.saved.append(folio.saved)
        mapping = folio.mapping
        if isinstance(mapping, File):
            self.add(_first_sight(self.files, mapping))
        elif mapping is not None:
            self.add(self.content(folio.content))
            if isinstance(mapping, AnonVma):
                self.add(self.anon_vmas[mapping])
                self.add(folio.anon_exclusive)
            else:
                self.stable_node(mapping)

    def stable_node(self, stable_node: StableNode) -> None:
        self.saved.append(stable_node.saved)
        self.add(len(stable_node.hlist))
        for rmap_item in stable_node.hlist:
            assert rmap_item.anon_vma is not None
            self.add(self.mms[rmap_item.mm])
            self.add(rmap_item.address - BASE)
            self.add(self.number_of(rmap_item.anon_vma))
            self.add(self.content(rmap_item.oldchecksum))
            self.saved.append(rmap_item.saved)

    def ksm(self, ksm: Ksm) -> None:
        slots = [slot for slot in ksm.mm_slots if slot.mm in self.mms]
        self.add(len(slots))
        for slot in slots:
            self.add(self.mms[slot.mm])
            candidates = [i for i in slot.rmap_list if not _is_in_use(i)]
            candidates = candidates if slot.mm.alive else []
            self.add(len(candidates))
            for rmap_item in candidates:
                self.add(rmap_item.address - BASE)
                self.add(self.content(rmap_item.oldchecksum))
        self.chains(ksm)

    def chains(self, ksm: Ksm) -> None:
        """The order of the duplicates of one content, where there are any."""
        chains = [
            [self.folios[dup.folio] for dup in node.dups if dup.folio.mapcount]
            for node in ksm.stable_tree.values()
            if isinstance(node, StableChain)
        ]
        for chain in sorted(chains):
            if len(chain) > 1:
                self.numbers += chain
