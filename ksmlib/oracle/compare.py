"""Two states compared up to renaming, and what differs in words.

A state here is a record: see ``ksmlib.oracle.records``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ksmlib.history.pages import pages_text
from ksmlib.report.text import ptes_text


class Sides(NamedTuple):
    """What the two that are compared are called."""

    left: str
    right: str


#: The usual two.
MODEL = Sides("kernel", "model")


def canonical(state: dict[str, Any]) -> dict[str, Any]:
    """A state with its anon_vmas renamed by first sight, and lists in order.

    Left out is what has no meaning beyond one run: the node of a folio, the
    names of folios and contents, an anon_vma that nothing shown refers to, the
    parent of one without a VMA (it has left it, and holds no reference), and a
    process that maps nothing: it starts with the first operation that
    names it, which the model forgets if that is refused.
    """
    names = _Names(set(state["anon_vmas"]))
    processes = {
        name: {
            "vmas": [_vma(vma, names) for vma in process["vmas"]],
            "zero": sorted(process["zero"]),
            "swap": sorted(process["swap"]),
        }
        for name, process in sorted(state["processes"].items())
        if process["vmas"]
    }
    by_pte = sorted(state["folios"], key=lambda folio: min(folio["mapped"]))
    folios = [_folio(folio, names) for folio in by_pte]
    anon_vmas: dict[str, Any] = {}
    for old in names.seen():
        anon_vmas[names.of[old]] = _anon_vma(state["anon_vmas"][old], names)
    return {"processes": processes, "anon_vmas": anon_vmas, "folios": folios}


class _Names:
    """Names given in order of first sight."""

    def __init__(self, known: set[str]) -> None:
        self.known = known
        self.of: dict[str, str] = {}

    def __call__(self, old: str | None) -> str | None:
        """The new name; None for what has no name, or has been freed."""
        if old not in self.known:
            return None
        assert old is not None
        return self.of.setdefault(old, f"av{len(self.of) + 1}")

    def seen(self) -> Iterator[str]:
        """The old names in order, those seen in the meantime included."""
        done = 0
        while done < len(self.of):
            yield list(self.of)[done]
            done += 1


def _vma(vma: dict[str, Any], names: _Names) -> dict[str, Any]:
    return {
        **{key: vma[key] for key in ("start", "pages", "vm_pgoff", "prot", "file")},
        "mergeable": bool(vma["mergeable"]),
        "dontfork": bool(vma["dontfork"]),
        "anon_vma": names(vma["anon_vma"]),
        "chain": [names(anon_vma) for anon_vma in vma["chain"]],
    }


def _anon_vma(anon_vma: dict[str, Any], names: _Names) -> dict[str, Any]:
    counters = ("num_children", "num_active_vmas", "refcount")
    return {
        "root": names(anon_vma["root"]),
        "parent": names(anon_vma["parent"]) if anon_vma["tree"] else None,
        **{key: anon_vma[key] for key in counters},
        "tree": [
            [node[key] for key in ("process", "start", "first", "last")]
            for node in anon_vma["tree"]
        ],
    }


def _folio(folio: dict[str, Any], names: _Names) -> dict[str, Any]:
    known = {
        "kind": folio["kind"],
        "index": folio["index"],
        "mapcount": folio["mapcount"],
        "exclusive": int(folio["exclusive"]),
        "anon_vma": names(folio["anon_vma"]),
        "mapped": sorted(list(pte) for pte in folio["mapped"]),
        "walks": {
            design: {
                "vmas": walk["vmas"],
                "calls": walk["calls"],
                "missed": sorted(list(pte) for pte in walk["missed"]),
            }
            for design, walk in sorted(folio.get("walks", {}).items())
        },
    }
    if folio["kind"] == "ksm":
        known["rmap_items"] = [
            {
                "process": item["process"],
                "page": item["page"],
                "anon_vma": names(item["anon_vma"]),
                "dead": bool(item["dead"]),
                "saved": {k: int(v) for k, v in sorted(item["saved"].items())},
            }
            for item in folio["rmap_items"]
        ]
    return known


# --- in words --------------------------------------------------------------


def differences(
    left: dict[str, Any], right: dict[str, Any], sides: Sides = MODEL
) -> list[str]:
    """One line for each thing in which two canonical states differ.

    Of walks and of what designs have saved, only what both sides know: a
    stock kernel knows one walk, its own.
    """
    if left == right:
        return []
    lines = list(_Differ(sides).states(left, right))
    if not lines and _without_designs(left) != _without_designs(right):
        lines.append("the states differ in what has no words here")
    return lines


def _without_designs(state: dict[str, Any]) -> dict[str, Any]:
    folios = [
        {
            **{key: folio[key] for key in folio if key != "walks"},
            "rmap_items": [
                {key: item[key] for key in item if key != "saved"}
                for item in folio.get("rmap_items", ())
            ],
        }
        for folio in state["folios"]
    ]
    return {**state, "folios": folios}


class _Differ:
    def __init__(self, sides: Sides) -> None:
        self.sides = sides

    def say(self, where: str, what: str, left: object, right: object) -> Iterator[str]:
        """A line if the two differ: ``where: kernel what X, model Y``."""
        if left != right:
            shown = f"{self.sides.left} {what} {_word(left)}"
            yield f"{where}: {shown}, {self.sides.right} {_word(right)}"

    def one_sided(self, what: str, left: bool) -> str:
        return f"{what}: only the {self.sides.left if left else self.sides.right}'s"

    def states(self, left: dict[str, Any], right: dict[str, Any]) -> Iterator[str]:
        for name, one, other in _pairs(left["processes"], right["processes"]):
            if one is None or other is None:
                yield self.one_sided(f"process {name}", one is not None)
            else:
                yield from self.processes(name, one, other)
        for name, one, other in _pairs(left["anon_vmas"], right["anon_vmas"]):
            if one is None or other is None:
                yield self.one_sided(name, one is not None)
            else:
                yield from self.anon_vmas(name, one, other)
        for name, one, other in _pairs(_by_pte(left), _by_pte(right)):
            if one is None or other is None:
                yield self.one_sided(f"folio at {name}", one is not None)
            else:
                yield from self.folios(name, one, other)

    def processes(
        self, name: str, left: dict[str, Any], right: dict[str, Any]
    ) -> Iterator[str]:
        for vma, one, other in _pairs(_by_range(left), _by_range(right)):
            if one is None or other is None:
                yield self.one_sided(f"{name} {vma}", one is not None)
                continue
            for key in ("vm_pgoff", "prot", "mergeable", "dontfork", "file"):
                yield from self.say(f"{name} {vma}", key, one[key], other[key])
            for key in ("anon_vma", "chain"):
                yield from self.say(f"{name} {vma}", key, one[key], other[key])
        pages = pages_text(left["zero"]), pages_text(right["zero"])
        yield from self.say(name, "zero pages", *pages)
        yield from self.say(name, "swap entries", left["swap"], right["swap"])

    def anon_vmas(
        self, name: str, left: dict[str, Any], right: dict[str, Any]
    ) -> Iterator[str]:
        for key in ("root", "parent", "num_children", "num_active_vmas", "refcount"):
            yield from self.say(name, key, left[key], right[key])
        trees = _tree_text(left["tree"]), _tree_text(right["tree"])
        yield from self.say(name, "tree", *trees)

    def folios(
        self, name: str, left: dict[str, Any], right: dict[str, Any]
    ) -> Iterator[str]:
        where = f"folio at {name}"
        for key in ("kind", "index", "mapcount", "exclusive", "anon_vma"):
            yield from self.say(where, key, left[key], right[key])
        mapped = _ptes(left["mapped"]), _ptes(right["mapped"])
        yield from self.say(where, "mapped at", *mapped)
        if left["kind"] == right["kind"] == "ksm":
            yield from self.rmap_items(where, left["rmap_items"], right["rmap_items"])
        for design in left["walks"]:
            if design in right["walks"]:
                walks = left["walks"][design], right["walks"][design]
                yield from self.walks(f"walk of the {where} by {design}", *walks)

    def rmap_items(
        self, where: str, left: list[dict[str, Any]], right: list[dict[str, Any]]
    ) -> Iterator[str]:
        lists = _items_text(left), _items_text(right)
        yield from self.say(where, "rmap_items", *lists)
        if lists[0] != lists[1]:
            return
        for one, other in zip(left, right, strict=True):
            for design in one["saved"]:
                if design in other["saved"]:
                    saved = one["saved"][design], other["saved"][design]
                    item = f"rmap_item {one['process']}:{one['page']}"
                    yield from self.say(item, f"{design} saved", *saved)

    def walks(
        self, where: str, left: dict[str, Any], right: dict[str, Any]
    ) -> Iterator[str]:
        yield from self.say(where, "visits VMAs", left["vmas"], right["vmas"])
        yield from self.say(where, "calls rmap_one()", left["calls"], right["calls"])
        missed = _ptes(left["missed"]), _ptes(right["missed"])
        yield from self.say(where, "misses", *missed)


def _pairs(
    left: dict[str, Any], right: dict[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Both of each name, those of the right alone last; None for what is missing."""
    for name in [*left, *(name for name in right if name not in left)]:
        yield name, left.get(name), right.get(name)


def _by_range(process: dict[str, Any]) -> dict[str, Any]:
    return {f"{vma['start']}+{vma['pages']}": vma for vma in process["vmas"]}


def _by_pte(state: dict[str, Any]) -> dict[str, Any]:
    return {"{}:{}".format(*folio["mapped"][0]): folio for folio in state["folios"]}


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return "none" if value is None or value == "" else str(value)


def _ptes(ptes: list[list[Any]]) -> str:
    return ptes_text((process, page) for process, page in ptes)


def _tree_text(tree: list[list[Any]]) -> str:
    nodes = (
        f"{process} {start}@{first}-{last}" for process, start, first, last in tree
    )
    return "; ".join(nodes)


def _items_text(items: list[dict[str, Any]]) -> str:
    return " ".join(
        f"{item['process']}:{item['page']}/{item['anon_vma']}"
        + ("(dead)" if item["dead"] else "")
        for item in items
    )
