"""What random histories beyond every bound have shown, and the last such run.

``beyond.json`` has it. It is apart from the manifest, since it proves nothing:
a promise that no random history breaks may be broken by the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from json import dumps, loads
from pathlib import Path
from typing import Any

from ksmlib.explore.promises import Promise

#: A design, and what it is held to.
Held = tuple[str, Promise]


@dataclass
class Drawn:
    """What was drawn: ``operations`` that were done, ``ptes`` of KSM folios seen."""

    histories: int = 0
    operations: int = 0
    ptes: int = 0
    #: A history for each promise that was broken, on one line.
    broken: dict[Held, str] = field(default_factory=dict)

    @property
    def by_name(self) -> dict[tuple[str, str], str]:
        """The same by the names of design and promise."""
        return {(d, promise.name): text for (d, promise), text in self.broken.items()}


@dataclass(frozen=True)
class RecordedDraw:
    """A run of ``ksmlib explore --random``: its arguments, and what came of it.

    ``broken`` has design, promise and history of each promise that was broken.
    """

    date: str
    seed: int
    arguments: str
    designs: tuple[str, ...]
    histories: int
    operations: int
    ptes: int
    broken: tuple[tuple[str, str, str], ...]

    def of(self, promise: str) -> dict[str, str]:
        """By design, the history that breaks the promise of that name."""
        return {design: text for design, name, text in self.broken if name == promise}


def _path() -> Path:
    return Path(str(files("ksmlib.explore") / "beyond.json"))


def recorded_draw() -> RecordedDraw:
    """The run on record."""
    json: dict[str, Any] = loads(_path().read_text("utf-8"))
    broken = tuple((design, promise, text) for design, promise, text in json["broken"])
    return RecordedDraw(**{**json, "designs": tuple(json["designs"]), "broken": broken})


def record_draw(
    drawn: Drawn, designs: Iterable[str], seed: int, arguments: str, date: str
) -> None:
    """Put a run on record, in place of the last."""
    broken = tuple((d, promise, text) for (d, promise), text in drawn.by_name.items())
    recorded = RecordedDraw(
        date,
        seed,
        arguments,
        tuple(designs),
        drawn.histories,
        drawn.operations,
        drawn.ptes,
        broken,
    )
    _path().write_text(dumps(asdict(recorded), indent=1) + "\n", "utf-8")
