"""Designs against histories: who found all, who missed how many.

Wide matrices are cut into blocks, one below the other.
"""

from __future__ import annotations

from math import ceil

from ksmlib.draw.alt import matrix_alt
from ksmlib.draw.data import Cell, Matrix
from ksmlib.draw.measure import text_width
from ksmlib.draw.plan import MARGIN, paragraph, widest
from ksmlib.draw.shapes import (
    SIZE,
    Box,
    Canvas,
    Label,
    Outcome,
    Scene,
    Style,
    Symbol,
)

WIDTH = 400.0
#: A cell, from one to the next.
COLUMN, ROW = 38.0, 22.0


def matrix_scene(matrix: Matrix, width: float = WIDTH) -> Scene:
    """Draw the matrix in blocks that are not wider than ``width``."""
    left = MARGIN + widest(matrix.designs) + 8
    across = _columns(len(matrix.histories), int((width - MARGIN - left) / COLUMN))
    canvas = Canvas(y=MARGIN)
    for n in range(0, len(matrix.histories), across):
        _block(canvas, matrix, matrix.histories[n : n + across], left)
        canvas.y += 12
    columns = min(across, len(matrix.histories))
    right = max(left + columns * COLUMN + MARGIN, min(width, WIDTH))
    said = "all: every PTE found. With a cross: so many PTEs missed."
    if len(matrix.cells) < len(matrix.designs) * len(matrix.histories):
        said += " Empty: no KSM folio to walk."
    paragraph(canvas, said, MARGIN, right - MARGIN, "muted")
    canvas.y += MARGIN
    return canvas.scene(right, "Designs against histories", matrix_alt(matrix))


def _columns(histories: int, most: int) -> int:
    """How many columns a block has, so that all blocks are about as wide."""
    blocks = ceil(histories / max(most, 1))
    return ceil(histories / max(blocks, 1)) or 1


def _block(
    canvas: Canvas, matrix: Matrix, histories: tuple[str, ...], left: float
) -> None:
    canvas.y += widest(histories) + 4
    for n, history in enumerate(histories):
        x = left + (n + 0.5) * COLUMN
        canvas.labels.append(Label(history, x, canvas.y - 2, upwards=True))
    canvas.y += 4
    for design in matrix.designs:
        y = canvas.y + ROW / 2
        canvas.labels.append(Label(design, MARGIN, y))
        for n, history in enumerate(histories):
            cell = matrix.cells.get((design, history))
            place = (left + n * COLUMN + 1.5, canvas.y + 1.5)
            _cell(canvas, f"{design}:{history}", cell, place)
        canvas.y += ROW


def _cell(
    canvas: Canvas, name: str, cell: Cell | None, place: tuple[float, float]
) -> None:
    size = (COLUMN - 3, ROW - 3)
    key = f"cell:{name}"
    if cell is None:
        title = f"{name}: no walk"
        canvas.boxes.append(Box(key, "cell", *place, *size, "nothing", title=title))
        return
    style: Style = "missed_some" if cell.missed else "found_all"
    said = f"missed {cell.missed}" if cell.missed else "found all"
    title = f"{name}: {said} of {cell.found + cell.missed}"
    box = Box(key, "cell", *place, *size, style, title=title)
    canvas.boxes.append(box)
    text = str(cell.missed) if cell.missed else "all"
    x, y = box.centre
    x -= (text_width(text, SIZE) + 12) / 2
    kind: Outcome = "missed" if cell.missed else "found"
    canvas.symbols.append(Symbol(kind, x + 4, y, 8))
    canvas.labels.append(Label(text, x + 12, y))
