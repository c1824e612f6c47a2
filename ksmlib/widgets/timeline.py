"""A history and what can be seen of it, at any of its steps, within bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ksmlib.designs import all_designs
from ksmlib.designs.walk import ANON
from ksmlib.draw.changes import changes
from ksmlib.draw.scene import state_scene
from ksmlib.draw.svg import scene_svg
from ksmlib.draw.tree_walk import TreeWalk, tree_walk
from ksmlib.draw.view import WalkView, view_of, walk_view
from ksmlib.history.diff import differences
from ksmlib.history.language import History, HistoryError, parse, split_lines
from ksmlib.history.operations import Operation, WalkPage
from ksmlib.history.replay import Refusal, Replay, folio_to_walk
from ksmlib.history.state import State, folio_name, snapshot
from ksmlib.mm.observe import mapped_at
from ksmlib.mm.types import Folio, Mm
from ksmlib.report.verdict import FolioWalk, replay_with, walk_folio
from ksmlib.widgets.bounds import (
    MAX_CHANGES,
    MAX_ERRORS,
    MAX_OPERATIONS,
    MAX_TEXT,
    MAX_WALK_WORK,
    MAX_WALKS,
    MAX_WORK,
    walk_work,
    work_of,
)

#: States that are kept: going back and forth needs no more.
MAX_STATES = 3


@dataclass(frozen=True)
class TextError:
    """What is wrong with one line of a text, in one sentence."""

    line: int
    column: int
    token: str
    why: str


def read(text: str) -> tuple[Timeline | None, list[TextError]]:
    """Replay a text, or tell everything that is wrong with it, line by line."""
    if len(text) > MAX_TEXT:
        why = f"the text is longer than the {MAX_TEXT} characters the widget takes"
        return None, [TextError(1, 1, "", why)]
    try:
        history = parse(text)
        return Timeline(history), []
    except HistoryError as error:
        errors = _line_errors(text) or [error]
    return None, [TextError(e.line, e.column, e.token[:40], e.why) for e in errors]


def _line_errors(text: str) -> list[HistoryError]:
    """What is wrong with each line by itself, one complaint a line."""
    errors = []
    for number, line in enumerate(split_lines(text), start=1):
        try:
            parse(line)
        except HistoryError as error:
            errors.append(HistoryError(number, error.column, error.token, error.why))
            if len(errors) == MAX_ERRORS:
                break
    return errors


@dataclass(frozen=True)
class Moment:
    """What there is to see after ``step`` operations."""

    step: int
    state: State
    before: State | None
    operation: Operation | None
    refusal: Refusal | None
    walks: tuple[FolioWalk, ...]
    #: KSM folios that got no table.
    left_out: int

    def walk(self, folio: str) -> FolioWalk | None:
        """The walk of one folio, if it was done."""
        return next((walk for walk in self.walks if walk.folio == folio), None)

    @cached_property
    def changes(self) -> list[str]:
        """What the operation changed, in words; nothing at the start."""
        if self.before is None:
            return []
        said = differences(self.before, self.state)
        more = len(said) - MAX_CHANGES
        return [*said[:MAX_CHANGES], f"and {more} more"] if more > 0 else said

    @cached_property
    def counts(self) -> list[str]:
        """How much of what the picture shows is new, changed, gone; with its sign."""
        changed = changes(self.before, self.state)
        marks = Counter(changed.marks.values())
        counted = (
            ("+", marks["+"], "new"),
            ("~", marks["~"], "changed"),
            ("\N{MINUS SIGN}", len(changed.gone), "gone"),
        )
        return [f"{sign} {number} {what}" for sign, number, what in counted if number]


class Timeline:
    """A history, replayed. Raises HistoryError if it is too large."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.designs = tuple(all_designs().values())
        self.replay: Replay = replay_with(history, self.designs)
        self._states: dict[int, State] = {}
        operations = history.operations
        if len(operations) > MAX_OPERATIONS:
            why = f"this is operation {MAX_OPERATIONS + 1}, one more than"
            self._too_large(MAX_OPERATIONS, f"{why} the widget takes")
        work = 0
        for number, operation in enumerate(operations):
            work += work_of(self.replay.kernel, operation)
            if work > MAX_WORK:
                why = f"from here on the operations touch more than {MAX_WORK} pages"
                self._too_large(number, f"{why}, which is too much for the widget")
            if number == len(operations) - 1:
                # Most often it is the end that is shown first.
                self._state(number)
            self.replay.step()
        self.refusals = {r.step: r for r in self.replay.refusals}
        self._moment: Moment | None = None
        self._walked: dict[str, tuple[Folio, list[tuple[Mm, int]]]] = {}
        self._drawn: dict[tuple[tuple[str, ...], str], tuple[str, str]] = {}

    def _too_large(self, number: int, why: str) -> None:
        raise HistoryError(self.history.line_of(number + 1), 1, "", why)

    def __len__(self) -> int:
        return len(self.replay)

    def moment(self, step: int) -> Moment:
        """What there is to see after ``step`` operations."""
        if self._moment is None or self._moment.step != step:
            self._moment = None
            self._drawn.clear()
            self._moment = self._at(step)
        return self._moment

    def _at(self, step: int) -> Moment:
        before = self._state(step - 1) if step else None
        state = self._state(step)
        self.replay.seek(step)
        operation = self.replay.operation
        refusal = self.refusals.get(step)
        asked = None
        if isinstance(operation, WalkPage) and refusal is None:
            asked = folio_to_walk(self.replay.kernel, operation)
        walks, left_out = self._walks(asked)
        return Moment(step, state, before, operation, refusal, walks, left_out)

    def _state(self, step: int) -> State:
        """The state after a step; the last few are kept."""
        if step not in self._states:
            self.replay.seek(step)
            self._states[step] = snapshot(self.replay.kernel)
            for other in list(self._states)[:-MAX_STATES]:
                del self._states[other]
        return self._states[step]

    def _walks(self, asked: Folio | None) -> tuple[tuple[FolioWalk, ...], int]:
        """The walk asked for, then those of the KSM folios; how many are not."""
        mms = self.replay.kernel.mms.values()
        truth = mapped_at(mms)
        vmas = sum(mm.map_count for mm in mms)
        folios = [f for f in truth if f is asked or f.test_ksm]
        folios.sort(key=lambda f: (f is not asked, f.number))
        walks: list[FolioWalk] = []
        self._walked = {}
        work = 0
        for folio in folios:
            work += walk_work(folio, vmas)
            if len(walks) == MAX_WALKS or work > MAX_WALK_WORK:
                break
            walks.append(walk_folio(folio, truth[folio], self.designs))
            self._walked[folio_name(folio)] = folio, truth[folio]
        return tuple(walks), len(folios) - len(walks)

    def picture(self, step: int, designs: Sequence[str], folio: str) -> tuple[str, str]:
        """The state as SVG and in words, with walks if there are any to show."""
        moment = self.moment(step)
        key = tuple(designs), folio
        if key not in self._drawn:
            views = self._views(moment, designs, folio)
            walk, beside = (views[0], views[1:]) if views else (None, [])
            scene = state_scene(moment.state, moment.before, walk, *beside)
            self._drawn[key] = scene_svg(scene, styled=False), scene.alt
        return self._drawn[key]

    def _views(
        self, moment: Moment, designs: Sequence[str], folio: str
    ) -> list[WalkView]:
        walk = moment.walk(folio)
        if walk is None:
            return []
        if walk.kind != "ksm":
            return [walk_view(walk, ANON)]
        known = all_designs()
        page, _ = self._walked[folio]
        return [view_of(page, walk.verdict(d), known[d]) for d in designs]

    def watched(self, step: int, design: str, folio: str) -> TreeWalk | None:
        """The walk of a folio, node by node, if it was walked at all."""
        walk = self.moment(step).walk(folio)
        if walk is None:
            return None
        chosen = all_designs()[design] if walk.kind == "ksm" else None
        return tree_walk(*self._walked[folio], chosen)
