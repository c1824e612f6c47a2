"""A history as a table of plain ASCII: processes across, time down.

In the manner of the kernel's documents, which draw what two CPUs do as two
columns. Here a column is a process; ksmd has the whole width.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from ksmlib.history import History
from ksmlib.history.operations import Fork, Operation, ProcessOperation, WalkPage
from ksmlib.report.text import COLUMNS

#: So many columns fit. With more processes, the last column is for the rest.
MAX_COLUMNS = 3
_NUMBER = 4


def time_table(history: History, refused: Mapping[int, str] | None = None) -> list[str]:
    """The operations of a history, each in the column of who does it.

    ``refused`` has an errno for each operation, counted from 1, that was
    refused. At most 66 columns.
    """
    columns = _columns(history)
    width = (COLUMNS - _NUMBER) // max(1, len(set(columns.values())))
    heads = [""] * len(set(columns.values()))
    for name, column in columns.items():
        heads[column] += f" {name}" if heads[column] else name
    lines = [_row("", [head[: width - 2] for head in heads], width)]
    lines.append(_row("", ["-" * min(len(h), width - 2) for h in heads], width))
    for number, operation in enumerate(history.operations, 1):
        said = _said(operation, heads)
        errno = (refused or {}).get(number)
        said += f" = {errno}" if errno else ""
        if isinstance(operation, ProcessOperation | WalkPage):
            cells = _cells(operation, said, columns, width)
            lines += _rows(str(number), cells, width)
        else:
            across = f" {said} ".center(width * len(heads) - 2, "-")
            lines.append(f"{number:>{_NUMBER - 2}}  {across}")
    return lines


def _columns(history: History) -> dict[str, int]:
    """Which column each process has, in the order of their first lines."""
    names: dict[str, None] = {}
    for operation in history.operations:
        if isinstance(operation, ProcessOperation | WalkPage):
            names[operation.process] = None
        if isinstance(operation, Fork):
            names[operation.child] = None
    return {name: min(n, MAX_COLUMNS - 1) for n, name in enumerate(names)}


def _said(operation: Operation, heads: Sequence[str]) -> str:
    """An operation, without its process if that has a column of its own."""
    said = str(operation)
    if isinstance(operation, ProcessOperation) and operation.process in heads:
        return said.removeprefix(operation.process).lstrip()
    return said


def _cells(
    operation: ProcessOperation | WalkPage,
    said: str,
    columns: Mapping[str, int],
    width: int,
) -> list[list[str]]:
    """The lines of each column, for one operation."""
    cells: list[list[str]] = [[] for _ in set(columns.values())]
    cells[columns[operation.process]] = wrap(said, width - 2)
    if isinstance(operation, Fork) and "=" not in said:
        child = columns[operation.child]
        cells[child] = [*cells[child], "(forked)"]
    return cells


def _rows(number: str, cells: list[list[str]], width: int) -> Iterator[str]:
    for at in range(max(map(len, cells))):
        texts = [cell[at] if at < len(cell) else "" for cell in cells]
        yield _row(number if at == 0 else "", texts, width)


def _row(number: str, texts: list[str], width: int) -> str:
    cells = "".join(text.ljust(width) for text in texts)
    return f"{number:>{_NUMBER - 2}}  {cells}".rstrip()
