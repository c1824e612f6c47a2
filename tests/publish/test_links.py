"""Every link inside of the built site leads somewhere, and the check is real."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ksmlib.site import ARCHIVE, HOME
from tests.test_project import ROOT

sys.path.insert(0, str(ROOT / "tools"))
from check_links import check, files

AT = "https://host.example/v1/"
GOOD = {
    "index.html": '<a href="a/">all</a> <a href="#h=moved">a history</a>',
    "a/index.html": """<p id="x"><a href="../t.txt">text</a> <a href="#x">here</a>
        <a href="https://host.example/v1/a/index.html#x">whole</a>
        <img src="../p.svg" srcset="../p.svg 2x"> <a href="mailto:a@b">mail</a>
        <a href="https://elsewhere.example/b">far</a>""",
    "s.css": "a{background:url('p.svg')} b{background:url(data:x)}",
    "t.txt": "[1] a/index.html#x\n[2] https://host.example/v1/t.txt\n[PATCH] none\n",
    "p.svg": "<svg/>",
}


def tree(folder: Path, **changed: str) -> Path:
    """The good tree, with files in place of its own; dots stand as `_`."""
    for name, text in {**GOOD, **changed}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def test_a_good_tree(tmp_path: Path) -> None:
    broken, hosts = check(tree(tmp_path), AT)
    assert broken == []
    assert hosts == {"elsewhere.example": 1}


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("index.html", '<a href="b/">x</a>', "b/ is not there"),
        ("index.html", '<a href="a">x</a>', "a is a folder: a slash is missing"),
        ("index.html", '<a href="a/#y">x</a>', "a/#y has no such fragment"),
        ("index.html", '<a href="#y">x</a>', "#y has no such fragment"),
        ("index.html", '<a href="../v2/">x</a>', "../v2/ leads out of the tree"),
        ("index.html", '<script src="s.js"></script>', "s.js is not there"),
        ("index.html", '<img srcset="q.svg 2x">', "q.svg is not there"),
        ("index.html", f'<a href="{AT}q">x</a>', f"{AT}q is not there"),
        (
            "index.html",
            '<meta http-equiv="refresh" content="0; url=q.html">',
            "q.html is not there",
        ),
        ("s.css", "a{background:url(q.svg)}", "q.svg is not there"),
        ("t.txt", "[1] q.html", "q.html is not there"),
        ("t.txt", f"See {AT}q.", f"{AT}q is not there"),
        ("t.txt", f"\\url{{{AT}q}}", f"{AT}q is not there"),
    ],
)
def test_a_broken_link_is_named(
    tmp_path: Path, name: str, text: str, fault: str
) -> None:
    broken, _ = check(tree(tmp_path, **{name: text}), AT)
    assert broken == [f"{name}: {fault}"]


def test_every_link_of_the_site_leads_somewhere(pages: Path) -> None:
    """But for those to the archive, which `make archive` puts beside it."""
    broken, hosts = check(pages, HOME)
    assert {line for line in broken if f": {ARCHIVE}." not in line} == set()
    assert hosts["lkml.iu.edu"] > 10
    looked = {file.relative_to(pages).as_posix() for file in files(pages)}
    assert {"book/intro.html", "book/intro.txt", "_static/ksm.css"} <= looked
