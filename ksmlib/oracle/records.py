"""What a guest prints, sorted by history.

A guest prints one JSON object a line. The first, ``kernel``, says what runs.
``history`` begins a history, ``op`` is printed after each line of the script
that does something, with the errno by name or null, and ``state`` holds:

    processes   vmas as in ``ksmlib run --json``; pages that map the zero page;
                entries that are neither present nor empty (swap, migration)
    anon_vmas   as there, and the refcount, without what the reader holds
    folios      kind, index, mapcount, exclusive, anon_vma, and every PTE
                (mapped), as there; of a KSM folio the rmap_items in the order
                of their list, with what each design has saved in them
                (saved); for each walk of it, VMAs visited, calls of
                rmap_one(), and the PTEs missed

``end`` is the last. Page offsets are relative as in ``ksmlib.history.state``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ksmlib.oracle.boot import GuestError, Record
from ksmlib.oracle.compare import canonical
from ksmlib.oracle.script import Script


@dataclass
class Trace:
    """What a kernel did with one history.

    ``errnos`` has the steps that were refused, ``states`` the canonical state
    after each step that was asked for.
    """

    name: str
    errnos: dict[int, str] = field(default_factory=dict)
    states: dict[int, dict[str, Any]] = field(default_factory=dict)


def traces(records: Iterable[Record], scripts: Sequence[Script]) -> Iterator[Trace]:
    """A trace for each script, as soon as it is complete.

    Records other than those of a history are passed over. Raises GuestError
    where the guest did not do what the script says.
    """
    waiting = list(reversed(scripts))
    reader: _Reader | None = None
    for record in records:
        if "error" in record:
            raise GuestError(f"the guest says: {record['error']}")
        if "history" in record or "end" in record:
            if reader is not None:
                yield reader.finish()
                reader = None
            if "history" in record:
                script = waiting.pop() if waiting else None
                if script is None or script.name != record["history"]:
                    raise GuestError(f"history {record['history']} out of turn")
                reader = _Reader(script)
        elif reader is not None:
            reader.add(record)


class _Reader:
    """Reads the records of one history."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.trace = Trace(script.name, dict(script.refused))
        self.done = 0

    def add(self, record: Record) -> None:
        if "op" in record:
            if self.done == len(self.script.steps):
                raise GuestError(f"{self.script.name}: {record['op']} was not asked")
            step = self.script.steps[self.done]
            self.done += 1
            if record["errno"] is None:
                return
            if step == 0:
                why = f"{record['op']}: {record['errno']}"
                raise GuestError(f"{self.script.name}: {why}")
            self.trace.errnos[step] = record["errno"]
        elif "state" in record:
            self.trace.states[record["state"]] = canonical(record)

    def finish(self) -> Trace:
        lines, states = len(self.script.steps), self.script.states
        if self.done != lines or tuple(self.trace.states) != states:
            done = f"{self.done} of {lines} lines done"
            seen = f"{len(self.trace.states)} of {len(states)} states"
            raise GuestError(f"{self.script.name}: {done}, {seen}")
        return self.trace
