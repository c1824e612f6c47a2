"""Shrinking, on a kernel that is wrong on purpose: a rule of the model changed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from ksmlib.history import parse
from ksmlib.history.random import Bounds, random_history
from ksmlib.oracle.cases import random_cases
from ksmlib.oracle.check import Count, Difference, compare_with_model
from ksmlib.oracle.fuzz import fuzz, judge
from ksmlib.oracle.golden import Recorded
from ksmlib.oracle.script import Case
from ksmlib.oracle.shrink import shrink
from tests.kernel.guest import model_kernel

Record = dict[str, Any]


def moved_takes_its_address(record: Record) -> None:
    """As if every VMA's page offset were its address."""
    for process in record["processes"].values():
        for vma in process["vmas"]:
            if not vma["file"]:
                vma["vm_pgoff"] = vma["start"]


def ksm_folio_is_exclusive(record: Record) -> None:
    for folio in record["folios"]:
        if folio["kind"] == "ksm" and len(folio["mapped"]) == 3:
            folio["exclusive"] = 1


def child_forgets_to_link(record: Record) -> None:
    for anon_vma in record["anon_vmas"].values():
        if len({node["process"] for node in anon_vma["tree"]}) > 2:
            anon_vma["tree"].pop()


def search(spoil: Callable[[Record], None], case: Case) -> tuple[Case, Difference]:
    kernel, _ = model_kernel(spoil)
    [(_, found)] = fuzz(kernel, [case], Count())
    assert isinstance(found, Difference)
    return shrink(case, found, judge(kernel), lambda line: None)


BOUNDS = Bounds(operations=60, contents=1, careless=0)
LONG = Case("long", random_history(Random(16), BOUNDS))


@pytest.mark.parametrize(
    ("spoil", "operations", "word"),
    [
        (moved_takes_its_address, 3, "vm_pgoff"),
        (ksm_folio_is_exclusive, 5, "exclusive"),
        (child_forgets_to_link, 4, "tree"),
    ],
)
def test_the_shortest_history_that_differs_is_found(spoil, operations, word):
    case, difference = search(spoil, LONG)
    assert len(case.history.operations) == operations
    assert difference.step == operations
    assert any(f"kernel {word}" in line for line in difference.lines)


def test_nothing_more_can_be_left_out():
    spoil = moved_takes_its_address
    case, _ = search(spoil, LONG)
    kernel, _ = model_kernel(spoil)
    operations = case.history.operations
    shorter = [
        Case(f"s{n}", type(case.history).of(operations[:n] + operations[n + 1 :]))
        for n in range(len(operations))
    ]
    assert judge(kernel)(shorter) == [None] * len(operations)


def test_what_comes_after_the_difference_is_cut_first():
    text = "A mmap 0+2; A write 0+2 x; A mremap 0+2 8; " + "; ".join(
        ["A read 8+2"] * 20
    )
    case, _ = search(moved_takes_its_address, Case("tail", parse(text)))
    assert case.history.one_line == "A mmap 0+2; A write 0+2 x; A mremap 0+2 8"


def test_two_operations_that_only_go_together_are_left_out_together():
    text = "A mmap 0+2; A mremap 0+2 4; A mremap 4+2 0; A write 0+2 x; A mremap 0+2 8"
    case, _ = search(moved_takes_its_address, Case("pair", parse(text)))
    assert case.history.one_line == "A mmap 0+2; A write 0+2 x; A mremap 0+2 8"


def test_a_setting_is_kept():
    def spoil(record: Record) -> None:
        if sum(folio["kind"] == "ksm" for folio in record["folios"]) > 1:
            record["processes"]["A"]["vmas"][0]["prot"] = "ro"

    text = "A mmap 0+8; A write 0+8 x; A madvise 0+8 mergeable; ksmd 4"
    case, _ = search(spoil, Case("chain", parse(text), max_page_sharing=3))
    assert case.max_page_sharing == 3
    assert len(case.history.operations) == 4


# --- the random histories themselves ---------------------------------------


def test_a_kernel_that_is_right_shows_no_difference():
    kernel, _ = model_kernel()
    count = Count()
    cases = list(random_cases(7, 24))
    assert [result for _, result in fuzz(kernel, cases, count)] == [None] * 24
    assert (count.histories, count.states > 500) == (24, True)
    assert sum(walk.folios for walk in count.walks.values()) > 1000


def test_a_seed_gives_the_same_histories_and_another_seed_others():
    texts = [
        [case.history.text for case in random_cases(seed, 12)] for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1]
    assert not set(texts[0]) & set(texts[2])


def test_a_wrong_errno_is_a_difference():
    kernel, guest = model_kernel()
    act = guest.act
    guest.act = lambda line: None if "mremap" in line else act(line)  # type: ignore[method-assign]
    case = Case("h", parse("A mmap 0+1; A mremap 4+1 8"))
    [(_, found)] = fuzz(kernel, [case], Count())
    assert isinstance(found, Difference)
    assert found.lines == ("result: kernel done, model EFAULT",)


def test_the_difference_is_the_first_one():
    text = "A mmap 0+2; A write 0+2 x; A mremap 0+2 8; A mremap 8+2 16"
    kernel, _ = model_kernel(moved_takes_its_address)
    [(case, found)] = fuzz(kernel, [Case("h", parse(text))], Count())
    assert isinstance(found, Difference)
    assert (found.step, found.operation) == (3, "A mremap 0+2 8")
    assert compare_with_model(Recorded(case, _trace(case))) is None


def _trace(case: Case):
    from ksmlib.oracle.batch import run_cases

    kernel, _ = model_kernel()
    [(_, trace)] = run_cases(kernel, [case])
    return trace
