"""Every kind of difference, made once: it has to be named, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from ksmlib.history import parse
from ksmlib.oracle.compare import Sides, canonical, differences
from ksmlib.oracle.model import model_steps, state_record
from ksmlib.oracle.script import Case

# A KSM folio at A:0-1 and B:8, an anonymous one at A:2, a file's at A:4, the
# zero page at A:3; three anon_vmas.
TEXT = """
A mmap 0+4; A write 0+3 x; A madvise 0+2 mergeable; A mmap 4+1 file F@9; A fork B
ksmd 2; A write 2+1 y; A read 3+2; B mremap 2+1 8
"""

Record = dict[str, Any]


@pytest.fixture
def record() -> Record:
    *_, last = model_steps(Case("h", parse(TEXT)))
    return deepcopy(state_record(last.kernel))


def differ(record: Record, change: Callable[[Record], None], **how: Any) -> list[str]:
    """The differences of a kernel that has ``change`` from a model that has not."""
    kernel = deepcopy(record)
    change(kernel)
    return differences(canonical(kernel), canonical(record), **how)


def vma(record: Record, process: str, start: int) -> Record:
    [found] = [v for v in record["processes"][process]["vmas"] if v["start"] == start]
    return found


def folio(record: Record, process: str, page: int) -> Record:
    [found] = [f for f in record["folios"] if [process, page] in f["mapped"]]
    return found


def walk(record: Record, design: str) -> Record:
    return folio(record, "A", 0)["walks"][design]


def test_a_state_does_not_differ_from_itself(record):
    assert differ(record, lambda r: None) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda r: vma(r, "B", 8).update(vm_pgoff=7),
            "B 8+1: kernel vm_pgoff 7, model 2",
        ),
        (
            lambda r: vma(r, "A", 0).update(prot="ro"),
            "A 0+2: kernel prot ro, model rw",
        ),
        (
            lambda r: vma(r, "A", 0).update(mergeable=False),
            "A 0+2: kernel mergeable no, model yes",
        ),
        (
            lambda r: vma(r, "A", 0).update(dontfork=True),
            "A 0+2: kernel dontfork yes, model no",
        ),
        (
            lambda r: vma(r, "A", 4).update(file="G"),
            "A 4+1: kernel file G, model F",
        ),
        (
            lambda r: vma(r, "A", 2).update(anon_vma=None),
            "A 2+2: kernel anon_vma none, model av1",
        ),
        (
            lambda r: vma(r, "B", 8)["chain"].reverse(),
            "B 8+1: kernel chain av1 av3, model av3 av1",
        ),
        (
            lambda r: r["processes"]["A"].update(zero=[]),
            "A: kernel zero pages none, model 3",
        ),
        (
            lambda r: r["processes"]["B"].update(swap=[[1, "swap"]]),
            "B: kernel swap entries [1, 'swap'], model none",
        ),
        (
            lambda r: r["anon_vmas"]["av1"].update(num_children=5),
            "av1: kernel num_children 5, model 3",
        ),
        (
            lambda r: r["anon_vmas"]["av1"].update(num_active_vmas=0),
            "av1: kernel num_active_vmas 0, model 2",
        ),
        (
            lambda r: r["anon_vmas"]["av2"].update(refcount=9),
            "av2: kernel refcount 9, model 3",
        ),
        (
            lambda r: r["anon_vmas"]["av3"].update(parent="av2"),
            "av3: kernel parent av2, model av1",
        ),
        (
            lambda r: r["anon_vmas"]["av2"].update(root="av2"),
            "av2: kernel root av2, model av1",
        ),
        (
            lambda r: r["anon_vmas"]["av3"]["tree"].reverse(),
            "av3: kernel tree B 3@3-3; B 8@2-2, model B 8@2-2; B 3@3-3",
        ),
        (
            lambda r: folio(r, "A", 2).update(index=8),
            "folio at A:2: kernel index 8, model 2",
        ),
        (
            lambda r: folio(r, "A", 2).update(exclusive=0),
            "folio at A:2: kernel exclusive 0, model 1",
        ),
        (
            lambda r: folio(r, "A", 0).update(mapcount=3),
            "folio at A:0: kernel mapcount 3, model 4",
        ),
        (
            lambda r: folio(r, "A", 2).update(anon_vma="av2"),
            "folio at A:2: kernel anon_vma av2, model av1",
        ),
        (
            lambda r: folio(r, "A", 0)["mapped"].pop(),
            "folio at A:0: kernel mapped at A:0-1 B:0, model A:0-1 B:0-1",
        ),
        (
            lambda r: folio(r, "A", 0)["rmap_items"].pop(0),
            "folio at A:0: kernel rmap_items B:0/av2 A:1/av1 A:0/av1,"
            " model B:1/av2 B:0/av2 A:1/av1 A:0/av1",
        ),
        (
            lambda r: folio(r, "A", 0)["rmap_items"].reverse(),
            "folio at A:0: kernel rmap_items A:0/av1 A:1/av1 B:0/av2 B:1/av2,",
        ),
        (
            lambda r: folio(r, "A", 0)["rmap_items"][0].update(dead=True),
            "folio at A:0: kernel rmap_items B:1/av2(dead)",
        ),
        (
            lambda r: folio(r, "A", 0)["rmap_items"][0]["saved"].update(
                {"stored-pgoff": 5}
            ),
            "rmap_item B:1: kernel stored-pgoff saved 5, model 1",
        ),
        (
            lambda r: walk(r, "address").update(vmas=9),
            "walk of the folio at A:0 by address: kernel visits VMAs 9, model 12",
        ),
        (
            lambda r: walk(r, "address").update(calls=9),
            "walk of the folio at A:0 by address: kernel calls rmap_one() 9, model 6",
        ),
        (
            lambda r: walk(r, "full").update(missed=[["B", 1]]),
            "walk of the folio at A:0 by full: kernel misses B:1, model none",
        ),
        (
            lambda r: folio(r, "A", 2)["walks"]["rmap_walk_anon"].update(vmas=4),
            "walk of the folio at A:2 by rmap_walk_anon: kernel visits VMAs 4, model 2",
        ),
    ],
)
def test_one_change_gives_one_line(record, change, sentence):
    [line] = differ(record, change)
    assert line.startswith(sentence)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda r: r["processes"].pop("B"), "process B: only the model's"),
        (lambda r: r["processes"]["B"]["vmas"].pop(), "B 8+1: only the model's"),
        (lambda r: vma(r, "A", 0).update(pages=1), "A 0+1: only the kernel's"),
        (lambda r: vma(r, "A", 0).update(pages=1), "A 0+2: only the model's"),
        (
            lambda r: r["folios"].remove(folio(r, "A", 2)),
            "folio at A:2: only the model",
        ),
        (lambda r: r["anon_vmas"].pop("av3"), "av3: only the model's"),
        (
            lambda r: folio(r, "A", 0).update(kind="anon"),
            "folio at A:0: kernel kind anon, model ksm",
        ),
    ],
)
def test_what_only_one_side_has_is_named(record, change, sentence):
    assert [line for line in differ(record, change) if line.startswith(sentence)]


def test_the_sides_can_have_other_names(record):
    [line] = differ(
        record, lambda r: walk(r, "full").update(vmas=1), sides=Sides("uml", "qemu")
    )
    assert line.startswith("walk of the folio at A:0 by full: uml visits VMAs 1, qemu ")


def test_walks_that_one_side_does_not_know_are_not_compared(record):
    """A stock kernel walks as it does, and saves nothing."""

    def stock(r: Record) -> None:
        one = folio(r, "A", 0)
        one["walks"] = {"full": one["walks"]["full"]}
        for item in one["rmap_items"]:
            item["saved"] = {}

    assert differ(record, stock) == []


def test_a_difference_without_words_is_not_lost(record):
    kernel = canonical(record)
    kernel["processes"]["A"]["something"] = "new"
    [line] = differences(kernel, canonical(record))
    assert line == "the states differ in what has no words here"


def test_labels_do_not_matter(record):
    """The kernel may call an anon_vma anything."""

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {rename(k): rename(v) for k, v in value.items()}
        if isinstance(value, list):
            return [rename(v) for v in value]
        return (
            {"av1": "zebra", "av2": "ant", "av3": "bee"}.get(value, value)
            if value
            else value
        )

    def change(r: Record) -> None:
        renamed = rename(r)
        r.clear()
        r.update(renamed)

    assert differ(record, change) == []


def test_what_one_run_alone_means_does_not_matter(record):
    def change(r: Record) -> None:
        r["folios"].reverse()
        r["processes"]["Z"] = {"vmas": [], "zero": [], "swap": []}
        r["anon_vmas"]["av9"] = {**r["anon_vmas"]["av1"]}
        for one in r["folios"]:
            one["node"] = 1
            one["mapped"].reverse()

    assert differ(record, change) == []


def test_a_freed_parent_has_no_name(record):
    record["anon_vmas"]["av2"]["parent"] = "av7"
    assert canonical(record)["anon_vmas"]["av2"]["parent"] is None
