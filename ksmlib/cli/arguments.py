"""What the commands take: histories and designs, and one sentence if they are bad."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn, TypeAlias

from ksmlib.claims import Claim, claims
from ksmlib.designs import Design, designs
from ksmlib.history import History, HistoryError, parse
from ksmlib.history.language import MAX_TEXT
from ksmlib.history.link import START, LinkError, read_link
from ksmlib.history.named import named_histories

HISTORY_HELP = (
    "a named history, the id of a claim, a file, - for standard input (the"
    " default), a link that holds one, or the text itself, with ; between operations"
)


class UsageError(Exception):
    """Bad input; the message is the one sentence to print."""


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError instead of leaving the program."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; try: {self.prog} --help")


#: What ``add()`` of a command gets.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def chosen_designs(ids: str | None) -> tuple[Design, ...]:
    """The designs of ``--design``. Raises UsageError."""
    try:
        return designs(ids)
    except ValueError as error:
        raise UsageError(str(error)) from None


def read_history(argument: str) -> History:
    """What an argument stands for: a name, a claim, a file, stdin, a link, or text."""
    if argument in named_histories():
        return named_histories()[argument].history
    if argument in claims():
        return _claimed(claims()[argument])
    if START in argument:
        text = _linked(argument)
    elif argument == "-":
        text = _decode(sys.stdin.buffer.read(4 * MAX_TEXT + 1), "standard input")
    elif (path := Path(argument)) and _is_file(path):
        try:
            with path.open("rb") as file:
                text = _decode(file.read(4 * MAX_TEXT + 1), argument)
        except OSError as error:
            raise UsageError(f"cannot read {argument}: {error.strerror}") from None
    elif argument.strip() and not any(c in argument for c in " ;\n#"):
        raise UsageError(
            f"{argument[:60]!r} is neither a file nor a named history"
            f" ({', '.join(named_histories())})"
        )
    else:
        text = argument
    try:
        history = parse(text)
    except HistoryError as error:
        raise UsageError(str(error)) from None
    if not history.operations:
        raise UsageError("the history is empty: it has no operation")
    return history


def _claimed(claim: Claim) -> History:
    if claim.operations is None:
        raise UsageError(f"claim {claim.id} has no history: it is of bytes")
    return claim.operations


def _linked(link: str) -> str:
    """The text in a link; what is odd about it goes to standard error."""
    try:
        found = read_link(link)
    except LinkError as error:
        raise UsageError(str(error)) from None
    if found.note:
        print(f"ksmlib: {found.note}", file=sys.stderr)
    return found.text


def _is_file(path: Path) -> bool:
    try:  # a pipe will do: <(...) of a shell
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):  # too long or with a NUL: not a file's name
        return False


def _decode(data: bytes, where: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{where} is not UTF-8 at byte {error.start}") from None
