"""Claims last: no id disappears, no verdict changes unless it is withdrawn."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ksmlib.claims import Claim, claim, claims
from ksmlib.claims.block import bibtex, block
from ksmlib.claims.bounds import Breaks, Keeps
from ksmlib.claims.proofs import Walks
from ksmlib.claims.registry import kinds
from ksmlib.cli import main
from ksmlib.report.text import COLUMNS
from tests.kernel.mutations import MUTATIONS
from tests.test_project import ROOT

#: ``k1 0123456789ab``: every claim that ever was, and the hash it had.
LEDGER = Path(__file__).with_name("ledger.txt")
ANCHORS = {
    anchor
    for file in (ROOT / "book").glob("*.md")
    for anchor in re.findall(r"^\(([a-z0-9-]+)\)=$", file.read_text("utf-8"), re.M)
}
each_claim = pytest.mark.parametrize("one", claims().values(), ids=lambda c: c.id)


def ledger() -> dict[str, str]:
    lines = LEDGER.read_text("utf-8").splitlines()
    return dict(line.split() for line in lines)


@each_claim
def test_a_claim_holds_or_is_withdrawn(one: Claim) -> None:
    assert one.holds() or one.withdrawn


def test_no_claim_disappears_and_no_verdict_changes() -> None:
    now = {one.id: one.hash for one in claims().values() if not one.withdrawn}
    withdrawn = {one.id for one in claims().values() if one.withdrawn}
    assert now == {id_: h for id_, h in ledger().items() if id_ not in withdrawn}


def test_ids_are_short_and_counted() -> None:
    ids = [f"k{n + 1}" for n in range(len(ledger()))]
    assert list(claims()) == list(ledger()) == ids


@each_claim
def test_a_claim_has_its_place_in_the_book(one: Claim) -> None:
    assert one.chapter in ANCHORS


def test_there_are_claims_of_every_kind() -> None:
    assert {one.proof.kind for one in claims().values()} == set(kinds())


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda: replace(proof("k1"), misses=("full",)), id="no miss"),
        pytest.param(lambda: replace(proof("k1"), finds=("address",)), id="a miss"),
        pytest.param(lambda: replace(proof("k1"), example="A mmap 0+1"), id="no walk"),
        pytest.param(lambda: replace(proof("k20"), promise="full"), id="broken"),
        pytest.param(lambda: replace(proof("k20"), states=10**9), id="less explored"),
        pytest.param(lambda: replace(proof("k31"), example="coincidence"), id="longer"),
        pytest.param(lambda: replace(proof("k31"), example="moved"), id="kept"),
        pytest.param(lambda: replace(proof("k15"), rows=doubled("k15")), id="counts"),
        pytest.param(lambda: replace(proof("k24"), rows=longer("k24")), id="bytes"),
        pytest.param(
            lambda: replace(proof("k16"), state={"processes.A.vmas.0.vm_pgoff": 8}),
            id="state",
        ),
    ],
)
def test_a_proof_can_fail(changed) -> None:
    assert not changed().holds()


def proof(id_: str):
    return claims()[id_].proof


def doubled(id_: str):
    return tuple(
        (region, {design: 2 * n for design, n in counts.items()})
        for region, counts in proof(id_).rows
    )


def longer(id_: str):
    return tuple((what, name, size + 8) for what, name, size in proof(id_).rows)


def test_what_was_explored_may_grow_but_not_shrink() -> None:
    kept = proof("k20")
    assert isinstance(kept, Keeps)
    assert replace(kept, states=1).holds()
    assert replace(kept, states=1).facts() == kept.facts()


# What would change our mind


def test_each_claim_says_what_would_change_our_mind() -> None:
    known = {mutation.rule for mutation in MUTATIONS}
    for one in claims().values():
        assert one.rules or one.unless, one.id
        assert set(one.rules) <= known, one.id


BROKEN = """\
import json, sys
from importlib import import_module
from tests.kernel.mutants import _Mutant, _forget_ksmlib
from tests.kernel.mutations import MUTATIONS

fallen = {}
for mutation in MUTATIONS:
    ids = json.loads(sys.argv[1]).get(mutation.rule, [])
    if ids:
        _forget_ksmlib()
        sys.meta_path.insert(0, _Mutant(mutation))
        known = import_module("ksmlib.claims").claims()
        fallen[mutation.rule] = [id_ for id_ in ids if not known[id_].holds()]
        del sys.meta_path[0]
print(json.dumps(fallen))
"""


def test_a_claim_falls_with_each_rule_that_carries_it() -> None:
    carried: dict[str, list[str]] = {}
    for one in claims().values():
        for rule in one.rules:
            carried.setdefault(rule, []).append(one.id)
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, json.dumps(carried)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == carried


# The block


@each_claim
def test_a_block_can_be_quoted_three_deep_in_a_mail(one: Claim) -> None:
    text = block(one)
    assert text.isascii()
    assert all(len(line) <= COLUMNS for line in text.splitlines())
    quoted = [f"> > > {line}" for line in text.splitlines()]
    assert max(map(len, quoted)) <= 72
    assert not [line for line in text.splitlines() if line != line.rstrip()]


@each_claim
def test_a_block_stands_on_its_own(one: Claim) -> None:
    text = block(one)
    assert " ".join(one.statement.split()) in " ".join(text.split())
    if one.operations and not isinstance(one.proof, Keeps):
        for operation in one.operations.operations:
            assert f"  {operation}\n" in text
    if isinstance(one.proof, Walks | Breaks):
        for design in one.designs:
            assert re.search(rf"^  {design} +\d+/\d+", text, re.M), design
    assert text.endswith(f"\nlink     {one.link}\n")
    assert f"hash of the result {one.hash}" in " ".join(text.split())


def test_the_kernel_it_was_confirmed_on_and_the_bound() -> None:
    text = " ".join(block(claims()["k10"]).split())
    assert (
        "kernel Linux 6.12.117 (User Mode Linux) went through the same states" in text
    )
    assert "under full, stored-pgoff, by-index and by-index-origin missed" in text
    assert "bound the shortest history that misses a PTE, of all within" in text
    assert "5 operations for full" in text


def test_a_bound_is_given_with_its_states() -> None:
    text = block(claims()["k20"])
    assert re.search(r"^  two-pages +2 +2 +6 +[\d,]+ +0$", text, re.M)
    assert re.search(r"within the bounds above: [\d,]+ states", text)


def test_a_claim_whose_history_no_kernel_ran_does_not_say_so() -> None:
    one = claims()["k1"]
    unseen = replace(one, proof=replace(one.proof, example="A mmap 0+9; A write 0+9 q"))
    assert "Linux" not in block(unseen)


def test_a_withdrawn_claim_says_so() -> None:
    gone = replace(claims()["k1"], withdrawn="2027-01-01: it was wrong")
    assert "\nWITHDRAWN 2027-01-01: it was wrong\n" in block(gone)


def test_an_unknown_claim_is_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^no claim 'k0'; there are k1 to k\d+$"):
        claim("k0")


def test_a_program_is_offered_where_there_is_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    offered = {one.id: f"ksmlib repro {one.id}" in block(one) for one in some()}
    assert set(offered.values()) == {True, False}
    for id_, there in offered.items():
        assert main(["repro", id_]) == (0 if there else 2), id_
    capsys.readouterr()


def some() -> list[Claim]:
    """The first claim of each kind but of a bound, whose history is an example."""
    kinds = {one.proof.kind: one for one in reversed(claims().values())}
    return [one for kind, one in kinds.items() if kind != "bound"]


# The commands


def test_cite_prints_the_block(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cite", "k1"]) == 0
    assert capsys.readouterr().out == block(claims()["k1"])


def test_cite_for_a_bibliography(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cite", "--bibtex", "k20"]) == 0
    out = capsys.readouterr().out
    assert out == bibtex(claims()["k20"])
    assert out.startswith("@misc{ksm-rmap-k20,\n")
    assert out.count("{") == out.count("}")
    assert claims()["k20"].link in out
    assert out.isascii()


def test_claims_lists_every_claim(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims"]) == 0
    out = capsys.readouterr().out
    assert re.findall(r"^k\d+", out, re.M) == list(claims())
    assert max(map(len, out.splitlines())) <= COLUMNS


def test_claims_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["claims"]
    assert {entry["id"]: entry["hash"] for entry in listed} == ledger()
    first = listed[0]
    assert first["history"].startswith("A mmap 0+2; A write 0+2 x; A mremap")
    assert first["kind"] == "verdict"
    layers = {"kernel", "program", "bound", "model", "replay"}
    assert set(first["evidence"]) == layers


def test_run_takes_the_id_of_a_claim(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "k1", "--design", "address"]) == 0
    by_id = capsys.readouterr().out
    assert main(["run", "moved", "--design", "address"]) == 0
    assert by_id == capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["cite", "k0"], "no claim 'k0'"),
        (["cite"], "the following arguments are required: ID"),
        (["run", "k24"], "claim k24 has no history"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
