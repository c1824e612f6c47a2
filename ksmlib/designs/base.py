"""What a design is: what it saves at merge, and how it probes at the walk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from ctypes import Structure
from dataclasses import dataclass
from typing import ClassVar

from ksmlib.designs import layout
from ksmlib.mm.interval_tree import Cost, anon_vma_interval_tree_foreach
from ksmlib.mm.trace import Trace
from ksmlib.mm.types import (
    ULONG_MAX,
    AnonVma,
    Folio,
    RmapItem,
    StableNode,
    Vma,
    vma_address,
)

#: ``[first, last]``: the page offsets to ask the interval tree for.
Window = tuple[int, int]

#: What the baseline asks for.
EVERYTHING: Window = (0, ULONG_MAX)


@dataclass(frozen=True)
class Probe:
    """One question to one interval tree.

    ``address`` says which address to try in a VMA found, or None to skip it.
    """

    anon_vma: AnonVma
    window: Window
    address: Callable[[Vma], int | None]


@dataclass(frozen=True)
class Visit:
    """One VMA that a walk came by.

    ``anon_vma`` is whose tree gave it back, None for a walk that asks no tree.
    ``address`` is the page tried there, None if the VMA was skipped; ``hit``
    tells whether its PTE maps the folio.
    """

    anon_vma: AnonVma | None
    vma: Vma
    address: int | None
    hit: bool


@dataclass
class DesignCost(Cost):
    """The cost of a walk, and the ``find_vma()`` calls it took besides."""

    find_vma: int = 0


class Design(Trace, ABC):
    """One answer to the question of the book.

    A design is a tracer of the kernel model: it overrides the tracepoint where
    its patch would save something, and keeps that under its own id in the
    ``saved`` of the object it would change. It then says which VMAs its walk of
    a KSM folio comes by.
    """

    #: Short name, the key in every table: lower case, hyphens.
    id: ClassVar[str]
    #: The design this one is a reading of, or None for a design of its own.
    reading_of: ClassVar[str | None] = None
    #: A few words each, for tables.
    title: ClassVar[str]
    saves: ClassVar[str]
    asks: ClassVar[str]
    #: Who proposed it, when (ISO, as the archive prints it), and where.
    author: ClassVar[str]
    date: ClassVar[str]
    link: ClassVar[str]
    #: The structures it needs.
    rmap_item: ClassVar[type[Structure]] = layout.RmapItem
    stable_node: ClassVar[type[Structure]] = layout.StableNode

    def tracers(self) -> tuple[Trace, ...]:
        """Who has to look on at the kernel model, for the walk to be possible."""
        return (self,)

    @abstractmethod
    def visits(self, folio: Folio, cost: DesignCost) -> Iterator[Visit]:
        """Every VMA a walk of a KSM folio looks at, in order.

        The walk never stops early, as for a caller whose ``rmap_one()`` always
        wants more: migration and reclaim until the last PTE is found.
        """


class TreeDesign(Design):
    """A design that asks the interval trees of anon_vmas."""

    @abstractmethod
    def probes(self, stable_node: StableNode, cost: DesignCost) -> Iterator[Probe]:
        """The questions of one walk, in order.

        What it costs to find a question is added to ``cost``; what it costs
        to ask it is not.
        """

    def visits(self, folio: Folio, cost: DesignCost) -> Iterator[Visit]:
        assert isinstance(folio.mapping, StableNode)
        for probe in self.probes(folio.mapping, cost):
            tree, (first, last) = probe.anon_vma, probe.window
            for vma in anon_vma_interval_tree_foreach(tree, first, last, cost):
                address = probe.address(vma)
                yield Visit(tree, vma, address, maps(vma, address, folio))


def maps(vma: Vma, address: int | None, folio: Folio) -> bool:
    """Does the PTE at ``address`` map the folio? There is none at None."""
    return address is not None and vma.vm_mm.page_table.get(address) is folio


class AddressDesign(TreeDesign):
    """A design that keeps the loop of ``rmap_walk_ksm()`` and changes its window.

    Each item is visited twice: first the VMAs of its own mm, then those of
    others, which were forked since ksmd passed. The address tried is always
    the item's, which amounts to ignoring that a VMA was moved.
    """

    @abstractmethod
    def window(self, rmap_item: RmapItem, cost: DesignCost) -> Window | None:
        """What to ask for this item, or None to ask nothing."""

    def probes(self, stable_node: StableNode, cost: DesignCost) -> Iterator[Probe]:
        for search_new_forks in (False, True):
            for rmap_item in stable_node.hlist:
                assert rmap_item.anon_vma is not None
                window = self.window(rmap_item, cost)
                if window is not None:
                    address = _items_address(rmap_item, search_new_forks)
                    yield Probe(rmap_item.anon_vma, window, address)


def _items_address(
    rmap_item: RmapItem, search_new_forks: bool
) -> Callable[[Vma], int | None]:
    def address(vma: Vma) -> int | None:
        if not vma.covers(rmap_item.address):
            return None
        if (rmap_item.mm is vma.vm_mm) is search_new_forks:
            return None
        return rmap_item.address

    return address


def address_of_index(index: int) -> Callable[[Vma], int | None]:
    """The address a page offset has in a VMA, None in one that has not got it."""

    def address(vma: Vma) -> int | None:
        address = vma_address(vma, index)
        return address if vma.covers(address) else None

    return address
