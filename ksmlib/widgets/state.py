"""What the front end is shown, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, TypedDict

from ksmlib.designs import all_designs
from ksmlib.history.language import PAGES, History
from ksmlib.history.named import named_histories
from ksmlib.widgets.arguments import MAX_BESIDE, named_by_text
from ksmlib.widgets.bounds import MAX_ERRORS, MAX_OPERATIONS, MAX_TEXT
from ksmlib.widgets.compare import comparison
from ksmlib.widgets.copies import COPIES, link_to
from ksmlib.widgets.editor import Editor
from ksmlib.widgets.edits import Desk, Draft, departure, operations_of
from ksmlib.widgets.forms import forms_json
from ksmlib.widgets.sentences import counted, first_changes, sentence
from ksmlib.widgets.timeline import Moment, TextError, Timeline
from ksmlib.widgets.walks import walk_json, walk_sentence, walks_note
from ksmlib.widgets.watch import watch_json

HINT = (
    "One operation a line, or several with ; between them; # starts a comment. "
    f"At most {MAX_OPERATIONS:,} operations and {MAX_TEXT:,} characters."
)


class WidgetState(TypedDict):
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
    # The fragment of an address that leads here.
    link: str
    # The histories beside it, and which of them it is.
    branches: list[dict[str, str]]
    branch: int
    # What there is to see at this step.
    caption: str
    changes: list[str]
    counts: list[str]
    svg: str
    alt: str
    design: str
    beside: list[str]
    folio: str
    walks: list[dict[str, Any]]
    walks_note: str
    # The designs beside each other, step by step; a walk, node by node.
    comparison: dict[str, Any]
    watching: bool
    watch: dict[str, Any]
    # What can be done.
    can_undo: bool
    can_redo: bool
    processes: list[str]
    fresh: str
    designs: list[dict[str, str]]
    most_beside: int
    most_text: int
    most_pages: int
    names: list[dict[str, str]]
    forms: list[dict[str, Any]]
    copies: list[dict[str, str]]
    hint: str
    # What came of the last message.
    error: str
    form_error: str
    said: str
    copied: dict[str, str]
    # The last id that came with a message.
    answered: str


@dataclass(frozen=True)
class Choices:
    """What of a step is on show. ``folio`` may have gone meanwhile."""

    design: str
    beside: tuple[str, ...] = ()
    folio: str = ""
    watching: bool = False

    @property
    def compared(self) -> tuple[str, ...]:
        """The designs beside each other."""
        return (self.design, *self.beside)


@dataclass(frozen=True)
class Answer:
    """What came of a message."""

    said: str
    error: str = ""
    form_error: str = ""
    copied: dict[str, str] = field(default_factory=dict)


def widget_state(editor: Editor, choices: Choices) -> dict[str, Any]:
    """All of the state but what came of the last message."""
    timeline, desk, step = editor.timeline, editor.desk, editor.step
    moment = timeline.moment(step)
    folio = folio_on_show(moment, choices)
    svg, alt = timeline.picture(step, choices.compared, folio)
    history = timeline.history
    known = named_by_text().get(history.text)
    return {
        "text": desk.draft.text,
        "errors": [_error(error) for error in editor.errors],
        "history": history.text,
        "stale": bool(editor.errors),
        "name": known.name if known else "",
        "title": known.title if known else "",
        "operations": _operations(timeline),
        "step": step,
        "link": link_to(timeline, step, choices.design, choices.beside),
        "branches": [_branch(draft, desk) for draft in desk.drafts],
        "branch": desk.at,
        "caption": _caption(timeline, moment),
        "changes": moment.changes,
        "counts": moment.counts,
        "svg": svg,
        "alt": alt,
        "design": choices.design,
        "beside": list(choices.beside),
        "folio": folio,
        "walks": [walk_json(walk) for walk in moment.walks],
        "walks_note": walks_note(moment),
        "comparison": comparison(timeline, step, choices.compared),
        "watching": choices.watching,
        "watch": _watch(timeline, moment, choices),
        "can_undo": editor.can_undo,
        "can_redo": editor.can_redo,
        "processes": list(moment.state["processes"]),
        "fresh": _fresh_name(history),
        "designs": _designs_json(),
        "most_beside": MAX_BESIDE,
        "most_text": MAX_TEXT,
        "most_pages": PAGES,
        "names": _names_json(),
        "forms": forms_json(),
        "copies": _copies_json(),
        "hint": HINT,
    }


def folio_on_show(moment: Moment, choices: Choices) -> str:
    """The folio that was chosen, or else the first; none if none was walked."""
    if moment.walk(choices.folio) is not None:
        return choices.folio
    return moment.walks[0].folio if moment.walks else ""


def where(timeline: Timeline, step: int) -> str:
    """The step and what it did, in one sentence."""
    moment = timeline.moment(step)
    if not step:
        return sentence(_caption(timeline, moment))
    refusal = moment.refusal
    if refusal is not None:
        what = f"refused, {refusal.errno}: {refusal.why}; nothing changed"
    else:
        what = first_changes(moment.changes)
    return sentence(f"Step {step} of {len(timeline)}, {moment.operation}: {what}")


def about_errors(errors: list[TextError]) -> str:
    """What is wrong with the text in the editor; nothing if nothing is."""
    if not errors:
        return ""
    more = len(errors) - 1
    also = f" ({more} more)" if more else ""
    if len(errors) == MAX_ERRORS:
        also = " (and many more)"
    kept = "the last good history stays on show"
    return sentence(f"Line {errors[0].line}: {errors[0].why}{also}; {kept}")


def about_picture(moment: Moment, choices: Choices) -> str:
    """What the walks in the picture came to."""
    walk = moment.walk(folio_on_show(moment, choices))
    if walk is None:
        return f"Design {choices.design}. {walks_note(moment)}"
    designs = choices.compared if walk.kind == "ksm" else (choices.design,)
    return " ".join(walk_sentence(walk, design) for design in designs)


def _error(error: TextError) -> dict[str, Any]:
    return {**asdict(error), "why": sentence(error.why)}


def _operations(timeline: Timeline) -> list[dict[str, Any]]:
    refusals = timeline.refusals
    lines = [line for line in timeline.history.lines if line.operation]
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


def _branch(draft: Draft, desk: Desk) -> dict[str, str]:
    """A branch, and where it departs from the one in hand."""
    operations = operations_of(draft.good)
    known = named_by_text().get(draft.good)
    steps = counted(len(operations), "step", "steps")
    label = f"{known.name}, {steps}" if known else steps
    at = departure(desk.draft.good, draft.good)
    if at is None:
        return {"label": label, "differs": ""}
    if at > len(operations):
        return {"label": label, "differs": f"ends after step {len(operations)}"}
    return {"label": label, "differs": f"from step {at}: {operations[at - 1]}"}


def _caption(timeline: Timeline, moment: Moment) -> str:
    last = len(timeline)
    if not last:
        return "No operation yet"
    if not moment.step:
        return f"Before the first of {last} steps"
    return f"After step {moment.step} of {last}: {moment.operation}"


def _watch(timeline: Timeline, moment: Moment, choices: Choices) -> dict[str, Any]:
    """The walk to watch, if one is to be watched and there is one."""
    folio = folio_on_show(moment, choices)
    walk = moment.walk(folio)
    if not choices.watching or walk is None:
        return {}
    followed = timeline.watched(moment.step, choices.design, folio)
    assert followed is not None
    return watch_json(walk, choices.design, followed)


def _fresh_name(history: History) -> str:
    """A name that no process of the history has."""
    words = set(history.one_line.replace(";", " ").split())
    letters = [chr(ord("A") + i) for i in range(26) if i != ord("F") - ord("A")]
    numbered = (f"P{n}" for n in range(len(words) + 1))
    return next(name for name in [*letters, *numbered] if name not in words)


@cache
def _designs_json() -> list[dict[str, str]]:
    return [{"id": d.id, "title": d.title} for d in all_designs().values()]


@cache
def _names_json() -> list[dict[str, str]]:
    return [{"name": k.name, "title": k.title} for k in named_histories().values()]


@cache
def _copies_json() -> list[dict[str, str]]:
    return [{"what": what, "label": copy.label} for what, copy in COPIES.items()]
