"""The files of the built site, without opening them."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

from tests.built import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
from ksm_csp import Mover
from ksm_live import library


class Inline(HTMLParser):
    """What a strict Content-Security-Policy forbids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += (n for n in names if n.startswith("on") or n == "style")


def test_no_page_has_anything_inline(pages: Path) -> None:
    found = {
        str(page.relative_to(pages)): inline.found
        for page in pages.glob("**/*.html")
        if "_static" not in page.parts
        and (inline := Inline(page.read_text("utf-8"))).found
    }
    assert found == {}


def test_the_library_is_the_same_each_time(pages: Path) -> None:
    [shipped] = pages.glob("_static/ksm-*/ksmlib.zip")
    assert shipped.read_bytes() == library()


def test_pyodide_says_whose_it_is(pages: Path) -> None:
    [notice] = pages.glob("_static/pyodide-*/LICENSE.txt")
    version = notice.parent.name.removeprefix("pyodide-")
    text = notice.read_text("utf-8")
    assert f"Pyodide {version}" in text
    assert "Mozilla Public License 2.0" in text
    assert "github.com/pyodide/pyodide" in text


PAGE = """<head><script>let a = 1;</script> <script>let b = a;</script>
<script src="x.js"></script><style>.x{color:red}</style></head>
<body><button onclick="go(&quot;x&quot;)">Go</button>
<svg><style>.x{color:red}</style></svg><script>b = 2;</script></body>
"""


def test_what_is_inline_gets_files(tmp_path: Path) -> None:
    page = tmp_path / "a" / "page.html"
    page.parent.mkdir()
    page.write_text(PAGE, "utf-8")
    Mover(tmp_path).move(page)
    html = page.read_text("utf-8")
    assert Inline(html).found == []
    inline = {
        f.suffix + f.read_text("utf-8") for f in tmp_path.glob("_static/inline/*")
    }
    assert {".jslet a = 1;\nlet b = a;", ".jsb = 2;", ".css.x{color:red}"} <= inline
    [click] = (text for text in inline if "addEventListener" in text)
    assert 'go("x");' in click
    assert len(inline) == 4
    assert html.count('rel="stylesheet" href="../_static/inline/') == 1
    order = [html.index(f) for f in ('script src="../', 'src="x.js"', "<svg>", "defer")]
    assert order == sorted(order), "scripts stay where they were"
