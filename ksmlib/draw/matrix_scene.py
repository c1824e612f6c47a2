"""Designs against histories: who found all, who missed how many."""

from __future__ import annotations

from ksmlib.draw.alt import matrix_alt
from ksmlib.draw.data import Cell, Matrix
from ksmlib.draw.measure import text_width
from ksmlib.draw.plan import MARGIN, paragraph, widest
from ksmlib.draw.shapes import SIZE, Box, Canvas, Label, Scene, Style, Symbol

#: No narrower, so that the legend has room.
WIDTH = 400.0
#: A cell, from one to the next.
COLUMN, ROW = 28.0, 21.0


def matrix_scene(matrix: Matrix) -> Scene:
    """A row for each history, a column for each design; groups stand apart."""
    left = MARGIN + widest(matrix.histories) + 8
    canvas = Canvas(y=MARGIN + widest(matrix.designs) + 4)
    for n, design in enumerate(matrix.designs):
        x = left + (n + 0.5) * COLUMN
        canvas.labels.append(Label(design, x, canvas.y - 2, upwards=True))
    canvas.y += 4
    for history in matrix.histories:
        if history in matrix.heads:
            _head(canvas, matrix.heads[history])
        _row(canvas, matrix, history, left)
    canvas.y += 10
    heads = [MARGIN + text_width(h, SIZE, bold=True) for h in matrix.heads.values()]
    right = max(left + len(matrix.designs) * COLUMN, *heads, WIDTH - MARGIN)
    paragraph(canvas, _legend(matrix), MARGIN, right, "muted")
    canvas.y += MARGIN
    return canvas.scene(right + MARGIN, "Designs against histories", matrix_alt(matrix))


def _legend(matrix: Matrix) -> str:
    said = "A tick: every PTE found. A cross: so many PTEs missed."
    if len(matrix.cells) < len(matrix.designs) * len(matrix.histories):
        said += " Empty: no KSM folio to walk."
    return said


def _head(canvas: Canvas, title: str) -> None:
    """Above the first history of a group."""
    canvas.y += ROW * 0.4
    canvas.labels.append(Label(title, MARGIN, canvas.y + ROW / 2, bold=True))
    canvas.y += ROW


def _row(canvas: Canvas, matrix: Matrix, history: str, left: float) -> None:
    canvas.labels.append(Label(history, MARGIN, canvas.y + ROW / 2))
    for n, design in enumerate(matrix.designs):
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
    said = f"missed {cell.missed}" if cell.missed else "found all"
    title = f"{name}: {said} of {cell.found + cell.missed}"
    style: Style = "missed_some" if cell.missed else "found_all"
    box = Box(key, "cell", *place, *size, style, title=title)
    canvas.boxes.append(box)
    x, y = box.centre
    if not cell.missed:
        canvas.symbols.append(Symbol("found", x, y, 8))
        return
    text = str(cell.missed)
    x -= (text_width(text, SIZE) + 11) / 2
    canvas.symbols.append(Symbol("missed", x + 4, y, 8))
    canvas.labels.append(Label(text, x + 11, y))
