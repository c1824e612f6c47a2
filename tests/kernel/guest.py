"""A guest that is no kernel: it reads scripts and answers with the model.

What it does wrong on purpose is up to the test: ``spoil`` changes a state
record before it is printed, ``dies_at`` ends the guest in a history.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from ksmlib.designs import tracers
from ksmlib.history import parse
from ksmlib.history.replay import apply
from ksmlib.mm.kernel import Kernel as Machine
from ksmlib.mm.types import Refused
from ksmlib.oracle.boot import SILENCE, GuestError, Kernel, Record
from ksmlib.oracle.deviations import half_done
from ksmlib.oracle.model import IN_KERNEL, state_record

KERNEL = {
    "kernel": {
        "release": "6.12.0-model",
        "machine": "model",
        "designs": [design.id for design in IN_KERNEL],
        "sizes": {},
    }
}

Spoil = Callable[[dict[str, Any]], None]


def operation_text(command: str) -> str:
    """A command of a script as a line of the history language."""
    verb, *rest = command.split()
    match verb, rest:
        case "ksmd", [scans]:
            return f"ksmd {scans}"
        case "exit", [process]:
            return f"{process} exit"
        case "fork", [process, child]:
            return f"{process} fork {child}"
        case "mmap", [process, start, pages, "rw"]:
            return f"{process} mmap {start}+{pages}"
        case "mmap", [process, start, pages, "rw", file, offset]:
            return f"{process} mmap {start}+{pages} file {file}@{offset}"
        case "mremap", [process, start, pages, "-", new]:
            return f"{process} mremap {start}+{pages} +{new}"
        case "mremap", [process, start, pages, to, new, *how]:
            return " ".join([f"{process} mremap {start}+{pages} {to}+{new}", *how])
        case _, [process, start, pages, *what]:
            return " ".join([f"{process} {verb} {start}+{pages}", *what])
    raise ValueError(command)


class ModelGuest:
    """A ``RunScript``; ``boots`` are the scripts it was given."""

    def __init__(
        self, spoil: Spoil | None = None, dies_at: Collection[str] = ()
    ) -> None:
        self.spoil = spoil
        self.dies_at = set(dies_at)
        self.boots: list[str] = []
        self.machine = Machine()

    def __call__(
        self, script: str, kernel: Kernel, silence: float = SILENCE
    ) -> Iterator[Record]:
        self.boots.append(script)
        yield KERNEL
        for line in script.splitlines():
            yield from self.command(line)
        yield {"end": True}

    def command(self, line: str) -> Iterator[Record]:
        verb, *rest = line.split()
        if verb == "history":
            self.machine = Machine(tracers(IN_KERNEL))
            yield {"history": rest[0]}
            if rest[0] in self.dies_at:
                raise GuestError("the guest died", "Kernel panic")
        elif verb == "state":
            record = state_record(self.machine)
            if self.spoil:
                self.spoil(record)
            yield {"state": int(rest[0]), **record}
        else:
            yield {"op": line, "errno": self.act(line)}

    def act(self, line: str) -> str | None:
        verb, *rest = line.split()
        if verb == "set":
            if "max_page_sharing" in rest:
                self.machine = Machine(tracers(IN_KERNEL), int(rest[2]))
            return None
        if verb == "start":
            self.machine.start(rest[0])
            return None
        [operation] = parse(operation_text(line)).operations
        try:
            apply(self.machine, operation)
        except Refused as refused:
            for done in half_done(self.machine, operation):
                apply(self.machine, done)
            return refused.errno
        return None


def model_kernel(
    spoil: Spoil | None = None, dies_at: Collection[str] = ()
) -> tuple[Kernel, ModelGuest]:
    """Such a guest as a kernel."""
    guest = ModelGuest(spoil, dies_at)
    return Kernel("model", Path("/nowhere"), guest), guest
