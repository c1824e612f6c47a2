"""What the copy buttons give: the history for a mail, in Python, in C, as a link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ksmlib.history.link import fragment
from ksmlib.report.text import report_text
from ksmlib.report.verdict import run
from ksmlib.repro import ReproError, c_program
from ksmlib.widgets.arguments import named_by_text
from ksmlib.widgets.messages import MessageError
from ksmlib.widgets.timeline import Timeline


@dataclass(frozen=True)
class Place:
    """What is copied: a history, and what is on show of it."""

    timeline: Timeline
    step: int
    design: str
    beside: tuple[str, ...]

    @property
    def history(self) -> str:
        """Its name, or else its text."""
        text = self.timeline.history.text
        known = named_by_text().get(text)
        return known.name if known else text


@dataclass(frozen=True)
class Copy:
    """A button, and what it copies; that raises MessageError."""

    label: str
    text: Callable[[Place], str]


def link_to(timeline: Timeline, step: int, design: str, beside: tuple[str, ...]) -> str:
    """The fragment of an address; the front end knows the rest of it."""
    at = None if step == len(timeline) else step
    return fragment(timeline.history.text, at, design, beside)


def link_text(place: Place) -> str:
    """The link to what is on show."""
    return link_to(place.timeline, place.step, place.design, place.beside)


def history_text(place: Place) -> str:
    """The history alone."""
    return place.timeline.history.text


def mail_text(place: Place) -> str:
    """What ``ksmlib run`` prints: the history, the verdicts, the state at its end."""
    if place.timeline.moment(len(place.timeline)).left_out:
        why = "too many KSM folios to walk here; the command ksmlib run does it"
        raise MessageError(why)
    return report_text(run(place.timeline.history))


def python_text(place: Place) -> str:
    """A cell that shows the same."""
    arguments = [_literal(place.history), f"step={place.step}"]
    arguments.append(f'design="{place.design}"')
    if place.beside:
        beside = ", ".join(f'"{design}"' for design in place.beside)
        arguments.append(f"beside=[{beside}]")
    call = f"HistoryBuilder({', '.join(arguments)})"
    return f"from ksmlib.widgets import HistoryBuilder\n\n{call}\n"


def c_text(place: Place) -> str:
    """What ``ksmlib repro`` prints: a program that runs it on a real kernel."""
    history = place.timeline.history
    known = named_by_text().get(history.text)
    title = f"{known.name}: {known.title}" if known else ""
    try:
        return c_program(history, title)
    except ReproError as error:
        raise MessageError(f"no C program: {error}") from None


def _literal(text: str) -> str:
    """A text as Python reads it, over several lines if it has them."""
    if "\n" not in text:
        return f'"{text}"'
    if "\\" in text or '"""' in text:
        return repr(text)
    return f'"""\\\n{text}"""'


COPIES: dict[str, Copy] = {
    "link": Copy("Link", link_text),
    "text": Copy("History", history_text),
    "mail": Copy("Mail", mail_text),
    "python": Copy("Python", python_text),
    "c": Copy("C", c_text),
}
