"""The widget without its looks: messages go in, what has changed comes out.

``create()`` makes a controller, ``snapshot()`` is all of its state as plain
data, ``handle()`` takes a message and gives the part of the state that has
become another. There is no Jupyter in here: a kernel and a browser's Python
run the same code, and whatever a message holds, the answer is a state.

Messages are objects with an ``op``, and may have an ``id``, which comes back
in ``answered``:

=================================  ============================================
``{op: "seek", step}``             go to just after ``step`` operations
``{op: "seek", by}``               go forward or, below 0, back
``{op: "text", text}``             the editor now holds this text
``{op: "add", form, fields}``      insert an operation after the current step
``{op: "delete", step}``           remove the operation of a step, or of this one
``{op: "undo"}, {op: "redo"}``     take back the last change, or not
``{op: "load", name}``             a named history
``{op: "design", design}``         the design whose walk the picture shows
``{op: "folio", folio}``           the folio whose walk the picture shows
=================================  ============================================
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, TypedDict

from ksmlib.designs import all_designs
from ksmlib.history.language import History, Line, split_lines
from ksmlib.history.named import NamedHistory, named_histories
from ksmlib.report.text import ptes_text
from ksmlib.report.verdict import FolioWalk, Verdict
from ksmlib.widgets.forms import FormError, forms_json, operation_of
from ksmlib.widgets.timeline import (
    MAX_ERRORS,
    MAX_OPERATIONS,
    MAX_TEXT,
    Moment,
    TextError,
    Timeline,
    read,
)

#: Changes that can be taken back, and the characters they may hold together.
MAX_UNDO = 200
MAX_UNDO_TEXT = 1_000_000
#: What is said of a failure that no history and no message should cause.
FAILED = "the model failed here"
#: PTEs and changes are told in so many characters.
MAX_PTES = 160
MAX_SAID = 300
MAX_ID = 64

HINT = (
    "One operation a line, or several with ; between them; # starts a comment. "
    f"At most {MAX_OPERATIONS:,} operations and {MAX_TEXT:,} characters."
)


#: What could be the name of a history.
_NAME = re.compile(r"[\w-]+")


class State(TypedDict):
    """What the front end knows. Every sentence in it is ready to be shown."""

    # The text in the editor, and what is wrong with it.
    text: str
    errors: list[dict[str, Any]]
    # The history on show: that of the text, or of the last text without error.
    history: str
    stale: bool
    name: str
    title: str
    operations: list[dict[str, Any]]
    step: int
    # What there is to see at this step.
    caption: str
    changes: list[str]
    svg: str
    alt: str
    design: str
    folio: str
    walks: list[dict[str, Any]]
    walks_note: str
    # What can be done.
    can_undo: bool
    can_redo: bool
    processes: list[str]
    fresh: str
    designs: list[dict[str, str]]
    names: list[dict[str, str]]
    forms: list[dict[str, Any]]
    hint: str
    # What came of the last message.
    error: str
    form_error: str
    said: str
    # The last id that came with a message.
    answered: str


class MessageError(ValueError):
    """What is wrong with a message, in one sentence."""


@dataclass(frozen=True)
class Edit:
    """What to come back to: the text, the last good one, a place in that."""

    text: str
    good: str
    step: int


class HistoryController:
    """A history in an editor, its replay, and a place in it.

    ``history`` is a text or the name of a named history. Raises ValueError,
    in one sentence, for one that cannot be shown, and for an unknown design.
    """

    def __init__(
        self,
        history: str = "mremap",
        step: int | None = None,
        design: str = "full",
    ) -> None:
        self._text = self._good = text_of(history)
        self._timeline = _timeline(self._text)
        self._errors: list[TextError] = []
        last = len(self._timeline)
        self._step = last if step is None else min(max(step, 0), last)
        self._design = design_id(design)
        self._folio = ""
        self._undo: tuple[Edit, ...] = ()
        self._redo: tuple[Edit, ...] = ()
        self._typing = False
        self._error = self._form_error = self._answered = ""
        self._said = self._where()
        self._actions: dict[str, Callable[[dict[str, object]], None]] = {
            "seek": self._on_seek,
            "text": self._on_text,
            "add": self._on_add,
            "delete": self._on_delete,
            "undo": self._on_undo,
            "redo": self._on_redo,
            "load": self._on_load,
            "design": self._on_design,
            "folio": self._on_folio,
        }
        self._state = self._see()

    # The state

    @property
    def history(self) -> History:
        """The history on show."""
        return self._timeline.history

    @property
    def step(self) -> int:
        return self._step

    @property
    def design(self) -> str:
        return self._design

    @property
    def moment(self) -> Moment:
        """What there is to see at this step."""
        return self._timeline.moment(self._step)

    def kw(self) -> dict[str, Any]:
        """What ``create()`` needs to make the like of this controller."""
        step, design = self._step, self._design
        return {"history": self._good, "step": step, "design": design}

    def snapshot(self) -> dict[str, Any]:
        """All of the state, as plain data: one key for each of ``State``."""
        return dict(self._state)

    def handle(self, message: object) -> dict[str, Any]:
        """Do what a message asks for; the keys of the state that changed."""
        if isinstance(message, dict) and isinstance(message.get("id"), str):
            self._answered = _clean(message["id"][:MAX_ID])
        was = dict(vars(self))
        self._error = self._form_error = ""
        try:
            self._dispatch(message)
            self._state = self._see()
        except Exception as error:
            # A part of what was to be done may have been done.
            vars(self).update(was)
            self._complain(error)
        before = was["_state"]
        return {key: v for key, v in self._state.items() if v != before[key]}

    def _see(self) -> dict[str, Any]:
        moment = self.moment
        folio = self._folio_on_show()
        svg, alt = self._timeline.picture(self._step, self._design, folio)
        known = _named_as().get(self.history.text)
        state: State = {
            "text": self._text,
            "errors": [
                {**asdict(error), "why": sentence(error.why)} for error in self._errors
            ],
            "history": self.history.text,
            "stale": bool(self._errors),
            "name": known.name if known else "",
            "title": known.title if known else "",
            "operations": self._operations(),
            "step": self._step,
            "caption": self._caption(),
            "changes": moment.changes,
            "svg": svg,
            "alt": alt,
            "design": self._design,
            "folio": folio,
            "walks": [_walk_json(walk) for walk in moment.walks],
            "walks_note": _walks_note(moment),
            "can_undo": bool(self._undo),
            "can_redo": bool(self._redo),
            "processes": list(moment.state["processes"]),
            "fresh": _fresh_name(self.history),
            "designs": _designs_json(),
            "names": _names_json(),
            "forms": forms_json(),
            "hint": HINT,
            "error": self._error,
            "form_error": self._form_error,
            "said": self._said,
            "answered": self._answered,
        }
        return dict(state)

    def _complain(self, error: Exception) -> None:
        """Say what is wrong; all else stays as it was."""
        why = str(error)
        if not isinstance(error, FormError | MessageError):
            why = f"{FAILED} ({type(error).__name__}); nothing has changed"
        form = isinstance(error, FormError)
        self._said = sentence(why)
        self._error = "" if form else self._said
        self._form_error = self._said if form else ""
        said = {
            "error": self._error,
            "form_error": self._form_error,
            "said": self._said,
            "answered": self._answered,
        }
        self._state = {**self._state, **said}

    def _dispatch(self, message: object) -> None:
        if not isinstance(message, dict):
            raise MessageError("a message to the widget is an object with an op")
        action = self._actions.get(_string(message, "op"))
        if action is None:
            known = ", ".join(self._actions)
            raise MessageError(f"the widget knows only the messages {known}")
        action(message)
        self._typing = message["op"] == "text"

    # What messages do

    def _on_seek(self, message: dict[str, object]) -> None:
        if "by" in message:
            step = self._step + _integer(message, "by")
        else:
            step = _integer(message, "step")
        self._seek(step)
        self._said = self._where()

    def _on_text(self, message: dict[str, object]) -> None:
        self._edit(_string(message, "text"))

    def _on_add(self, message: dict[str, object]) -> None:
        fields = message.get("fields")
        if not isinstance(fields, dict):
            raise MessageError("the fields of a form are an object")
        operation = operation_of(_string(message, "form"), fields)
        self._must_be_sound()
        added = Line(operation, None, 0)
        lines = list(self.history.lines)
        lines.insert(self._line_after(self._step), added)
        self._rewrite(lines, self._step + 1, f"added as step {self._step + 1}")

    def _on_delete(self, message: dict[str, object]) -> None:
        step = _integer(message, "step") if "step" in message else self._step
        if not 1 <= step <= len(self._timeline):
            raise MessageError(f"there is no step {shown(step)} to remove")
        self._must_be_sound()
        lines = list(self.history.lines)
        at = self._line_of(step)
        gone = lines[at]
        if gone.comment is None:
            del lines[at]
        else:
            lines[at] = replace(gone, operation=None)
        said = f"removed step {step}, {gone.operation}"
        self._rewrite(lines, self._step - (step <= self._step), said)

    def _on_undo(self, message: dict[str, object]) -> None:
        if not self._undo:
            raise MessageError("there is nothing to undo")
        edit, self._undo = self._undo[-1], self._undo[:-1]
        self._redo = _kept(self._redo, self._now())
        self._back_to(edit, "undone")

    def _on_redo(self, message: dict[str, object]) -> None:
        if not self._redo:
            raise MessageError("there is nothing to redo")
        edit, self._redo = self._redo[-1], self._redo[:-1]
        self._undo = _kept(self._undo, self._now())
        self._back_to(edit, "redone")

    def _on_load(self, message: dict[str, object]) -> None:
        name = _string(message, "name")
        known = named_histories().get(name)
        if known is None:
            raise MessageError(f"there is no named history {shown(name)}")
        self._replace(known.history.text, None)
        self._said = sentence(f"{name}: {known.title}") + f" {self._where()}"

    def _on_design(self, message: dict[str, object]) -> None:
        try:
            self._design = design_id(_string(message, "design"))
        except ValueError as error:
            raise MessageError(str(error)) from None
        self._said = self._what_the_picture_shows()

    def _on_folio(self, message: dict[str, object]) -> None:
        folio = _string(message, "folio")
        if self.moment.walk(folio) is None:
            raise MessageError(f"there is no walk of {shown(folio)} here")
        self._folio = folio
        self._said = self._what_the_picture_shows()

    # Editing

    def _edit(self, text: str) -> None:
        """Take a text from the editor, whatever it is."""
        text = _clean(text)
        if len(text) > MAX_TEXT:
            why = f"longer than the {MAX_TEXT} characters the widget takes"
            raise MessageError(f"the text is {why}; the text before it stays on show")
        if text != self._text:
            # What is typed in one go is taken back in one go, from one good
            # text to the next.
            keep = not (self._typing and self._errors)
            at_end = self._step == len(self._timeline)
            self._replace(text, None if at_end else self._step, keep)
        self._said = self._about_errors() or self._where()

    def _rewrite(self, lines: list[Line], step: int, said: str) -> None:
        """Replace the text by other lines, unless the widget cannot take them."""
        text = History(tuple(lines)).text
        _, errors = read(text)
        if errors:
            raise FormError(errors[0].why)
        self._replace(text, step)
        self._said = f"{sentence(said)} {self._where()}"

    def _replace(self, text: str, step: int | None, keep: bool = True) -> None:
        """Another text, and a step of it: the last one without."""
        now = self._now()
        if text != self._text and keep:
            self._undo = _kept(self._undo, now)
        if text != self._text:
            self._redo = ()
        self._set(text, step)

    def _now(self) -> Edit:
        return Edit(self._text, self._good, self._step)

    def _back_to(self, edit: Edit, what: str) -> None:
        if edit.good != edit.text:
            self._set(edit.good, edit.step)
        self._set(edit.text, edit.step)
        self._said = f"{sentence(what)} {self._about_errors() or self._where()}"

    def _set(self, text: str, step: int | None) -> None:
        """Hold a text, and show it if it is good."""
        timeline, errors = read(text)
        self._text, self._errors = text, errors
        if timeline is not None:
            self._timeline, self._good = timeline, text
            self._seek(len(timeline) if step is None else step)

    def _seek(self, step: int) -> None:
        self._step = min(max(step, 0), len(self._timeline))

    def _must_be_sound(self) -> None:
        """The operations on show are those of the text, or there is no editing."""
        if self._errors:
            line = self._errors[0].line
            raise FormError(f"mend line {line} of the text first, or undo")

    def _line_of(self, step: int) -> int:
        """Which of the lines of the history holds operation ``step``."""
        at = [i for i, line in enumerate(self.history.lines) if line.operation]
        return at[step - 1]

    def _line_after(self, step: int) -> int:
        """Where a line goes that is to follow operation ``step``."""
        if step < len(self._timeline):
            return self._line_of(step + 1) if step == 0 else self._line_of(step) + 1
        return len(self.history.lines)

    # Sentences

    def _operations(self) -> list[dict[str, Any]]:
        refusals = self._timeline.refusals
        lines = [line for line in self.history.lines if line.operation]
        return [
            {
                "text": str(line.operation),
                "line": line.number,
                "comment": line.comment or "",
                "errno": refusals[step].errno if step in refusals else "",
                "why": refusals[step].why if step in refusals else "",
            }
            for step, line in enumerate(lines, start=1)
        ]

    def _caption(self) -> str:
        last = len(self._timeline)
        if not last:
            return "No operation yet"
        if not self._step:
            return f"Before the first of {last} steps"
        return f"After step {self._step} of {last}: {self.moment.operation}"

    def _where(self) -> str:
        """The step and what it did, in one sentence."""
        refusal = self.moment.refusal
        if not self._step:
            return sentence(self._caption())
        if refusal is not None:
            what = f"refused, {refusal.errno}: {refusal.why}; nothing changed"
        else:
            what = _listed(self.moment.changes)
        last = len(self._timeline)
        return sentence(f"Step {self._step} of {last}, {self.moment.operation}: {what}")

    def _about_errors(self) -> str:
        if not self._errors:
            return ""
        first = self._errors[0]
        more = len(self._errors) - 1
        also = f" ({more} more)" if more else ""
        if len(self._errors) == MAX_ERRORS:
            also = " (and many more)"
        kept = "the last good history stays on show"
        return sentence(f"Line {first.line}: {first.why}{also}; {kept}")

    def _folio_on_show(self) -> str:
        walks = self.moment.walks
        if self.moment.walk(self._folio) is not None:
            return self._folio
        return walks[0].folio if walks else ""

    def _what_the_picture_shows(self) -> str:
        walk = self.moment.walk(self._folio_on_show())
        if walk is None:
            return f"Design {self._design}. {_walks_note(self.moment)}"
        verdict = _verdict_of(walk, self._design)
        outcome = _outcome(verdict, walk)
        return f"The walk of {walk.folio} by {verdict.design}: {outcome}."


REGISTRY = {"history": HistoryController}


def create(kind: str, **kw: Any) -> HistoryController:
    """A controller of some kind. Raises KeyError, TypeError or ValueError."""
    return REGISTRY[kind](**kw)


def text_of(history: str) -> str:
    """The text of a named history, or the text itself. Raises ValueError."""
    name = history.strip()
    known = named_histories()
    if name in known:
        return known[name].history.text
    if _NAME.fullmatch(name) and name != "ksmd":
        why = f"there is no named history {shown(name)}"
        raise ValueError(f"{why}; there are {', '.join(known)}")
    return _clean(history)


def tidy(history: str) -> str:
    """A name or a text as the tidy text of a history. Raises ValueError."""
    return _timeline(text_of(history)).history.text


def design_id(design: str) -> str:
    """The design, if there is one. Raises ValueError."""
    if design not in all_designs():
        known = ", ".join(all_designs())
        raise ValueError(f"there is no design {shown(design)}; there are {known}")
    return design


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


def _timeline(text: str) -> Timeline:
    timeline, errors = read(text)
    if timeline is None:
        raise ValueError(f"line {errors[0].line}: {errors[0].why}")
    return timeline


def _kept(edits: tuple[Edit, ...], edit: Edit) -> tuple[Edit, ...]:
    """One more to come back to; the oldest are forgotten."""
    kept = [*edits, edit][-MAX_UNDO:]
    while sum(len(e.text) for e in kept) > MAX_UNDO_TEXT:
        del kept[0]
    return tuple(kept)


def _clean(text: str) -> str:
    """As the editor holds it, and fit for any encoding."""
    text = "\n".join(split_lines(text))
    return text.encode("utf-8", "replace").decode("utf-8")


def _string(message: dict[str, object], key: str) -> str:
    value = message.get(key)
    if not isinstance(value, str):
        raise MessageError(f"the message has no text {key!r}")
    return value


def _integer(message: dict[str, object], key: str) -> int:
    value = message.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MessageError(f"the message has no whole number {key!r}")
    return value


@cache
def _designs_json() -> list[dict[str, str]]:
    return [{"id": d.id, "title": d.title} for d in all_designs().values()]


@cache
def _names_json() -> list[dict[str, str]]:
    return [{"name": k.name, "title": k.title} for k in named_histories().values()]


@cache
def _named_as() -> dict[str, NamedHistory]:
    """The named histories by their texts."""
    return {known.history.text: known for known in named_histories().values()}


def _fresh_name(history: History) -> str:
    """A name that no process of the history has."""
    words = set(history.one_line.replace(";", " ").split())
    letters = [chr(ord("A") + i) for i in range(26) if i != ord("F") - ord("A")]
    numbered = (f"P{n}" for n in range(len(words) + 1))
    return next(name for name in [*letters, *numbered] if name not in words)


def _listed(changes: list[str]) -> str:
    """The first of the changes, and how many there are besides."""
    said = ""
    for number, change in enumerate(changes):
        longer = f"{said}; {change}" if said else change
        if number and len(longer) > MAX_SAID:
            return f"{said}; and {len(changes) - number} more"
        said = longer
    return said


def _ptes(ptes: tuple[tuple[str, int], ...]) -> str:
    text = ptes_text(ptes)
    return text if len(text) <= MAX_PTES else text[: MAX_PTES - 4].rstrip() + " ..."


def _verdict_of(walk: FolioWalk, design: str) -> Verdict:
    """The design's verdict; of a folio that is not KSM's there is only one."""
    return walk.verdict(design) if walk.kind == "ksm" else walk.verdicts[0]


def _outcome(verdict: Verdict, walk: FolioWalk) -> str:
    if verdict.missed:
        return f"missed {_ptes(verdict.missed)}"
    return "found all" if walk.mapped else "nothing to find"


def _walk_json(walk: FolioWalk) -> dict[str, Any]:
    rows = [
        {
            "design": verdict.design,
            "outcome": _outcome(verdict, walk),
            "missed": _ptes(verdict.missed),
            "found": len(verdict.found),
            "vmas": verdict.vmas,
            "nodes": verdict.nodes,
        }
        for verdict in walk.verdicts
    ]
    kind = "KSM" if walk.kind == "ksm" else "anonymous"
    caption = f"Walk of {walk.folio}, {kind} folio of index {walk.index}"
    return {
        "folio": walk.folio,
        "caption": f"{caption}, mapped at {_ptes(walk.mapped)}",
        "of": len(walk.mapped),
        "rows": rows,
    }


def _walks_note(moment: Moment) -> str:
    """What there is to say besides the tables."""
    if moment.left_out:
        what = "KSM folio is" if moment.left_out == 1 else "KSM folios are"
        more = "more " if moment.walks else ""
        return f"{moment.left_out} {more}{what} left out: too much to walk here."
    return "" if moment.walks else "There is no KSM folio to walk at this step."
