"""The explorations that the book speaks of, each with its recorded result.

``manifest.json`` holds them; the designs that fail are part of the result, so
a design that stops failing shows up as well as one that starts to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from json import dumps, loads
from pathlib import Path
from typing import Any

from ksmlib.explore.exploration import Exploration, age


@dataclass(frozen=True)
class Took:
    """When it was recorded and how long that took; for the reader, never compared.

    ``seconds`` are by the clock, on a machine that had other things to do;
    ``cpu`` are the seconds that the workers ran, all together.
    """

    date: str
    seconds: float
    cpu: float
    workers: int
    python: str


@dataclass(frozen=True)
class Recorded:
    """An exploration, the arguments of ``ksmlib explore`` that repeat it."""

    name: str
    title: str
    arguments: str
    #: Is it repeated by each run of the tests?
    quick: bool
    took: Took | None
    exploration: Exploration | None


def _path() -> Path:
    return Path(str(files("ksmlib.explore") / "manifest.json"))


def explorations() -> dict[str, Recorded]:
    """All of them, by name, in the order of the file."""
    entries = loads(_path().read_text("utf-8"))
    return {entry["name"]: _recorded(entry) for entry in entries}


def _recorded(entry: dict[str, Any]) -> Recorded:
    took, result = entry.get("took"), entry.get("result")
    return Recorded(
        entry["name"],
        entry["title"],
        entry["arguments"],
        entry["quick"],
        Took(**took) if took else None,
        Exploration.from_json(result) if result else None,
    )


def counterexamples() -> list[str]:
    """Every history on record that shows a design missing a PTE, the shortest first.

    Those that break a promise, and the first for each behaviour that is missed:
    all that the book shows.
    """
    found = [e.exploration for e in explorations().values() if e.exploration]
    histories = {broken.history for e in found for broken in e.broken}
    histories |= {b.history for e in found for b in e.behaviours if b.missed_by}
    return sorted(histories, key=age)


def record(name: str, exploration: Exploration, took: Took) -> None:
    """Write the result of a run into the entry of that name, which must be there."""
    entries = loads(_path().read_text("utf-8"))
    [entry] = [entry for entry in entries if entry["name"] == name]
    entry["took"] = vars(took)
    entry["result"] = exploration.json()
    _path().write_text(dumps(entries, indent=1) + "\n", "utf-8")


def differences(recorded: Exploration, now: Exploration) -> Iterator[str]:
    """What has changed, a sentence each; nothing if all is as recorded."""
    old, new = recorded.json(), now.json()
    for key in old:
        if old[key] != new[key]:
            yield from _differences(key, old[key], new[key])


def _differences(key: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, list) and isinstance(new, list):
        gone = [item for item in old if item not in new]
        come = [item for item in new if item not in old]
        for item in gone:
            yield f"{key}: no longer {_shown(item)}"
        for item in come:
            yield f"{key}: now {_shown(item)}"
        if not gone and not come:
            yield f"{key}: in another order"
    else:
        yield f"{key}: was {_shown(old)}, is {_shown(new)}"


def _shown(item: Any) -> str:
    if isinstance(item, dict):
        return ", ".join(f"{key} {_shown(value)}" for key, value in item.items())
    if isinstance(item, list):
        return " ".join(map(str, item)) or "none"
    return str(item)
