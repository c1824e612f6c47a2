"""Which recorded histories tell a broken model from the right one.

``python -m tests.kernel.mutants`` prints a line for each mutation, and writes
the table to ``book/data/mutants.json``. A mutant is a fresh import of ksmlib
in which one module has other source text; files are not touched.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.kernel.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "book" / "data" / "mutants.json"


class MutationError(Exception):
    """The text that a mutation replaces is not there, or there more than once."""


def mutated_source(mutation: Mutation) -> str:
    """The module's text with the rule broken. Raises MutationError."""
    text = (ROOT / "ksmlib" / mutation.file).read_text("utf-8")
    if text.count(mutation.old) != 1:
        times = text.count(mutation.old)
        raise MutationError(f"{mutation.rule}: {times} places in {mutation.file}")
    return text.replace(mutation.old, mutation.new)


class _Mutant(MetaPathFinder, Loader):
    """Gives one module of ksmlib another source."""

    def __init__(self, mutation: Mutation) -> None:
        self.name = "ksmlib." + mutation.file.removesuffix(".py").replace("/", ".")
        self.source = mutated_source(mutation)

    def find_spec(self, name: str, path: object, target: object = None) -> Any:
        return spec_from_loader(name, self) if name == self.name else None

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, f"<mutant of {self.name}>", "exec"), module.__dict__)


def _forget_ksmlib() -> None:
    for name in [n for n in sys.modules if n.partition(".")[0] == "ksmlib"]:
        del sys.modules[name]


def caught_by(mutation: Mutation, lines: dict[str, str]) -> list[str]:
    """The histories on which the mutant is not as recorded, the model's crash counted.

    Only for a process that does nothing else: it imports ksmlib anew.
    """
    finder = _Mutant(mutation)
    _forget_ksmlib()
    sys.meta_path.insert(0, finder)
    try:
        return [name for name, line in lines.items() if _differs(line)]
    finally:
        sys.meta_path.remove(finder)
        _forget_ksmlib()


def _differs(line: str) -> bool:
    recorded = import_module("ksmlib.oracle.golden").Recorded.of(line)
    try:
        compare = import_module("ksmlib.oracle.check").compare_with_model
        return compare(recorded) is not None
    except Exception:
        return True


def recorded_lines() -> tuple[dict[str, str], dict[str, str]]:
    """The recorded histories by name, shortest first: for a rule each, random."""
    cases = import_module("ksmlib.oracle.cases")
    golden = import_module("ksmlib.oracle.golden")
    seed, count = cases.RECORDED_SEED, cases.RECORDED_COUNT
    random = {case.name for case in cases.random_cases(seed, count)}
    lines = golden.read_recording().lines.items()
    by_length = sorted(lines, key=lambda item: (len(item[1]), item[0]))
    return (
        {name: line for name, line in by_length if name not in random},
        {name: line for name, line in by_length if name in random},
    )


def results(mutations: Iterable[Mutation]) -> Iterator[dict[str, Any]]:
    """A row of the table for each mutation.

    ``caught_by`` is the shortest history that catches it, ``histories`` how
    many do; random ones are tried only if no other does.
    """
    rules, random = recorded_lines()
    for mutation in mutations:
        caught = caught_by(mutation, rules) or caught_by(mutation, random)
        yield {
            "rule": mutation.rule,
            "file": mutation.file,
            "caught_by": caught[0] if caught else None,
            "histories": len(caught),
        }


def main(arguments: Sequence[str]) -> int:
    """All mutants; with an argument I/N every Nth from the Ith, as JSON."""
    if arguments:
        start, _, every = arguments[0].partition("/")
        chosen = MUTATIONS[int(start) :: int(every)]
        print(json.dumps(list(results(chosen))))
        return 0
    table = []
    for row in results(MUTATIONS):
        table.append(row)
        by = f"{row['caught_by']}, and {row['histories'] - 1} more"
        print(
            f"{row['rule']}\n    {by if row['histories'] else 'NOT CAUGHT'}", flush=True
        )
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    caught = sum(row["histories"] > 0 for row in table)
    print(f"{caught} of {len(table)} caught")
    return 0 if all(row["caught_by"] for row in table) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
