"""What all parts of a picture of a state agree on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ksmlib.draw.changes import Changes
from ksmlib.draw.columns import Axis
from ksmlib.draw.measure import clipped, flowed, text_width
from ksmlib.draw.shapes import LINE, SIZE, Canvas, Label, Mark, Style, Tone, Verdict
from ksmlib.draw.view import WalkView
from ksmlib.history.state import State

#: From the edge of the picture to what is in it.
MARGIN = 8.0
#: From one word to the next, where it is not a sentence.
DOT = " \N{MIDDLE DOT} "

_SIGN = {"": "", "+": "+ ", "-": "\N{MINUS SIGN} ", "~": "~ "}
_TONE: dict[str, Tone] = {"": "normal", "+": "changed", "~": "changed", "-": "gone"}


@dataclass(frozen=True)
class Plan:
    """The state, what changed, the walks, and where everything lies across.

    ``left`` is where the columns begin; ``words`` is False where VMAs are so
    narrow that their flags are abbreviated.
    """

    state: State
    before: State | None
    changed: Changes
    walks: tuple[WalkView, ...]
    axis: Axis
    left: float
    width: float
    words: bool

    @property
    def right(self) -> float:
        return self.width - MARGIN

    def verdicts(self, process: str, page: int) -> list[Verdict]:
        """What each walk made of a PTE: found, missed, or nothing."""
        return [walk.outcome(process, page) for walk in self.walks]

    def tag(self, number: int) -> str:
        """How one of several walks is told from the others, in few letters."""
        return str(number + 1) if len(self.walks) > 1 else ""


def signed(mark: Mark, text: str) -> str:
    """``text`` after the sign of its change."""
    return _SIGN[mark] + text


def tone_of(mark: Mark) -> Tone:
    return _TONE[mark]


def short(name: str, longest: int = 8) -> str:
    """A name for a place without much room."""
    return name if len(name) <= longest else f"{name[: longest - 1]}\u2026"


def in_width(text: str, x: float, y: float, width: float, tone: Tone) -> Label:
    """A label in the middle of a box, cut to its width."""
    fitting = clipped(text, width, SIZE)
    return Label(fitting, x + width / 2, y, "middle", tone)


def paragraph(
    canvas: Canvas, text: str, x: float, right: float, tone: Tone = "normal"
) -> None:
    """Words in as many lines as they need, from ``canvas.y`` on."""
    room = right - x
    words = (clipped(word, room, SIZE) for word in text.split())
    for line in flowed(words, room, SIZE):
        canvas.labels.append(Label(line, x, canvas.y + LINE / 2, tone=tone))
        canvas.y += LINE


def heading(canvas: Canvas, text: str) -> None:
    """A line that says what follows."""
    y = canvas.y + LINE / 2
    canvas.labels.append(Label(text, MARGIN, y, tone="strong", bold=True))
    canvas.y += LINE


def ruler(canvas: Canvas, plan: Plan, what: str, files: bool) -> None:
    """The numbers of the columns; those of files only if asked for."""
    y = canvas.y + LINE / 2
    canvas.labels.append(Label(what, MARGIN, y, tone="muted"))
    axis = plan.axis
    ends = 0.0
    for (kind, number), x in zip(axis.keys, axis.left, strict=True):
        if kind and not files:
            continue
        text = f"@{number}" if kind else str(number)
        label = Label(text, x + axis.column / 2, y, "middle", "muted")
        canvas.labels.append(label)
        ends = x
    for x in axis.gaps:
        if x < ends:
            dots = Label("\N{HORIZONTAL ELLIPSIS}", x, y, "middle", "muted")
            canvas.labels.append(dots)
    canvas.y += LINE


def and_more(canvas: Canvas, plan: Plan, count: int, one: str, many: str) -> None:
    """Say how many there are that were left out, if any."""
    if count:
        text = f"\N{HORIZONTAL ELLIPSIS} and {count} more {one if count == 1 else many}"
        paragraph(canvas, text, plan.left, plan.right, "muted")


def file_of(state: State, process: str, start: int) -> str | None:
    """The file of the VMA that starts there."""
    for vma in state["processes"].get(process, {"vmas": []})["vmas"]:
        if vma["start"] == start:
            file: str | None = vma["file"]
            return file
    return None


def style_of_folio(kind: str) -> Style:
    styles: dict[str, Style] = {
        "anon": "anon", "ksm": "ksm", "file": "file", "zero": "zero",
    }  # fmt: skip
    return styles[kind]


def widest(texts: Iterable[str]) -> float:
    return max((text_width(text, SIZE) for text in texts), default=0.0)


def entry_label(entry: dict[str, Any]) -> str:
    """The VMA of a tree entry: ``A 8+2``."""
    pages = entry["last"] - entry["first"] + 1
    return f"{short(entry['process'])} {entry['start']}+{pages}"
