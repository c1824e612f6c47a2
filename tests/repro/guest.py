"""A guest that runs no program: it prints what the model says of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ksmlib.designs import designs
from ksmlib.history import History
from ksmlib.history.named import named
from ksmlib.oracle.boot import SILENCE, GuestError, Kernel, Record
from ksmlib.report import run
from ksmlib.report.text import ptes_text
from ksmlib.repro.named import with_program
from ksmlib.repro.program import program_hash


def tap_of(history: History, design: str, lucky: bool = False) -> list[str]:
    """What a program prints on two nodes; if lucky, pages go that should stay."""
    lines = [
        "ok 1 - every step ends as in the model",
        "ok 2 - what is merged is as in the model",
    ]
    for walk in run(history, designs(design)).walks:
        [verdict] = walk.verdicts
        missed = set() if lucky else set(verdict.missed)
        page, verb = ptes_text(walk.mapped), "not ok" if missed else "ok"
        number = len([line for line in lines if "ok" in line])
        lines += [
            f"{verb} {number + 1} - move_pages() of {page}",
            f"ok {number + 2} - soft offlining of {page} # SKIP not asked for",
            f"{verb} {number + 3} - reclaim of {page}",
        ]
        lines += [
            f"# {pte[0]}:{pte[1]} {'not ' if pte in missed else ''}reached"
            for pte in walk.mapped
        ]
    return ["TAP version 13", f"1..{len(lines)}", *lines]


class Guest:
    """A ``RunScript``. ``ran`` is what it was asked to run; dies after ``most``."""

    def __init__(self, known: list[str], lucky: bool = False, most: int = 99) -> None:
        self.known, self.lucky, self.most = known, lucky, most
        self.ran: list[str] = []

    def __call__(
        self, script: str, kernel: Kernel, silence: float = SILENCE
    ) -> Iterator[Record]:
        yield {
            "kernel": {"release": "6.12.0-model", "designs": self.known, "sizes": {}}
        }
        for line in script.splitlines():
            program, design = line.split()
            [name] = [n for n in with_program() if program_hash(named(n)) == program]
            assert f"program-{program}" in kernel.files
            if len(self.ran) == self.most:
                raise GuestError("the guest died", "Kernel panic")
            self.ran.append(f"{name} {design}")
            followed = "full" if design == "-" else design
            tap = tap_of(named(name), followed, self.lucky)
            yield {"history": line}
            yield from ({"tap": one} for one in tap)
            status = int(any(one.startswith("not ok") for one in tap))
            yield {"program": {"status": status, "kept": True}}
        yield {"end": True}


def kernel(guest: Guest) -> Kernel:
    return Kernel("model", Path("/nowhere"), guest)
