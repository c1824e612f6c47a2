"""Fail the build if a page of the table of contents has been lost.

Sphinx warns about a broken reference, but not about a page that came out empty
or about an anchor that other people's links and mails point at. So, after the
build: every page of the table of contents must exist, must say something, must
carry every ``(anchor)=`` its source sets, and the first of these must be the
page's own name, which is how chapters refer to each other.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ANCHOR = re.compile(r"^\(([^()\s]+)\)=\s*$", re.MULTILINE)
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)


class Page(HTMLParser):
    """Collects the ids of a page and counts the words of its article.

    The last line, which ksm_text.py puts on every page, says nothing of it.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.words = 0
        self._depth = 0  # of nested <article>
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._depth += tag == "article"
        if ("class", "ksm-twins") in attrs:
            self._depth = 0
        self.ids.update(value for name, value in attrs if name == "id" and value)

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "article" and self._depth > 0

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.words += len(data.split())


def anchors(source: str) -> list[str]:
    """The ``(name)=`` targets of a chapter, in order; not those in code."""
    return ANCHOR.findall(FENCE.sub("", source))


def complaints(name: str, source: Path, page: Path) -> list[str]:
    """What is wrong with one built page."""
    if not source.is_file():
        return [f"{name}: no such chapter"]
    if not page.is_file():
        return [f"{name}: no such page in the site"]
    built = Page(page.read_text(encoding="utf-8"))
    wanted = anchors(source.read_text(encoding="utf-8"))
    own = name.rpartition("/")[2]
    wrong = []
    if built.words < 20:
        wrong.append(f"{name}: the page is empty ({built.words} words)")
    if wanted[:1] != [own]:
        wrong.append(f"{name}: the chapter does not start with ({own})=")
    # docutils turns a name like `a_b` into the id `a-b`
    wrong += [
        f"{name}: the anchor {anchor} is lost"
        for anchor in wanted
        if not built.ids & {anchor, anchor.lower().replace("_", "-")}
    ]
    return wrong


def guard(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    wrong = [
        complaint
        for name in app.env.external_site_map
        for complaint in complaints(
            name, Path(app.srcdir, f"{name}.md"), Path(app.outdir, f"{name}.html")
        )
    ]
    if wrong:
        raise ExtensionError("the book has lost something:\n  " + "\n  ".join(wrong))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", guard)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
