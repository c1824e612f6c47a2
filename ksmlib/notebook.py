"""What the cells of a chapter call: texts, tables and pictures of a history.

Everything shown is computed from a history at the moment the page is built,
and shows as plain text in a terminal, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from random import Random

from IPython.display import Markdown

from ksmlib.designs import all_designs, designs
from ksmlib.designs.base import EVERYTHING, DesignCost, Visit
from ksmlib.designs.walk import anon_visits
from ksmlib.draw.alt import curve_alt, state_alt
from ksmlib.draw.ascii import curve_ascii, state_ascii
from ksmlib.draw.ascii_time import time_table
from ksmlib.draw.ascii_tree import tree_ascii
from ksmlib.draw.contexts import context_walk_scene, maps_scene
from ksmlib.draw.data import Series, matrix_of
from ksmlib.draw.figure import curve_figure, state_figure
from ksmlib.draw.picture import (
    Picture,
    figure_picture,
    matrix_picture,
    state_picture,
    tree_picture,
)
from ksmlib.draw.pointers import pointer_alt, pointer_figure, pointer_graph
from ksmlib.draw.shapes import Scene
from ksmlib.draw.svg import scene_svg
from ksmlib.draw.tree import asked_trees, shown_window, tree_view
from ksmlib.draw.view import view_at, walk_views
from ksmlib.draw.years import Era, years_scene
from ksmlib.history import BASE, History, Replay, parse
from ksmlib.history.diff import differences
from ksmlib.history.link import fragment
from ksmlib.history.named import named, named_histories
from ksmlib.history.random import Bounds, random_history
from ksmlib.history.state import anon_vma_name, relative, snapshot
from ksmlib.mm.types import Folio
from ksmlib.mm.vma import vma_lookup
from ksmlib.oracle.confirmed import confirmed, kernel_name
from ksmlib.report import Report, run
from ksmlib.report import text as plain
from ksmlib.report.contexts import context_states, context_walk
from ksmlib.report.maps import replay_both
from ksmlib.report.totals import totals
from ksmlib.report.verdict import replay_with


class Text:
    """Plain ASCII that a page shows as it is, ready to be copied into a mail.

    ``notes`` are sentences to stand below it, each as plain text and as HTML;
    ``anchor`` is what a link to it asks for.
    """

    def __init__(
        self,
        lines: Iterable[str],
        notes: Iterable[tuple[str, str]] = (),
        anchor: str = "",
    ) -> None:
        self.text = "\n".join(lines)
        self.notes = tuple(notes)
        self.anchor = anchor

    def __repr__(self) -> str:
        said = ". ".join(text for text, _ in self.notes if text)
        return f"{self.text}\n\n{said}" if said else self.text

    def _repr_html_(self) -> str:
        anchor = f' id="{self.anchor}"' if self.anchor else ""
        html = f'<pre class="ksm-text"{anchor}>{escape(self.text)}</pre>'
        if self.notes:
            said = ". ".join(html for _, html in self.notes)
            html += f'<p class="ksm-confirmed">{said}</p>'
        return html


def history(what: str) -> History:
    """A named history, or one given as text. Raises HistoryError."""
    return named(what) if what in named_histories() else parse(what)


def report(what: str, ids: str | None = None) -> Report:
    """Every design's verdict on a history; ``ids`` restricts the designs."""
    return run(history(what), designs(ids))


def random_reports(
    count: int, seed: int = 1, bounds: Bounds | None = None
) -> list[Report]:
    """The verdicts on so many random histories, the same for the same seed."""
    random = Random(seed)
    return [run(random_history(random, bounds), designs()) for _ in range(count)]


def say(text: str) -> Markdown:
    """A paragraph whose numbers a cell has computed."""
    return Markdown(text)  # type: ignore[no-untyped-call]


def show_history(what: str) -> Text:
    """The history, an operation a line, with its comments.

    Below stands whether a kernel was seen to do the same.
    """
    shown = history(what)
    return Text(shown.text.splitlines(), _confirmed(shown))


def show_found(what: str, anchor: str, says: Iterable[str]) -> Text:
    """The same for a link to lead to: with what it shows, and a way to step on."""
    shown = history(what)
    lines = [*shown.text.splitlines(), *(f"  {line}" for line in says)]
    # The theme takes the fragment of every link for a selector, unless the link
    # says that it is disabled; a history is no selector.
    link = f"your-own-history.html{fragment(shown.text, None, 'full')}"
    builder = f'<a class="disabled" href="{escape(link)}">Step through it</a>'
    return Text(lines, [*_confirmed(shown), ("", builder)], anchor)


def _confirmed(shown: History) -> list[tuple[str, str]]:
    """Which kernel was seen to do the same, with a link to what it did."""
    recorded = confirmed(shown)
    if recorded is None:
        return []
    # ksm_traces.py puts the traces there; a chapter is one folder below the root.
    trace = f"../_static/traces/{recorded.case.name}.json"
    said = f"Confirmed on {kernel_name()}"
    return [(said, f'{said} (<a href="{trace}">trace</a>)')]


def show_verdicts(what: str, ids: str | None = None) -> Text:
    """The verdict table of each folio walked."""
    found = report(what, ids)
    lines = plain.refusals_text(found.refusals)
    for number, walk in enumerate(found.walks):
        lines += [""] * bool(number) + plain.verdicts_text(walk)
    return Text(lines)


def show_state(what: str, step: int | None = None) -> Text:
    """The state after ``step`` operations (the end without), as text."""
    return Text(plain.state_text(snapshot(_at(what, step).kernel)))


def show_change(what: str, step: int) -> Text:
    """What operation ``step`` changed, in words."""
    before, after = (snapshot(_at(what, at).kernel) for at in (step - 1, step))
    return Text(differences(before, after))


def show_picture(
    what: str,
    step: int | None = None,
    design: str | None = None,
    since: int | None = None,
) -> Picture:
    """The state after ``step`` operations, drawn.

    With ``design``, the PTEs its walk of the first KSM folio finds and misses;
    with ``since``, what changed after that many operations.
    """
    replay = _at(what, step)
    state = snapshot(replay.kernel)
    before = snapshot(_at(what, since).kernel) if since is not None else None
    views = walk_views(replay, design) if design else ()
    return state_picture(state, before, views[0] if views else None)


def show_figure(what: str, step: int | None = None) -> Picture:
    """The same picture by networkx and matplotlib, for slides and papers."""
    state = snapshot(_at(what, step).kernel)
    text = state_ascii(state)
    return figure_picture(lambda d: state_figure(state, dark=d), state_alt(state), text)


def show_ascii(what: str, step: int | None = None, design: str | None = None) -> Text:
    """The same picture as plain text, for a mail."""
    replay = _at(what, step)
    views = walk_views(replay, design) if design else ()
    picture = state_ascii(snapshot(replay.kernel), views[0] if views else None)
    return Text(picture.splitlines())


def show_time_table(what: str) -> Text:
    """The history as plain text: processes as columns, time going down."""
    replay = _at(what, None)
    refused = {refusal.step: refusal.errno for refusal in replay.refusals}
    return Text(time_table(replay.history, refused))


def show_tree_text(what: str, process: str, page: int, design: str) -> Text:
    """What a design's walk of the KSM folio at one page asks the trees, as boxes."""
    folio = _at(what, None).kernel.mms[process].page_table[BASE + page]
    trees = map(tree_ascii, asked_trees(folio, all_designs()[design]))
    return Text("\n\n".join("\n".join(lines) for lines in trees).splitlines())


def show_matrix(
    names: Sequence[str], ids: str | None = None, heads: Mapping[str, str] | None = None
) -> Picture:
    """All designs against the named histories: found all, or missed how many.

    ``heads`` has the title of a group by the first of its histories.
    """
    chosen = [design.id for design in designs(ids)]
    reports = {name: report(name, ids) for name in names}
    text = "\n".join(plain.matrix_text(reports, chosen))
    return matrix_picture(matrix_of(reports, chosen, heads), text)


def show_matrix_text(names: Sequence[str], ids: str | None = None) -> Text:
    """The same as text."""
    chosen = [design.id for design in designs(ids)]
    return Text(plain.matrix_text({n: report(n, ids) for n in names}, chosen))


def show_totals(reports: Iterable[Report], ids: str | None = None) -> Text:
    """What the designs missed in all, beside the full walk, and what they cost."""
    return Text(plain.totals_text(reports, designs(ids)))


def show_pointers(what: str, step: int | None = None) -> Picture:
    """VMAs, their chains, anon_vmas and folios, and who points to whom."""
    graph = pointer_graph(snapshot(_at(what, step).kernel))
    return figure_picture(lambda dark: pointer_figure(graph, dark), pointer_alt(graph))


def show_maps(what: str, step: int | None = None) -> Picture:
    """The anon_vmas and the COW contexts after ``step`` operations, side by side."""
    kernel = _both(what, step).kernel
    return _scene(maps_scene(snapshot(kernel), context_states(kernel)))


def show_context_walk(what: str, process: str, page: int) -> Picture:
    """The COW contexts at the end, and the walk of the folio at one page."""
    kernel = _both(what, None).kernel
    folio = kernel.mms[process].page_table[BASE + page]
    return _scene(
        context_walk_scene(context_states(kernel), context_walk(kernel, folio))
    )


def show_years(title: str, eras: Sequence[Era], until: int) -> Picture:
    """What was there from when to when, up to the end of a year."""
    return _scene(years_scene(title, eras, until))


def show_curve(series: Sequence[Series], x_label: str, y_label: str) -> Picture:
    """Lines over one axis, both axes logarithmic."""
    return figure_picture(
        lambda dark: curve_figure(series, x_label, y_label, dark),
        curve_alt(series, x_label, y_label),
        curve_ascii(series, x_label, y_label),
    )


def show_walk(what: str, process: str, page: int, design: str = "full") -> Text:
    """Each VMA that a walk of the folio at one page is given, in order.

    A KSM folio is walked as ``design`` would; any other as the kernel does.
    """
    folio = _at(what, None).kernel.mms[process].page_table[BASE + page]
    rows = [["asks", "VMA", "pgoffs", "tries", "maps it"]]
    for visit in _visits(folio, design):
        vma, at = visit.vma, visit.address
        rows.append(
            [
                str(anon_vma_name(visit.anon_vma)),
                f"{vma.vm_mm.name} {vma.vm_start - BASE}+{vma.pages}",
                f"{relative(vma.vm_pgoff)}..{relative(vma.last_pgoff)}",
                "-" if at is None else f"{vma.vm_mm.name}:{at - BASE}",
                "yes" if visit.hit else "no",
            ]
        )
    return Text(plain.table(rows))


def show_tree(what: str, process: str, page: int, index: int | None = None) -> Picture:
    """The tree of the anon_vma of a VMA, and what a walk looks at there.

    The walk asks for one ``index`` of anonymous memory, or for everything.
    """
    vma = vma_lookup(_at(what, None).kernel.mms[process], BASE + page)
    assert vma is not None and vma.anon_vma is not None
    window = EVERYTHING if index is None else shown_window(index, index)
    return tree_picture(tree_view(vma.anon_vma, window))


def show_table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> Text:
    """Rows, the first one the heads, as plain text; columns ``right`` to the right."""
    return Text(plain.table(rows, right))


def missed(what: str, design: str) -> str:
    """The PTEs a design misses, as text; "nothing" if it misses none."""
    return plain.ptes_text(report(what, design).missed(design)) or "nothing"


def _visits(folio: Folio, design: str) -> Iterator[Visit]:
    if folio.test_ksm:
        return all_designs()[design].visits(folio, DesignCost())
    return anon_visits(folio, DesignCost())


def _at(what: str, step: int | None) -> Replay:
    return _sought(replay_with(history(what), designs()), step)


def _both(what: str, step: int | None) -> Replay:
    return _sought(replay_both(history(what)), step)


def _sought(replay: Replay, step: int | None) -> Replay:
    replay.seek(len(replay) if step is None else step)
    return replay


def _scene(scene: Scene) -> Picture:
    return Picture(scene_svg(scene), scene.alt)


__all__ = [
    "Era",
    "Series",
    "Text",
    "history",
    "missed",
    "random_reports",
    "report",
    "say",
    "show_ascii",
    "show_change",
    "show_context_walk",
    "show_curve",
    "show_figure",
    "show_found",
    "show_history",
    "show_maps",
    "show_matrix",
    "show_matrix_text",
    "show_picture",
    "show_pointers",
    "show_state",
    "show_table",
    "show_time_table",
    "show_totals",
    "show_tree",
    "show_tree_text",
    "show_verdicts",
    "show_walk",
    "show_years",
    "totals",
    "view_at",
]
