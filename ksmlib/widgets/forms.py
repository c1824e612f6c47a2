"""Building an operation from the fields of a form.

A form is data: the front end draws its fields, whatever they are. What was
filled in becomes a line of the history language, and only that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal, get_args

from ksmlib.history.language import MAX_SCANS, PAGES, HistoryError, parse
from ksmlib.history.operations import Operation, Protection
from ksmlib.mm.madvise import Advice

#: How a field is shown. ``process`` offers the processes that run; ``starter``
#: offers a new one, too; ``child`` suggests a free name.
Kind = Literal["process", "starter", "child", "number", "word", "choice", "check"]

_WORD = re.compile(r"[^\s;#]+")


class FormError(ValueError):
    """What is wrong with a form, in one sentence."""


@dataclass(frozen=True)
class Field:
    """One field. ``before`` stands before its value in the text."""

    name: str
    label: str
    kind: Kind
    default: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False
    low: int = 0
    high: int = PAGES
    before: str = ""

    def text(self, value: object) -> str:
        """What a value adds to the line. Raises FormError."""
        if self.kind == "check":
            if not isinstance(value, bool | None):
                raise FormError(f"{self.label} is either ticked or not")
            return self.before if value else ""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value) if abs(value) < 10**9 else "a very long number"
        if value is None or value == "":
            if self.optional:
                return ""
            raise FormError(f"{self.label} is missing")
        if not isinstance(value, str) or not _WORD.fullmatch(value):
            raise FormError(f"{self.label} has to be one word or number")
        return self.before + value


@dataclass(frozen=True)
class Form:
    """One way to say an operation; ``line`` is filled with its fields."""

    name: str
    label: str
    line: str
    fields: tuple[Field, ...]


_PROCESS = Field("process", "Process", "process")
_START = Field("start", "First page", "number", "0", high=PAGES - 1)
_PAGES = Field("pages", "Pages", "number", "2", low=1)
_AT = (_PROCESS, _START, _PAGES)
_NEW = Field("new_pages", "New number of pages", "number", "4", low=1)

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form(
            "mmap",
            "mmap, anonymous",
            "{process} mmap {start}+{pages}",
            (Field("process", "Process", "starter"), _START, _PAGES),
        ),
        Form(
            "mmap-file",
            "mmap, private file",
            "{process} mmap {start}+{pages} file {file}@{offset}",
            (
                Field("process", "Process", "starter"),
                _START,
                _PAGES,
                Field("file", "File", "word", "F"),
                Field("offset", "From its page", "number", "5", high=PAGES - 1),
            ),
        ),
        Form(
            "write",
            "write",
            "{process} write {start}+{pages} {content}",
            (*_AT, Field("content", "Content", "word", "x")),
        ),
        Form("read", "read", "{process} read {start}+{pages}", _AT),
        Form(
            "mremap",
            "mremap, move",
            "{process} mremap {start}+{pages} {to}{new_pages} {dontunmap}",
            (
                *_AT,
                Field("to", "To page", "number", "8", high=PAGES - 1),
                Field(
                    "new_pages",
                    "New number of pages, if other",
                    "number",
                    optional=True,
                    low=1,
                    before="+",
                ),
                Field("dontunmap", "dontunmap", "check", before="dontunmap"),
            ),
        ),
        Form(
            "mremap-resize",
            "mremap, resize in place",
            "{process} mremap {start}+{pages} +{new_pages}",
            (*_AT, _NEW),
        ),
        Form("munmap", "munmap", "{process} munmap {start}+{pages}", _AT),
        Form(
            "mprotect",
            "mprotect",
            "{process} mprotect {start}+{pages} {protection}",
            (
                *_AT,
                Field(
                    "protection",
                    "Protection",
                    "choice",
                    "ro",
                    choices=get_args(Protection),
                ),
            ),
        ),
        Form(
            "madvise",
            "madvise",
            "{process} madvise {start}+{pages} {advice}",
            (
                *_AT,
                Field(
                    "advice", "Advice", "choice", "mergeable", choices=get_args(Advice)
                ),
            ),
        ),
        Form(
            "fork",
            "fork",
            "{process} fork {child}",
            (_PROCESS, Field("child", "Name of the child", "child")),
        ),
        Form("exit", "exit", "{process} exit", (_PROCESS,)),
        Form(
            "ksmd",
            "ksmd, full scans",
            "ksmd {scans}",
            (Field("scans", "Scans", "number", "2", low=1, high=MAX_SCANS),),
        ),
        Form(
            "walk",
            "walk, of the folio at a page",
            "walk {process} {page}",
            (_PROCESS, Field("page", "Page", "number", "0", high=PAGES - 1)),
        ),
    )
}


@cache
def forms_json() -> list[dict[str, Any]]:
    """The forms, as plain data."""
    return [
        {
            "name": form.name,
            "label": form.label,
            "fields": [
                {**asdict(field), "choices": list(field.choices)}
                for field in form.fields
            ],
        }
        for form in FORMS.values()
    ]


def operation_of(name: str, values: Mapping[str, object]) -> Operation:
    """The operation that a filled form describes. Raises FormError."""
    form = FORMS.get(name)
    if form is None:
        raise FormError(f"there is no such form; there are {', '.join(FORMS)}")
    said = {field.name: field.text(values.get(field.name)) for field in form.fields}
    try:
        [operation] = parse(form.line.format_map(said)).operations
    except HistoryError as error:
        raise FormError(error.why) from None
    return operation
