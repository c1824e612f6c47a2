"""The book builds strictly, and the strictness is real."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from .conftest import ROOT, Built, SmallBook, table_of_contents

HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""
PROSE = "A page has to say something, or the guard takes it for a lost one. " * 3
GOOD = f"{HEAD}(small)=\n# Small\n\n{PROSE}\n"
CHAPTERS = table_of_contents()


def cell(code: str) -> str:
    return f"\n```{{code-cell}} ipython3\n{code}\n```\n"


class Links(HTMLParser):
    """The addresses a page links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name == "href" and value}


# The whole book.


def test_the_book_builds_strictly(site: Built) -> None:
    assert site.returncode == 0, site.tail
    assert "build succeeded." in site.output


@pytest.mark.parametrize("name", CHAPTERS)
def test_page_is_there_with_its_anchors(pages: Path, name: str) -> None:
    html = (pages / f"{name}.html").read_text(encoding="utf-8")
    source = (ROOT / f"{name}.md").read_text(encoding="utf-8")
    wanted = re.findall(r"^\(([\w-]+)\)=$", source, re.MULTILINE)
    assert name.rpartition("/")[2] in wanted
    for anchor in wanted:
        assert f'id="{anchor}"' in html, anchor
    article = html.partition("<article")[2].partition("</article>")[0]
    assert len(re.sub(r"<[^>]*>", " ", article).split()) > 20


@pytest.mark.parametrize("name", CHAPTERS)
def test_page_offers_itself_as_a_notebook(pages: Path, name: str) -> None:
    html = (pages / f"{name}.html").read_text(encoding="utf-8")
    link = f"../_sources/{name}.ipynb"
    assert link in Links(html).found
    file = (pages / name).parent / link
    notebook = nbformat.read(file, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    source = (ROOT / f"{name}.md").read_text(encoding="utf-8")
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert len(code) == source.count("```{code-cell}")
    assert notebook.metadata["kernelspec"]["name"] == "python3"


# Small books, each with one thing wrong.


def test_small_book_without_fault_is_green(small_book: SmallBook) -> None:
    built = small_book.build(GOOD + cell("print(6 * 7)"))
    assert built.returncode == 0, built.tail
    assert "42" in (built.html / "book" / "small.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("chapter", "complaint"),
    [
        pytest.param(
            GOOD + cell("raise ValueError('injected')"), "injected", id="failing cell"
        ),
        pytest.param(
            GOOD + "\nSee {ref}`nowhere`.\n", "nowhere", id="undefined reference"
        ),
        pytest.param(GOOD + "\n[text](no-such.md)\n", "no-such", id="lost file"),
        pytest.param(GOOD + "\n$$ x = 1 $$\n", "MathJax", id="equation"),
        pytest.param(
            GOOD.replace("(small)=", ""),
            "does not start with (small)=",
            id="no anchor",
        ),
        pytest.param(f"{HEAD}(small)=\n# Small\n", "empty", id="empty page"),
    ],
)
def test_a_fault_makes_the_build_fail(
    small_book: SmallBook, chapter: str, complaint: str
) -> None:
    built = small_book.build(chapter)
    assert built.returncode != 0, built.tail
    assert complaint in built.output


def test_a_drawn_picture_wins_over_a_live_view(small_book: SmallBook) -> None:
    code = """\
class Widget:
    def _repr_mimebundle_(self, include=None, exclude=None):
        live = "application/vnd.jupyter.widget-view+json"
        return {
            live: {"model_id": "m"},
            "text/html": '<p class="ksm-live">drawn</p>',
            "text/plain": "Widget()",
        }
Widget()"""
    built = small_book.build(GOOD + cell(code))
    assert built.returncode == 0, built.tail
    html = (built.html / "book" / "small.html").read_text(encoding="utf-8")
    assert '<p class="ksm-live">drawn</p>' in html
    assert "require.js" not in html
