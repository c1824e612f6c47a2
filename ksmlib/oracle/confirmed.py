"""Which histories a kernel was seen to go through as the model does."""

from __future__ import annotations

import json
from functools import cache

from ksmlib.history import History
from ksmlib.oracle.check import compare_with_model
from ksmlib.oracle.golden import Recorded, Recording, read_recording


@cache
def recording() -> Recording:
    """The recording that comes with ksmlib, read once."""
    return read_recording()


def kernel_name() -> str:
    """What was recorded, in a few words."""
    head = recording().head
    return f"Linux {head['release']} ({head['kernel']})"


@cache
def confirmed(history: History) -> Recorded | None:
    """What the kernel did with this history, if it agrees with the model.

    None if the history was not recorded, or if they differ at any step.
    """
    # To read every line as JSON would take a second, for each page of the book.
    text = f'"text":{json.dumps(history.text)}'
    line = next((x for x in recording().lines.values() if text in x), None)
    if line is None:
        return None
    recorded = Recorded.of(line)
    return None if compare_with_model(recorded) else recorded
