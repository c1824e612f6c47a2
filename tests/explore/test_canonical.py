"""The canonical form merges what is alike and nothing else.

Not too fine: it does not see names, and there are as many forms as there are
orbits of machines under renaming, counted by brute force. Not too coarse:
machines of one form have the same verdicts now and after any operation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import is_dataclass
from random import Random
from typing import Any

import pytest

from ksmlib.designs import all_designs, designs
from ksmlib.explore.bound import Bound
from ksmlib.explore.histories import Histories
from ksmlib.explore.machine import Machine
from ksmlib.history import parse
from ksmlib.history.operations import Operation
from ksmlib.history.random import Bounds, random_history
from ksmlib.mm.interval_tree import anon_vma_interval_tree_nodes
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.types import AnonVma, File, Mm, StableChain
from ksmlib.report.merged import MergedPtes
from tests.explore.machines import (
    BOUNDS,
    DESIGNS,
    form,
    renamings,
    start,
    unreduced,
)

# --- not too fine ----------------------------------------------------------


class Description:
    """A machine under given names, told in the plainest way.

    Processes come in the order of their names; anon_vmas, folios and other
    objects are numbered as they come by.
    """

    def __init__(self, machine: Machine, names: dict[str, str]) -> None:
        self.names = names
        self.machine = machine
        kernel = machine.kernel
        self.numbers: dict[int, int] = {}
        self.files = {f: f"{f.name}" for f in kernel.files.values()}
        mms = sorted(kernel.mms.values(), key=lambda mm: names[mm.name])
        self.mms = [mm for mm in mms if mm.alive or self.in_use(mm)]
        self.told = (
            len(kernel.mms),
            [self.mm(mm) for mm in self.mms],
            [self.slot(slot) for slot in kernel.ksm.mm_slots if slot.mm in self.mms],
            self.chains(),
        )

    def in_use(self, mm: Mm) -> bool:
        return any(
            item.head and item.head.folio.mapcount
            for slot in self.machine.kernel.ksm.mm_slots
            if slot.mm is mm
            for item in slot.rmap_list
        )

    def once(self, thing: Any, tell: Any) -> tuple:
        """A number, and the first time all there is to tell."""
        known = id(thing) in self.numbers
        number = self.numbers.setdefault(id(thing), len(self.numbers))
        return (number,) if known else (number, *tell(thing))

    def mm(self, mm: Mm) -> tuple:
        vmas = [
            (
                *(vma.vm_start, vma.vm_end, vma.vm_pgoff, vma.vm_flags),
                vma.vm_file and vma.vm_file.name,
                [self.once(c.anon_vma, self.anon_vma) for c in vma.anon_vma_chain],
                vma.anon_vma and self.numbers[id(vma.anon_vma)],
            )
            for vma in mm.vmas
        ]
        ptes = [
            (a, self.once(f, self.folio), (mm, a) in self.machine.merged.ptes)
            for a, f in sorted(mm.page_table.items())
        ]
        return self.names[mm.name], mm.alive, vmas, ptes, self.saved(mm)

    def anon_vma(self, anon_vma: AnonVma) -> tuple:
        tree = [
            (self.names[node.vma.vm_mm.name], node.vma.vm_start)
            for node in anon_vma_interval_tree_nodes(anon_vma)
        ]
        if not tree:  # nobody can find anything by it
            return ("gone",)
        parent = self.once(anon_vma.parent, self.anon_vma)
        return tree, parent, anon_vma.num_children, self.saved(anon_vma)

    def content(self, content: str | None) -> str | None:
        return self.names.get(content or "", content)

    def folio(self, folio: Any) -> tuple:
        told = folio.kind, self.content(folio.content), folio.index
        told += (folio.anon_exclusive, self.saved(folio))
        if folio.kind == "anon":
            return (*told, self.once(folio.mapping, self.anon_vma))
        if folio.kind == "ksm":
            items = [
                (
                    *(self.names[i.mm.name], i.address, self.content(i.oldchecksum)),
                    *(self.reachable(i.anon_vma), self.saved(i)),
                )
                for i in folio.mapping.hlist
            ]
            return (*told, items, self.saved(folio.mapping))
        return told

    def reachable(self, anon_vma: AnonVma) -> tuple:
        return self.once(anon_vma, self.anon_vma) if anon_vma.rb_root else ("gone",)

    def slot(self, slot: Any) -> tuple:
        waiting = [
            (item.address, self.content(item.oldchecksum))
            for item in slot.rmap_list
            if slot.mm.alive and not (item.head and item.head.folio.mapcount)
        ]
        return self.names[slot.mm.name], waiting

    def chains(self) -> list:
        return sorted(
            [self.numbers[id(d.folio)] for d in node.dups if d.folio.mapcount]
            for node in self.machine.kernel.ksm.stable_tree.values()
            if isinstance(node, StableChain)
            and sum(d.folio.mapcount > 0 for d in node.dups) > 1
        )

    def saved(self, thing: Any) -> list:
        return [(key, self.value(thing.saved[key])) for key in sorted(thing.saved)]

    def value(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, Mm):
            return self.names[value.name] if value in self.mms else "gone"
        if isinstance(value, AnonVma):
            return self.reachable(value)
        if isinstance(value, File):
            return value.name
        if is_dataclass(value):
            return self.once(
                value, lambda v: [self.value(getattr(v, n)) for n in vars(v)]
            )
        return value


def told(machine: Machine, names: dict[str, str]) -> str:
    return repr(Description(machine, names).told)


CASES = [(first, bound, DESIGNS) for first, bound in BOUNDS.values()]
CASES.append((*BOUNDS["merged"], tuple(all_designs())))
IDS = [*BOUNDS, "all designs"]


@pytest.mark.parametrize(("first", "bound", "ids"), CASES, ids=IDS)
def test_there_are_as_many_forms_as_orbits_counted_by_brute_force(first, bound, ids):
    ways = renamings(bound)
    orbits: dict[frozenset[str], set[bytes]] = defaultdict(set)
    forms, machines = set(), 0
    for _, machine, _ in unreduced(first, bound, ids):
        machines += 1
        forms.add(form(machine))
        orbit = frozenset(told(machine, names) for names in ways)
        orbits[orbit].add(form(machine))
    assert all(len(of_one) == 1 for of_one in orbits.values())
    assert len(forms) == len(orbits)
    assert len(forms) < machines, "nothing to merge: this proves little"


def after(history: tuple[Operation, ...], names: dict[str, str]) -> Machine:
    """The machine after a history in which everybody has another's name."""
    words = [" ".join(names.get(w, w) for w in str(o).split()) for o in history]
    machine = Machine(designs(), Kernel(), MergedPtes())
    for operation in parse("; ".join(words)).operations:
        machine.do(operation)
    return machine


@pytest.mark.parametrize("seed", range(40))
def test_the_form_does_not_see_names(seed):
    """On long histories, by any permutation of their names."""
    random = Random(seed)
    bounds = Bounds(operations=25, pages=8, processes=4, contents=2)
    history = random_history(random, bounds).operations
    words = {w for o in history for w in str(o).split()}
    processes = sorted(w for w in words if w[0] == "P")
    names = dict(zip(processes, random.sample(processes, len(processes)), strict=True))
    names |= {"c0": "c1", "c1": "c0"}
    assert form(after(history, names)) == form(after(history, {}))


def test_a_shift_is_no_symmetry_of_a_bound():
    """At the edge of the window there is less to do than in its middle."""
    model = Histories(Bound(procs=1, pages=3), DESIGNS)
    edge, middle = start("A mmap 0+1"), start("A mmap 1+1")
    accepted = [
        sum(model.next(machine, o) is not None for o in model.actions(machine, 5))
        for machine in (edge, middle)
    ]
    assert accepted[0] != accepted[1]
    assert form(edge) != form(middle)


def test_what_a_design_may_not_keep():
    machine = start("A mmap 0+1; A write 0+1 x")
    machine.kernel.mms["A"].saved["new"] = {1, 2}
    with pytest.raises(TypeError, match="a design saves a set, which has no"):
        form(machine)


def test_values_of_other_sorts_are_not_mixed_up():
    machine = start("A mmap 0+1; A write 0+1 x; A fork B")
    mm = machine.kernel.mms["A"]
    mm_b, anon_vma = machine.kernel.mms["B"], mm.vmas[0].anon_vma
    values = (None, 0, 1, 255, 256, -1, 1 << 40, mm, mm_b, anon_vma, (), (0,), (0, 0))
    forms = set()
    for value in values:
        mm.saved["new"] = value
        forms.add(form(machine))
    assert len(forms) == len(values)


# --- not too coarse --------------------------------------------------------


def behaviour(model: Histories, machine: Machine, left: int) -> tuple:
    """Verdicts now, and the forms that each kind of operation leads to."""
    children = Counter()
    for operation in model.actions(machine, left) if left else ():
        child = model.next(machine, operation)
        children[model.kind(operation), child and form(child)] += 1
    marks = Counter(model.marks(machine))
    costs = Counter((name, c.steps, c.results) for name, c in model.costs(machine))
    broken = [p.name for p in model.properties() if not p.holds(machine)]
    return children, marks, costs, broken


@pytest.mark.parametrize(("first", "bound", "ids"), CASES, ids=IDS)
def test_machines_of_one_form_behave_alike(first, bound, ids):
    model = Histories(bound, ids, cut=False)
    alike: dict[tuple[bytes, int], list[tuple]] = defaultdict(list)
    for history, machine, left in unreduced(first, bound, ids):
        group = alike[form(machine), left]
        if len(group) < 8:
            group.append((history, behaviour(model, machine, left)))
    compared = 0
    for (one, expected), *others in alike.values():
        for history, found in others:
            compared += 1
            assert found == expected, f"{first}: {one} and {history}"
    assert compared > 20
