"""Reading a message, which may hold anything at all."""

from __future__ import annotations

from ksmlib.history.language import split_lines

#: What a message holds, by name.
Message = dict[str, object]


class MessageError(ValueError):
    """What is wrong with a message, in one sentence."""


def string(message: Message, key: str) -> str:
    """A text of the message. Raises MessageError."""
    value = message.get(key)
    if not isinstance(value, str):
        raise MessageError(f"the message has no text {key!r}")
    return value


def integer(message: Message, key: str) -> int:
    """A whole number of the message. Raises MessageError."""
    value = message.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MessageError(f"the message has no whole number {key!r}")
    return value


def flag(message: Message, key: str) -> bool:
    """A yes or no of the message. Raises MessageError."""
    value = message.get(key)
    if not isinstance(value, bool):
        raise MessageError(f"the message has no yes or no {key!r}")
    return value


def strings(message: Message, key: str) -> list[str]:
    """A list of texts of the message. Raises MessageError."""
    value = message.get(key)
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise MessageError(f"the message has no list of texts {key!r}")
    return value


def clean(text: str) -> str:
    """A text as the editor holds it, and fit for any encoding."""
    text = "\n".join(split_lines(text))
    return text.encode("utf-8", "replace").decode("utf-8")
