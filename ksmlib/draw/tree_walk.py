"""A walk through the interval trees, node by node, as plain data.

The search is the model's own, looked on at through the cost that it counts.
What it skips is told afterwards, from where it never looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal

from ksmlib.designs.base import (
    Design,
    DesignCost,
    Probe,
    TreeDesign,
    Visit,
    address_of_index,
    maps,
)
from ksmlib.draw.tree import TreeView, tree_view
from ksmlib.history.replay import BASE
from ksmlib.history.state import anon_vma_name, folio_name, relative
from ksmlib.mm.interval_tree import (
    anon_vma_interval_tree_foreach,
    anon_vma_interval_tree_nodes,
    avc_last_pgoff,
    avc_start_pgoff,
)
from ksmlib.mm.types import (
    ULONG_MAX,
    AnonVma,
    AnonVmaChain,
    Folio,
    Mm,
    StableNode,
    Vma,
    linear_page_index,
)
from ksmlib.report.verdict import Pte

#: A walk is followed for so many looks and tries.
MAX_EVENTS = 300
#: So many of the PTEs it missed are told with their place.
MAX_PLACES = 3

#: What became of a node: looked at; given back and found to map the folio, or
#: not, or not tried; never looked at.
Mark = Literal["seen", "found", "absent", "passed", "skipped"]


@dataclass(frozen=True)
class Frame:
    """One moment of a walk, in a sentence.

    ``tree`` is a position in ``TreeWalk.trees``, None where no tree is asked;
    ``node`` and those of ``marks`` are positions in its nodes. ``asks`` starts
    a question, for which no node is marked yet. ``found`` is a PTE found now.
    """

    text: str
    tree: int | None = None
    node: int | None = None
    marks: tuple[tuple[int, Mark], ...] = ()
    asks: bool = False
    found: Pte | None = None


@dataclass(frozen=True)
class TreeWalk:
    """All of it; ``cut`` if it goes on for longer than it was followed."""

    trees: tuple[TreeView, ...]
    frames: tuple[Frame, ...]
    cut: bool


def tree_walk(
    folio: Folio, ptes: Sequence[tuple[Mm, int]], design: Design | None
) -> TreeWalk:
    """Follow a walk of ``folio``, which ``ptes`` map.

    Without a design it is the walk of an anonymous folio.
    """
    events = list(islice(_events(folio, design), MAX_EVENTS + 1))
    cut = len(events) > MAX_EVENTS
    teller = _Teller(folio)
    for question in _questions(events[:MAX_EVENTS]):
        teller.tell(question, cut and question[-1] is events[MAX_EVENTS - 1])
    teller.end(ptes, cut)
    return TreeWalk(teller.views(), tuple(teller.frames), cut)


# What happens


@dataclass(frozen=True)
class _Ask:
    probe: Probe


@dataclass(frozen=True)
class _Look:
    """The search steps onto a node; ``deriving``: to find its next question."""

    avc: AnonVmaChain
    deriving: bool


@dataclass(frozen=True)
class _Try:
    """A VMA was given back, by the tree of ``avc`` if by any."""

    avc: AnonVmaChain | None
    visit: Visit


_Event = _Ask | _Look | _Try


@dataclass
class _Log(DesignCost):
    """A cost that keeps the nodes it was told of."""

    looks: list[AnonVmaChain] = field(default_factory=list)

    def step(self, node: AnonVmaChain) -> None:
        super().step(node)
        self.looks.append(node)

    def taken(self, deriving: bool) -> Iterator[_Look]:
        """The looks since the last time."""
        looks, self.looks = self.looks, []
        return (_Look(avc, deriving) for avc in looks)


def _events(folio: Folio, design: Design | None) -> Iterator[_Event]:
    log = _Log()
    if isinstance(design, TreeDesign):
        assert isinstance(folio.mapping, StableNode)
        yield from _answers(design.probes(folio.mapping, log), folio, log)
    elif design is not None:
        yield from (_Try(None, visit) for visit in design.visits(folio, log))
    else:
        assert isinstance(folio.mapping, AnonVma)
        window = folio.index, folio.index
        probe = Probe(folio.mapping, window, address_of_index(folio.index))
        yield from _answers([probe], folio, log)


def _answers(probes: Iterable[Probe], folio: Folio, log: _Log) -> Iterator[_Event]:
    """What ``TreeDesign.visits()`` does, and what it looks at."""
    for probe in probes:
        yield from log.taken(deriving=True)
        yield _Ask(probe)
        tree, (first, last) = probe.anon_vma, probe.window
        for vma in anon_vma_interval_tree_foreach(tree, first, last, log):
            looks = list(log.taken(deriving=False))
            yield from looks
            address = probe.address(vma)
            visit = Visit(tree, vma, address, maps(vma, address, folio))
            yield _Try(looks[-1].avc, visit)
        yield from log.taken(deriving=False)
    yield from log.taken(deriving=True)


def _questions(events: Sequence[_Event]) -> Iterator[list[_Event]]:
    """Each question with its looks; those that led to it are with the one before."""
    question: list[_Event] = []
    for event in events:
        if isinstance(event, _Ask) and question:
            yield question
            question = []
        question.append(event)
    if question:
        yield question


# In words


def _vma(vma: Vma) -> str:
    return f"{vma.vm_mm.name} {vma.vm_start - BASE}+{vma.pages}"


def _offsets(first: int, last: int) -> str:
    first, last = relative(first), relative(last)
    return (
        f"page offset {first}" if first == last else f"page offsets {first} to {last}"
    )


class _Teller:
    """Turns events into frames, one question after the other."""

    def __init__(self, folio: Folio) -> None:
        self.folio = folio
        self.frames: list[Frame] = []
        self.questions = 0
        self.trees: list[AnonVma] = []
        self.places: dict[int, int] = {}
        self.looks: dict[int, int] = {}
        self.given: set[Vma] = set()

    def views(self) -> tuple[TreeView, ...]:
        """The trees that were asked; which nodes matter, their ``looks`` say."""
        return tuple(self._view(anon_vma) for anon_vma in self.trees)

    def _view(self, anon_vma: AnonVma) -> TreeView:
        avcs = anon_vma_interval_tree_nodes(anon_vma)
        view = tree_view(anon_vma)
        nodes = (
            replace(node, looks=self.looks.get(id(avc), 0))
            for node, avc in zip(view.nodes, avcs, strict=True)
        )
        return replace(view, nodes=tuple(nodes))

    def tell(self, question: list[_Event], cut: bool) -> None:
        """The frames of one question; ``cut``: more of it may follow."""
        skips = {} if cut else _skips(question)
        searching = 0
        for number, event in enumerate(question):
            match event:
                case _Ask(probe=probe):
                    self._ask(probe)
                case _Look(avc=avc, deriving=True):
                    text = f"To know what to ask, it looks at {_vma(avc.vma)}."
                    self._look(avc, text, [])
                case _Look(avc=avc):
                    probe = _probe(question)
                    text = _look_text(probe, searching, avc, question[:number])
                    self._look(avc, text, skips.get(number, []))
                    searching += 1
                case _Try():
                    self._try(event)

    def _tree(self, anon_vma: AnonVma) -> int:
        if anon_vma not in self.trees:
            self.trees.append(anon_vma)
            for place, avc in enumerate(anon_vma_interval_tree_nodes(anon_vma)):
                self.places[id(avc)] = place
        return self.trees.index(anon_vma)

    def _ask(self, probe: Probe) -> None:
        self.questions += 1
        first, last = probe.window
        what = "everything" if last == ULONG_MAX else _offsets(first, last)
        text = f"Question {self.questions}: {anon_vma_name(probe.anon_vma)} is asked"
        text += f" for {what}."
        tree = self._tree(probe.anon_vma)
        self.frames.append(Frame(text, tree, asks=True))

    def _look(self, avc: AnonVmaChain, text: str, skips: list[_Skip]) -> None:
        tree = self._tree(avc.anon_vma)
        self.looks[id(avc)] = self.looks.get(id(avc), 0) + 1
        place = self.places[id(avc)]
        marks: list[tuple[int, Mark]] = [(place, "seen")]
        for skip in skips:
            text += f" {skip.text}"
            marks += ((self.places[id(avc)], "skipped") for avc in skip.avcs)
        self.frames.append(Frame(text, tree, place, tuple(marks)))

    def _try(self, event: _Try) -> None:
        visit = event.visit
        vma, name = visit.vma, visit.vma.vm_mm.name
        self.given.add(vma)
        text = f"The {'tree' if event.avc else 'walk'} gives back {_vma(vma)}."
        mark: Mark = "found" if visit.hit else "absent"
        found: Pte | None = None
        if visit.address is None:
            mark = "passed"
            text += " It is passed over: no page of it is tried."
        else:
            page = visit.address - BASE
            does = "maps" if visit.hit else "does not map"
            text += f" Page {page} is tried: it {does} {folio_name(self.folio)}."
            found = (name, page) if visit.hit else None
        if event.avc is None:
            self.frames.append(Frame(text, found=found))
            return
        place, tree = self.places[id(event.avc)], self._tree(event.avc.anon_vma)
        self.frames.append(Frame(text, tree, place, ((place, mark),), found=found))

    def end(self, ptes: Sequence[tuple[Mm, int]], cut: bool) -> None:
        """Say what was missed, and where that lies."""
        tree = self.frames[-1].tree if self.frames else None
        if cut:
            text = "The walk goes on, but is not followed any further here."
            self.frames.append(Frame(text, tree))
            return
        found = {frame.found for frame in self.frames}
        missed = [
            (mm, address)
            for mm, address in ptes
            if (mm.name, address - BASE) not in found
        ]
        text = f"The walk is over. It found {len(ptes) - len(missed)} of {len(ptes)}."
        for mm, address in missed[:MAX_PLACES]:
            text += f" {self._place(mm, address)}"
        more = len(missed) - MAX_PLACES
        text += f" It missed {more} more." if more > 0 else ""
        self.frames.append(Frame(text, tree))

    def _place(self, mm: Mm, address: int) -> str:
        """Where a PTE lies that was missed."""
        said = f"It missed {mm.name}:{address - BASE}"
        vma = next(vma for vma in mm.vmas if vma.covers(address))
        if vma in self.given:
            return f"{said}: the VMA was given back, but not tried there."
        asked = [a.anon_vma for a in vma.anon_vma_chain if a.anon_vma in self.trees]
        if not asked:
            return f"{said}: its VMA is in none of the trees that were asked."
        index = relative(linear_page_index(vma, address))
        return f"{said}: {anon_vma_name(asked[0])} files it under page offset {index}."


def _probe(question: list[_Event]) -> Probe:
    assert isinstance(question[0], _Ask)
    return question[0].probe


def _look_text(
    probe: Probe, number: int, avc: AnonVmaChain, before: list[_Event]
) -> str:
    """The search first looks whether there can be anything at all."""
    vma = _vma(avc.vma)
    if number == 0:
        most = relative(avc.rb_subtree_last)
        return f"The root, {vma}: the largest page offset in the tree is {most}."
    if number == 1:
        least = relative(avc_start_pgoff(avc))
        return f"The first in order, {vma}, begins at page offset {least}."
    searched = [event for event in before if isinstance(event, _Look)][2:]
    if any(event.avc is avc for event in searched):
        return f"Back at {vma}."
    return f"{vma} lies under {_offsets(avc_start_pgoff(avc), avc_last_pgoff(avc))}."


# What is never looked at


@dataclass(frozen=True)
class _Skip:
    """Nodes that are left out from some look on, and why."""

    text: str
    avcs: tuple[AnonVmaChain, ...]


def _skips(question: list[_Event]) -> dict[int, list[_Skip]]:
    """By the look (its place among the events) with which they are left out."""
    if not isinstance(question[0], _Ask):
        return {}
    first, last = question[0].probe.window
    looks = [
        (number, event.avc)
        for number, event in enumerate(question)
        if isinstance(event, _Look) and not event.deriving
    ]
    if not looks:
        return {}
    if len(looks) <= 2:
        return {looks[-1][0]: [_nothing(looks[-1][1], first, last)]}
    skips: dict[int, list[_Skip]] = {}
    # The first two looks ask whether to search at all, the others search.
    search = looks[2:]
    firsts = {id(avc): number for number, avc in reversed(search)}
    lasts = {id(avc): number for number, avc in search}
    for avc in {id(avc): avc for _, avc in search}.values():
        for side, child in (("left", avc.rb_left), ("right", avc.rb_right)):
            if child is not None and id(child) not in lasts:
                number = firsts[id(avc)] if side == "left" else lasts[id(avc)]
                skip = _Skip(_why(side, child, first, last), tuple(_below(child)))
                skips.setdefault(number, []).append(skip)
    return skips


def _nothing(avc: AnonVmaChain, first: int, last: int) -> _Skip:
    """The search ends before it has begun."""
    root = avc.anon_vma.rb_root
    assert root is not None
    others = tuple(node for node in _below(root) if node is not avc)
    if root.rb_subtree_last < first:
        return _Skip(f"Nothing reaches {relative(first)}: all is skipped.", others)
    return _Skip(f"That is after {relative(last)}: all is skipped.", others)


def _why(side: str, child: AnonVmaChain, first: int, last: int) -> str:
    said = f"All to the {side} below is skipped:"
    if child.rb_subtree_last < first:
        return f"{said} it reaches only to {relative(child.rb_subtree_last)}."
    return f"{said} it begins after {relative(last)}."


def _below(root: AnonVmaChain) -> Iterator[AnonVmaChain]:
    """A node and all below it."""
    left = [root]
    while left:
        avc = left.pop()
        yield avc
        left += [child for child in (avc.rb_left, avc.rb_right) if child is not None]
