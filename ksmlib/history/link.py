"""A history, a step of it and a design, as the fragment of an address.

    #h=moved&v=1.5e0c
    #h=A,mmap,0+2;A,write,0+2,x;A,mremap,0+2,8&s=2&d=address&v=1.77af

``h`` is the name of a named history or a text, with ``,`` for a space and ``;``
for a new line; what else could be misread is percent-encoded. ``s`` is the
step (without: the last), ``d`` the design (without: ``full``) and, after
commas, the designs compared with it. ``v`` is the version of the model and a
checksum of the text. It comes last, so that a link that was cut off shows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote
from zlib import crc32

from ksmlib.history.language import HistoryError, parse
from ksmlib.history.named import named_histories

#: To be raised when a history may come to another state or verdict than before.
MODEL = 1
#: Longer fragments are not read: the widget takes 65,536 characters of text,
#: and percent-encoding makes nine of one.
MAX_FRAGMENT = 600_000

START = "#h="
_FIELDS = ("h", "s", "d", "v")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_DESIGNS = re.compile(r"[a-z0-9-]{1,40}(,[a-z0-9-]{1,40}){0,15}")
_VERSION = re.compile(r"([0-9]{1,6})\.([0-9a-f]{4})")


class LinkError(ValueError):
    """What is wrong with a link, in one sentence."""


@dataclass(frozen=True)
class Link:
    """What a link holds. ``text`` is a tidy history, or else whatever was sent."""

    text: str
    step: int | None
    design: str
    beside: tuple[str, ...]
    #: A sentence to show beside the history, or nothing.
    note: str


def fragment(
    text: str, step: int | None, design: str, beside: Sequence[str] = ()
) -> str:
    """The fragment for the tidy text of a history, with its ``#``."""
    fields = [START + _encoded(text)]
    if step is not None:
        fields.append(f"s={step}")
    if design != "full" or beside:
        fields.append(f"d={','.join([design, *beside])}")
    return "&".join([*fields, f"v={MODEL}.{_checksum(text)}"])


def read_link(link: str) -> Link:
    """What the fragment of an address holds, or an address with one.

    Raises LinkError.
    """
    if len(link) > MAX_FRAGMENT:
        raise LinkError(f"the link is longer than {MAX_FRAGMENT} characters")
    _, start, rest = link.partition(START)
    if not start:
        raise LinkError("the link holds no history: #h=... is missing")
    fields = _fields(f"h={rest}")
    text, name = _decoded(fields["h"])
    text = _tidy(text)
    design, *beside = _designs(fields.get("d", "full"))
    note = _note(text, name, fields.get("v"))
    return Link(text, _step(fields.get("s")), design, tuple(beside), note)


@lru_cache(maxsize=8)
def _encoded(text: str) -> str:
    """The name of a text that has one; else the text as one line."""
    for known in named_histories().values():
        if known.history.text == text:
            return known.name
    lines = (quote(line, safe="+-._@:/ ") for line in _dense(text).split("\n"))
    return ";".join(lines).replace(" ", ",")


def _dense(text: str) -> str:
    """Without the spaces that set comments below each other, and the last end."""
    lines = []
    for line in text.rstrip("\n").split("\n"):
        code, mark, comment = line.partition("#")
        space = " " if code.strip() and mark else ""
        lines.append(code.rstrip() + space + mark + comment)
    return "\n".join(lines)


def _tidy(text: str) -> str:
    try:
        return parse(text).text
    except HistoryError:
        return text


def _decoded(value: str) -> tuple[str, str]:
    """The text that ``_encoded()`` was given, and its name or nothing."""
    known = named_histories().get(value)
    if known is not None:
        return known.history.text, known.name
    if _NAME.fullmatch(value) and value != "ksmd":
        raise LinkError(f"there is no named history {_shown(value)}")
    lines = (unquote(line.replace(",", " ")) for line in value.split(";"))
    return "\n".join(map(_spaced, lines)), ""


def _spaced(line: str) -> str:
    """A line whose commas a mail program has percent-encoded, too."""
    code, mark, comment = line.partition("#")
    return code.replace(",", " ") + mark + comment


def _fields(query: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if key not in _FIELDS:
            what = f"{_shown(key)}, which is none of {', '.join(_FIELDS)}"
            raise LinkError(f"the link has a field {what}")
        if key in fields:
            raise LinkError(f"the link has two fields {key}")
        fields[key] = value
    return fields


def _step(value: str | None) -> int | None:
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise LinkError(f"the link's step {_shown(value)} is not a number")
    return int(value)


def _designs(value: str) -> list[str]:
    value = unquote(value)
    if not _DESIGNS.fullmatch(value):
        raise LinkError(f"the link's {_shown(value)} is no list of designs")
    return value.split(",")


def _note(text: str, name: str, version: str | None) -> str:
    """What is odd about a link that can be read all the same."""
    if version is None:
        cut = "The link has no version at its end: a part of it may be missing."
        return "" if name else cut
    match = _VERSION.fullmatch(version)
    if match is None:
        raise LinkError(f"the link's version {_shown(version)} is none")
    if int(match[1]) != MODEL:
        differ = "states and verdicts may differ from what its author saw"
        return f"The link is from model {int(match[1])}, this is {MODEL}: {differ}."
    if match[2] == _checksum(text):
        return ""
    if name:
        return f"The named history {name} has changed since the link was made."
    return "The link was changed on its way: this is not what its author sent."


def _checksum(text: str) -> str:
    """Four hexadecimal digits: enough to notice an accident."""
    return f"{crc32(text.encode('utf-8', 'replace')) & 0xFFFF:04x}"


def _shown(value: str) -> str:
    """A value as it may stand in a sentence: short, printable, ASCII."""
    return ascii(value if len(value) <= 24 else value[:21] + "...")
