"""What is new, gone or changed since the state before, by the ids of boxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ksmlib.draw.shapes import Mark
from ksmlib.history.state import State


def vma_id(process: str, start: int) -> str:
    return f"vma:{process}:{start}"


def page_id(process: str, page: int) -> str:
    return f"page:{process}:{page}"


def item_id(process: str, page: int) -> str:
    return f"item:{process}:{page}"


def avc_id(anon_vma: str, process: str, start: int) -> str:
    return f"avc:{anon_vma}:{process}:{start}"


def anon_vma_id(name: str) -> str:
    return f"anon_vma:{name}"


def folio_id(name: str) -> str:
    return f"folio:{name}"


def process_id(name: str) -> str:
    return f"process:{name}"


@dataclass(frozen=True)
class Changes:
    """``marks`` by id; what is gone, by id, as it was.

    Without a state before, nothing is marked.
    """

    marks: dict[str, Mark] = field(default_factory=dict)
    gone: dict[str, Any] = field(default_factory=dict)

    def mark(self, box_id: str) -> Mark:
        return self.marks.get(box_id, "")

    def gone_of(self, prefix: str) -> dict[str, Any]:
        """What is gone of the ids that begin so, by the rest of the id."""
        return {
            key[len(prefix) :]: was
            for key, was in self.gone.items()
            if key.startswith(prefix)
        }


def changes(before: State | None, after: State) -> Changes:
    """Compare two states."""
    if before is None:
        return Changes()
    old, new = _things(before), _things(after)
    marks: dict[str, Mark] = {}
    for key, thing in new.items():
        if key not in old:
            marks[key] = "+"
        elif old[key] != thing:
            marks[key] = "~"
    gone = {key: thing for key, thing in old.items() if key not in new}
    for name, anon_vma in after["anon_vmas"].items():
        was = before["anon_vmas"].get(name, {"tree": []})
        marks.update(_tree_marks(name, was["tree"], anon_vma["tree"]))
    return Changes(marks, gone)


def _things(state: State) -> dict[str, Any]:
    """All that is compared, by id; the trees are not, their order may change."""
    things: dict[str, Any] = {}
    for name, process in state["processes"].items():
        things[process_id(name)] = True
        for vma in process["vmas"]:
            things[vma_id(name, vma["start"])] = vma
        for page, pte in process["pages"].items():
            things[page_id(name, int(page))] = pte
    for name, anon_vma in state["anon_vmas"].items():
        facts = {key: value for key, value in anon_vma.items() if key != "tree"}
        things[anon_vma_id(name)] = facts
    for name, folio in state["folios"].items():
        facts = {key: value for key, value in folio.items() if key != "mapped"}
        things[folio_id(name)] = facts
    for item in state["rmap_items"]:
        things[item_id(item["process"], item["page"])] = item
    return things


def _tree_marks(
    name: str, old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]
) -> dict[str, Mark]:
    """Entries that are in both are unmarked, the others new or changed."""
    before = {_entry(entry) for entry in old}
    after = {_entry(entry) for entry in new}
    left = Counter(_filed(entry) for entry in old if _entry(entry) not in after)
    marks: dict[str, Mark] = {}
    for entry in new:
        if _entry(entry) not in before:
            key = avc_id(name, entry["process"], entry["start"])
            marks[key] = "~" if left[_filed(entry)] > 0 else "+"
            left[_filed(entry)] -= 1
    return marks


def _entry(entry: dict[str, Any]) -> tuple[Any, ...]:
    return entry["process"], entry["start"], entry["first"], entry["last"]


def _filed(entry: dict[str, Any]) -> tuple[Any, ...]:
    return entry["process"], entry["first"]
