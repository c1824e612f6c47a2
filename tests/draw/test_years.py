"""Bars over the years."""

from __future__ import annotations

import pytest

from ksmlib.draw.plan import MARGIN
from ksmlib.draw.years import SHORTEST, Era, years_scene

from .test_scene import overlaps

ERAS = (
    Era("a short one", 2003.2, 2003.9, False),
    Era("a long name for what is still there", 2004.5, None, True),
    Era("over twelve years", 2009.0, 2021.5, True),
    Era("a long name for something very new", 2026.9, None, False),
)


def test_bars_begin_and_end_where_the_years_do() -> None:
    scene = years_scene("Four", ERAS, 2026)
    bars = [scene.box(f"era:{n}") for n in range(4)]
    year = bars[2].width / 12.5
    assert bars[2].x - bars[1].x == pytest.approx(4.5 * year)
    assert bars[0].x == pytest.approx(MARGIN + 0.2 * year)
    assert (
        bars[1].right
        == pytest.approx(scene.width - MARGIN)
        == pytest.approx(bars[3].right)
    )
    assert bars[3].width == SHORTEST > 0.1 * year


def test_what_was_only_proposed_is_dashed() -> None:
    scene = years_scene("Four", ERAS, 2026)
    styles = [scene.box(f"era:{n}").style for n in range(4)]
    assert styles == ["stale", "anon", "anon", "stale"]


def test_nothing_overlaps() -> None:
    assert overlaps(years_scene("Four", ERAS, 2026)) == []


def test_the_words() -> None:
    assert years_scene("Four", ERAS, 2026).alt == (
        "Four. a short one: 2003, proposed."
        " a long name for what is still there: since 2004."
        " over twelve years: 2009 to 2021."
        " a long name for something very new: since 2026, proposed."
    )
