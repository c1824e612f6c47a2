"""What the search needs to know of a system: four questions and a few options.

A property that must hold ``always`` is broken by one state; one that must hold
``sometimes`` guards against a search that proves nothing, because what it is
about never occurred.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

S = TypeVar("S")
A = TypeVar("A", bound=Hashable)

#: Something counted over all states, in words: see ``Model.marks``.
Mark = tuple[str, ...]


@dataclass(frozen=True)
class Property(Generic[S]):
    """A sentence about states, which must hold always, or sometimes."""

    name: str
    kind: Literal["always", "sometimes"]
    holds: Callable[[S], bool]


@dataclass(frozen=True)
class Cost:
    """So many steps for so many results; compares by their ratio."""

    steps: int
    results: int

    def __gt__(self, other: Cost) -> bool:
        return self.steps * other.results > other.steps * self.results


class Model(ABC, Generic[S, A]):
    """A system to search. It is sent to other processes, so it must pickle.

    Two histories of the same length are ordered by the text of their actions;
    of those that lead to one state, the search keeps the first.
    """

    @abstractmethod
    def initial(self) -> Sequence[S]:
        """Where it may start."""

    @abstractmethod
    def actions(self, state: S, left: int) -> Iterable[A]:
        """What may be tried in a state, in the order of their texts.

        ``left`` is how many actions the bound still allows, this one
        included. What can change no property within them may be left out.
        """

    @abstractmethod
    def next(self, state: S, action: A) -> S | None:
        """The state that follows, or None if the action is refused.

        ``state`` stays as it is.
        """

    @abstractmethod
    def properties(self) -> Sequence[Property[S]]:
        """What to hold every state against."""

    def canonical(self, state: S) -> Hashable:
        """Equal for two states only if they behave alike from there on."""
        return state

    def needs(self, state: S) -> int:
        """At least so many more actions until a property can tell anything.

        A state that needs any is not looked at; one that needs more than the
        bound allows is not kept.
        """
        return 0

    def kind(self, action: A) -> str:
        """The name under which an action is counted."""
        return str(action)

    def kinds(self) -> Sequence[str]:
        """The kinds of which each must occur."""
        return ()

    def marks(self, state: S) -> Iterable[Mark]:
        """What to count besides properties, each with its first history."""
        return ()

    def costs(self, state: S) -> Iterable[tuple[str, Cost]]:
        """Of what to keep the largest, by name, with its first history."""
        return ()
