"""Give every page a twin in plain text: ASCII, 66 columns, links as footnotes.

``book/address.txt`` stands beside ``book/address.html``, to be read in ``less``
and quoted in a mail, and ``book/index.txt`` lists them. A twin is made from what
the page is made from, so no cell runs twice: where a cell has several outputs,
the twin takes its text. sphinx.writers.text has a fixed width, and does not
number links.

A character without a spelling in ASCII, or a node that nobody has thought of,
fails the strict build, and so does a line that is too wide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import chain, count, repeat, zip_longest
from pathlib import Path
from textwrap import wrap
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

from ksmlib.report.text import COLUMNS, folded
from ksmlib.site import ARCHIVE, EDITION, HOME

logger = logging.getLogger(__name__)

#: Best first. Markdown is what say() gives: its nodes are those of a paragraph.
MIMES = ("text/markdown", "text/plain")
WIDGET = "application/vnd.jupyter.widget-view+json"
ASCII = str.maketrans(
    {
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": " - ",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{RIGHTWARDS ARROW}": "->",
        "\N{LEFTWARDS ARROW}": "<-",
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{LESS-THAN OR EQUAL TO}": "<=",
        "\N{GREATER-THAN OR EQUAL TO}": ">=",
        "\N{MICRO SIGN}": "u",
    }
)
#: A space at which no line may end, and a place where one has to.
FIRM, BREAK = "\N{NO-BREAK SPACE}", "\v"
UNDERLINES = "=-~"
#: A line of its own, which may be longer than others.
ADDRESS = re.compile(r"(\[\d+\] )?https?://\S+")

FOOT = """
<p class="ksm-twins">As plain text: <a href="{twin}">this page</a>,
<a href="index.txt">all pages</a>. The whole book: <a href="{archive}.pdf">PDF</a>,
<a href="{archive}.zip">zip</a> to read offline.</p>
"""
BUTTON = {
    "type": "link",
    "text": ".txt",
    "tooltip": "Plain text, 66 columns",
    "icon": "fas fa-align-left",
    "label": "download-text-button",
}
ALTERNATE = '<link rel="alternate" type="text/plain" href="{twin}">\n'


def spelt(text: str) -> str:
    """``text`` in ASCII, as far as its characters have a spelling there."""
    letters = unicodedata.normalize("NFD", text.translate(ASCII))
    return "".join(c for c in letters if not unicodedata.combining(c))


def filled(text: str, width: int) -> list[str]:
    """A paragraph in lines that fit, if its words do."""
    lines = (
        wrap(part, width, break_long_words=False, break_on_hyphens=False)
        for part in text.split(BREAK)
    )
    return [line.replace(FIRM, " ") for line in chain(*lines)]


def hung(lines: Iterable[str], mark: str) -> list[str]:
    """Lines below each other, with ``mark`` before the first."""
    pads = chain([mark], repeat(" " * len(mark)))
    return [f"{pad}{line}".rstrip() for pad, line in zip(pads, lines, strict=False)]


def table(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """A table below its heads; columns too wide for the page are folded."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    # No narrower than the longest word.
    words = [" ".join(column).split(" ") for column in columns]
    least = [max(map(len, each), default=0) for each in words]
    gaps = 2 * (len(widths) - 1)
    if sum(least) + gaps > width:
        return records(rows, width)
    while sum(widths) + gaps > width:
        spare = (at for at, wide in enumerate(widths) if wide > least[at])
        widths[max(spare, key=lambda at: widths[at])] -= 1
    parts = [
        [filled(cell, wide) or [""] for cell, wide in zip(row, widths, strict=True)]
        for row in rows
    ]
    gap = [""] if any(len(cell) > 1 for row in parts[1:] for cell in row) else []
    lines: list[str] = []
    for row in parts:
        for line in zip_longest(*row, fillvalue=""):
            cells = (cell.ljust(w) for cell, w in zip(line, widths, strict=True))
            lines.append("  ".join(cells).rstrip())
        if row is parts[0]:
            lines.append("  ".join("-" * wide for wide in widths))
        elif row is not parts[-1]:
            lines += gap
    return lines


def records(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """A table without columns: each cell below its row, after its head."""
    heads, *rest = rows
    lines: list[str] = []
    for row in rest:
        lines += [""] * bool(lines) + filled(row[0], width)
        for head, cell in zip(heads[1:], row[1:], strict=True):
            lines += hung(filled(f"{head}: {cell}", width - 2), "  ")
    return lines


class Twin:
    """The plain text of one page, with the links that it collects on the way."""

    def __init__(self, page: str) -> None:
        #: The address of the page, below that of the edition.
        self.page = page
        self.links: dict[str, int] = {}
        self.depth = 0

    def text(self, document: nodes.document) -> str:
        """The whole twin."""
        lines = self.blocks(document, COLUMNS)
        if self.links:
            lines += ["", "", *heading("Links", 2), ""]
            lines += (f"[{n}] {link}" for link, n in self.links.items())
        of = f"This is edition {EDITION} of the KSM rmap book."
        if any("://" not in link for link in self.links):
            of += " Links without a host start from this page:"
        return "\n".join([*lines, "", "", *filled(of, COLUMNS), HOME + self.page, ""])

    def blocks(self, parent: nodes.Element, width: int) -> list[str]:
        """What is inside a node, an empty line between the blocks."""
        lines: list[str] = []
        for child in parent.children:
            found = self.block(child, width)
            if found:
                lines += [""] * bool(lines) + found
        return lines

    def block(self, node: nodes.Node, width: int) -> list[str]:
        """The lines of one block."""
        match node:
            case nodes.Invisible() | nodes.raw() | addnodes.toctree() | nodes.target():
                return []
            case nodes.section():
                self.depth += 1
                lines = self.blocks(node, width)
                self.depth -= 1
                return ["", *lines] if self.depth else lines
            case nodes.title():
                return heading(self.words(node), self.depth)
            case nodes.literal_block():
                return verbatim(node.astext(), width)
            case nodes.bullet_list():
                return self.items(node, width, repeat("- "))
            case nodes.enumerated_list():
                return self.items(node, width, (f"{n}. " for n in count(1)))
            case nodes.table():
                return self.table(node, width)
            case nodes.block_quote():
                return hung(self.blocks(node, width - 2), "  ")
            case nodes.Admonition():
                inside = hung(self.blocks(node, width - 2), "  ")
                return [f"{node.tagname.capitalize()}:", *inside]
            case nodes.image():
                return filled(f"[Picture: {spelt(node['alt'])}]", width)
            case nodes.paragraph() | nodes.rubric() | nodes.caption():
                return filled(self.words(node), width)
            case nodes.container() | nodes.compound() | nodes.figure():
                return self.blocks(node, width)
        raise ExtensionError(f"{self.page}: no plain text for a {node.tagname}")

    def items(
        self, parent: nodes.Element, width: int, marks: Iterable[str]
    ) -> list[str]:
        """A list; its items are set apart if one of them has several blocks."""
        found = [
            hung(self.blocks(item, width - len(mark)), mark)
            for item, mark in zip(parent.children, marks, strict=False)
        ]
        apart = any(len(item.children) > 1 for item in parent.children)
        return list(chain(*([""] * (apart and n > 0) + i for n, i in enumerate(found))))

    def table(self, parent: nodes.Element, width: int) -> list[str]:
        """A table; its first row is the heads."""
        rows = [
            [self.words(entry).replace(FIRM, " ") for entry in row.children]
            for row in parent.findall(nodes.row)
        ]
        return table(rows, width)

    def words(self, node: nodes.Node) -> str:
        """A run of text."""
        match node:
            case nodes.Text():
                return spelt(node.astext().replace("\n", " "))
            case nodes.literal():
                text = spelt(node.astext())
                return f"`{text.replace(' ', FIRM) if len(text) <= 30 else text}`"
            case nodes.emphasis():
                return f"*{self.inside(node)}*"
            case nodes.reference():
                return self.link(node)
            case nodes.image():
                return f"[{spelt(node['alt'])}]"
            case nodes.raw():
                return BREAK if node.astext().startswith("<br") else ""
            case nodes.target() | nodes.Invisible():
                return ""
            case nodes.TextElement() | nodes.entry():
                return self.inside(node)
        raise ExtensionError(f"{self.page}: no plain text for a {node.tagname}")

    def inside(self, node: nodes.Element) -> str:
        """All that is in a run of text."""
        return "".join(map(self.words, node.children))

    def link(self, node: nodes.Element) -> str:
        """The words of a link, and its number unless it leads into this page."""
        words, address = self.inside(node), node.get("refuri", "")
        if not address or address.startswith("#"):
            return words
        mark = f"[{self.links.setdefault(address, len(self.links) + 1)}]"
        return mark if words == address else f"{words}{FIRM}{mark}"


def heading(words: str, depth: int) -> list[str]:
    """A heading, underlined."""
    lines = filled(words, COLUMNS)
    rule = UNDERLINES[min(depth, len(UNDERLINES)) - 1]
    return [*lines, rule * max(map(len, lines))]


def verbatim(text: str, width: int) -> list[str]:
    """Text as it stands, set off a little if there is room."""
    found = text.expandtabs().strip("\n").splitlines()
    lines = [spelt(line).rstrip() for line in found]
    wide = max(map(len, lines), default=0)
    return hung(lines, "  " if wide <= width - 2 else "")


def select(document: nodes.document, page: str) -> None:
    """Leave of each output of a cell what the twin shows."""
    for bundle in list(document.findall(nodes.container)):
        if bundle.get("nb_element") != "mime_bundle":
            continue
        found = {child["mime_type"]: child.children for child in bundle.children}
        chosen = next((found[mime] for mime in MIMES if mime in found), [])
        if WIDGET in found:
            address = page.rpartition("/")[2]
            live = nodes.reference("", "On the page it is live", refuri=address)
            chosen = [*chosen, nodes.paragraph("", "", live, nodes.Text("."))]
        bundle.replace_self(chosen)


def complaints(text: str) -> list[str]:
    """What keeps a text from being read and quoted anywhere."""
    wrong = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.isascii():
            wrong.append(f"line {number} is not ASCII: {line!a}")
        elif len(line) > COLUMNS and not ADDRESS.fullmatch(line):
            wrong.append(f"line {number} has {len(line)} columns: {line}")
    return wrong


def write_twins(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    site = Path(app.outdir)
    titles: dict[str, str] = {}
    for name in app.env.external_site_map:
        page = f"{name}.html"
        document = app.env.get_doctree(name)
        select(document, page)
        app.env.get_and_resolve_doctree(name, app.builder, document)
        text = Twin(page).text(document)
        for complaint in complaints(text):
            logger.warning("%s.txt: %s", name, complaint)
        (site / f"{name}.txt").write_text(text, encoding="utf-8")
        titles[name] = spelt(app.env.titles[name].astext())
    (site / index_of(app)).write_text(index(titles), encoding="utf-8")


def index_of(app: Sphinx) -> str:
    """The address of the list."""
    return f"{app.config.root_doc.rpartition('/')[0]}/index.txt"


def index(titles: Mapping[str, str]) -> str:
    """All twins, with their titles."""
    lines = [*heading("The KSM rmap book", 1), ""]
    for name, title in titles.items():
        lines += [f"{name.rpartition('/')[2]}.txt", *folded(title, 4)]
    of = f"This is edition {EDITION} of the KSM rmap book."
    folder = next(iter(titles)).rpartition("/")[0]
    return "\n".join([*lines, "", of, f"{HOME}{folder}/index.txt", ""])


def offer(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Lead from a page to its twin: its download menu, its foot and its head."""
    if doctree is None or app.builder.name != "html":
        return
    twin = f"{pagename.rpartition('/')[2]}.txt"
    context["body"] += FOOT.format(twin=escape(twin), archive=escape(ARCHIVE))
    context["metatags"] = context.get("metatags", "") + ALTERNATE.format(twin=twin)
    for group in context.get("header_buttons", []):
        if group["label"] == "download-buttons":
            group["buttons"].append({**BUTTON, "url": twin})


def setup(app: Sphinx) -> dict[str, bool]:
    # After the theme (501), which makes the menu.
    app.connect("html-page-context", offer, priority=600)
    app.connect("build-finished", write_twins)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
