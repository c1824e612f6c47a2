"""Two-phase commit (Gray and Lamport), the system others count states on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ksmlib.explore.model import Model, Property


@dataclass(frozen=True)
class State:
    rm: tuple[str, ...]
    tm: str = "init"
    prepared: frozenset[int] = frozenset()
    messages: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TwoPhase(Model[State, str]):
    """One transaction manager, and so many resource managers."""

    managers: int
    #: Also ask for what cannot be.
    vacuous: bool = False

    def initial(self) -> Sequence[State]:
        return (State(("working",) * self.managers),)

    def actions(self, state: State, left: int) -> Iterator[str]:
        for n in range(self.managers):
            for what in ("abort", "hear-abort", "hear-commit", "prepare", "prepared"):
                yield f"{n} {what}"
        yield "tm abort"
        yield "tm commit"

    def next(self, state: State, action: str) -> State | None:
        who, what = action.split()
        if who == "tm":
            if state.tm != "init":
                return None
            if what == "commit" and len(state.prepared) < self.managers:
                return None
            return replace(state, tm=f"{what}ed", messages=state.messages | {what})
        return self.manager(state, int(who), what)

    def manager(self, state: State, n: int, what: str) -> State | None:
        def become(rm: str, message: str | None = None) -> State:
            said = {message} if message else set()
            rms = (*state.rm[:n], rm, *state.rm[n + 1 :])
            return replace(state, rm=rms, messages=state.messages | said)

        working = state.rm[n] == "working"
        match what:
            case "prepare" if working:
                return become("prepared", f"{n} prepared")
            case "abort" if working:
                return become("aborted")
            case "hear-commit" if "commit" in state.messages:
                return become("committed")
            case "hear-abort" if "abort" in state.messages:
                return become("aborted")
            case "prepared" if state.tm == "init" and f"{n} prepared" in state.messages:
                return replace(state, prepared=state.prepared | {n})
        return None

    def properties(self) -> Sequence[Property[State]]:
        asked = [
            Property("consistent", "always", consistent),
            Property("all working", "always", all_working),
            Property("all commit", "sometimes", all_commit),
        ]
        if self.vacuous:
            asked.append(Property("tm sleeps", "sometimes", lambda s: s.tm == "asleep"))
        return asked

    def marks(self, state: State) -> Iterator[tuple[str, ...]]:
        yield tuple(sorted(set(state.rm)))


def consistent(state: State) -> bool:
    return not {"aborted", "committed"} <= set(state.rm)


def all_working(state: State) -> bool:
    return set(state.rm) == {"working"}


def all_commit(state: State) -> bool:
    return set(state.rm) == {"committed"}
