"""``ksmlib explore``: every history up to a bound, or the manifest's again."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from ksmlib.cli.arguments import Commands, UsageError, chosen_designs
from ksmlib.explore import checkpoint, executors, manifest
from ksmlib.explore.bound import DEFAULT, KINDS, Bound
from ksmlib.explore.drawn import record_draw
from ksmlib.explore.exploration import Exploration, exploration_of
from ksmlib.explore.histories import Histories
from ksmlib.explore.promises import PROMISES
from ksmlib.explore.search import Search
from ksmlib.explore.text import exploration_text, histories_text, verdicts_text
from ksmlib.explore.watch import Watch
from ksmlib.history.random import Bounds
from ksmlib.report.text import folded

#: The exit status of a program that Ctrl-C stopped.
_STOPPED = 130


def add(commands: Commands) -> None:
    """Add the parser of ``explore``."""
    parser = commands.add_parser(
        "explore",
        help="every history up to a bound, and the shortest that breaks a design",
        description="Tries every history up to a bound, and prints for each design"
        " the shortest one that breaks it. Exit status 1 if something that the"
        " bound should show never occurred.",
        epilog=f"operations: {', '.join(KINDS)}; unless told otherwise:"
        f" {', '.join(DEFAULT)}",
    )
    add = parser.add_argument
    add("--design", metavar="A,B", help="only these designs, and full")
    for name, of in (
        ("procs", "processes"),
        ("pages", "pages"),
        ("ops", "operations"),
        ("contents", "page contents"),
    ):
        default = getattr(Bound(), name)
        add(f"--{name}", type=int, help=f"how many {of} (default {default})")
    add("--only", metavar="A,B", help="only these operations")
    add("--with", metavar="A,B", dest="more", help="these operations as well")
    add("--workers", type=int, help="processes to work (default: one a processor)")
    add("--dask", metavar="ADDRESS", help="work on the cluster of this scheduler")
    add(
        "--checkpoint",
        metavar="FILE",
        type=Path,
        help="where Ctrl-C leaves the search (default explore-P-P-O.checkpoint)",
    )
    add("--resume", metavar="FILE", type=Path, help="go on with such a search")
    add("--no-reduction", action="store_true", help="tell all names apart; slow")
    add("--no-cut", action="store_true", help="go on where nothing can merge; slow")
    add(
        "--manifest",
        metavar="NAME",
        nargs="?",
        const="quick",
        help="repeat recorded explorations and compare: quick (default), all, or one",
    )
    add(
        "--record",
        action="store_true",
        help="with --manifest or --random: put on record",
    )
    add(
        "--random",
        metavar="N",
        type=int,
        help="instead, N long random histories; needs the package hypothesis",
    )
    add("--seed", type=int, default=0, help="which random histories (default 0)")
    add("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(call=_call, parser=parser)


# --- what is asked for -----------------------------------------------------


def _kinds(arguments: argparse.Namespace) -> tuple[str, ...]:
    chosen = list(_names(arguments.only)) if arguments.only else list(DEFAULT)
    chosen += _names(arguments.more) if arguments.more else []
    return tuple(kind for kind in KINDS if kind in chosen) + tuple(
        kind for kind in chosen if kind not in KINDS
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _model(arguments: argparse.Namespace) -> Histories:
    names = ("procs", "pages", "ops", "contents")
    given = {n: v for n in names if (v := getattr(arguments, n)) is not None}
    try:
        bound = Bound(**given, kinds=_kinds(arguments))
    except ValueError as error:
        raise UsageError(str(error)) from None
    reduce, cut = not arguments.no_reduction, not arguments.no_cut
    return Histories(bound, _designs(arguments), reduce, cut)


def _designs(arguments: argparse.Namespace) -> tuple[str, ...]:
    ids = [design.id for design in chosen_designs(arguments.design)]
    return tuple(dict.fromkeys(["full", *ids]))


#: What says which search it is.
_OF_THE_SEARCH = ("design", "procs", "pages", "ops", "contents", "only", "more")


def _search(arguments: argparse.Namespace) -> tuple[Search[Any, Any], Histories]:
    if not arguments.resume:
        model = _model(arguments)
        return Search(model, model.bound.ops), model
    try:
        search = checkpoint.load(arguments.resume)
    except checkpoint.NoCheckpoint as error:
        raise UsageError(str(error)) from None
    assert isinstance(search.model, Histories)
    given = any(getattr(arguments, name) is not None for name in _OF_THE_SEARCH)
    if given and search.model != _model(arguments):
        raise UsageError(f"{arguments.resume} is a checkpoint of another search")
    return search, search.model


@contextmanager
def _executor(arguments: argparse.Namespace) -> Iterator[tuple[Executor, int]]:
    if arguments.dask:
        try:
            with executors.dask(arguments.dask) as cluster:
                yield cluster
        except ImportError:
            raise UsageError(
                "--dask needs a package: pip install 'ksmlib[cluster]'"
            ) from None
        except OSError as error:
            raise UsageError(f"no cluster at {arguments.dask}: {error}") from None
        return
    workers = arguments.workers or len(os.sched_getaffinity(0))
    if not 1 <= workers <= 1000:
        raise UsageError(f"--workers is {workers}, and may be 1 to 1000")
    with executors.local(workers) as executor:
        yield executor, workers


# --- doing it --------------------------------------------------------------


def _run(arguments: argparse.Namespace) -> tuple[Exploration, manifest.Took] | None:
    """What was asked for, and what it took; None if it was stopped."""
    search, model = _search(arguments)
    bound = model.bound
    name = f"explore-{bound.procs}-{bound.pages}-{bound.ops}.checkpoint"
    watch = Watch(search, arguments.checkpoint or arguments.resume or Path(name))
    watch.saved = watch.path == arguments.resume
    try:
        with watch.signals(), _executor(arguments) as (executor, workers):
            finished = search.run(executor, workers, pause=watch)
    except BrokenExecutor:
        watch.end(finished=False)
        raise UsageError("a worker died, perhaps for want of memory") from None
    watch.end(finished)
    if not finished:
        return None
    took = manifest.Took(
        date.today().isoformat(),
        round(search.seconds, 2),
        round(search.cpu, 2),
        workers,
        platform.python_version(),
    )
    return exploration_of(search, model), took


def _call(arguments: argparse.Namespace) -> int:
    if arguments.random is not None:
        return _draw(arguments)
    if arguments.manifest:
        return _repeat(arguments)
    if arguments.record:
        raise UsageError("--record goes with --manifest or --random")
    done = _run(arguments)
    if done is None:
        return _STOPPED
    exploration, took = done
    if arguments.json:
        print(json.dumps({**exploration.json(), "took": vars(took)}))
    else:
        print(exploration_text(exploration))
        print(_speed(exploration, took))
    return 1 if exploration.never else 0


def _speed(exploration: Exploration, took: manifest.Took) -> str:
    """By the clock, and for each second that a processor worked."""
    states = exploration.states
    by_clock, by_cpu = (round(states / max(s, 0.001)) for s in (took.seconds, took.cpu))
    return (
        f"{took.seconds:.1f} s, {by_clock:,} distinct states/s;"
        f" {took.cpu:.1f} s of CPU, {by_cpu:,} states/s"
    )


# --- the manifest ----------------------------------------------------------


def _repeat(arguments: argparse.Namespace) -> int:
    """Run recorded explorations again; 1 if any differs from its record."""
    status = 0
    for entry in _entries(arguments.manifest):
        again = arguments.parser.parse_args(entry.arguments.split())
        for name in ("workers", "dask", "checkpoint", "resume"):
            setattr(again, name, getattr(arguments, name))
        done = _run(again)
        if done is None:
            return _STOPPED
        exploration, took = done
        if arguments.record:
            manifest.record(entry.name, exploration, took)
            differences = ["recorded"]
        else:
            differences = _compared(entry, exploration)
            status |= bool(differences)
        print(f"{entry.name}:")
        for line in [_speed(exploration, took), *(differences or ["as recorded"])]:
            print("\n".join(folded(line, 4, "  ")))
    return status


def _entries(which: str) -> list[manifest.Recorded]:
    known = manifest.explorations()
    if which == "all":
        return list(known.values())
    if which == "quick":
        return [entry for entry in known.values() if entry.quick]
    if which not in known:
        names = ", ".join(("quick", "all", *known))
        raise UsageError(f"no exploration {which[:40]!r}; there are {names}")
    return [known[which]]


def _compared(entry: manifest.Recorded, now: Exploration) -> list[str]:
    if entry.exploration is None:
        return ["nothing is recorded yet"]
    return list(manifest.differences(entry.exploration, now))


# --- beyond the bound ------------------------------------------------------


def _draw(arguments: argparse.Namespace) -> int:
    """Long random histories; 1 if no PTE of a KSM folio was ever seen."""
    try:
        from ksmlib.explore import beyond
    except ModuleNotFoundError:
        raise UsageError("--random needs a package: pip install hypothesis") from None
    if arguments.random < 1:
        raise UsageError(f"--random is {arguments.random}, and may be 1 or more")
    bounds = Bounds(
        operations=arguments.ops or 40,
        pages=arguments.pages or 8,
        processes=arguments.procs or 4,
        contents=arguments.contents or 2,
    )
    designs = _designs(arguments)
    held = [(design, promise) for design in designs for promise in PROMISES]
    drawn = beyond.draw(bounds, held, arguments.random, arguments.seed)
    broken = drawn.by_name
    if arguments.record:
        again = f"--random {arguments.random} --seed {arguments.seed}"
        bound = f"--procs {bounds.processes} --pages {bounds.pages}"
        bound += f" --ops {bounds.operations} --contents {bounds.contents}"
        today = date.today().isoformat()
        record_draw(drawn, designs, arguments.seed, f"{again} {bound}", today)
    print(
        f"seed {arguments.seed}: {drawn.histories:,} random histories,"
        f" {drawn.operations:,} operations;\n"
        f"{drawn.ptes:,} times a PTE of a KSM folio was looked for\n"
    )
    print("\n".join(verdicts_text(designs, broken)))
    print("\n".join(["", *histories_text(broken)] if broken else []))
    return 0 if drawn.ptes else 1
