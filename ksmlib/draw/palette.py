"""The colours, light and dark: Okabe and Ito's, lightened where text lies on them.

No meaning rests on colour alone: each style also has a pattern, a dashed
outline or a sign of its own, so that pictures read in greyscale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ksmlib.draw.shapes import Style, Tone

Pattern = Literal["", "stripes", "dots", "back"]


@dataclass(frozen=True)
class Paint:
    """How a box of one style is drawn; ``""`` is nothing."""

    fill: str
    stroke: str
    pattern: Pattern = ""
    ink: str = ""
    dashed: bool = False
    width: float = 1.0


@dataclass(frozen=True)
class Palette:
    """All colours of one theme."""

    paints: dict[Style, Paint]
    tones: dict[Tone, str]
    #: The line of a link, and of what was changed, found, missed.
    line: str
    ground: str


LIGHT = Palette(
    paints={
        "plain": Paint("", ""),
        "panel": Paint("#f4f4f4", "#c8c8c8"),
        "vma": Paint("#ffffff", "#4d4d4d", width=1.2),
        "empty": Paint("", "#9a9a9a", dashed=True),
        "anon": Paint("#cde7f8", "#0072b2"),
        "ksm": Paint("#fbd98a", "#8a5f00", "stripes", "#eec05a"),
        "file": Paint("#e4e4e4", "#5c5c5c", "dots", "#b0b0b0"),
        "zero": Paint("#ffffff", "#5c5c5c", dashed=True, width=1.6),
        "avc": Paint("#5f6b76", "#3a434b"),
        "address": Paint("", "#4d4d4d", dashed=True, width=1.2),
        "window": Paint("#d9ecfb", "#0072b2", width=1.6),
        "band": Paint("#d9ecfb", ""),
        "item": Paint("#ffffff", "#8a5f00"),
        "stale": Paint("#ffffff", "#8a5f00", dashed=True),
        "gone": Paint("", "#8a8a8a", "back", "#d4d4d4", dashed=True),
        "node": Paint("#ffffff", "#4d4d4d"),
        "looked": Paint("#d9ecfb", "#0072b2", width=1.6),
        "hit": Paint("#9ad6c3", "#00684c", "stripes", "#7cc6ae", width=2.4),
        "pruned": Paint("#ffffff", "#8a8a8a", dashed=True),
        "found_all": Paint("#eef8f4", "#8cc4b1"),
        "missed_some": Paint("#f6c6a6", "#a84300", "stripes", "#eeb088"),
        "nothing": Paint("", "#c8c8c8", dashed=True),
    },
    tones={
        "normal": "#1b1b1b",
        "strong": "#1b1b1b",
        "muted": "#595959",
        "changed": "#8f2f6b",
        "gone": "#6a6a6a",
        "found": "#00684c",
        "missed": "#a84300",
        "ask": "#005a8e",
    },
    line="#4d4d4d",
    ground="#ffffff",
)

DARK = Palette(
    paints={
        "plain": Paint("", ""),
        "panel": Paint("#20252b", "#4a5058"),
        "vma": Paint("#171b20", "#b4b9bf", width=1.2),
        "empty": Paint("", "#7c8289", dashed=True),
        "anon": Paint("#17415d", "#56b4e9"),
        "ksm": Paint("#5c4000", "#e69f00", "stripes", "#74530a"),
        "file": Paint("#3d4248", "#b4b9bf", "dots", "#5a6068"),
        "zero": Paint("#171b20", "#b4b9bf", dashed=True, width=1.6),
        "avc": Paint("#aab4be", "#d5dbe0"),
        "address": Paint("", "#c4c9ce", dashed=True, width=1.2),
        "window": Paint("#12354e", "#6cbcf0", width=1.6),
        "band": Paint("#12354e", ""),
        "item": Paint("#171b20", "#e69f00"),
        "stale": Paint("#171b20", "#e69f00", dashed=True),
        "gone": Paint("", "#8d939a", "back", "#383e45", dashed=True),
        "node": Paint("#171b20", "#b4b9bf"),
        "looked": Paint("#12354e", "#6cbcf0", width=1.6),
        "hit": Paint("#0b5a45", "#3fd0a4", "stripes", "#136f57", width=2.4),
        "pruned": Paint("#171b20", "#8d939a", dashed=True),
        "found_all": Paint("#102a23", "#2b6a56"),
        "missed_some": Paint("#70300a", "#ff9a57", "stripes", "#874016"),
        "nothing": Paint("", "#4a5058", dashed=True),
    },
    tones={
        "normal": "#ececec",
        "strong": "#ececec",
        "muted": "#b4b9bf",
        "changed": "#f0a9d1",
        "gone": "#a6acb3",
        "found": "#4fd6ac",
        "missed": "#ffa76b",
        "ask": "#7cc4f4",
    },
    line="#c4c9ce",
    ground="#14181c",
)


def palette(dark: bool) -> Palette:
    """The colours for a light or a dark page."""
    return DARK if dark else LIGHT


def luminance(colour: str) -> float:
    """How light a colour ``#rrggbb`` is, 0 to 1, as WCAG defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21, as WCAG defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
