"""The guard of the built pages, without building any."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .conftest import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
from ksm_guard import anchors, complaints

WORDS = "word " * 30


def check(tmp_path: Path, source: str | None, page: str | None) -> list[str]:
    chapter, built = tmp_path / "one.md", tmp_path / "one.html"
    for file, text in ((chapter, source), (built, page)):
        if text is not None:
            file.write_text(text, encoding="utf-8")
    return complaints("book/one", chapter, built)


def test_anchors_in_code_are_not_anchors() -> None:
    source = "(one)=\n# One\n\n```text\n(two)=\n```\n\n(three)=\n## Three\n"
    assert anchors(source) == ["one", "three"]


@pytest.mark.parametrize(
    ("source", "page", "complaint"),
    [
        (None, None, "no such chapter"),
        ("(one)=\n# One", None, "no such page"),
        ("(one)=\n# One", '<article><p id="one">few</p></article>', "empty"),
        ("(one)=\n# One", f"<p id='one'>{WORDS}</p><article></article>", "empty"),
        ("# One", f"<article>{WORDS}</article>", "does not start with (one)="),
        ("(one)=\n(two)=", f"<article id='one'>{WORDS}</article>", "two is lost"),
    ],
)
def test_the_guard_complains(
    tmp_path: Path, source: str | None, page: str | None, complaint: str
) -> None:
    wrong = check(tmp_path, source, page)
    assert len(wrong) == 1
    assert complaint in wrong[0]


def test_the_guard_passes_a_sound_page(tmp_path: Path) -> None:
    page = f"<article><section id='one'><p id='two-b'>{WORDS}</p></section></article>"
    assert check(tmp_path, "(one)=\n# One\n\n(two_b)=\n", page) == []
