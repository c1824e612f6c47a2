"""Histories: the language, their replay on the model, states and differences."""

from ksmlib.history.language import History, HistoryError, parse
from ksmlib.history.replay import BASE, Refusal, Replay
from ksmlib.history.state import State, snapshot

__all__ = [
    "BASE",
    "History",
    "HistoryError",
    "Refusal",
    "Replay",
    "State",
    "parse",
    "snapshot",
]
