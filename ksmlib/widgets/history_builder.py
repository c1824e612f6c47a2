"""The widget in Jupyter: the controller behind an anywidget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import anywidget
from traitlets import Bool, Dict, Int, List, TraitError, Unicode, observe, validate

from ksmlib.site import HOME
from ksmlib.widgets.arguments import design_id, tidy
from ksmlib.widgets.controller import create
from ksmlib.widgets.page import front_end, live_html, looks, plain_text


class HistoryBuilder(anywidget.AnyWidget):
    """Build a history, step through it, see what every design makes of it.

    ``history`` is the name of a named history, or a text; ``step`` is how many
    of its operations are done, the last without; ``design`` is the one whose
    walk the picture shows. All three can be observed, set and linked.
    ``beside`` are designs to compare with it. Raises ValueError, in one
    sentence, for what is none of these.

    ``history`` reads as the tidy text of the history on show. A text with an
    error cannot be assigned; one that is typed into the editor stays there,
    and the last good history stays on show.
    """

    _esm = front_end()
    _css = looks()

    # Where a link leads: this edition of the book.
    page = Unicode(HOME).tag(sync=True)
    # The rest is the front end's: ksmlib.widgets.state.WidgetState.
    history = Unicode().tag(sync=True)
    step = Int().tag(sync=True)
    design = Unicode().tag(sync=True)
    text = Unicode(read_only=True).tag(sync=True)
    errors: List[dict[str, Any]] = List(read_only=True).tag(sync=True)
    stale = Bool(read_only=True).tag(sync=True)
    name = Unicode(read_only=True).tag(sync=True)
    title = Unicode(read_only=True).tag(sync=True)
    operations: List[dict[str, Any]] = List(read_only=True).tag(sync=True)
    link = Unicode(read_only=True).tag(sync=True)
    branches: List[dict[str, str]] = List(read_only=True).tag(sync=True)
    branch = Int(read_only=True).tag(sync=True)
    caption = Unicode(read_only=True).tag(sync=True)
    changes: List[str] = List(read_only=True).tag(sync=True)
    counts: List[str] = List(read_only=True).tag(sync=True)
    svg = Unicode(read_only=True).tag(sync=True)
    alt = Unicode(read_only=True).tag(sync=True)
    beside: List[str] = List(read_only=True).tag(sync=True)
    folio = Unicode(read_only=True).tag(sync=True)
    walks: List[dict[str, Any]] = List(read_only=True).tag(sync=True)
    walks_note = Unicode(read_only=True).tag(sync=True)
    comparison: Dict[str, Any] = Dict(read_only=True).tag(sync=True)
    watching = Bool(read_only=True).tag(sync=True)
    watch: Dict[str, Any] = Dict(read_only=True).tag(sync=True)
    can_undo = Bool(read_only=True).tag(sync=True)
    can_redo = Bool(read_only=True).tag(sync=True)
    processes: List[str] = List(read_only=True).tag(sync=True)
    fresh = Unicode(read_only=True).tag(sync=True)
    designs: List[dict[str, str]] = List(read_only=True).tag(sync=True)
    most_beside = Int(read_only=True).tag(sync=True)
    most_text = Int(read_only=True).tag(sync=True)
    most_pages = Int(read_only=True).tag(sync=True)
    names: List[dict[str, str]] = List(read_only=True).tag(sync=True)
    forms: List[dict[str, Any]] = List(read_only=True).tag(sync=True)
    copies: List[dict[str, str]] = List(read_only=True).tag(sync=True)
    hint = Unicode(read_only=True).tag(sync=True)
    error = Unicode(read_only=True).tag(sync=True)
    form_error = Unicode(read_only=True).tag(sync=True)
    said = Unicode(read_only=True).tag(sync=True)
    copied: Dict[str, str] = Dict(read_only=True).tag(sync=True)
    answered = Unicode(read_only=True).tag(sync=True)

    def __init__(
        self,
        history: str = "mremap",
        step: int | None = None,
        design: str = "full",
        beside: Iterable[str] = (),
        **kw: Any,
    ) -> None:
        self._controller = create(
            "history", history=history, step=step, design=design, beside=beside
        )
        super().__init__(**kw)
        self._take(self._controller.snapshot())
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, message: object, _buffers: object) -> None:
        self._take(self._controller.handle(message))

    def _take(self, state: dict[str, Any]) -> None:
        """Show another state, or a part of it, all at once."""
        with self.hold_sync(), self.hold_trait_notifications():
            for key, value in state.items():
                self.set_trait(key, value)

    # What is assigned in Python goes to the controller, as a message would.

    @validate("history")
    def _valid_history(self, proposal: dict[str, Any]) -> str:
        value: str = proposal["value"]
        if value == self._controller.history.text:
            return value
        try:
            return tidy(value)
        except ValueError as error:
            raise TraitError(str(error)) from None

    @validate("step")
    def _valid_step(self, proposal: dict[str, Any]) -> int:
        value: int = proposal["value"]
        return min(max(value, 0), len(self._controller.history.operations))

    @validate("design")
    def _valid_design(self, proposal: dict[str, Any]) -> str:
        try:
            return design_id(proposal["value"])
        except ValueError as error:
            raise TraitError(str(error)) from None

    @observe("history")
    def _history_assigned(self, change: dict[str, Any]) -> None:
        if change["new"] != self._controller.history.text:
            self._on_message(self, {"op": "text", "text": change["new"]}, [])

    @observe("step")
    def _step_assigned(self, change: dict[str, Any]) -> None:
        if change["new"] != self._controller.step:
            self._on_message(self, {"op": "seek", "step": change["new"]}, [])

    @observe("design")
    def _design_assigned(self, change: dict[str, Any]) -> None:
        if change["new"] != self._controller.design:
            self._on_message(self, {"op": "design", "design": change["new"]}, [])

    def __repr__(self) -> str:
        return plain_text(self._controller)

    def _repr_mimebundle_(self, **kw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """One output for all readers.

        Jupyter takes the live view, a page that was built takes the HTML, a
        terminal takes the text.
        """
        data, metadata = super()._repr_mimebundle_(**kw) or ({}, {})
        data["text/html"] = live_html(self._controller)
        data["text/plain"] = repr(self)
        return data, metadata
