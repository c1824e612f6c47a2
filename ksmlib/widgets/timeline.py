"""A history and what can be seen of it, at any of its steps, within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ksmlib.designs import all_designs
from ksmlib.designs.walk import ANON
from ksmlib.draw.alt import state_alt
from ksmlib.draw.svg import state_svg
from ksmlib.draw.view import WalkView, walk_view, walk_views
from ksmlib.history.diff import differences
from ksmlib.history.language import History, HistoryError, parse, split_lines
from ksmlib.history.operations import (
    Exit,
    Fork,
    Ksmd,
    Mmap,
    Mremap,
    MremapResize,
    Operation,
    ProcessOperation,
    RangeOperation,
    WalkPage,
)
from ksmlib.history.replay import Refusal, Replay, folio_to_walk
from ksmlib.history.state import State, snapshot
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.observe import mapped_at
from ksmlib.mm.types import VM_MERGEABLE, Folio, StableNode
from ksmlib.report.verdict import FolioWalk, replay_with, walk_folio

#: What the widget takes. The command takes longer histories.
MAX_TEXT = 65_536
MAX_OPERATIONS = 2_000
#: Pages that all operations together may touch; see ``_work()``.
MAX_WORK = 60_000
#: Folios that get a table, and rmap_items times VMAs their walks may take.
MAX_WALKS = 12
MAX_WALK_WORK = 8_000
#: Complaints about a text, and changes of a step, that are told one by one.
MAX_ERRORS = 20
MAX_CHANGES = 40


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


def _work(kernel: Kernel, operation: Operation) -> int:
    """How many pages an operation has to look at, at most."""
    match operation:
        case Ksmd(scans=scans):
            pages = sum(
                vma.pages
                for mm in kernel.mms.values()
                for vma in mm.vmas
                if vma.vm_flags & VM_MERGEABLE
            )
            return scans * (pages + len(kernel.mms))
        case Fork(process=name) | Exit(process=name):
            mm = kernel.mms.get(name)
            if mm is None:
                return 1
            chains = sum(1 + len(vma.anon_vma_chain) for vma in mm.vmas)
            return len(mm.page_table) + chains
        case Mremap(range=old, to=new):
            return old.pages + new.pages
        case MremapResize(range=old, pages=pages):
            return old.pages + pages
        case RangeOperation(range=pages) | Mmap(range=pages):
            return pages.pages
        case ProcessOperation() | _:
            return 1


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


class Timeline:
    """A history, replayed. Raises HistoryError if it is too large."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.designs = tuple(all_designs().values())
        self.replay: Replay = replay_with(history, self.designs)
        operations = history.operations
        if len(operations) > MAX_OPERATIONS:
            why = f"this is operation {MAX_OPERATIONS + 1}, one more than"
            self._too_large(MAX_OPERATIONS, f"{why} the widget takes")
        work = 0
        for number, operation in enumerate(operations):
            work += _work(self.replay.kernel, operation)
            if work > MAX_WORK:
                why = f"from here on the operations touch more than {MAX_WORK} pages"
                self._too_large(number, f"{why}, which is too much for the widget")
            self.replay.step()
        self.refusals = {r.step: r for r in self.replay.refusals}
        self._moment: Moment | None = None
        self._drawn: dict[tuple[str, str], tuple[str, str]] = {}

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
        before = None
        if step:
            self.replay.seek(step - 1)
            before = snapshot(self.replay.kernel)
        self.replay.seek(step)
        operation = self.replay.operation
        refusal = self.refusals.get(step)
        asked = None
        if isinstance(operation, WalkPage) and refusal is None:
            asked = folio_to_walk(self.replay.kernel, operation)
        walks, left_out = self._walks(asked)
        return Moment(
            step,
            snapshot(self.replay.kernel),
            before,
            operation,
            refusal,
            walks,
            left_out,
        )

    def _walks(self, asked: Folio | None) -> tuple[tuple[FolioWalk, ...], int]:
        """The walk asked for, then those of the KSM folios; how many are not."""
        mms = self.replay.kernel.mms.values()
        truth = mapped_at(mms)
        vmas = sum(mm.map_count for mm in mms)
        folios = [f for f in truth if f is asked or f.test_ksm]
        folios.sort(key=lambda f: (f is not asked, f.number))
        walks: list[FolioWalk] = []
        work = 0
        for folio in folios:
            work += _walk_work(folio, vmas)
            if len(walks) == MAX_WALKS or work > MAX_WALK_WORK:
                break
            walks.append(walk_folio(folio, truth[folio], self.designs))
        return tuple(walks), len(folios) - len(walks)

    def picture(self, step: int, design: str, folio: str) -> tuple[str, str]:
        """The state as SVG and in words, with a walk if there is one to show."""
        moment = self.moment(step)
        if (design, folio) not in self._drawn:
            drawn = moment.state, moment.before, self._view(moment, design, folio)
            self._drawn[design, folio] = state_svg(*drawn), state_alt(*drawn)
        return self._drawn[design, folio]

    def _view(self, moment: Moment, design: str, folio: str) -> WalkView | None:
        walk = moment.walk(folio)
        if walk is None:
            return None
        if walk.kind != "ksm":
            return walk_view(walk, ANON)
        if moment.left_out:
            return walk_view(walk, design)
        views = walk_views(self.replay, design)
        return next(view for view in views if view.folio == folio)


def _walk_work(folio: Folio, vmas: int) -> int:
    """How many VMAs a walk of the folio may visit, roughly."""
    items = len(folio.mapping.hlist) if isinstance(folio.mapping, StableNode) else 1
    return items * (1 + vmas)
