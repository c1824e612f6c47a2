"""What the widget says, in sentences that are ready to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ksmlib.report.text import ptes_text
from ksmlib.report.verdict import Pte

#: PTEs and changes are told in so many characters.
MAX_PTES = 160
MAX_SAID = 300


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    text = text.strip()
    end = "" if text.endswith((".", "?")) else "."
    return f"{text[:1].upper()}{text[1:]}{end}"


def shown(value: str | int) -> str:
    """A value as it may stand in a sentence: short, printable, ASCII."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**12 else "of that number"
    text = repr(value[:40]).encode("ascii", "backslashreplace").decode()
    return text if len(text) <= 40 else text[:37] + "..."


def counted(number: int, one: str, many: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{number} {one if number == 1 else many}"


def first_changes(changes: Sequence[str]) -> str:
    """The first of the changes, and how many there are besides."""
    said = ""
    for number, change in enumerate(changes):
        longer = f"{said}; {change}" if said else change
        if number and len(longer) > MAX_SAID:
            return f"{said}; and {len(changes) - number} more"
        said = longer
    return said


def some_ptes(ptes: Iterable[Pte]) -> str:
    """PTEs in few words; the last may be left out."""
    text = ptes_text(ptes)
    return text if len(text) <= MAX_PTES else text[: MAX_PTES - 4].rstrip() + " ..."
