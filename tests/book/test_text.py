"""The plain-text twin of each page."""

from __future__ import annotations

import re
import sys
from html import unescape
from pathlib import Path

import pytest
from docutils import nodes

from ksmlib.report.text import COLUMNS
from ksmlib.site import EDITION, HOME

from .conftest import ROOT, SmallBook, table_of_contents
from .test_build import GOOD, Links, cell

sys.path.insert(0, str(ROOT / "book" / "_ext"))
from ksm_text import Twin, complaints, filled, spelt, table

CHAPTERS = table_of_contents()


# The whole book.


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_has_its_twin(pages: Path, name: str) -> None:
    text = (pages / f"{name}.txt").read_text("ascii")
    assert complaints(text) == []
    lines = text.splitlines()
    title = " ".join(lines[: lines.index(re.search(r"^=+$", text, re.M)[0])])  # type: ignore[index]
    source = (ROOT / f"{name}.md").read_text("utf-8")
    headings = re.findall(r"^#{1,3} (.*)$", re.sub(r"(?s)```.*?```", "", source), re.M)
    assert title == headings[0].replace("`", "")
    for heading in headings[1:]:
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        assert f"\n{plain}\n" in text, heading
    assert text.endswith(f"{HOME}{name}.html\n")


@pytest.mark.parametrize("name", CHAPTERS)
def test_what_a_twin_shows_is_what_the_page_shows(pages: Path, name: str) -> None:
    html = (pages / f"{name}.html").read_text("utf-8")
    text = (pages / f"{name}.txt").read_text("ascii")
    shown = re.findall(r'<pre class="ksm-text">(.*?)</pre>', html, re.S)
    for block in shown:
        for line in unescape(block).splitlines():
            assert line.strip() in text
    for odd in ("<IPython", "object at 0x", "Picture(", "</", "```"):
        assert odd not in text


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_leads_to_its_twin_and_to_all(pages: Path, name: str) -> None:
    found = Links((pages / f"{name}.html").read_text("utf-8")).found
    assert {f"{name.rpartition('/')[2]}.txt", "index.txt"} <= found
    html = (pages / f"{name}.html").read_text("utf-8")
    assert '<link rel="alternate" type="text/plain"' in html
    index = (pages / "book" / "index.txt").read_text("ascii")
    assert complaints(index) == []
    assert f"\n{name.rpartition('/')[2]}.txt\n    " in index


# A small book, to the letter.

SMALL = (
    GOOD
    + """\

See [itself](small.md), \u201cthat\u201d and
<https://example.org/a/long/address>; `a b`.

1. One\u2026
2. Two is *long*, so long that it takes more than the one line there is.

| design | found |
|---|---|
| **full** | 2 \u2192 2 |

:::{note}
Mind it.
:::
"""
    + cell('from ksmlib.notebook import *\nshow_picture("moved", design="address")')
    + cell('show_history("moved")')
    + cell('from ksmlib.widgets import HistoryBuilder\nHistoryBuilder("moved", step=1)')
)
EXPECTED = """\
Small
=====

{prose}

See itself, "that" and [1]; `a b`.

1. One...
2. Two is *long*, so long that it takes more than the one line
   there is.

design  found
------  ------
full    2 -> 2

Note:
  Mind it.

  from ksmlib.notebook import *
  show_picture("moved", design="address")
"""


def test_a_small_twin(small_book: SmallBook) -> None:
    built = small_book.build(SMALL)
    assert built.returncode == 0, built.tail
    text = (built.html / "book" / "small.txt").read_text("ascii")
    prose = "A page has to say something, or the guard takes it for a lost one. " * 3
    assert text.startswith(EXPECTED.format(prose="\n".join(filled(prose, COLUMNS))))
    assert "\n  f2, walked by address: finds nothing, misses A:8-9\n" in text
    assert "\n  A mmap 0+2\n  A write 0+2 x\n  A mremap 0+2 8\n" in text
    assert "\n  Confirmed on Linux 6.12.117 (uml)\n" in text
    assert "\n  history: moved\n  > A mmap 0+2\n    A write 0+2 x\n" in text
    assert "\nOn the page it is live [2].\n" in text
    assert text.endswith(
        f"""
Links
-----

[1] https://example.org/a/long/address
[2] small.html


This is edition {EDITION} of the KSM rmap book. Links without a host start
from this page:
{HOME}book/small.html
"""
    )


def test_what_no_mail_can_carry_fails_the_build(small_book: SmallBook) -> None:
    built = small_book.build(GOOD + "\n    " + "x" * 67 + "\n\nA \u2203 sign.\n")
    assert built.returncode != 0, built.tail
    assert "has 67 columns" in built.output
    assert r"is not ASCII: 'A \u2203 sign.'" in built.output


# The parts.


def test_characters_are_spelt_in_ascii() -> None:
    assert (
        spelt("\u201ca\u201d \u2013 b\u2026 \u2192 caf\u00e9") == '"a" - b... -> cafe'
    )


def test_a_table_fits_or_becomes_a_list() -> None:
    rows = [["name", "says"], ["a", "word " * 20], ["bb", "x"]]
    lines = table(rows, 30)
    assert max(map(len, lines)) <= 30
    assert lines[:3] == [
        "name  says",
        f"----  {'-' * 24}",
        "a     word word word word word"[:30],
    ]
    assert lines[-1] == "bb    x" and lines[-2] == ""
    wide = [["name", "says"], ["x" * 20, "y" * 20]]
    assert table(wide, 30) == ["x" * 20, f"  says: {'y' * 20}"]


def test_an_unknown_block_is_named() -> None:
    with pytest.raises(Exception, match="no plain text for a math_block"):
        Twin("p.html").block(nodes.math_block(), COLUMNS)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("x" * 66, False),
        ("x" * 67, True),
        ("[1] https://example.org/" + "x" * 60, False),
        ("https://example.org/" + "x" * 60, False),
        ("see https://example.org/" + "x" * 60, True),
        ("\u2192", True),
    ],
)
def test_only_an_address_may_be_longer(line: str, wrong: bool) -> None:
    assert bool(complaints(line)) == wrong
