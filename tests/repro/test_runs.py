"""What programs print, held against the model; and what kernels were recorded."""

from __future__ import annotations

import pytest

from ksmlib.claims.program import with_program as claims_with_program
from ksmlib.cli import main
from ksmlib.cli.kernel import shared
from ksmlib.history.named import named
from ksmlib.oracle import programs
from ksmlib.repro import runs
from ksmlib.repro.named import with_program
from ksmlib.repro.runs import Runs, key_of, read_runs, recorded_runs, repro_says
from ksmlib.repro.verdict import Outcome, differences, outcomes
from tests.repro.guest import Guest, kernel, tap_of

MOVED = named("moved")
BORN = named("parent-not-mergeable")

# --- one run ---------------------------------------------------------------


def test_a_page_stays_if_and_only_if_the_walk_misses_a_mapping():
    assert differences(MOVED, "full", tap_of(MOVED, "full")) == []
    assert differences(MOVED, "address", tap_of(MOVED, "address")) == []
    assert differences(BORN, "full", tap_of(BORN, "full")) == []
    assert outcomes(tap_of(BORN, "full")) == [
        Outcome("move_pages()", "A:1 B:0-1", False, None, None),
        Outcome("soft offlining", "A:1 B:0-1", None, "not asked for", None),
        Outcome("reclaim", "A:1 B:0-1", False, None, ("A:1",)),
    ]


@pytest.mark.parametrize(
    ("design", "change", "complaint"),
    [
        ("full", ("not ok 3", "ok 3"), "move_pages(): A:1 B:0-1 goes, and the walk"),
        ("by-index-origin", ("ok 3", "not ok 3"), "move_pages(): A:1 B:0-1 stays"),
        ("full", ("A:1 not reached", "A:1 reached"), "reclaim: misses (), and the"),
        ("full", ("ok 1 -", "not ok 1 -"), "not ok: every step ends as in the model"),
        ("full", ("reclaim of A:1", "reclaim of A:2"), "about other pages"),
    ],
)
def test_a_run_that_is_not_as_in_the_model_shows(design, change, complaint):
    tap = [line.replace(*change) for line in tap_of(BORN, design)]
    [said] = differences(BORN, design, tap)
    assert complaint in said


def test_a_program_that_does_not_end_differs():
    said = differences(BORN, "full", ["TAP version 13", "Bail out! step 3 hangs"])
    assert len(said) == 3


# --- the command -----------------------------------------------------------

DESIGNS = ["full", "address", "by-index-origin"]


@pytest.fixture
def repro(capsys, monkeypatch, tmp_path):
    """``repro(guest, *arguments)`` gives (status, stdout, stderr, what is written)."""
    monkeypatch.setattr(programs, "compiled", str.encode)
    out = tmp_path / "runs" / "model.json"

    def call(guest: Guest, *arguments: str):
        monkeypatch.setattr(shared, "find_kernel", lambda *_: kernel(guest))
        status = main(["kernel", "repro", *arguments, "--out", str(out)])
        text = out.read_text("utf-8") if out.exists() else ""
        return status, *capsys.readouterr(), text

    return call


def test_the_command_runs_each_program_under_each_design(repro):
    guest = Guest(DESIGNS)
    status, out, err, text = repro(guest, "moved", "k10")
    assert guest.ran == [
        f"{name} {design}"
        for design in DESIGNS
        for name in ("moved", "parent-not-mergeable")
    ]
    assert status == 0
    assert "moved, address:\n  move_pages() of A:8-9: stays\n" in out
    assert "moved, full" not in out
    assert out.endswith(
        "6 programs ran; 6 could make the kernel walk\nnot as in the model: none\n"
    )
    assert "6 of 6 programs" in err
    written = read_runs("model", text)
    assert written.about["release"] == "6.12.0-model"
    assert len(written.runs) == 6
    assert all(one.current and one.kept for one in written.runs)
    assert written.of("moved", "address").status == 1


def test_a_kernel_as_it_comes_is_left_as_it_is(repro):
    guest = Guest(["full"])
    _, _, _, text = repro(guest, "moved")
    assert guest.ran == ["moved -"]
    assert read_runs("model", text).of("moved", "full") is not None


def test_a_page_that_goes_though_the_walk_misses_one_is_exit_status_1(repro):
    status, out, _, _ = repro(Guest(DESIGNS, lucky=True), "moved")
    assert status == 1
    assert "moved, address:\n  DIFFERS: move_pages(): A:8-9 goes" in out
    assert out.endswith("not as in the model: 1\n")


def test_an_interrupted_run_goes_on(repro):
    dies = Guest(DESIGNS, most=2)
    status, _, err, text = repro(dies, "moved")
    assert status == 2
    assert "the guest died" in err
    # That the second has ended shows when the third begins, which it never did.
    assert [one.design for one in read_runs("model", text).runs] == ["full"]
    rest = Guest(DESIGNS)
    repro(rest, "moved")
    assert rest.ran == ["moved address", "moved by-index-origin"]


def test_a_program_that_has_changed_runs_again(repro, monkeypatch):
    repro(Guest(DESIGNS), "moved", "--design", "full")
    again = Guest(DESIGNS)
    monkeypatch.setattr(runs, "_hash", lambda name: "another")
    repro(again, "moved", "--design", "full")
    assert again.ran == ["moved full"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "no claim and no named history 'nothing'"),
        (["fork-family"], "fork-family ends without a KSM page to walk"),
        (["moved", "--design", "derived"], "this kernel has no design 'derived'; full"),
    ],
)
def test_bad_input_is_one_sentence(repro, arguments, sentence):
    status, out, err, _ = repro(Guest(["full"]), *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"ksmlib: {sentence}")
    assert err.count("\n") == 1


# --- what comes with ksmlib ------------------------------------------------

RECORDED = {runs.kernel: runs for runs in recorded_runs()}
#: What each has to have run: User Mode Linux for what a machine cannot.
ASKED = {"qemu": None, "debian": ["full"], "uml": ["full"]}


@pytest.mark.parametrize("name", ASKED)
def test_every_program_ran_as_it_is_now_and_as_in_the_model(name):
    recorded = RECORDED[name]
    asked = ASKED[name] or recorded.about["designs"]
    have = {(one.history, one.design) for one in recorded.runs}
    walked = {key_of(one.history) for one in claims_with_program()}
    walked |= set(with_program())
    assert {(what, design) for what in walked for design in asked} <= have
    again = "run `ksmlib kernel repro --kernel {}` again: {} has changed"
    for one in recorded.runs:
        assert one.current, again.format(name, one.history)
        assert one.differences == [], f"{one.history}, {one.design}"


def test_which_machines_could_tell():
    told = {name: {one.told for one in RECORDED[name].runs} for name in ASKED}
    assert told == {"qemu": {True}, "debian": {True}, "uml": {False}}
    assert {one.status for one in RECORDED["uml"].runs} == {4}


@pytest.mark.parametrize("one", claims_with_program(), ids=lambda c: c.id)
def test_every_claim_was_shown_by_its_program(one):
    said = repro_says(one.history, one.designs)
    if one.designs and not set(one.designs) & set(RECORDED["qemu"].about["designs"]):
        assert said == ""  # there is no kernel that walks like that
    else:
        assert said.startswith("a C program agrees on Linux 6.12")
        assert "(x86, QEMU)" in said


def test_nothing_is_said_of_a_program_that_has_changed(monkeypatch):
    monkeypatch.setattr(runs, "_hash", lambda name: "another")
    assert repro_says("moved", ["full"]) == ""


def test_nothing_is_said_if_a_kernel_differs(monkeypatch):
    recorded = RECORDED["qemu"]
    lucky = tuple(tap_of(MOVED, "address", lucky=True))
    odd = recorded.of("moved", "address").__class__(
        **{**vars(recorded.of("moved", "address")), "tap": lucky}
    )
    changed = Runs("qemu", recorded.about, (odd,))
    monkeypatch.setattr(runs, "recorded_runs", lambda: (changed,))
    assert repro_says("moved", ["address"]) == ""
    assert repro_says("split", ["full"]) == ""
