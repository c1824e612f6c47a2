"""What a caller may give: a history or its name, a step, designs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from ksmlib.designs import all_designs
from ksmlib.history.named import NamedHistory, named_histories
from ksmlib.widgets.messages import clean
from ksmlib.widgets.sentences import shown
from ksmlib.widgets.timeline import Timeline, read

#: So many designs can be compared with the one on show.
MAX_BESIDE = 3

#: What could be the name of a history.
_NAME = re.compile(r"[\w-]+")


def text_of(history: str) -> str:
    """The text of a named history, or the text itself. Raises ValueError."""
    name = history.strip()
    known = named_histories()
    if name in known:
        return known[name].history.text
    if _NAME.fullmatch(name) and name != "ksmd":
        why = f"there is no named history {shown(name)}"
        raise ValueError(f"{why}; there are {', '.join(known)}")
    return clean(history)


def timeline_of(text: str) -> Timeline:
    """A text, replayed. Raises ValueError."""
    timeline, errors = read(text)
    if timeline is None:
        raise ValueError(f"line {errors[0].line}: {errors[0].why}")
    return timeline


def tidy(history: str) -> str:
    """A name or a text as the tidy text of a history. Raises ValueError."""
    return timeline_of(text_of(history)).history.text


def design_id(design: str) -> str:
    """The design, if there is one. Raises ValueError."""
    if design not in all_designs():
        known = ", ".join(all_designs())
        raise ValueError(f"there is no design {shown(design)}; there are {known}")
    return design


def designs_beside(design: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Other designs to compare ``design`` with, in order. Raises ValueError."""
    others = tuple(dict.fromkeys(design_id(i) for i in ids if i != design))
    if len(others) > MAX_BESIDE:
        why = f"at most {MAX_BESIDE + 1} designs can be compared at a time"
        raise ValueError(why)
    return others


@cache
def named_by_text() -> dict[str, NamedHistory]:
    """The named histories by their texts."""
    return {known.history.text: known for known in named_histories().values()}
