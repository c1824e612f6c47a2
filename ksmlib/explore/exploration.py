"""What came of a search of histories, as plain data, with its JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from json import dumps, loads
from typing import Any

from ksmlib.designs import designs
from ksmlib.explore.bound import Bound
from ksmlib.explore.histories import Histories
from ksmlib.explore.machine import Machine
from ksmlib.explore.promises import PROMISES, Promise, keeps, property_name
from ksmlib.explore.search import Entry, Level, Search
from ksmlib.history import History, parse
from ksmlib.history.operations import Operation
from ksmlib.mm.kernel import Kernel
from ksmlib.report import run
from ksmlib.report.merged import MergedPtes


@dataclass(frozen=True)
class Broken:
    """A design that breaks a promise: in how many states, and how shortly.

    Of the shortest histories it is the one whose text comes first.
    """

    design: str
    promise: str
    states: int
    history: str


@dataclass(frozen=True)
class Behaviour:
    """PTEs of KSM folios that are alike: their situations, and who misses them.

    ``ptes`` counts them over all distinct states.
    """

    situations: tuple[str, ...]
    missed_by: tuple[str, ...]
    ptes: int
    history: str


@dataclass(frozen=True)
class Dearest:
    """The walk of a design that visits most VMAs for each PTE it finds."""

    design: str
    vmas: int
    found: int
    history: str


@dataclass(frozen=True)
class Exploration:
    """All histories of a bound, or as many as there was time for."""

    bound: Bound
    designs: tuple[str, ...]
    #: One for each number of operations, from none.
    levels: tuple[Level, ...]
    #: By kind of operation: how often it was done, how often refused.
    kinds: dict[str, tuple[int, int]]
    broken: tuple[Broken, ...]
    behaviours: tuple[Behaviour, ...]
    dearest: tuple[Dearest, ...]
    #: What the bound should have shown and did not: the search proves nothing.
    never: tuple[str, ...]

    @property
    def states(self) -> int:
        """How many distinct states there are."""
        return sum(level.states for level in self.levels)

    @property
    def tried(self) -> int:
        """How many operations were tried, refused ones included."""
        return sum(level.generated + level.refused for level in self.levels)

    def shortest(self, design: str, promise: str) -> Broken | None:
        """How a design breaks a promise, None if it keeps it in this bound."""
        for broken in self.broken:
            if (broken.design, broken.promise) == (design, promise):
                return broken
        return None

    def json(self) -> dict[str, Any]:
        """As lists, numbers and strings: what ``from_json()`` reads."""
        json: dict[str, Any] = loads(dumps(asdict(self)))
        return json

    @classmethod
    def from_json(cls, json: dict[str, Any]) -> Exploration:
        """Raises TypeError or KeyError if it is not what ``json()`` gives."""
        bound = {**json["bound"], "kinds": tuple(json["bound"]["kinds"])}
        behaviours = [
            Behaviour(
                tuple(b["situations"]), tuple(b["missed_by"]), b["ptes"], b["history"]
            )
            for b in json["behaviours"]
        ]
        return cls(
            Bound(**bound),
            tuple(json["designs"]),
            tuple(Level(**level) for level in json["levels"]),
            {kind: (done, refused) for kind, (done, refused) in json["kinds"].items()},
            tuple(Broken(**broken) for broken in json["broken"]),
            tuple(behaviours),
            tuple(Dearest(**dearest) for dearest in json["dearest"]),
            tuple(json["never"]),
        )


def operations_in(history: str) -> int:
    """How many operations a history on one line has."""
    return history.count(";") + 1


def age(history: str) -> tuple[int, list[str]]:
    """Histories of few operations first, then by their text."""
    return operations_in(history), history.split("; ")


def name_of(history: str) -> str:
    """The name of a history that was found: as it is an anchor, and a case."""
    return f"found-{sha256(history.encode()).hexdigest()[:8]}"


def exploration_of(search: Search[Machine, Operation], model: Histories) -> Exploration:
    """The result of a search.

    Each history that breaks a promise is replayed from scratch first; raises
    AssertionError if the replay does not bear it out.
    """
    seen = search.seen
    return Exploration(
        model.bound,
        model.designs,
        tuple(search.levels),
        {kind: (seen.done[kind], seen.refused[kind]) for kind in model.kinds()},
        tuple(_broken(search, model)),
        tuple(
            Behaviour(
                tuple(which.split()), tuple(missed.split()), t.count, text(t.first)
            )
            for (which, missed), t in seen.marks.items()
        ),
        tuple(
            Dearest(design, most.cost.steps, most.cost.results, text(most.first))
            for design in model.designs
            if (most := seen.most.get(design))
        ),
        tuple(search.never()),
    )


def text(entry: Entry[Operation]) -> str:
    """A history that the search found, on one line."""
    return History.of(entry[1]).one_line


def _broken(search: Search[Machine, Operation], model: Histories) -> Iterator[Broken]:
    for design in model.designs:
        for promise in PROMISES:
            tally = search.seen.properties.get(property_name(design, promise))
            if tally is not None:
                history = text(tally.first)
                confirm(history, design, promise)
                yield Broken(design, promise.name, tally.count, history)


def confirm(history: str, design: str, promise: Promise) -> None:
    """Replay from the text alone; assert that the design breaks the promise."""
    chosen = designs(f"full,{design}")
    report = run(parse(history), chosen)
    assert report.missed(design), f"{design} misses nothing: {history}"
    machine = Machine(chosen, Kernel(), MergedPtes())
    for operation in parse(history).operations:
        assert machine.do(operation), f"{operation} is refused: {history}"
    kept = keeps(design, promise, machine)
    assert not kept, f"{property_name(design, promise)}: {history}"
