"""What a long run has done so far, kept so that an interrupted one goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def to_json(value: object) -> str:
    """As one line, always the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


@dataclass
class Journal:
    """A file of lines: a head that says what runs, then each result by name."""

    path: Path
    done: dict[str, Any]

    @classmethod
    def open(cls, out: Path, head: object) -> Journal:
        """Go on with what a run with the same head left, or begin.

        The file is called like ``out``, with ``.partial`` after it.
        """
        path = out.with_name(out.name + ".partial")
        first, *lines = _whole_lines(path) or [""]
        if first != to_json(head):
            first, lines = to_json(head), []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in (first, *lines)), "utf-8")
        return cls(path, dict(json.loads(line) for line in lines))

    def add(self, name: str, result: Any) -> None:
        """Keep one more result, in memory and in the file."""
        self.done[name] = result
        with self.path.open("a", encoding="utf-8") as file:
            file.write(to_json([name, result]) + "\n")

    def close(self) -> None:
        """All is done: remove the file."""
        self.path.unlink()


def _whole_lines(path: Path) -> list[str]:
    """The lines of a file; not the last one if it was cut off."""
    try:
        return path.read_text("utf-8").split("\n")[:-1]
    except FileNotFoundError:
        return []
