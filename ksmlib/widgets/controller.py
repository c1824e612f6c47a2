"""The widget without its looks: messages go in, what has changed comes out.

``create()`` makes a controller, ``snapshot()`` is all of its state as plain
data (``ksmlib.widgets.state``), ``handle()`` takes a message and gives the
part of the state that has become another. There is no Jupyter in here: a
kernel and a browser's Python run the same code, and whatever a message holds,
the answer is a state.

Messages are objects with an ``op``, and may have an ``id``, which comes back
in ``answered``:

=====================================  ========================================
``{op: "seek", step}``                 go to just after ``step`` operations
``{op: "seek", by}``                   go forward or, below 0, back
``{op: "text", text}``                 the editor now holds this text
``{op: "add", form, fields}``          insert an operation after the current step
``{op: "delete", step}``               remove the operation of a step, or of this
``{op: "undo"}, {op: "redo"}``         take back the last change, or not
``{op: "load", name}``                 a named history
``{op: "open", link}``                 what the fragment of an address holds
``{op: "branch", branch}``             another of the histories beside each other
``{op: "design", design}``             the design whose walk the picture shows
``{op: "beside", designs}``            designs to compare with it
``{op: "folio", folio}``               the folio whose walk the picture shows
``{op: "watch", on}``                  whether that walk is to be watched
``{op: "copy", what}``                 a text to copy, given in ``copied``
=====================================  ========================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from typing import Any

from ksmlib.designs import all_designs
from ksmlib.history.language import History
from ksmlib.history.link import read_link
from ksmlib.history.named import named_histories
from ksmlib.widgets.arguments import design_id, designs_beside, text_of
from ksmlib.widgets.bounds import MAX_TEXT
from ksmlib.widgets.copies import COPIES, Place
from ksmlib.widgets.editor import Editor
from ksmlib.widgets.edits import with_added, with_removed
from ksmlib.widgets.forms import FormError, operation_of
from ksmlib.widgets.messages import (
    Message,
    MessageError,
    clean,
    flag,
    integer,
    string,
    strings,
)
from ksmlib.widgets.sentences import sentence, shown
from ksmlib.widgets.state import (
    Answer,
    Choices,
    about_errors,
    about_picture,
    where,
    widget_state,
)
from ksmlib.widgets.timeline import Moment

#: What is said of a failure that no history and no message should cause.
FAILED = "the model failed here"
MAX_ID = 64


class HistoryController:
    """A history in an editor, its replay, and what of it is on show.

    ``history`` is a text or the name of a named history, ``beside`` are designs
    to compare with ``design``. Raises ValueError, in one sentence, for what
    cannot be shown.
    """

    def __init__(
        self,
        history: str = "mremap",
        step: int | None = None,
        design: str = "full",
        beside: Iterable[str] = (),
    ) -> None:
        self._editor = Editor(text_of(history), step)
        self._choices = Choices(design_id(design), designs_beside(design, beside))
        self._typing = False
        self._answered = ""
        self._answer = Answer(self._where())
        self._state = self._see()

    @property
    def history(self) -> History:
        """The history on show."""
        return self._editor.history

    @property
    def step(self) -> int:
        return self._editor.step

    @property
    def design(self) -> str:
        return self._choices.design

    @property
    def moment(self) -> Moment:
        """What there is to see at this step."""
        return self._editor.moment

    def kw(self) -> dict[str, Any]:
        """What ``create()`` needs to make the like of this controller."""
        return {
            "history": self._editor.draft.good,
            "step": self.step,
            "design": self.design,
            "beside": list(self._choices.beside),
        }

    def snapshot(self) -> dict[str, Any]:
        """All of the state, as plain data: one key for each of ``WidgetState``."""
        return dict(self._state)

    def handle(self, message: object) -> dict[str, Any]:
        """Do what a message asks for; the keys of the state that changed."""
        if isinstance(message, dict) and isinstance(message.get("id"), str):
            self._answered = clean(message["id"][:MAX_ID])
        was = {**vars(self), "_editor": copy(self._editor)}
        try:
            self._dispatch(message)
            self._state = self._see()
        except Exception as error:
            # A part of what was to be done may have been done.
            vars(self).update(was)
            self._answer = _complaint(error)
            self._state = {**self._state, **self._outcome()}
        before = was["_state"]
        return {key: v for key, v in self._state.items() if v != before[key]}

    def _see(self) -> dict[str, Any]:
        return {**widget_state(self._editor, self._choices), **self._outcome()}

    def _outcome(self) -> dict[str, Any]:
        answer = self._answer
        return {
            "error": answer.error,
            "form_error": answer.form_error,
            "said": answer.said,
            "copied": answer.copied,
            "answered": self._answered,
        }

    def _dispatch(self, message: object) -> None:
        if not isinstance(message, dict):
            raise MessageError("a message to the widget is an object with an op")
        action = _ACTIONS.get(string(message, "op"))
        if action is None:
            known = ", ".join(_ACTIONS)
            raise MessageError(f"the widget knows only the messages {known}")
        said = action(self, message)
        self._answer = said if isinstance(said, Answer) else Answer(said)
        self._typing = message["op"] == "text"

    # Looking about: each message gives back what is to be said

    def _on_seek(self, message: Message) -> str:
        if "by" in message:
            self._editor.seek(self.step + integer(message, "by"))
        else:
            self._editor.seek(integer(message, "step"))
        return self._where()

    def _on_design(self, message: Message) -> str:
        was = self._choices
        try:
            design = design_id(string(message, "design"))
        except ValueError as error:
            raise MessageError(str(error)) from None
        # One of those compared changes places with the one on show.
        beside = tuple(was.design if d == design else d for d in was.beside)
        self._choices = replace(was, design=design, beside=beside)
        return about_picture(self.moment, self._choices)

    def _on_beside(self, message: Message) -> str:
        try:
            beside = designs_beside(self.design, strings(message, "designs"))
        except ValueError as error:
            raise MessageError(str(error)) from None
        self._choices = replace(self._choices, beside=beside)
        return about_picture(self.moment, self._choices)

    def _on_folio(self, message: Message) -> str:
        folio = string(message, "folio")
        if self.moment.walk(folio) is None:
            raise MessageError(f"there is no walk of {shown(folio)} here")
        self._choices = replace(self._choices, folio=folio)
        return about_picture(self.moment, self._choices)

    def _on_watch(self, message: Message) -> str:
        self._choices = replace(self._choices, watching=flag(message, "on"))
        return about_picture(self.moment, self._choices)

    def _on_copy(self, message: Message) -> Answer:
        what = string(message, "what")
        if what not in COPIES:
            known = ", ".join(COPIES)
            raise MessageError(f"there is no {shown(what)} to copy; there are {known}")
        choices = self._choices
        place = Place(self._editor.timeline, self.step, choices.design, choices.beside)
        copied = {"what": what, "text": COPIES[what].text(place)}
        return Answer(f"{COPIES[what].label} to copy.", copied=copied)

    # Editing

    def _on_text(self, message: Message) -> str:
        text = _short(clean(string(message, "text")))
        editor = self._editor
        if text != editor.draft.text:
            # What is typed in one go is taken back in one go, from one good
            # text to the next.
            remember = not (self._typing and editor.errors)
            at_end = editor.step == len(editor.timeline)
            editor.edit(text, None if at_end else editor.step, remember)
        return about_errors(editor.errors) or self._where()

    def _on_add(self, message: Message) -> str:
        fields = message.get("fields")
        if not isinstance(fields, dict):
            raise MessageError("the fields of a form are an object")
        operation = operation_of(string(message, "form"), fields)
        self._must_be_sound()
        step = self.step + 1
        text = with_added(self.history, self.step, operation)
        self._editor.rewrite(text, step)
        return f"Added as step {step}. {self._where()}"

    def _on_delete(self, message: Message) -> str:
        step = integer(message, "step") if "step" in message else self.step
        if not 1 <= step <= len(self._editor.timeline):
            raise MessageError(f"there is no step {shown(step)} to remove")
        self._must_be_sound()
        gone = self.history.operations[step - 1]
        here = self.step - (step <= self.step)
        self._editor.rewrite(with_removed(self.history, step), here)
        return f"Removed step {step}, {gone}. {self._where()}"

    def _on_load(self, message: Message) -> str:
        name = string(message, "name")
        known = named_histories().get(name)
        if known is None:
            raise MessageError(f"there is no named history {shown(name)}")
        self._editor.open(known.history.text, None)
        return f"{sentence(f'{name}: {known.title}')} {self._where()}"

    def _on_open(self, message: Message) -> Answer:
        try:
            link = read_link(string(message, "link"))
            for design in (link.design, *link.beside):
                _must_be_known(design)
            beside = designs_beside(link.design, link.beside)
        except ValueError as error:
            raise MessageError(str(error)) from None
        self._editor.open(_short(clean(link.text)), link.step)
        self._choices = Choices(link.design, beside)
        return Answer(f"{link.note} {self._as_left()}".strip(), error=link.note)

    def _on_branch(self, message: Message) -> str:
        branch = integer(message, "branch")
        try:
            self._editor.take(branch)
        except IndexError:
            raise MessageError(f"there is no branch {shown(branch)}") from None
        return f"Branch {branch + 1}. {self._as_left()}"

    def _on_undo(self, message: Message) -> str:
        self._editor.undo()
        return f"Undone. {self._as_left()}"

    def _on_redo(self, message: Message) -> str:
        self._editor.redo()
        return f"Redone. {self._as_left()}"

    def _must_be_sound(self) -> None:
        """The operations on show are those of the text, or there is no editing."""
        if self._editor.errors:
            line = self._editor.errors[0].line
            raise FormError(f"mend line {line} of the text first, or undo")

    def _where(self) -> str:
        return where(self._editor.timeline, self.step)

    def _as_left(self) -> str:
        """What there is to say of a draft that is shown again."""
        return about_errors(self._editor.errors) or self._where()


_ACTIONS: dict[str, Callable[[HistoryController, Message], str | Answer]] = {
    "seek": HistoryController._on_seek,
    "text": HistoryController._on_text,
    "add": HistoryController._on_add,
    "delete": HistoryController._on_delete,
    "undo": HistoryController._on_undo,
    "redo": HistoryController._on_redo,
    "load": HistoryController._on_load,
    "open": HistoryController._on_open,
    "branch": HistoryController._on_branch,
    "design": HistoryController._on_design,
    "beside": HistoryController._on_beside,
    "folio": HistoryController._on_folio,
    "watch": HistoryController._on_watch,
    "copy": HistoryController._on_copy,
}


def _must_be_known(design: str) -> None:
    """Raises MessageError, without a list: who follows a link did not write it."""
    if design not in all_designs():
        why = "the link is from another edition of the book, or broken"
        raise MessageError(f"there is no design {shown(design)}: {why}")


def _short(text: str) -> str:
    """A text, if it is not too long. Raises MessageError."""
    if len(text) > MAX_TEXT:
        why = f"longer than the {MAX_TEXT} characters the widget takes"
        raise MessageError(f"the text is {why}; the text before it stays on show")
    return text


def _complaint(error: Exception) -> Answer:
    """Say what is wrong; all else stays as it was."""
    why = str(error)
    if not isinstance(error, FormError | MessageError):
        why = f"{FAILED} ({type(error).__name__}); nothing has changed"
    said = sentence(why)
    if isinstance(error, FormError):
        return Answer(said, form_error=said)
    return Answer(said, error=said)


REGISTRY = {"history": HistoryController}


def create(kind: str, **kw: Any) -> HistoryController:
    """A controller of some kind. Raises KeyError, TypeError or ValueError."""
    return REGISTRY[kind](**kw)
