"""Claims last: no id disappears, no verdict changes unless it is withdrawn."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ksmlib.claims import claim, claims
from ksmlib.claims.block import block
from ksmlib.report.text import COLUMNS
from tests.test_project import ROOT

#: ``k1 0123456789ab``: every claim that ever was, and the hash it had.
LEDGER = Path(__file__).with_name("ledger.txt")
ANCHORS = {
    anchor
    for file in (ROOT / "book").glob("*.md")
    for anchor in re.findall(r"^\(([a-z0-9-]+)\)=$", file.read_text("utf-8"), re.M)
}


def ledger() -> dict[str, str]:
    lines = LEDGER.read_text("utf-8").splitlines()
    return dict(line.split() for line in lines)


@pytest.mark.parametrize("one", claims().values(), ids=lambda c: c.id)
def test_a_claim_holds_or_is_withdrawn(one):
    assert one.holds() or one.withdrawn


def test_no_claim_disappears_and_no_verdict_changes():
    now = {one.id: one.hash for one in claims().values() if not one.withdrawn}
    withdrawn = {one.id for one in claims().values() if one.withdrawn}
    assert now == {id_: h for id_, h in ledger().items() if id_ not in withdrawn}


def test_ids_are_short_and_counted():
    assert (
        list(claims()) == list(ledger()) == [f"k{n + 1}" for n in range(len(ledger()))]
    )


@pytest.mark.parametrize("one", claims().values(), ids=lambda c: c.id)
def test_a_claim_has_its_place_in_the_book(one):
    assert one.chapter in ANCHORS


@pytest.mark.parametrize("one", claims().values(), ids=lambda c: c.id)
def test_a_block_can_be_quoted_three_deep_in_a_mail(one):
    text = block(one)
    assert text.isascii()
    assert all(len(line) <= COLUMNS for line in text.splitlines())
    quoted = [f"> > > {line}" for line in text.splitlines()]
    assert max(map(len, quoted)) <= 72
    for operation in one.operations.operations:
        assert f"  {operation}\n" in text
    for design in one.designs:
        assert re.search(rf"^  {design} +\d+/\d+", text, re.M), design
    assert one.link in text and one.hash in text


def test_a_withdrawn_claim_says_so(monkeypatch):
    gone = claims()["k1"].__class__(
        **{**vars(claims()["k1"]), "withdrawn": "2027-01-01: it was wrong"}
    )
    assert "\nWITHDRAWN 2027-01-01: it was wrong\n" in block(gone)


def test_an_unknown_claim_is_one_sentence():
    with pytest.raises(ValueError, match=r"^no claim 'k0'; there are k1, "):
        claim("k0")
