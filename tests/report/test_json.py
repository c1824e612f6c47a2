"""``run --json`` prints one object of exactly this shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from ksmlib.designs import all_designs, designs
from ksmlib.history import History, parse
from ksmlib.history.named import named_histories
from ksmlib.history.random import Bounds, random_history
from ksmlib.report import run
from ksmlib.report.json import designs_json, report_json

PTE = (str, int)  # a list of these two
NAME = str | None

SHAPE = {
    "history": str,
    "refused": [{"line": int, "errno": str, "why": str}],
    "processes": {
        str: {
            "vmas": [
                {
                    "start": int,
                    "pages": int,
                    "vm_pgoff": int,
                    "prot": str,
                    "mergeable": bool,
                    "dontfork": bool,
                    "file": NAME,
                    "anon_vma": NAME,
                    "chain": [str],
                }
            ],
            "pages": {str: {"folio": str, "content": str}},
        }
    },
    "anon_vmas": {
        str: {
            "root": str,
            "parent": str,
            "num_children": int,
            "num_active_vmas": int,
            "tree": [{"process": str, "start": int, "first": int, "last": int}],
        }
    },
    "folios": {str: {"kind": str, "index": int, "anon_vma": NAME, "mapped": [PTE]}},
    "rmap_items": [{"process": str, "page": int, "folio": NAME, "anon_vma": str}],
    "walks": [
        {
            "process": str,
            "page": int,
            "folio": str,
            "design": str,
            "found": [PTE],
            "missed": [PTE],
            "vmas": int,
            "nodes": int,
            "find_vma": int,
        }
    ],
}


def assert_shape(value: Any, shape: Any, path: str = "") -> None:
    if isinstance(shape, list):
        assert isinstance(value, list), path
        for each in value:
            assert_shape(each, shape[0], f"{path}[]")
    elif isinstance(shape, tuple):
        assert tuple(map(type, value)) == shape, path
    elif isinstance(shape, dict) and str in shape:
        for name, each in value.items():
            assert_shape(each, shape[str], f"{path}.{name}")
    elif isinstance(shape, dict):
        assert set(value) == set(shape), path
        for name, each in shape.items():
            assert_shape(value[name], each, f"{path}.{name}")
    else:
        assert isinstance(value, shape), path
        assert isinstance(value, bool) == (shape is bool), path


def histories() -> Iterator[History]:
    for entry in named_histories().values():
        yield entry.history
    for seed in range(100):
        yield random_history(Random(seed), Bounds(careless=20))


def test_the_shape_of_a_run():
    for history in histories():
        printed = json.loads(json.dumps(report_json(run(history))))
        assert_shape(printed, SHAPE)
        assert {f["kind"] for f in printed["folios"].values()} <= {
            "anon",
            "ksm",
            "file",
            "zero",
        }
        assert parse(printed["history"]) == history


def test_names_stand_for_something():
    for history in histories():
        state = report_json(run(history))
        folios, anon_vmas = state["folios"], state["anon_vmas"]
        for process in state["processes"].values():
            assert {page["folio"] for page in process["pages"].values()} <= set(folios)
            for vma in process["vmas"]:
                assert set(vma["chain"]) <= set(anon_vmas)
                assert vma["anon_vma"] in [None, *vma["chain"]]
        for folio in folios.values():
            assert folio["anon_vma"] in [None, *anon_vmas]
            assert (folio["anon_vma"] is None) == (folio["kind"] != "anon")
        for anon_vma in anon_vmas.values():
            assert anon_vma["root"] in anon_vmas
        for item in state["rmap_items"]:
            assert item["folio"] in [None, *folios]
            assert item["anon_vma"] in anon_vmas
        for walk in state["walks"]:
            both = sorted(walk["found"] + walk["missed"])
            assert both == sorted(map(list, folios[walk["folio"]]["mapped"]))


def test_the_example_of_a_moved_vma():
    """A mapped at 8 with the offsets of 0, and the walk by address finds nothing."""
    moved = "A mmap 0+2; A write 0+2 x; A mremap 0+2 8; A madvise 8+2 mergeable; ksmd 2"
    state = report_json(run(parse(moved), designs("address")))
    assert state["processes"]["A"]["vmas"] == [
        {
            "start": 8,
            "pages": 2,
            "vm_pgoff": 0,
            "prot": "rw",
            "mergeable": True,
            "dontfork": False,
            "file": None,
            "anon_vma": "av1",
            "chain": ["av1"],
        }
    ]
    assert state["anon_vmas"] == {
        "av1": {
            "root": "av1",
            "parent": "av1",
            "num_children": 1,
            "num_active_vmas": 1,
            "tree": [{"process": "A", "start": 8, "first": 0, "last": 1}],
        }
    }
    assert state["folios"] == {
        "f2": {
            "kind": "ksm",
            "index": 1,
            "anon_vma": None,
            "mapped": [["A", 8], ["A", 9]],
        }
    }
    assert [(w["found"], w["missed"], w["vmas"]) for w in state["walks"]] == [
        ([], [["A", 8], ["A", 9]], 0)
    ]


def test_refusals_carry_line_errno_and_reason():
    [refused] = report_json(run(parse("\n\nA write 0+1 x\n")))["refused"]
    assert refused == {
        "line": 3,
        "errno": "EFAULT",
        "why": "part of the range is not mapped",
    }


@pytest.mark.parametrize("sharing", [2, 256])
def test_without_a_walk_line_every_ksm_folio_is_walked_by_every_design(sharing):
    text = "A mmap 0+4; A write 0+4 x; A madvise 0+4 mergeable; ksmd 2"
    state = report_json(run(parse(text), max_page_sharing=sharing))
    walked = [(walk["folio"], walk["design"]) for walk in state["walks"]]
    assert walked == [
        (folio, id_) for folio in state["folios"] for id_ in all_designs()
    ]


def test_a_walk_line_is_answered_where_it_stands():
    text = "A mmap 0+2; A write 0+2 x; A madvise 0+2 mergeable; walk A 1; ksmd 2"
    report = run(parse(f"{text}; walk A 0; walk A 9; A write 0+2 y"), designs("full"))
    assert [(w.line, w.page, w.kind) for w in report.walks] == [
        (1, 1, "anon"),
        (1, 0, "ksm"),
    ]
    assert [v.design for walk in report.walks for v in walk.verdicts] == [
        "rmap_walk_anon",
        "full",
    ]
    assert [r.errno for r in report.refusals] == ["EFAULT"]


def test_the_shape_of_the_designs():
    shape = {
        "id": str,
        "reading_of": NAME,
        "title": str,
        "saved": str,
        "asked": str,
        "author": str,
        "date": str,
        "link": str,
        "rmap_item_bytes": int,
        "rmap_items_per_slab": int,
        "stable_node_bytes": int,
    }
    printed = json.loads(json.dumps(designs_json(designs())))
    assert_shape(printed, [shape])
    assert [design["id"] for design in printed] == list(all_designs())
