"""The histories that have a name: one text file each in ``named/``.

A file starts with comments: the title, then where the history comes from.
The rest is the history, as anybody could type it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ksmlib.history.language import History, Line, parse


@dataclass(frozen=True)
class NamedHistory:
    name: str
    title: str
    source: str
    history: History


def _read(name: str, text: str) -> NamedHistory:
    lines = list(parse(text).lines)
    head: list[str] = []
    while lines and lines[0].operation is None:
        head.append(lines.pop(0).comment or "")
    body = tuple(Line(x.operation, x.comment, n) for n, x in enumerate(lines, start=1))
    return NamedHistory(name, head[0], " ".join(head[1:]).strip(), History(body))


@cache
def named_histories() -> dict[str, NamedHistory]:
    """Every named history, by name, in alphabetical order."""
    folder = files("ksmlib.history") / "named"
    found = sorted(f.name for f in folder.iterdir() if f.name.endswith(".txt"))
    return {
        name[:-4]: _read(name[:-4], (folder / name).read_text("utf-8"))
        for name in found
    }


def named(name: str) -> History:
    """The history of that name. Raises KeyError."""
    return named_histories()[name].history
