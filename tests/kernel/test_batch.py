"""Many histories on a guest that may die: each has its result, in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ksmlib.history import parse
from ksmlib.oracle.batch import Failed, kernel_record, run_cases
from ksmlib.oracle.boot import GuestError, Record
from ksmlib.oracle.check import compare_with_model
from ksmlib.oracle.golden import Recorded
from ksmlib.oracle.records import Trace, traces
from ksmlib.oracle.script import Case, Script, script
from tests.kernel.guest import KERNEL, model_kernel

HISTORY = parse("A mmap 0+2; A write 0+3 x; A fork B; A exit; A exit; ksmd 2")
CASES = [Case(f"h{n}", HISTORY) for n in range(7)]


def outcome(results) -> list[str]:
    return [
        f"{case.name} {'failed' if isinstance(result, Failed) else 'done'}"
        for case, result in results
    ]


def test_a_trace_has_every_state_and_every_refusal():
    kernel, _ = model_kernel()
    [(_, trace)] = run_cases(kernel, CASES[:1])
    assert list(trace.states) == [1, 2, 3, 4, 5, 6]
    assert trace.errnos == {2: "EFAULT", 5: "ESRCH"}
    assert compare_with_model(Recorded(CASES[0], trace)) is None


def test_several_histories_share_a_boot():
    kernel, guest = model_kernel()
    assert outcome(run_cases(kernel, CASES, chunk=3)) == [
        f"h{n} done" for n in range(7)
    ]
    assert [boot.count("history ") for boot in guest.boots] == [3, 3, 1]


def test_a_history_that_kills_the_guest_is_tried_alone_and_the_rest_goes_on():
    kernel, guest = model_kernel(dies_at={"h1", "h4"})
    expected = [f"h{n} {'failed' if n in (1, 4) else 'done'}" for n in range(7)]
    assert outcome(run_cases(kernel, CASES, chunk=3)) == expected
    alone = [boot for boot in guest.boots if boot.count("history ") == 1]
    assert len([boot for boot in alone if "history h1\n" in boot]) == 1


def test_one_that_dies_only_in_company_is_done_alone():
    kernel, guest = model_kernel(dies_at={"h1"})
    run = guest.command

    def forgiving(line: str) -> Iterator[Record]:
        if guest.boots[-1].count("history ") == 1:
            guest.dies_at = set()
        return run(line)

    guest.command = forgiving  # type: ignore[method-assign]
    assert outcome(run_cases(kernel, CASES[:3])) == ["h0 done", "h1 done", "h2 done"]


def test_why_a_history_failed_is_kept():
    kernel, _ = model_kernel(dies_at={"h0"})
    [(_, failed)] = run_cases(kernel, CASES[:1])
    assert failed == Failed("h0", "the guest died", "Kernel panic")


def test_a_kernel_that_does_not_start_ends_it_all():
    kernel, guest = model_kernel()

    def dead(script: str, kernel: object, silence: float = 0) -> Iterator[Record]:
        raise GuestError("no such machine")
        yield

    guest.command = dead  # type: ignore[method-assign]
    broken = type(kernel)(kernel.name, kernel.images, dead)
    with pytest.raises(GuestError, match="no such machine"):
        list(run_cases(broken, CASES))


def test_the_kernel_says_what_it_is():
    kernel, _ = model_kernel()
    assert kernel_record(kernel) == KERNEL["kernel"]


# --- records that are not what the script asked for ------------------------

ONE = script(Case("one", parse("A mmap 0+1")), states=())
OP: Record = {"op": "mmap A 0 1 rw", "errno": None}
START: Record = {"op": "start A", "errno": None}


def read(*records: Record, scripts: tuple[Script, ...] = (ONE,)) -> list[Trace]:
    return list(traces([*records, {"end": True}], scripts))


def test_a_state_that_is_not_printed_is_an_error():
    asked = script(Case("one", parse("A mmap 0+1")))
    with pytest.raises(GuestError, match="2 of 2 lines done, 0 of 1 states"):
        read({"history": "one"}, START, OP, scripts=(asked,))


def test_records_that_are_known_to_be_passed_over():
    [trace] = read({"kernel": {}}, {"history": "one"}, START, OP, {"ksmd": {}})
    assert (trace.name, trace.errnos) == ("one", {})


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([{"history": "two"}], "history two out of turn"),
        ([{"history": "one"}, START, OP, {"history": "one"}], "one out of turn"),
        ([{"history": "one"}, START], "one: 1 of 2 lines done, 0 of 0 states"),
        ([{"history": "one"}, START, OP, OP], "one: mmap A 0 1 rw was not asked"),
        ([{"history": "one"}, {**START, "errno": "EEXIST"}], "one: start A: EEXIST"),
        ([{"error": "line 3: no"}], "the guest says: line 3: no"),
        ([{"history": "one"}, {"error": "no state"}], "the guest says: no state"),
    ],
)
def test_what_was_not_asked_for_is_an_error(records, sentence):
    with pytest.raises(GuestError, match=sentence):
        read(*records)
