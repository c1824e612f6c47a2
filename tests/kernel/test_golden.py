"""The model against what a real kernel did, recorded from a running Linux.

``ksmlib kernel record`` makes the recording anew, and ``ksmlib kernel check``
is this test at the command line.
"""

from __future__ import annotations

import pytest

from ksmlib.designs import all_designs
from ksmlib.designs.base import TreeDesign
from ksmlib.designs.walk import ANON
from ksmlib.explore.manifest import counterexamples
from ksmlib.history import parse
from ksmlib.oracle.cases import recorded_cases
from ksmlib.oracle.check import Count, compare_with_model
from ksmlib.oracle.confirmed import confirmed, recording
from ksmlib.oracle.show import difference_text

RECORDING = recording()
#: Those that a patched Linux 6.12 can walk by.
DESIGNS = {d.id for d in all_designs().values() if isinstance(d, TreeDesign)}
#: Those that save something in an rmap_item, as far as the reader shows it.
SAVED = {"stored-pgoff", "stored-vm-pgoff", "remap-bit"}


@pytest.mark.parametrize("name", RECORDING.lines)
def test_the_model_does_what_the_kernel_did(name: str) -> None:
    difference = compare_with_model(RECORDING[name])
    if difference is not None:
        history = RECORDING[name].case.history.text
        pytest.fail("\n".join([history, *difference_text(difference)]), pytrace=False)


def test_the_recording_is_of_the_histories_as_they_are_now() -> None:
    now = {
        case.name: (case.history.text, case.max_page_sharing)
        for case in recorded_cases()
    }
    recorded = {
        one.case.name: (one.case.history.text, one.case.max_page_sharing)
        for one in RECORDING
    }
    assert recorded == now, "record again: ksmlib kernel record"


def test_every_counterexample_of_the_explorer_was_seen_on_the_kernel() -> None:
    """It went through the same states, and missed the same PTEs."""
    found = counterexamples()
    assert len(found) > 50
    assert [text for text in found if confirmed(parse(text)) is None] == []


def test_the_recording_says_what_it_is() -> None:
    head = RECORDING.head
    assert head["release"].startswith("6.12.")
    assert set(head["designs"]) == DESIGNS
    assert {"source", "config_sha256_16", "patches_sha256_16"} <= set(head["build"])
    assert head["date"].startswith("20")


def test_the_recording_holds_much_and_leaves_nothing_out() -> None:
    count, kinds, operations = Count(), set(), set()
    for recorded in RECORDING:
        count.add(recorded.trace)
        steps = range(1, len(recorded.case.history.operations) + 1)
        assert list(recorded.trace.states) == list(steps)
        operations |= {op.verb for op in recorded.case.history.operations}
        for state in recorded.trace.states.values():
            for folio in state["folios"]:
                kinds.add(folio["kind"])
                walks = {"ksm": DESIGNS, "anon": {ANON}, "file": set()}
                assert set(folio["walks"]) == walks[folio["kind"]]
                for item in folio.get("rmap_items", ()):
                    assert set(item["saved"]) >= SAVED
    assert kinds == {"anon", "ksm", "file"}
    assert {"mremap", "fork", "exit", "madvise", "mprotect", "ksmd"} <= operations
    assert count.histories >= 300
    assert count.refused >= 100
    assert sum(walk.folios for walk in count.walks.values()) >= 30_000
    assert count.walks["full"].missed > count.walks["by-index-origin"].missed == 0
