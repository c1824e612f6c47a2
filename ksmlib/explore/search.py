"""Breadth first, a level at a time, over one process or many.

A level is the list of all distinct states that take so many actions and no
fewer, each as the first history that leads there, in order. Workers get
pieces of that list, rebuild the states, look at them, and send back which
states follow; this side puts the answers together in the order of the
pieces. So the result depends neither on the number of workers nor on the size
of the pieces.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from ksmlib.explore.model import A, Cost, Mark, Model, S

K = TypeVar("K", bound=Hashable)

#: How many states a worker gets at a time: about a second of work.
PIECE = 128

#: Number of the initial state, then the actions.
Entry = tuple[int, tuple[A, ...]]


@dataclass
class Tally(Generic[A]):
    """How often something was seen, and the first history that shows it."""

    count: int
    first: Entry[A]


@dataclass
class Most(Generic[A]):
    """The largest cost seen, and the first history that has it."""

    cost: Cost
    first: Entry[A]


@dataclass
class Level:
    """How many states a level has, and how many actions led to them."""

    states: int = 0
    #: Actions done, those that led to a state known already included.
    generated: int = 0
    refused: int = 0
    #: Of those done, how many led to a state from which the bound is too near.
    cut: int = 0


@dataclass
class Seen(Generic[A]):
    """What looking at states has brought to light."""

    #: By name: states in which an ``always`` fails or a ``sometimes`` holds.
    properties: dict[str, Tally[A]] = field(default_factory=dict)
    marks: dict[Mark, Tally[A]] = field(default_factory=dict)
    most: dict[str, Most[A]] = field(default_factory=dict)
    #: By kind of action.
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, later: Seen[A]) -> None:
        """Add what was seen in later states."""
        _add_tallies(self.properties, later.properties)
        _add_tallies(self.marks, later.marks)
        for name, most in later.most.items():
            self.offer(name, most)
        self.done.update(later.done)
        self.refused.update(later.refused)

    def offer(self, name: str, most: Most[A]) -> None:
        """Keep a cost if it is larger than any so far."""
        if name not in self.most or most.cost > self.most[name].cost:
            self.most[name] = most


def _add_tallies(mine: dict[K, Tally[A]], later: dict[K, Tally[A]]) -> None:
    for key, tally in later.items():
        if key in mine:
            mine[key].count += tally.count
        else:
            mine[key] = tally


@dataclass
class Answer(Generic[A]):
    """What a worker says of its piece of a level."""

    seen: Seen[A] = field(default_factory=Seen)
    level: Level = field(default_factory=Level)
    #: CPU time it took, in seconds.
    cpu: float = 0.0
    #: New states: canonical form, which state of the piece, the action there.
    children: dict[Hashable, tuple[int, A]] = field(default_factory=dict)


# --- the worker's side -----------------------------------------------------


class _Path(Generic[S, A]):
    """The states along one history; the next history shares its beginning."""

    def __init__(self, model: Model[S, A]) -> None:
        self.model = model
        self.entry: Entry[A] = (-1, ())
        self.states: list[S] = []

    def state(self, entry: Entry[A]) -> S:
        """The state a history leads to."""
        start, actions = entry
        if start != self.entry[0]:
            self.states = [self.model.initial()[start]]
            self.entry = (start, ())
        shared = 0
        for mine, theirs in zip(self.entry[1], actions, strict=False):
            if mine != theirs:
                break
            shared += 1
        del self.states[shared + 1 :]
        for action in actions[shared:]:
            state = self.model.next(self.states[-1], action)
            assert state is not None, "an action was done before and is refused now"
            self.states.append(state)
        self.entry = entry
        return self.states[-1]


def work(model: Model[S, A], entries: Sequence[Entry[A]], left: int) -> Answer[A]:
    """Look at the states of a piece; with actions ``left``, find their children."""
    answer: Answer[A] = Answer()
    began = time.thread_time()
    path = _Path(model)
    for number, entry in enumerate(entries):
        state = path.state(entry)
        if not model.needs(state):
            _look(model, state, entry, answer.seen)
        if left:
            _expand(model, state, number, left, answer)
    answer.cpu = time.thread_time() - began
    return answer


def _look(model: Model[S, A], state: S, entry: Entry[A], seen: Seen[A]) -> None:
    for p in model.properties():
        if p.holds(state) == (p.kind == "sometimes"):
            _count(seen.properties, p.name, entry)
    for mark in model.marks(state):
        _count(seen.marks, mark, entry)
    for name, cost in model.costs(state):
        seen.offer(name, Most(cost, entry))


def _count(tallies: dict[K, Tally[A]], key: K, entry: Entry[A]) -> None:
    tally = tallies.get(key)
    if tally is None:
        tallies[key] = Tally(1, entry)
    else:
        tally.count += 1


def _expand(
    model: Model[S, A], state: S, number: int, left: int, answer: Answer[A]
) -> None:
    level, seen = answer.level, answer.seen
    for action in model.actions(state, left):
        child = model.next(state, action)
        kind = model.kind(action)
        if child is None:
            level.refused += 1
            seen.refused[kind] += 1
            continue
        level.generated += 1
        seen.done[kind] += 1
        if model.needs(child) >= left:
            level.cut += 1
        else:
            answer.children.setdefault(model.canonical(child), (number, action))


# --- this side -------------------------------------------------------------


class Search(Generic[S, A]):
    """A search, as far as it has come. It pickles: that is its checkpoint."""

    def __init__(self, model: Model[S, A], ops: int) -> None:
        self.model = model
        self.ops = ops
        self.seen: Seen[A] = Seen()
        #: One a level, the one at hand last.
        self.levels = [Level()]
        #: The level at hand, and how much of it is done.
        self.entries: list[Entry[A]] = []
        self.position = 0
        #: What it took so far: by the clock, and of all workers' CPU time.
        self.seconds = self.cpu = 0.0
        self._known: set[Hashable] = set()
        self._children: list[Entry[A]] = []
        self._actions: dict[A, A] = {}
        for number, state in enumerate(model.initial()):
            self._add(model.canonical(state), (number, ()), self.entries)
        self.levels[0].states = len(self.entries)

    @property
    def depth(self) -> int:
        """How many actions the states of the level at hand take."""
        return len(self.levels) - 1

    @property
    def finished(self) -> bool:
        """Has every state within the bound been looked at?"""
        return self.position == len(self.entries) and not self._children

    def never(self) -> list[str]:
        """What should have occurred by now and did not."""
        kinds = [kind for kind in self.model.kinds() if not self.seen.done[kind]]
        return kinds + [
            p.name
            for p in self.model.properties()
            if p.kind == "sometimes" and p.name not in self.seen.properties
        ]

    def run(
        self,
        executor: Executor,
        workers: int = 1,
        piece: int = PIECE,
        pause: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Search on; False if ``pause()`` said to stop, asked after each piece."""
        began = time.monotonic()
        try:
            while not self.finished:
                if self.position == len(self.entries):
                    self._next_level()
                if not self._run_level(executor, workers, piece, pause):
                    return False
            return True
        finally:
            self.seconds += time.monotonic() - began

    def _run_level(
        self, executor: Executor, workers: int, piece: int, pause: Callable[[], bool]
    ) -> bool:
        pieces = self._pieces(piece)
        # Enough to keep all busy, and not so many that a stop takes long.
        waiting: deque[tuple[list[Entry[A]], Future[Answer[A]]]] = deque()
        left = self.ops - self.depth
        while True:
            for entries in islice(pieces, 2 * workers - len(waiting)):
                job = executor.submit(work, self.model, entries, left)
                waiting.append((entries, job))
            if not waiting:
                return True
            entries, job = waiting.popleft()
            self._take(entries, job.result())
            if pause():
                for _, job in waiting:
                    job.cancel()
                return False

    def _pieces(self, size: int) -> Iterator[list[Entry[A]]]:
        for start in range(self.position, len(self.entries), size):
            yield self.entries[start : start + size]

    def _take(self, entries: list[Entry[A]], answer: Answer[A]) -> None:
        self.position += len(entries)
        self.seen.add(answer.seen)
        self.cpu += answer.cpu
        level = self.levels[-1]
        level.generated += answer.level.generated
        level.refused += answer.level.refused
        level.cut += answer.level.cut
        for key, (number, action) in answer.children.items():
            start, actions = entries[number]
            action = self._actions.setdefault(action, action)
            self._add(key, (start, (*actions, action)), self._children)

    def _add(self, key: Hashable, entry: Entry[A], to: list[Entry[A]]) -> None:
        if key not in self._known:
            self._known.add(key)
            to.append(entry)

    def _next_level(self) -> None:
        self.entries, self._children = self._children, []
        self.position = 0
        self.levels.append(Level(states=len(self.entries)))
