"""How wide a text is, without a font at hand.

The widths are those of DejaVu Sans, which matplotlib uses and which is wider
than what browsers take for ``sans-serif``: a text that fits here fits there.
"""

from __future__ import annotations

from collections.abc import Iterable

#: Hundredths of the font size, for the characters from space to tilde.
_WIDTHS = (
    "32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64"
    " 34 34 84 84 84 53 100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63"
    " 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63 63 28 28 58 28 97"
    " 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84"
)
_WIDTH = {chr(32 + i): int(w) for i, w in enumerate(_WIDTHS.split())}
_WIDTH["\N{MIDDLE DOT}"] = 32
_BOLD = 1.12

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of one line of text; unknown characters count as a full square."""
    # Whole numbers: from 3.12 on, Python adds up fractions in another way.
    width = sum(_WIDTH.get(c, 100) for c in text) * size / 100
    return width * _BOLD if bold else width


def clipped(text: str, width: float, size: float, bold: bool = False) -> str:
    """``text``, or as much of its beginning as fits, with an ellipsis."""
    if text_width(text, size, bold) <= width:
        return text
    while text and text_width(text + ELLIPSIS, size, bold) > width:
        text = text[:-1]
    return text + ELLIPSIS


def flowed(
    words: Iterable[str], width: float, size: float, between: str = " "
) -> list[str]:
    """Words in lines of at most ``width``; a longer word gets a line of its own."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]}{between}{word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
