"""What was there from when to when, as bars over the years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ksmlib.draw.alt import bounded
from ksmlib.draw.measure import text_width
from ksmlib.draw.plan import MARGIN, paragraph
from ksmlib.draw.shapes import LINE, SIZE, Box, Canvas, Label, Scene, Style

WIDTH = 400.0
#: The height of a bar, and the least width of one.
BAR, SHORTEST = 8.0, 6.0
#: A bar and what is said above it.
ROW = LINE + BAR + 8
#: From one year that has a name to the next.
STRIPE = 5


@dataclass(frozen=True)
class Era:
    """Something that came in ``first`` and went in ``last``, None if it has not.

    Years have fractions: the middle of 2004 is 2004.5. ``released`` in a
    kernel, or else only proposed.
    """

    what: str
    first: float
    last: float | None
    released: bool

    @property
    def words(self) -> str:
        """The era as a sentence."""
        begin, end = int(self.first), int(self.last) if self.last else None
        when = f"since {begin}" if end is None else f"{begin} to {end}"
        if begin == end:
            when = str(begin)
        return f"{self.what}: {when}{'' if self.released else ', proposed'}."


def years_scene(title: str, eras: Sequence[Era], until: int) -> Scene:
    """A row for each era, in the order given, up to the end of a year."""
    since = int(min(era.first for era in eras))
    unit = (WIDTH - 2 * MARGIN) / (until + 1 - since)

    def x(year: float) -> float:
        return MARGIN + (year - since) * unit

    canvas = Canvas(y=MARGIN + LINE + 3)
    _stripes(canvas, since, until, unit, ROW * len(eras))
    for number, era in enumerate(eras):
        end = x(until + 1 if era.last is None else era.last)
        _bar(canvas, era, number, x(era.first), end)
    canvas.y += 4
    legend = "filled: in released kernels; dashed: proposed"
    paragraph(canvas, legend, MARGIN, WIDTH - MARGIN, "muted")
    canvas.y += MARGIN
    return canvas.scene(WIDTH, title, bounded([f"{title}.", *(e.words for e in eras)]))


def _stripes(
    canvas: Canvas, since: int, until: int, unit: float, height: float
) -> None:
    """Every other five years the ground is darker; each fifth year has its name."""
    first = -(-since // STRIPE) * STRIPE
    for year in range(first, until + 1, STRIPE):
        left = MARGIN + (year - since) * unit
        canvas.labels.append(Label(str(year), left, MARGIN + LINE / 2, tone="muted"))
        if (year - first) % (2 * STRIPE) == 0:
            width = min(STRIPE, until + 1 - year) * unit
            canvas.boxes.append(
                Box(
                    f"years:{year}", "cell", left, MARGIN + LINE, width, height, "panel"
                )
            )


def _bar(canvas: Canvas, era: Era, number: int, left: float, right: float) -> None:
    """What is said stands above the bar, or before it if there is more room."""
    width = max(right - left, SHORTEST)
    left = min(left, WIDTH - MARGIN - width)
    top = canvas.y + LINE
    if left + text_width(era.what, SIZE) <= WIDTH - MARGIN:
        canvas.labels.append(Label(era.what, left, canvas.y + LINE / 2))
    else:
        canvas.labels.append(Label(era.what, left - 5, top + BAR / 2, "end"))
    style: Style = "anon" if era.released else "stale"
    canvas.boxes.append(
        Box(f"era:{number}", "cell", left, top, width, BAR, style, title=era.words)
    )
    canvas.y += ROW
