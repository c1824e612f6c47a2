"""States compared up to renaming: what a model and a kernel must agree on."""

from __future__ import annotations

from typing import Any


def canonical(state: dict[str, Any]) -> dict[str, Any]:
    """A state of ``run --json`` with anon_vmas renamed by order of first sight.

    Contents and the numbers of folios are left out: a kernel has no names for
    them. A parent that is freed has no name either.
    """
    names: dict[str, str] = {}

    def name(old: str | None) -> str | None:
        if old is None or old not in state["anon_vmas"]:
            return None
        return names.setdefault(old, f"av{len(names) + 1}")

    processes = {
        process: [
            {
                **vma,
                "anon_vma": name(vma["anon_vma"]),
                "chain": [name(anon_vma) for anon_vma in vma["chain"]],
            }
            for vma in what["vmas"]
        ]
        for process, what in state["processes"].items()
    }
    rmap_items = sorted(
        (
            [item["process"], item["page"], name(item["anon_vma"])]
            for item in state["rmap_items"]
            if item["folio"] is not None
        ),
        key=str,
    )
    anon_vmas = {}
    todo = list(names)
    for old in todo:
        what = state["anon_vmas"][old]
        anon_vmas[names[old]] = {
            **what,
            "root": name(what["root"]),
            "parent": name(what["parent"]),
        }
        todo.extend(new for new in names if new not in todo)
    folios = sorted(
        (
            {
                "kind": folio["kind"],
                "index": folio["index"],
                "anon_vma": name(folio["anon_vma"]),
                "mapped": sorted(folio["mapped"]),
            }
            for folio in state["folios"].values()
            if folio["kind"] != "zero"
        ),
        key=lambda folio: folio["mapped"],
    )
    return {
        "processes": processes,
        "anon_vmas": anon_vmas,
        "folios": folios,
        "rmap_items": rmap_items,
    }


def canonical_walks(walks: list[dict[str, Any]]) -> list[list[Any]]:
    """Walks as [design, first PTE, VMAs visited, PTEs missed], sorted."""
    return sorted(
        [
            walk["design"],
            min([*walk["found"], *walk["missed"]]),
            walk["vmas"],
            sorted(walk["missed"]),
        ]
        for walk in walks
    )
