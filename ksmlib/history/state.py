"""The state of the machine as plain data: the JSON of ``ksmlib run``.

Page numbers and page offsets of anonymous memory count from the base, page
offsets of files from the start of the file. Names such as ``av1`` and ``f2``
number what was created in order, so they last through a history.
"""

from __future__ import annotations

from typing import Any, TypedDict

from ksmlib.history.replay import BASE
from ksmlib.mm.interval_tree import (
    anon_vma_interval_tree_nodes,
    avc_last_pgoff,
    avc_start_pgoff,
)
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.observe import live_anon_vmas, mapped_at, stable_rmap_items
from ksmlib.mm.types import (
    VM_DONTCOPY,
    VM_MERGEABLE,
    VM_READ,
    VM_WRITE,
    AnonVma,
    Folio,
    Mm,
    Vma,
)


class State(TypedDict):
    """What ``run --json`` prints of a state; see SPEC of the commands."""

    processes: dict[str, Any]
    anon_vmas: dict[str, Any]
    folios: dict[str, Any]
    rmap_items: list[dict[str, Any]]


def relative(pgoff: int) -> int:
    """A page offset as it is shown: from the base, or from the file's start."""
    return pgoff - BASE if pgoff >= BASE else pgoff


def anon_vma_name(anon_vma: AnonVma | None) -> str | None:
    """``av1`` for the first that was created; None for none."""
    return None if anon_vma is None else f"av{anon_vma.number}"


def folio_name(folio: Folio) -> str:
    """``f1`` for the first that was created, ``zero`` for the zero page."""
    return f"f{folio.number}" if folio.number else folio.kind


def prot_name(vma: Vma) -> str:
    """rw, ro or none."""
    if vma.vm_flags & VM_WRITE:
        return "rw"
    return "ro" if vma.vm_flags & VM_READ else "none"


def _vma(vma: Vma) -> dict[str, Any]:
    return {
        "start": vma.vm_start - BASE,
        "pages": vma.pages,
        "vm_pgoff": relative(vma.vm_pgoff),
        "prot": prot_name(vma),
        "mergeable": bool(vma.vm_flags & VM_MERGEABLE),
        "dontfork": bool(vma.vm_flags & VM_DONTCOPY),
        "file": vma.vm_file.name if vma.vm_file else None,
        "anon_vma": anon_vma_name(vma.anon_vma),
        "chain": [anon_vma_name(avc.anon_vma) for avc in vma.anon_vma_chain],
    }


def _process(mm: Mm) -> dict[str, Any]:
    pages = {
        str(address - BASE): {"folio": folio_name(folio), "content": folio.content}
        for address, folio in sorted(mm.page_table.items())
    }
    return {"vmas": [_vma(vma) for vma in mm.vmas], "pages": pages}


def _anon_vma(anon_vma: AnonVma) -> dict[str, Any]:
    tree = [
        {
            "process": avc.vma.vm_mm.name,
            "start": avc.vma.vm_start - BASE,
            "first": relative(avc_start_pgoff(avc)),
            "last": relative(avc_last_pgoff(avc)),
        }
        for avc in anon_vma_interval_tree_nodes(anon_vma)
    ]
    return {
        "root": anon_vma_name(anon_vma.root),
        "parent": anon_vma_name(anon_vma.parent),
        "num_children": anon_vma.num_children,
        "num_active_vmas": anon_vma.num_active_vmas,
        "tree": tree,
    }


def pte_names(ptes: list[tuple[Mm, int]]) -> list[list[Any]]:
    """PTEs as [process, page], in the order given."""
    return [[mm.name, address - BASE] for mm, address in ptes]


def _folio(folio: Folio, ptes: list[tuple[Mm, int]]) -> dict[str, Any]:
    anon_vma = folio.mapping if isinstance(folio.mapping, AnonVma) else None
    return {
        "kind": folio.kind,
        "index": relative(folio.index),
        "anon_vma": anon_vma_name(anon_vma),
        "mapped": pte_names(ptes),
    }


def snapshot(kernel: Kernel) -> State:
    """Everything about a state, as plain data.

    ``anon_vmas`` holds those still referenced, if only by an rmap_item. An
    rmap_item whose KSM folio is gone has ``folio`` None until the next scan.
    """
    truth = mapped_at(kernel.mms.values())
    anon_vmas = sorted(live_anon_vmas(kernel), key=lambda a: a.number)
    items = [
        {
            "process": item.mm.name,
            "page": item.address - BASE,
            "folio": folio_name(item.head.folio) if item.head.folio.mapcount else None,
            "anon_vma": anon_vma_name(item.anon_vma),
        }
        for item in stable_rmap_items(kernel.ksm)
        if item.head is not None
    ]
    return {
        "processes": {mm.name: _process(mm) for mm in kernel.mms.values() if mm.alive},
        "anon_vmas": {f"av{a.number}": _anon_vma(a) for a in anon_vmas},
        "folios": {
            folio_name(folio): _folio(folio, ptes)
            for folio, ptes in sorted(truth.items(), key=lambda fp: fp[0].number)
        },
        "rmap_items": items,
    }
