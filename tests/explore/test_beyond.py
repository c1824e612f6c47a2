"""The second engine: it finds what is known to be broken, and shortens it."""

from __future__ import annotations

import pytest

from ksmlib.explore.beyond import draw
from ksmlib.explore.promises import PROMISES
from ksmlib.history import parse
from ksmlib.history.random import Bounds
from ksmlib.report import run

EVERY, FULL, MERGED, *_ = PROMISES
BOUNDS = Bounds(operations=30, pages=6, processes=3, contents=1)

KNOWN = [
    ("full", EVERY),
    ("address", FULL),
    ("derived-mm", FULL),
    ("stored-vm-pgoff", MERGED),
]


def test_it_finds_what_is_known_to_be_broken():
    drawn = draw(BOUNDS, KNOWN, 200, 1)
    assert set(drawn.broken) == set(KNOWN)
    for (design, _), history in drawn.broken.items():
        report = run(parse(history))
        assert report.missed(design)
        assert not report.refusals


def test_no_operation_of_what_it_shows_can_be_left_out():
    [history] = draw(BOUNDS, [("stored-vm-pgoff", MERGED)], 100, 1).broken.values()
    operations = history.split("; ")
    for at in range(len(operations)):
        fewer = "; ".join(operations[:at] + operations[at + 1 :])
        report = run(parse(fewer))
        assert report.refusals or not report.missed("stored-vm-pgoff")


@pytest.mark.parametrize("seed", [1, 2])
def test_what_holds_at_every_bound_holds_beyond(seed):
    held = [("by-index-origin", EVERY), ("cow-context-origin", EVERY)]
    held += [(design, MERGED) for design in ("full", "stored-pgoff", "remap-bit")]
    drawn = draw(Bounds(), held, 300, seed)
    assert drawn.broken == {}
    assert drawn.histories == 300
    assert drawn.ptes > 1000, "hardly a KSM page: this proves little"
