"""An exploration as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import wrap

from ksmlib.explore.bound import Bound
from ksmlib.explore.exploration import Exploration, age, operations_in
from ksmlib.explore.promises import PROMISES
from ksmlib.explore.situations import SITUATIONS
from ksmlib.explore.tables import Cell, matrix, saturation
from ksmlib.report.text import COLUMNS, table

#: A design and the name of a promise.
Pair = tuple[str, str]


def exploration_text(exploration: Exploration) -> str:
    """All of it: bound, counts, verdicts, shortest histories, tables."""
    broken = {(b.design, b.promise): b.history for b in exploration.broken}
    parts = [
        bound_text(exploration.bound),
        _counts(exploration),
        verdicts_text(exploration.designs, broken),
        histories_text(broken),
        _matrix(exploration),
        _dearest(exploration),
        _never(exploration),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _wrapped(text: str) -> list[str]:
    """In lines that fit, names with hyphens whole."""
    return wrap(text, COLUMNS, subsequent_indent="  ", break_on_hyphens=False)


def bound_text(bound: Bound) -> list[str]:
    """The bound in words."""
    return _wrapped(
        f"every history of up to {_many(bound.ops, 'operation')} by"
        f" {_many(bound.procs, 'process', 'es')} on {_many(bound.pages, 'page')}"
        f" with {_many(bound.contents, 'content')}; {', '.join(bound.kinds)}"
    )


def _many(number: int, what: str, ending: str = "s") -> str:
    return f"{number} {what}{'' if number == 1 else ending}"


def _counts(exploration: Exploration) -> list[str]:
    rows = [["operations", "states", "histories", "refused", "new behaviours"]]
    for row in saturation(exploration):
        tried = row.generated + row.refused
        numbers = (row.ops, row.states, tried, row.refused, row.behaviours)
        rows.append([f"{number:,}" for number in numbers])
    kinds = [["kind", "done", "refused"]]
    for kind, counts in exploration.kinds.items():
        kinds.append([kind, *(f"{count:,}" for count in counts)])
    return [*_numbers(rows), "", *_numbers(kinds)]


def _numbers(rows: list[list[str]]) -> list[str]:
    """A table of numbers, each behind the name of its row."""
    return table([[*row, ""] for row in rows], range(1, len(rows[0])))


def verdicts_text(designs: Iterable[str], broken: Mapping[Pair, str]) -> list[str]:
    """How many operations it takes to break each promise of each design."""
    names = [promise.name for promise in PROMISES]
    rows = [["operations to break", *names]]
    for design in designs:
        cells = [broken.get((design, name)) for name in names]
        rows.append([design, *(str(operations_in(c)) if c else "." for c in cells)])
    meaning = [[promise.name, f"finds {promise.title}"] for promise in PROMISES]
    return [*_numbers(rows), *table([*meaning, [".", "not broken"]])]


def histories_text(broken: Mapping[Pair, str]) -> list[str]:
    """Each history once, with all that it breaks."""
    breaks: dict[str, dict[str, list[str]]] = {}
    for (design, promise), history in broken.items():
        breaks.setdefault(history, {}).setdefault(design, []).append(promise)
    lines: list[str] = []
    for history in sorted(breaks, key=age):
        what = "; ".join(f"{d} ({' '.join(of)})" for d, of in breaks[history].items())
        lines += [*_wrapped(f"breaks {what}"), *_operations(history), ""]
    return lines[:-1]


def _operations(history: str) -> list[str]:
    return [f"    {operation}" for operation in history.split("; ")]


def _matrix(exploration: Exploration) -> list[str]:
    """In each situation how many PTEs in a hundred are missed; a dot is none."""
    cells = matrix(exploration)
    situations = [s for s in SITUATIONS if any(s.name in row for row in cells.values())]
    letters = "abcdefghijkl"[: len(situations)]
    rows = [["% of PTEs missed", *letters]]
    for design, row in cells.items():
        rows.append([design, *(_percent(row[s.name]) for s in situations)])
    if not situations:
        return []
    return _numbers(rows) + [
        f"{letter}  {s.title}" for letter, s in zip(letters, situations, strict=True)
    ]


def _percent(cell: Cell) -> str:
    """A dot is none, and 100 is all."""
    if cell.missed in (0, cell.ptes):
        return "100" if cell.missed else "."
    percent = round(100 * cell.missed / cell.ptes)
    return {0: "<1", 100: ">99"}.get(percent, str(percent))


def _dearest(exploration: Exploration) -> list[str]:
    """The walks that visit most VMAs for a PTE found, each history once."""
    designs: dict[str, list[str]] = {}
    for d in exploration.dearest:
        cost = f"{d.design} {d.vmas} for {d.found}"
        designs.setdefault(d.history, []).append(cost)
    lines: list[str] = []
    for history, costs in designs.items():
        lines += _wrapped(f"most VMAs visited for PTEs found: {', '.join(costs)}")
        lines += [*_operations(history), ""]
    return lines[:-1]


def _never(exploration: Exploration) -> list[str]:
    if not exploration.never:
        return []
    what = "; ".join(exploration.never)
    return _wrapped(f"never occurred, so this proves nothing of it: {what}")
