"""The history in hand: its text, its replay, its branches, what can be undone."""

from __future__ import annotations

from dataclasses import replace

from ksmlib.history.language import History
from ksmlib.widgets.arguments import named_by_text, timeline_of
from ksmlib.widgets.edits import Desk, Draft, kept, only_adds
from ksmlib.widgets.forms import FormError
from ksmlib.widgets.messages import MessageError
from ksmlib.widgets.timeline import Moment, TextError, Timeline, read


def bounded(step: int | None, timeline: Timeline) -> int:
    """The step that is nearest to it, the last one without."""
    last = len(timeline)
    return last if step is None else min(max(step, 0), last)


class Editor:
    """Branches of a history, one in hand; what it holds is never changed in place.

    ``timeline`` replays the last good text of the branch in hand, ``errors``
    are those of the text in the editor. Raises ValueError for a first text
    that cannot be shown.
    """

    def __init__(self, text: str, step: int | None) -> None:
        self.timeline = timeline_of(text)
        self.errors: list[TextError] = []
        self.desk = Desk((Draft(text, text, bounded(step, self.timeline)),))
        self._undo: tuple[Desk, ...] = ()
        self._redo: tuple[Desk, ...] = ()

    @property
    def history(self) -> History:
        """The history on show."""
        return self.timeline.history

    @property
    def draft(self) -> Draft:
        return self.desk.draft

    @property
    def step(self) -> int:
        return self.desk.draft.step

    @property
    def moment(self) -> Moment:
        """What there is to see at this step."""
        return self.timeline.moment(self.step)

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    def seek(self, step: int) -> None:
        """Go to a step, or to the one that is nearest to it."""
        draft = replace(self.draft, step=bounded(step, self.timeline))
        self.desk = self.desk.changed(draft)

    def edit(self, text: str, step: int | None, remember: bool = True) -> None:
        """Another text, good or not, and a step of it: the last one without.

        An edit goes on where the last one left off, or adds to the end; any
        other changes what was, and begins a branch.
        """
        if remember:
            self._remember()
        self._redo = ()
        timeline, errors = read(text)
        if timeline is None:
            self.errors = errors
            self.desk = self.desk.changed(replace(self.draft, text=text))
        else:
            self._edited(timeline, text, step)

    def rewrite(self, text: str, step: int) -> None:
        """Another text that has to be good. Raises FormError."""
        timeline, errors = read(text)
        if timeline is None:
            raise FormError(errors[0].why)
        self._remember()
        self._edited(timeline, text, step)

    def open(self, text: str, step: int | None) -> None:
        """Another history, or a text to be mended.

        The one in hand is kept beside it, unless it has a name to find it by.
        """
        timeline, _ = read(text)
        if timeline is None:
            self.edit(text, None)
            return
        self._remember()
        draft = self.draft
        known = draft.text == draft.good and draft.good in named_by_text()
        fork = not known and not only_adds(draft.good, text)
        self._put(timeline, Draft(text, text, bounded(step, timeline)), fork)

    def _edited(self, timeline: Timeline, text: str, step: int | None) -> None:
        draft = self.draft
        step = bounded(step, timeline)
        goes_on = draft.left_off == draft.step or only_adds(draft.good, text)
        edited = Draft(text, text, step, left_off=step)
        self._put(timeline, edited, fork=not goes_on)

    def _put(self, timeline: Timeline, draft: Draft, fork: bool) -> None:
        """A good draft in hand; the one before stays beside it if it is a fork."""
        self.timeline, self.errors = timeline, []
        self.desk = self.desk.forked(draft) if fork else self.desk.changed(draft)

    def take(self, branch: int) -> None:
        """Another branch in hand. Raises IndexError if there is none such."""
        if not 0 <= branch < len(self.desk.drafts):
            raise IndexError(branch)
        if branch != self.desk.at:
            self._remember()
            self._show(replace(self.desk, at=branch))

    def undo(self) -> None:
        """Take the last change back. Raises MessageError."""
        if not self._undo:
            raise MessageError("there is nothing to undo")
        desk, self._undo = self._undo[-1], self._undo[:-1]
        self._redo = kept(self._redo, self.desk)
        self._show(desk)

    def redo(self) -> None:
        """Make a change again that was taken back. Raises MessageError."""
        if not self._redo:
            raise MessageError("there is nothing to redo")
        desk, self._redo = self._redo[-1], self._redo[:-1]
        self._undo = kept(self._undo, self.desk)
        self._show(desk)

    def _remember(self) -> None:
        self._undo = kept(self._undo, self.desk)
        self._redo = ()

    def _show(self, desk: Desk) -> None:
        draft = desk.draft
        self.timeline = timeline_of(draft.good)
        self.errors = [] if draft.text == draft.good else read(draft.text)[1]
        self.desk = desk
