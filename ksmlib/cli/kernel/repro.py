"""``ksmlib kernel repro``: the C programs of histories, run on the kernel."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ksmlib.claims import claims
from ksmlib.claims.program import with_program as claims_with_program
from ksmlib.cli.arguments import Commands, UsageError, chosen_designs
from ksmlib.cli.kernel.shared import (
    DIFFERENT,
    STOPPED,
    add_kernel,
    chosen_kernel,
    one_sentence,
    print_lines,
)
from ksmlib.history import HistoryError
from ksmlib.history.named import named_histories
from ksmlib.oracle.batch import kernel_record
from ksmlib.oracle.boot import Kernel
from ksmlib.oracle.programs import run_programs
from ksmlib.oracle.progress import Progress
from ksmlib.repro.named import with_program
from ksmlib.repro.program import folios
from ksmlib.repro.runs import Run, history_of, key_of, read_runs, runs_json
from ksmlib.repro.verdict import outcomes

_RUNS = Path(__file__).parents[2] / "repro" / "runs"


def add(commands: Commands) -> None:
    """Add the parser of ``repro``."""
    parser = commands.add_parser(
        "repro",
        help="run the C programs of histories on the kernel",
        description="Compiles the program that `ksmlib repro` prints, runs it in the"
        " guest under each design, and says where the model differs. What was"
        " recorded of the same programs on the same kernel is not run again, so"
        " an interrupted run goes on. Exit status 1 if something differs.",
    )
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="a named history or the id of a claim (default: all that leave a KSM"
        " page)",
    )
    parser.add_argument(
        "--design", metavar="A,B", help="only these (default: all the kernel has)"
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="default ksmlib/repro/runs/KERNEL.json",
    )
    add_kernel(parser)
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> int:
    names = _histories(arguments.names)
    kernel = chosen_kernel(arguments)
    out = arguments.out or _RUNS / f"{kernel.name}.json"
    with one_sentence(kernel):
        head = kernel_record(kernel)
    about = {**head, "build": kernel.provenance, "date": date.today().isoformat()}
    asked = [(n, d) for d in _designs(arguments.design, head["designs"]) for n in names]
    done = _recorded(out, about)
    todo = [pair for pair in asked if pair not in done]
    try:
        for run in _run(kernel, todo, choose=len(head["designs"]) > 1):
            done[run.history, run.design] = run
            _write(out, about, done.values())
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return STOPPED
    found = [done[pair] for pair in asked]
    print_lines(_lines(found))
    return DIFFERENT if any(run.differences for run in found) else 0


def _histories(names: Sequence[str]) -> list[str]:
    """The histories of these names and claims. Raises UsageError."""
    if not names:
        shown = [key_of(one.history) for one in claims_with_program()]
        return list(dict.fromkeys([*with_program(), *shown]))
    found = []
    for name in names:
        what = claims()[name].history if name in claims() else name
        if name not in claims() and name not in named_histories():
            raise UsageError(f"no claim and no named history {name[:40]!r}")
        if not what or not folios(history_of(what)):
            raise UsageError(f"{name} ends without a KSM page to walk")
        found.append(key_of(what))
    return list(dict.fromkeys(found))


def _designs(chosen: str | None, known: Sequence[str]) -> list[str]:
    """The designs to follow. Raises UsageError if the kernel has one not."""
    if chosen is None:
        return list(known)
    ids = [design.id for design in chosen_designs(chosen)]
    for id_ in ids:
        if id_ not in known:
            raise UsageError(f"this kernel has no design {id_!r}; {', '.join(known)}")
    return ids


def _recorded(out: Path, about: dict[str, Any]) -> dict[tuple[str, str], Run]:
    """What need not run again: the same program was on the same kernel."""
    try:
        before = read_runs("", out.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{out} is no file of runs") from None
    if {**before.about, "date": about["date"]} != about:
        return {}
    return {(run.history, run.design): run for run in before.runs if _is_current(run)}


def _is_current(run: Run) -> bool:
    try:
        return run.current
    except HistoryError:  # it was a name, and is none any more
        return False


def _run(
    kernel: Kernel, todo: Sequence[tuple[str, str]], choose: bool
) -> Iterator[Run]:
    histories = {what: history_of(what) for what, _ in todo}
    asked = [(name, design if choose else "") for name, design in todo]
    progress = Progress(len(todo), "programs")
    with one_sentence(kernel):
        for run in run_programs(kernel, histories, asked) if asked else ():
            progress.step()
            yield run


def _write(out: Path, about: dict[str, Any], runs: Iterable[Run]) -> None:
    """In one piece: an interrupted run leaves what it has."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".partial")
    part.write_text(runs_json(about, runs), encoding="utf-8")
    part.replace(out)


def _lines(runs: Sequence[Run]) -> Iterator[str]:
    """Each run in which something stayed or differs, then a count."""
    for run in runs:
        stayed = [one for one in outcomes(run.tap) if one.went is False]
        if stayed or run.differences:
            yield f"{run.history}, {run.design}:"
            yield from (f"  {one.walker} of {one.page}: stays" for one in stayed)
            yield from (f"  DIFFERS: {line}" for line in run.differences)
    told = sum(run.told for run in runs)
    odd = sum(bool(run.differences) for run in runs)
    yield f"{len(runs)} programs ran; {told} could make the kernel walk"
    yield f"not as in the model: {odd or 'none'}"
