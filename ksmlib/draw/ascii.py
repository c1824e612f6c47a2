"""A state as plain ASCII of at most 66 columns, to paste into a mail.

In the manner of the kernel's tools/testing/vma: a ruler of page numbers, and
below it each VMA as a letter repeated over its pages. The same letter shows
where the tree of an anon_vma files it; dots show where its pages are then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from string import ascii_letters
from typing import Any

from ksmlib.draw.anon_vmas import (
    Span,
    address_keys,
    by_descent,
    interval_keys,
    joined_windows,
)
from ksmlib.draw.columns import Key, Wish, breaks, filled, folio_of_file, wishes
from ksmlib.draw.data import Series
from ksmlib.draw.lanes import vma_words
from ksmlib.draw.view import WalkView
from ksmlib.history.state import State
from ksmlib.report.text import COLUMNS, folded, headline, ptes_text

#: Names to the left take at most so many columns.
GUTTER = 14
MAX_PROCESSES = 4
MAX_ANON_VMAS = 8
MAX_ENTRIES = 8
MAX_NOTES = 12
_MISS, _FOUND = "MISS", "ok"


@dataclass(frozen=True)
class Ruler:
    """Which columns of text belong to which page or page offset."""

    at: dict[Key, int]
    cell: int
    gaps: tuple[int, ...]

    def span(self, span: Span) -> tuple[int, int] | None:
        """The first and the last column of a range, as far as it is shown."""
        inside = [x for key, x in self.at.items() if span[0] <= key <= span[1]]
        return (inside[0], inside[-1] + self.cell - 2) if inside else None


@dataclass(frozen=True)
class Sheet:
    """All that the lines of a picture are made from."""

    state: State
    walk: WalkView | None
    ruler: Ruler
    letters: dict[tuple[str, int], str]
    gutter: int
    hidden: int


def state_ascii(state: State, walk: WalkView | None = None) -> str:
    """Draw a state, and what a walk found, without a newline at the end."""
    if not state["processes"]:
        return "no process runs"
    sheet = _sheet(state, walk)
    lines = [*_headline(walk), *_lanes(sheet), *_trees(sheet), "", *_notes(sheet)]
    text = "\n".join(line.rstrip()[:COLUMNS] for line in lines)
    return text.encode("ascii", "replace").decode()


def curve_ascii(series: Iterable[Series], x_label: str, y_label: str) -> str:
    """The points of a chart, line by line."""
    lines = folded(f"{y_label}, by {x_label}", 0)
    for line in series:
        points = (f"{x:,g}:\0{y:,g}" for x, y in line.points)
        lines += [*folded(line.name, 4, "  "), *folded("  ".join(points), 4)]
    return "\n".join(lines).replace("\0", " ")


def _sheet(state: State, walk: WalkView | None) -> Sheet:
    names = [*state["folios"], *state["anon_vmas"], _MISS if walk else ""]
    wish = wishes(state, None, [walk] if walk else [])
    numbers = [_number(key) for key in wish.chosen()[0]]
    cell = max(4, *(min(len(name), 9) for name in [*names[:99], *numbers])) + 1
    gutter = min(GUTTER, max(6, *(len(text) for text in _gutter_texts(state))) + 1)
    keys = _fitting(wish, (COLUMNS - gutter) // cell, COLUMNS - gutter, cell)
    at: dict[Key, int] = {}
    gaps: list[int] = []
    x = gutter
    for key, cut in zip(keys, breaks(keys), strict=True):
        if cut:
            gaps.append(x)
            x += 3
        at[key] = x
        x += cell
    vmas = [(n, v["start"]) for n, p in state["processes"].items() for v in p["vmas"]]
    hidden = len(wish.ranks.keys() - at.keys())
    letters = dict(zip(vmas, islice(cycle(ascii_letters), len(vmas)), strict=True))
    return Sheet(state, walk, Ruler(at, cell, tuple(gaps)), letters, gutter, hidden)


def _number(key: Key) -> str:
    return f"@{key[1]}" if key[0] else str(key[1])


def _gutter_texts(state: State) -> Iterator[str]:
    for name in list(state["processes"])[:MAX_PROCESSES]:
        yield f"{name} folio"
    for name, _ in by_descent(state)[:MAX_ANON_VMAS]:
        for entry in state["anon_vmas"][name]["tree"][:MAX_ENTRIES]:
            yield f"  {_entry_text(entry)}"


def _fitting(wish: Wish, most: int, width: int, cell: int) -> list[Key]:
    """As many keys as fit with the gaps between them."""
    while True:
        keys = filled(wish.chosen(most)[0], most)
        if not keys or len(keys) * cell + 3 * sum(breaks(keys)) <= width + 1:
            return keys
        most -= 1


def _headline(walk: WalkView | None) -> list[str]:
    if walk is None:
        return []
    said = f"{walk.folio}, walked by {walk.design}: "
    said += f"finds {ptes_text(walk.found) or 'nothing'}"
    if walk.missed:
        said += f", misses {ptes_text(walk.missed)}"
    return [*headline(said)[:6], ""]


def _row(sheet: Sheet, name: str, cells: Iterable[tuple[int, str]]) -> str:
    """One line: a name, and texts at their columns."""
    line = list(name[: sheet.gutter - 1].ljust(COLUMNS + 1))
    for x, text in cells:
        line[x : x + len(text)] = text
    return "".join(line)


def _ruler_row(sheet: Sheet, name: str, files: bool) -> str:
    """The numbers, and dots where some are left out."""
    at = {key: x for key, x in sheet.ruler.at.items() if files or not key[0]}
    cells = [(x, _cell(sheet, _number(key))) for key, x in at.items()]
    end = max(at.values(), default=0)
    return _row(
        sheet, name, [*cells, *((x, "..") for x in sheet.ruler.gaps if x < end)]
    )


def _bar(sheet: Sheet, span: Span, letter: str) -> list[tuple[int, str]]:
    reach = sheet.ruler.span(span)
    return [(reach[0], letter * (reach[1] - reach[0] + 1))] if reach else []


def _lanes(sheet: Sheet) -> Iterator[str]:
    yield _ruler_row(sheet, "page", files=False)
    names = list(sheet.state["processes"])
    for name in names[:MAX_PROCESSES]:
        yield from _lane(sheet, name)
    if len(names) > MAX_PROCESSES:
        yield f"... and {len(names) - MAX_PROCESSES} more processes"
    for name in dict.fromkeys(item["process"] for item in sheet.state["rmap_items"]):
        if name not in names:
            yield f"{name[:8]} has exited"
            yield from _items(sheet, name, "  ")


def _lane(sheet: Sheet, name: str) -> Iterator[str]:
    process = sheet.state["processes"][name]
    bars: list[tuple[int, str]] = []
    for vma in process["vmas"]:
        last = vma["start"] + vma["pages"] - 1
        letter = sheet.letters[name, vma["start"]]
        bars += _bar(sheet, ((0, vma["start"]), (0, last)), letter)
    yield _row(sheet, f"{name[:8]} vma", bars)
    folios, contents, verdicts = [], [], []
    for page, pte in process["pages"].items():
        x = sheet.ruler.at.get((0, int(page)))
        if x is not None:
            folios.append((x, _cell(sheet, pte["folio"])))
            contents.append((x, _cell(sheet, pte["content"] or "")))
            verdicts.append((x, _verdict(sheet, name, int(page))))
    pad = " " * (len(name[:8]) + 1)
    if folios:
        yield _row(sheet, f"{pad}folio", folios)
        yield _row(sheet, f"{pad}data", contents)
    if any(text for _, text in verdicts):
        yield _row(sheet, f"{pad}walk", verdicts)
    yield from _items(sheet, name, pad)


def _cell(sheet: Sheet, text: str) -> str:
    return text[: sheet.ruler.cell - 1]


def _verdict(sheet: Sheet, name: str, page: int) -> str:
    words = {"missed": _MISS, "found": _FOUND, "": ""}
    return words[sheet.walk.outcome(name, page)] if sheet.walk else ""


def _items(sheet: Sheet, name: str, pad: str) -> Iterator[str]:
    items = [
        (x, item)
        for item in sheet.state["rmap_items"]
        if item["process"] == name
        and (x := sheet.ruler.at.get((0, item["page"]))) is not None
    ]
    if items:
        folios = ((x, _cell(sheet, item["folio"] or "gone")) for x, item in items)
        yield _row(sheet, f"{pad}item", folios)
        yield _row(sheet, "", ((x, _cell(sheet, i["anon_vma"])) for x, i in items))


def _entry_text(entry: dict[str, Any]) -> str:
    pages = entry["last"] - entry["first"] + 1
    return f"{entry['process'][:8]} {entry['start']}+{pages}"


def _trees(sheet: Sheet) -> Iterator[str]:
    descent = by_descent(sheet.state)
    if not descent:
        return
    yield ""
    yield _ruler_row(sheet, "pgoff", files=True)
    for name, _ in descent[:MAX_ANON_VMAS]:
        yield from _tree(sheet, name)
    if len(descent) > MAX_ANON_VMAS:
        yield f"... and {len(descent) - MAX_ANON_VMAS} more anon_vmas"


def _tree(sheet: Sheet, name: str) -> Iterator[str]:
    anon_vma = sheet.state["anon_vmas"][name]
    parent = anon_vma["parent"]
    yield name + (" root" if parent == name else f" child of {parent}")
    asked = joined_windows(sheet.walk, name) if sheet.walk else []
    if asked:
        yield _asks(sheet, asked)
    for entry in anon_vma["tree"][:MAX_ENTRIES]:
        filed, lies = interval_keys(sheet.state, entry), address_keys(entry)
        letter = sheet.letters.get((entry["process"], entry["start"]), "?")
        bars = _bar(sheet, lies, ".") if filed != lies else []
        bars += _bar(sheet, filed, letter)
        yield _row(sheet, f"  {_entry_text(entry)}", bars)
    if len(anon_vma["tree"]) > MAX_ENTRIES:
        yield f"  ... and {len(anon_vma['tree']) - MAX_ENTRIES} more VMAs"
    yield from _folios(sheet, name)


def _asks(sheet: Sheet, asked: Iterable[Span | None]) -> str:
    keys = list(sheet.ruler.at)
    bars: list[tuple[int, str]] = []
    for span in asked:
        bars += _bar(sheet, span or (keys[0], keys[-1]), "=")
    return _row(sheet, "  asks", bars)


def _folios(sheet: Sheet, name: str) -> Iterator[str]:
    """The anonymous folios at their indexes, those of the same one below."""
    columns: dict[int, list[str]] = {}
    for folio, facts in sheet.state["folios"].items():
        if facts["kind"] == "anon" and facts["anon_vma"] == name:
            key = (int(folio_of_file(sheet.state, facts)), facts["index"])
            if key in sheet.ruler.at:
                columns.setdefault(sheet.ruler.at[key], []).append(folio)
    for n in range(max(map(len, columns.values()), default=0)):
        cells = ((x, _cell(sheet, c[n])) for x, c in columns.items() if n < len(c))
        yield _row(sheet, "" if n else "  folio", cells)


def _notes(sheet: Sheet) -> list[str]:
    """What the letters stand for, and the KSM folios."""
    notes: list[str] = []
    for (name, start), letter in islice(sheet.letters.items(), MAX_NOTES):
        vmas = sheet.state["processes"][name]["vmas"]
        vma = next(vma for vma in vmas if vma["start"] == start)
        words = ", ".join(vma_words(vma, True)).replace("\u2026", "~")
        text = f"{name[:8]} {start}+{vma['pages']}: {words}"
        notes += folded(text, 3, f"{letter}  ")
    rest = len(sheet.letters) - MAX_NOTES
    notes += [f"... and {rest} more VMAs"] if rest > 0 else []
    ksm = [f for f in sheet.state["folios"].items() if f[1]["kind"] == "ksm"]
    for name, folio in ksm[:MAX_NOTES]:
        mapped = ptes_text((process, page) for process, page in folio["mapped"])
        text = f"KSM folio, index {folio['index']}, mapped at {mapped}"
        notes += folded(text, 3, f"{name[:9]} ")[:3]
    if any(kind for kind, _ in sheet.ruler.at):
        notes.append("@5 is page 5 of the file")
    if sheet.hidden:
        notes.append(f"... and {sheet.hidden} more pages or page offsets")
    return notes
