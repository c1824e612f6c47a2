"""Histories of any size are what their names say."""

from __future__ import annotations

import pytest

from ksmlib.history import Replay, parse
from ksmlib.history.generated import (
    apart,
    deep_chain,
    private_files,
    same_offset,
    split_every_other_page,
    wide_fan,
)
from ksmlib.mm.kernel import Kernel


def after(text: str) -> Kernel:
    replay = Replay(parse(text))
    replay.run()
    assert not replay.refusals
    return replay.kernel


@pytest.mark.parametrize(
    ("text", "vmas"),
    [
        (split_every_other_page(6), [6]),
        (deep_chain(0), [1]),
        (deep_chain(2, vmas=3), [3, 3, 3]),
        (wide_fan(3, vmas=2), [2, 2, 2, 2]),
        (wide_fan(3, unmapped=2), [1, 0, 0, 1]),
        (apart(3), [3]),
        (apart(3, moved=True), [3]),
        (same_offset(4), [4]),
        (private_files(4), [4]),
    ],
)
def test_the_vmas_of_each_process(text, vmas):
    assert [len(mm.vmas) for mm in after(text).mms.values()] == vmas


def test_a_chain_is_deep_and_a_fan_is_wide():
    assert deep_chain(2).splitlines()[-2:] == ["A fork B1", "B1 fork B2"]
    assert wide_fan(2).splitlines()[-2:] == ["A fork B1", "A fork B2"]


def test_all_were_faulted_at_the_same_page_and_lie_apart():
    [mm] = after(same_offset(5)).mms.values()
    assert len({vma.vm_pgoff for vma in mm.vmas}) == 1
    assert len({vma.vm_start for vma in mm.vmas}) == 5


def test_vmas_apart_are_away_from_home_if_moved():
    for moved in (False, True):
        [mm] = after(apart(5, moved)).mms.values()
        assert {vma.vm_start != vma.vm_pgoff for vma in mm.vmas} == {moved}
