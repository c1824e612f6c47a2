"""Each rule of the model broken once: a recorded history has to notice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest

from tests.kernel.mutants import ROOT, TABLE, MutationError, mutated_source
from tests.kernel.mutations import MUTATIONS, Mutation

#: Processes, each with its share of the mutants.
SHARES = 4


@pytest.mark.parametrize("share", range(SHARES))
def test_every_broken_rule_is_caught(share):
    done = subprocess.run(
        [sys.executable, "-m", "tests.kernel.mutants", f"{share}/{SHARES}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["rule"] for row in rows] == [m.rule for m in MUTATIONS[share::SHARES]]
    assert [row["rule"] for row in rows if not row["caught_by"]] == []
    table = {row["rule"]: row for row in json.loads(TABLE.read_text("utf-8"))}
    again = "run: make mutants"
    assert [table.get(row["rule"]) for row in rows] == rows, again


def test_rules_are_told_once_and_there_are_many():
    assert max(Counter(m.rule for m in MUTATIONS).values()) == 1
    assert len(MUTATIONS) >= 30


def test_the_table_has_no_other_rules():
    assert [row["rule"] for row in json.loads(TABLE.read_text("utf-8"))] == [
        mutation.rule for mutation in MUTATIONS
    ]


@pytest.mark.parametrize(
    ("old", "places"), [("no such text", 0), ("anon_vma.num_active_vmas", 5)]
)
def test_a_mutation_that_does_not_fit_is_an_error(old, places):
    wrong = Mutation("a rule", "mm/rmap.py", old, "")
    with pytest.raises(MutationError, match=f"a rule: {places} places in mm/rmap.py"):
        mutated_source(wrong)


CAUGHT_BY = """
from tests.kernel.mutants import caught_by, recorded_lines
from tests.kernel.mutations import Mutation
rules, _ = recorded_lines()
print(caught_by(Mutation("", "mm/rmap.py", {old!r}, {new!r}), rules))
"""


def test_a_mutation_that_changes_nothing_is_not_caught():
    """The table does not just say yes."""
    program = CAUGHT_BY.format(old="mm/rmap.c of Linux", new="a file of Linux")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout == "[]\n", done.stderr
