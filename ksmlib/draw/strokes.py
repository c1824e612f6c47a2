"""Patterns, arrow heads, ticks and crosses as plain lines, for any renderer."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from ksmlib.draw.palette import Pattern
from ksmlib.draw.shapes import Box, Symbol

Point = tuple[float, float]
Stroke = tuple[Point, ...]

#: From one stripe, or dot, to the next.
SPACING = 6.0


def pattern_strokes(box: Box, pattern: Pattern) -> list[Stroke]:
    """The lines of a pattern, cut to the box."""
    if pattern == "stripes":
        return _stripes(box)
    if pattern == "back":
        middle = 2 * box.x + box.width
        return [tuple((middle - x, y) for x, y in stroke) for stroke in _stripes(box)]
    if pattern == "dots":
        return _dots(box)
    return []


def _stripes(box: Box) -> list[Stroke]:
    """Lines from lower left to upper right, in a grid common to all boxes."""
    strokes: list[Stroke] = []
    left, top, right, bottom = box.x, box.y, box.right, box.bottom
    step = SPACING * 1.4
    c = (int((left + top) / step) + 1) * step
    while c < right + bottom:
        lower = (max(left, c - bottom), min(bottom, c - left))
        upper = (min(right, c - top), max(top, c - right))
        strokes.append((lower, upper))
        c += step
    return strokes


def _dots(box: Box) -> list[Stroke]:
    strokes: list[Stroke] = []
    y = box.y + SPACING / 2
    while y < box.bottom - 1:
        x = box.x + SPACING / 2
        while x < box.right - 1:
            strokes.append(((x, y), (x + 0.1, y)))
            x += SPACING
        y += SPACING
    return strokes


def arrow_head(points: Sequence[Point], size: float = 5.0) -> Stroke:
    """The two strokes at the end of a line, as one."""
    (x0, y0), (x1, y1) = points[-2], points[-1]
    length = hypot(x1 - x0, y1 - y0) or 1.0
    dx, dy = (x1 - x0) / length * size, (y1 - y0) / length * size
    half = 0.55
    return (
        (x1 - dx - dy * half, y1 - dy + dx * half),
        (x1, y1),
        (x1 - dx + dy * half, y1 - dy - dx * half),
    )


def symbol_strokes(symbol: Symbol) -> list[Stroke]:
    """A tick, or the two strokes of a cross."""
    x, y, half = symbol.x, symbol.y, symbol.size / 2
    if symbol.kind == "found":
        low = (x - half * 0.3, y + half * 0.75)
        return [((x - half, y), low, (x + half, y - half))]
    half *= 0.85
    return [
        ((x - half, y - half), (x + half, y + half)),
        ((x - half, y + half), (x + half, y - half)),
    ]
