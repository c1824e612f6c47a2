"""The histories of a bound as a model to search, and what is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain

from ksmlib.designs import Design, all_designs
from ksmlib.explore.bound import (
    PROCESSES,
    Bound,
    first_operations,
    kind_of,
    operations,
    scans,
)
from ksmlib.explore.canonical import canonical
from ksmlib.explore.machine import Machine
from ksmlib.explore.model import Cost, Mark, Model, Property
from ksmlib.explore.promises import PROMISES, keeps, property_name
from ksmlib.explore.situations import SITUATIONS, Pte
from ksmlib.history.operations import Madvise, Mmap, Operation, Range, Write
from ksmlib.history.replay import BASE
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.types import VM_MERGEABLE, Folio, Vma
from ksmlib.report.merged import MergedPtes


def occurs(holds: Callable[[Pte], bool], machine: Machine) -> bool:
    """Is any PTE of a KSM folio in this situation?"""
    return any(holds(pte) for walked in machine.walked for pte in walked.ptes)


@cache
def _properties(
    bound: Bound, designs: tuple[str, ...]
) -> tuple[Property[Machine], ...]:
    always = [
        Property(property_name(d, s), "always", partial(keeps, d, s))
        for d in designs
        for s in PROMISES
    ]
    sometimes = [
        Property(f"a PTE {s.title}", "sometimes", partial(occurs, s.holds))
        for s in SITUATIONS
        if s.is_within(bound)
    ]
    return (*always, *sometimes)


@cache
def _chosen(ids: tuple[str, ...]) -> tuple[Design, ...]:
    return tuple(all_designs()[id_] for id_ in ids)


@dataclass(frozen=True)
class Histories(Model[Machine, Operation]):
    """Every history within ``bound``, judged for the designs named.

    ``full`` must be among them. Without ``reduce`` two states are the same
    only if every field of every object is; without ``cut`` the search goes
    on where no KSM folio can come any more. Both are for tests, and slow.
    """

    bound: Bound
    designs: tuple[str, ...]
    reduce: bool = True
    cut: bool = True

    def initial(self) -> Sequence[Machine]:
        return (Machine(_chosen(self.designs), Kernel(), MergedPtes()),)

    def next(self, state: Machine, action: Operation) -> Machine | None:
        return state.after(action)

    def canonical(self, state: Machine) -> Hashable:
        if not self.reduce:
            return state.pickled
        return canonical(state.kernel, state.merged.ptes)

    def kind(self, action: Operation) -> str:
        return kind_of(action)

    def kinds(self) -> Sequence[str]:
        return self.bound.kinds

    def actions(self, state: Machine, left: int) -> Iterator[Operation]:
        needs = self.needs(state)
        if needs == 1 == left:
            return iter(scans(self.bound))
        each = self._actions(state.kernel)
        if 1 < needs == left:
            return filter(what_helps(state.kernel), each)
        return chain(each, scans(self.bound))

    def _actions(self, kernel: Kernel) -> Iterator[Operation]:
        """What processes can do."""
        names = PROCESSES[: self.bound.procs]
        fresh = next((n for n in names if n not in kernel.mms), None)
        for name, mm in kernel.mms.items():
            if mm.alive:
                yield from operations(self.bound, name, fresh)
        if fresh:
            yield from first_operations(self.bound, fresh)

    def needs(self, state: Machine) -> int:
        return operations_to_ksm(state.kernel) if self.cut else 0

    def properties(self) -> Sequence[Property[Machine]]:
        return _properties(self.bound, self.designs)

    def marks(self, state: Machine) -> Iterator[Mark]:
        """For each PTE: its situations, and the designs that miss it."""
        for walked in state.walked:
            for pte in walked.ptes:
                which = " ".join(s.name for s in SITUATIONS if s.holds(pte))
                missed = (d for d in self.designs if pte in walked.missed[d])
                yield which, " ".join(missed)

    def costs(self, state: Machine) -> Iterator[tuple[str, Cost]]:
        """VMAs visited for PTEs found, for each walk that finds any."""
        for walked in state.walked:
            for design, found in walked.found.items():
                if found:
                    yield design, Cost(walked.cost[design].vmas, len(found))


def operations_to_ksm(kernel: Kernel) -> int:
    """At least so many operations until there is a KSM folio; 0 if there is.

    A scan makes one of two pages of equal content in mergeable VMAs. Two such
    pages take a write, a mergeable VMA an madvise, a VMA an mmap; no operation
    does two of these at once.
    """
    vmas, mergeable = _vmas(kernel)
    anywhere = _anon_folios(vmas)
    if any(folio.test_ksm for folio in anywhere):
        return 0
    if _two_are_equal(_anon_folios(mergeable)):
        return 1
    missing = (not vmas) + (not mergeable) + (not _two_are_equal(anywhere))
    return 1 + max(1, missing)


def what_helps(kernel: Kernel) -> Callable[[Operation], bool]:
    """Says of an operation whether it may bring a KSM folio nearer.

    For a kernel that has none, nor two pages that the next scan merges. Most
    operations are tried where only this is wanted of them, and to do them on a
    copy of the kernel takes a hundred times as long as to ask.
    """
    vmas, mergeable = _vmas(kernel)
    if not vmas:
        return lambda operation: isinstance(operation, Mmap)
    equal = _two_are_equal(_anon_folios(vmas))
    place = mergeable or vmas
    contents = {folio.content for folio in _anon_folios(place)}

    def helps(operation: Operation) -> bool:
        match operation:
            case Write(process=name, range=r, content=content):
                if equal and not mergeable:
                    return False
                written = sum(
                    overlap(vma, r) for vma in place if vma.vm_mm.name == name
                )
                return written > 1 or (written == 1 and content in contents)
            case Madvise(process=name, range=r, advice="mergeable"):
                if not equal:
                    return not mergeable
                table = kernel.mms[name].page_table
                folios = (table.get(BASE + page) for page in range(r.start, r.end))
                advised = {f for f in folios if f is not None and f.test_anon}
                return _two_are_equal(_anon_folios(mergeable) | advised)
        return False

    return helps


def overlap(vma: Vma, r: Range) -> int:
    """How many pages a VMA and a range have in common."""
    start, end = BASE + r.start, BASE + r.end
    return max(0, min(vma.vm_end, end) - max(vma.vm_start, start))


def _vmas(kernel: Kernel) -> tuple[list[Vma], list[Vma]]:
    """Every VMA there is, and those in which ksmd may merge."""
    vmas = [vma for mm in kernel.mms.values() for vma in mm.vmas]
    return vmas, [vma for vma in vmas if vma.vm_flags & VM_MERGEABLE]


def _anon_folios(vmas: Iterable[Vma]) -> set[Folio]:
    return {
        folio
        for vma in vmas
        for address, folio in vma.vm_mm.page_table.items()
        if folio.test_anon and vma.covers(address)
    }


def _two_are_equal(folios: set[Folio]) -> bool:
    return len({folio.content for folio in folios}) < len(folios)
