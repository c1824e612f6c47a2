"""Reading and writing histories: one operation a line, or several with ``;``.

``parse()`` reads any text, ``History.text`` is the tidy form of what it read,
and parsing that gives the same history again. Every error is one sentence
that names the line, the token and what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from textwrap import wrap
from typing import NoReturn, TypeVar, get_args

from ksmlib.history.operations import (
    Exit,
    Fork,
    Ksmd,
    Madvise,
    Mmap,
    Mprotect,
    Mremap,
    MremapResize,
    Munmap,
    Operation,
    Protection,
    Range,
    Read,
    WalkPage,
    Write,
)
from ksmlib.mm.madvise import Advice

#: Pages run from 0 to here: a window of 1 GiB.
PAGES = 1 << 18
#: A line of the tidy form is never longer.
COLUMNS = 72
#: Bounds on what is read at all.
MAX_TEXT = 4_000_000
MAX_OPERATIONS = 200_000
MAX_SCANS = 99

_COMMENT_COLUMN = 28
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,7}")
_CONTENT = re.compile(r"[A-Za-z0-9_.-]{1,16}")
_RANGE = re.compile(r"([0-9]{1,9})\+([0-9]{1,9})")
_NUMBER = re.compile(r"[0-9]{1,9}")

_Word = TypeVar("_Word", bound=str)


class HistoryError(ValueError):
    """What is wrong with a history, in one sentence.

    ``line`` and ``column`` count from 1; ``token`` is the text at fault, empty
    if something is missing.
    """

    def __init__(self, line: int, column: int, token: str, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.column = column
        self.token = token
        self.why = why


@dataclass(frozen=True)
class Line:
    """One operation, or only a comment, or an empty line.

    ``number`` is where it stood in the text it was read from; it does not
    count when lines are compared.
    """

    operation: Operation | None
    comment: str | None
    number: int

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Line):
            return NotImplemented
        return (self.operation, self.comment) == (other.operation, other.comment)

    def __hash__(self) -> int:
        return hash((self.operation, self.comment))

    @property
    def text(self) -> str:
        """The tidy form, at most ``COLUMNS`` wide."""
        code = "" if self.operation is None else str(self.operation)
        if self.comment is None:
            return code
        if code:
            code = f"{code:<{_COMMENT_COLUMN - 2}}  "
        return f"{code}# {self.comment}".rstrip()


@dataclass(frozen=True)
class History:
    """A history: what processes and ksmd did, in order."""

    lines: tuple[Line, ...]

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What was done, in order, without comments."""
        return tuple(line.operation for line in self.lines if line.operation)

    @property
    def text(self) -> str:
        """The tidy text, one operation a line, comments kept."""
        return "".join(f"{line.text}\n" for line in self.lines)

    @property
    def one_line(self) -> str:
        """The operations alone, separated by ``;``."""
        return "; ".join(str(operation) for operation in self.operations)

    def line_of(self, step: int) -> int:
        """The line number of operation ``step``, counting from 1."""
        numbers = [line.number for line in self.lines if line.operation]
        return numbers[step - 1]

    @classmethod
    def of(cls, operations: tuple[Operation, ...]) -> History:
        """A history of these operations, without comments."""
        return cls(tuple(Line(op, None, n) for n, op in enumerate(operations, start=1)))


def parse(text: str) -> History:
    """Read a history. Raises HistoryError."""
    if len(text) > MAX_TEXT:
        raise HistoryError(
            1, 1, "", f"the history is longer than {MAX_TEXT} characters"
        )
    lines: list[Line] = []
    operations = 0
    for number, raw in enumerate(split_lines(text), start=1):
        code, hash_, comment = raw.partition("#")
        parts = _statements(code, number)
        said = _clean_comment(comment) if hash_ else None
        for _ in parts:
            operations += 1
            if operations > MAX_OPERATIONS:
                why = f"the history has more than {MAX_OPERATIONS} operations"
                raise HistoryError(number, 1, "", why)
        lines.extend(Line(op, None, number) for op in parts[:-1])
        if parts:
            lines.extend(_lines(parts[-1], said, number))
        elif said is not None or not code.strip():
            lines.extend(_lines(None, said, number))
    while lines and lines[-1].operation is None and lines[-1].comment is None:
        lines.pop()
    return History(tuple(lines))


def split_lines(text: str) -> list[str]:
    """The lines of a text, whichever of the three line ends it has."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _clean_comment(comment: str) -> str:
    return "".join(c if c.isprintable() else " " for c in comment).strip()


def _lines(operation: Operation | None, comment: str | None, number: int) -> list[Line]:
    """One line; or more, with a comment too long to stand beside set above."""
    line = Line(operation, comment, number)
    if comment is None or len(line.text) <= COLUMNS:
        return [line]
    above = [Line(None, part, number) for part in wrap(comment, COLUMNS - 2)]
    return above + ([Line(operation, None, number)] if operation else [])


def _statements(code: str, number: int) -> list[Operation]:
    """The operations of one line, without its comment."""
    operations = []
    column = 1
    for statement in code.split(";"):
        tokens = [
            (match.start() + column, match.group())
            for match in re.finditer(r"\S+", statement)
        ]
        if tokens:
            operations.append(_Statement(tokens, number).operation())
        column += len(statement) + 1
    return operations


def _show(token: str) -> str:
    """A token in quotes, as it may stand in a message: short, printable, ASCII."""
    return ascii(token if len(token) <= 24 else token[:21] + "...")


class _Statement:
    """The tokens of one operation, taken from the left."""

    def __init__(self, tokens: list[tuple[int, str]], line: int) -> None:
        self.tokens = tokens
        self.line = line
        self.at = 0

    def fail(self, token: str, column: int, why: str) -> NoReturn:
        raise HistoryError(self.line, column, token, why)

    def expected(self, what: str) -> NoReturn:
        """Complain about the token at hand, or about its absence."""
        if self.at < len(self.tokens):
            column, token = self.tokens[self.at]
            self.fail(token, column, f"{_show(token)} is not {what}")
        column, token = self.tokens[-1]
        self.fail("", column + len(token), f"{what} is missing after {_show(token)}")

    def peek(self) -> str | None:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def take(self, pattern: re.Pattern[str], what: str) -> str:
        token = self.peek()
        if token is None or not pattern.fullmatch(token):
            self.expected(what)
        self.at += 1
        return token

    def number(self, what: str, low: int, high: int) -> int:
        at = self.at
        value = int(self.take(_NUMBER, f"{what} ({low} to {high})"))
        if not low <= value <= high:
            self.at = at
            self.expected(f"{what} ({low} to {high})")
        return value

    def range(self, what: str = "a range START+PAGES (such as 0+4)") -> Range:
        at = self.at
        match = _RANGE.fullmatch(self.take(_RANGE, what))
        assert match
        found = Range(int(match[1]), int(match[2]))
        self.at = at
        self.check_range(found)
        self.at += 1
        return found

    def check_range(self, found: Range) -> None:
        column, token = self.tokens[self.at]
        if found.pages == 0:
            self.fail(token, column, f"{_show(token)} has no pages")
        if found.end > PAGES:
            why = f"{_show(token)} ends beyond page {PAGES - 1}, the last there is"
            self.fail(token, column, why)

    def name(self, what: str = "a process name") -> str:
        what += " (a letter, then up to 7 letters, digits or _)"
        if self.peek() in ("ksmd", "walk"):
            self.expected(what)
        return self.take(_NAME, what)

    def word(self, what: str, words: tuple[_Word, ...]) -> _Word:
        token = self.peek()
        if token not in words:
            close = get_close_matches(token or "", words, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            self.expected(f"{what} ({', '.join(words)}){hint}")
        self.at += 1
        return words[words.index(token)]

    def end(self) -> None:
        if self.at < len(self.tokens):
            column, token = self.tokens[self.at]
            before = self.tokens[self.at - 1][1]
            end = f"the line could end after {_show(before)}"
            self.fail(token, column, f"{_show(token)} is too much: {end}")

    def operation(self) -> Operation:
        first = self.peek()
        if first == "ksmd":
            self.at += 1
            scans = 1
            if self.peek() is not None:
                scans = self.number("a number of scans", 1, MAX_SCANS)
            operation: Operation = Ksmd(scans)
        elif first == "walk":
            self.at += 1
            operation = WalkPage(self.name(), self.number("a page", 0, PAGES - 1))
        else:
            process = self.name("a process name, ksmd or walk")
            verb = self.word("an operation", tuple(_VERBS))
            operation = _VERBS[verb](self, process)
        self.end()
        return operation


def _mmap(s: _Statement, process: str) -> Operation:
    range_ = s.range()
    if s.peek() is None:
        return Mmap(process, range_)
    s.word("the keyword", ("file",))
    what = "a file and its first page NAME@PAGE (such as F@5)"
    file, _, offset = s.take(
        re.compile(rf"{_NAME.pattern}@[0-9]{{1,9}}"), what
    ).partition("@")
    s.at -= 1
    s.check_range(Range(int(offset), range_.pages))
    s.at += 1
    return Mmap(process, range_, file, int(offset))


def _mremap(s: _Statement, process: str) -> Operation:
    old = s.range("the old range START+PAGES (such as 0+2)")
    to = s.peek() or ""
    if to.startswith("+"):
        size = s.take(re.compile(r"\+[0-9]{1,9}"), "the new size +PAGES (such as +4)")
        s.at -= 1
        s.check_range(Range(old.start, int(size[1:])))
        s.at += 1
        return MremapResize(process, old, int(size[1:]))
    if _NUMBER.fullmatch(to):
        new = Range(int(to), old.pages)
        s.check_range(new)
        s.at += 1
    else:
        new = s.range("the new place: PAGE, PAGE+PAGES or +PAGES")
    dontunmap = s.peek() is not None
    if dontunmap:
        s.word("the keyword", ("dontunmap",))
    return Mremap(process, old, new, dontunmap)


def _mprotect(s: _Statement, process: str) -> Operation:
    range_ = s.range()
    protection: Protection = s.word("a protection", get_args(Protection))
    return Mprotect(process, range_, protection)


def _madvise(s: _Statement, process: str) -> Operation:
    range_ = s.range()
    advice: Advice = s.word("an advice", get_args(Advice))
    return Madvise(process, range_, advice)


def _write(s: _Statement, process: str) -> Operation:
    range_ = s.range()
    what = "a content (up to 16 letters, digits, _ . or -)"
    return Write(process, range_, s.take(_CONTENT, what))


_VERBS: dict[str, Callable[[_Statement, str], Operation]] = {
    "mmap": _mmap,
    "munmap": lambda s, process: Munmap(process, s.range()),
    "write": _write,
    "read": lambda s, process: Read(process, s.range()),
    "mprotect": _mprotect,
    "madvise": _madvise,
    "mremap": _mremap,
    "fork": lambda s, process: Fork(process, s.name("a name for the child")),
    "exit": lambda s, process: Exit(process),
}
