"""The model against what a real kernel did, recorded from a running Linux.

The recording holds histories and, after each ksmd and at the end, the state
the kernel was in: VMAs, anon_vmas with their trees and counters, folios and
their PTEs, rmap_items, and what each walk it can do visited and missed.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from ksmlib.designs import designs
from ksmlib.history import History, parse, snapshot
from ksmlib.report.json import report_json
from ksmlib.report.verdict import Report, ksm_walks, replay_with
from tests.kernel.canonical import canonical, canonical_walks

RECORDING = json.loads(
    lzma.decompress(Path(__file__).with_name("linux-6.12.117-uml.json.xz").read_bytes())
)


def model_states(history: History, steps: list[int], ids: str) -> list[dict[str, Any]]:
    """What the model makes of a history after each of these steps."""
    replay = replay_with(history, designs(ids))
    states = []
    for step in steps:
        replay.seek(step)
        state = snapshot(replay.kernel)
        walks = ksm_walks(replay, designs(ids))
        report = Report(history, (), walks, state)
        states.append(
            canonical(state) | {"walks": canonical_walks(report_json(report)["walks"])}
        )
    return states


@pytest.mark.parametrize("record", RECORDING["histories"], ids=lambda r: r["name"])
def test_model_agrees_with_the_kernel(record: dict[str, Any]) -> None:
    history = parse(record["text"])
    steps = [state["step"] for state in record["states"]]
    model = model_states(history, steps, RECORDING["designs"])
    for kernel_state, model_state in zip(record["states"], model, strict=True):
        where = f"after step {kernel_state['step']} of\n{record['text']}"
        assert {"step": kernel_state["step"], **model_state} == kernel_state, where


def test_the_recording_says_what_it_is() -> None:
    assert RECORDING["kernel"].keys() == {"release", "arch", "patch", "date"}
    assert len(RECORDING["histories"]) >= 100
    kinds = {
        folio["kind"]
        for record in RECORDING["histories"]
        for state in record["states"]
        for folio in state["folios"]
    }
    assert kinds == {"anon", "ksm", "file"}
