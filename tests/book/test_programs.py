"""The C programs that the site offers for download."""

from __future__ import annotations

import re
from pathlib import Path

from ksmlib.claims.program import claim_program, with_program
from ksmlib.repro import named


def test_the_site_has_the_program_of_every_claim_and_history(pages: Path) -> None:
    programs = {one.id: claim_program(one) for one in with_program()}
    programs |= {name: named.named_program(name) for name in named.with_program()}
    folder = pages / "_static" / "repro"
    assert {file.stem: file.read_text("ascii") for file in folder.iterdir()} == programs


def test_the_page_links_to_each_of_them(pages: Path) -> None:
    html = (pages / "book" / "reproducers.html").read_text("utf-8")
    linked = set(re.findall(r'href="\.\./_static/repro/([a-z0-9-]+)\.c"', html))
    own = {one.history for one in with_program()}
    others = set(named.with_program()) - own
    assert linked == {one.id for one in with_program()} | others
