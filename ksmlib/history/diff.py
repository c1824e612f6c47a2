"""What differs between two states, in words."""

from __future__ import annotations

from typing import Any

from ksmlib.history.pages import pages_text
from ksmlib.history.state import State


def _vma(vma: dict[str, Any]) -> str:
    return f"{vma['start']}+{vma['pages']}"


def _index(folio: dict[str, Any]) -> str:
    return f"index {folio['index']}"


def _process_differences(
    name: str, before: dict[str, Any], after: dict[str, Any]
) -> list[str]:
    said: list[str] = []
    old = {_vma(vma): vma for vma in before["vmas"]}
    new = {_vma(vma): vma for vma in after["vmas"]}
    gone = [key for key in old if key not in new]
    come = [key for key in new if key not in old]
    if gone and come:
        said.append(f"{name}: VMA {', '.join(gone)} became {', '.join(come)}")
    elif gone:
        said.append(f"{name}: VMA {', '.join(gone)} is gone")
    elif come:
        said.append(f"{name}: new VMA {', '.join(come)}")
    for key, vma in new.items():
        said += _vma_differences(f"{name} {key}", old.get(key), vma)
    return said + _page_differences(name, before["pages"], after["pages"])


def _vma_differences(
    where: str, before: dict[str, Any] | None, after: dict[str, Any]
) -> list[str]:
    if before is None:
        return (
            []
            if after["anon_vma"] is None
            else [f"{where}: pgoff {after['vm_pgoff']}, {after['anon_vma']}"]
        )
    said: list[str] = []
    for key, what in (("vm_pgoff", "pgoff"), ("prot", "protection")):
        if before[key] != after[key]:
            said.append(f"{where}: {what} {before[key]} -> {after[key]}")
    for key in ("mergeable", "dontfork"):
        if before[key] != after[key]:
            said.append(f"{where}: now {'' if after[key] else 'not '}{key}")
    if before["file"] != after["file"]:
        was, now = before["file"] or "none", after["file"] or "none"
        said.append(f"{where}: file {was} -> {now}")
    if before["anon_vma"] != after["anon_vma"]:
        was, now = before["anon_vma"] or "none", after["anon_vma"] or "none"
        said.append(f"{where}: anon_vma {was} -> {now}")
    return said


def _page_differences(
    name: str, before: dict[str, Any], after: dict[str, Any]
) -> list[str]:
    changes: dict[str, list[int]] = {}
    for page in {**before, **after}:
        was, now = before.get(page), after.get(page)
        if was == now:
            continue
        if now is None:
            what = "unmapped"
        elif was is None:
            what = f"maps {now['folio']} ({now['content']})"
        elif was["folio"] == now["folio"]:
            what = f"{now['folio']} now holds {now['content']}"
        else:
            what = f"{was['folio']} -> {now['folio']} ({now['content']})"
        changes.setdefault(what, []).append(int(page))
    return [f"{name}:{pages_text(pages)}: {what}" for what, pages in changes.items()]


def _folio_differences(before: State, after: State) -> list[str]:
    said: list[str] = []
    for name, folio in after["folios"].items():
        was = before["folios"].get(name)
        if was is None:
            continue
        if was["kind"] != folio["kind"]:
            said.append(
                f"{name} became a {folio['kind'].upper()} folio, {_index(folio)}"
            )
        elif was["anon_vma"] != folio["anon_vma"]:
            said.append(f"{name} moved from {was['anon_vma']} to {folio['anon_vma']}")
    return said


def _item_differences(before: State, after: State) -> list[str]:
    def items(state: State) -> dict[tuple[str, int], tuple[str | None, str]]:
        return {
            (i["process"], i["page"]): (i["folio"], i["anon_vma"])
            for i in state["rmap_items"]
        }

    old, new = items(before), items(after)
    said: list[str] = []
    for (process, page), (folio, anon_vma) in new.items():
        if old.get((process, page)) == (folio, anon_vma):
            continue
        held = f"on {folio}" if folio else "of a folio that is gone"
        said.append(f"rmap_item {process}:{page} {held}, {anon_vma}")
    said += [f"rmap_item {p}:{page} dropped" for p, page in old if (p, page) not in new]
    return said


def differences(before: State, after: State) -> list[str]:
    """One line for each thing that changed; a line if nothing did."""
    said: list[str] = []
    for name in before["processes"]:
        if name not in after["processes"]:
            said.append(f"{name} has exited")
    for name, process in after["processes"].items():
        if name not in before["processes"]:
            said.append(f"{name} starts")
        nothing: dict[str, Any] = {"vmas": [], "pages": {}}
        was = before["processes"].get(name, nothing)
        said += _process_differences(name, was, process)
    for name, anon_vma in after["anon_vmas"].items():
        if name not in before["anon_vmas"]:
            parent = anon_vma["parent"]
            of = f", child of {parent}" if parent != name else ""
            said.append(f"new {name}{of}")
    said += [
        f"{name} is freed"
        for name in before["anon_vmas"]
        if name not in after["anon_vmas"]
    ]
    said += _folio_differences(before, after)
    said += _item_differences(before, after)
    return said or ["nothing changed"]
