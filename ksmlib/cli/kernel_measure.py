"""The commands of ``ksmlib kernel`` that measure: script, outcomes, bench."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import Any

from ksmlib.cli.arguments import Commands, UsageError
from ksmlib.history.named import named_histories
from ksmlib.oracle.batch import kernel_record
from ksmlib.oracle.bench import (
    ITEMS,
    LAYOUTS,
    QUICK_ITEMS,
    QUICK_SHARERS,
    QUICK_VMAS,
    SHARERS,
    VMAS,
    bench,
    boots,
    machine,
)
from ksmlib.oracle.bench_data import Bench
from ksmlib.oracle.bench_text import bench_text
from ksmlib.oracle.boot import GuestError, Kernel
from ksmlib.oracle.journal import Journal, to_json
from ksmlib.oracle.kernels import IMAGES, NotBuilt, find_kernel
from ksmlib.oracle.outcomes import Outcome, outcomes, outcomes_json, page_of
from ksmlib.oracle.progress import Progress
from ksmlib.oracle.script import Case
from ksmlib.report.text import COLUMNS, ptes_text

#: Exit status of a run that Ctrl-C stopped.
STOPPED = 130
_ROOT = Path(__file__).parents[2]
_BENCH = _ROOT / "book" / "data" / "kernel-walks.json"
#: Seconds without a record: a line of a script may take as long.
_SILENCE = 600.0


def add(commands: Commands) -> None:
    """Add their parsers to that of ``kernel``."""
    _add_script(commands)
    _add_outcomes(commands)
    _add_bench(commands)


def _add_kernel(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--kernel", default=default, help=f"default {default}")
    _add_images(parser)


def _add_images(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--images", metavar="DIR", type=Path, help=f"its images (default {IMAGES})"
    )


def _kernel(name: str, images: Path | None) -> Kernel:
    try:
        return find_kernel(name, images)
    except NotBuilt as error:
        raise UsageError(str(error)) from None


@contextmanager
def _one_sentence(kernel: str) -> Iterator[None]:
    """What goes wrong in a guest, as bad input."""
    try:
        yield
    except GuestError as error:
        words = " ".join(error.console.split())[-300:]
        said = f"; it said: {words}" if words else ""
        raise UsageError(f"{kernel}: {error}{said}") from None


# --- script ----------------------------------------------------------------


def _add_script(commands: Commands) -> None:
    parser = commands.add_parser(
        "script",
        help="run a script of the oracle as it is",
        description="Runs a file of oracle/scenarios, or any script in the language"
        " of oracle/README.md, and prints the guest's records, a line of JSON each.",
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    _add_kernel(parser, "uml")
    parser.set_defaults(call=_script)


def _script(arguments: argparse.Namespace) -> int:
    kernel = _kernel(arguments.kernel, arguments.images)
    try:
        text = arguments.file.read_text("ascii")
    except OSError as error:
        why = error.strerror
        raise UsageError(f"cannot read {arguments.file}: {why}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{arguments.file} is not ASCII") from None
    with _one_sentence(kernel.name):
        for record in kernel.run(text, _SILENCE):
            print(to_json(record), flush=True)
    return 0


# --- outcomes --------------------------------------------------------------


def _add_outcomes(commands: Commands) -> None:
    parser = commands.add_parser(
        "outcomes",
        help="whether move_pages() and reclaim succeed on what a history leaves",
        description="Runs every named history with each design, and asks"
        " move_pages() and reclaim for a KSM page that it leaves. Exit status 1 if"
        " one succeeds although the walk missed a PTE, or fails although it did not.",
    )
    parser.add_argument("--out", metavar="FILE", type=Path, help="write JSON, too")
    _add_kernel(parser, "qemu")
    parser.set_defaults(call=_outcomes)


def _outcomes(arguments: argparse.Namespace) -> int:
    kernel = _kernel(arguments.kernel, arguments.images)
    named = [Case(name, one.history) for name, one in named_histories().items()]
    named = [case for case in named if page_of(case)]
    found: list[Outcome] = []
    with _one_sentence(kernel.name):
        head = kernel_record(kernel)
        designs = head["designs"]
        progress = Progress(len(named) * len(designs), "outcomes")
        for one in outcomes(kernel, named, designs, choose=len(designs) > 1):
            found.append(one)
            progress.step()
    print("\n".join(_outcome_lines(found)))
    odd = sum(not one.consistent for one in found)
    print(f"{len(found)} pages and designs; else nothing is missed, and both succeed")
    print(f"not as the walk says: {odd or 'none'}")
    if arguments.out:
        about = {**head, "build": kernel.provenance, "date": date.today().isoformat()}
        _write(arguments.out, {"about": about, "outcomes": outcomes_json(found)})
    return 1 if odd else 0


def _outcome_lines(found: Sequence[Outcome]) -> Iterator[str]:
    """Where something is missed or odd, with all designs that are alike."""
    alike: dict[str, list[str]] = {}
    for one in found:
        if one.missed or not one.consistent:
            alike.setdefault(_outcome_words(one), []).append(one.design)
    for words, designs in alike.items():
        yield words
        yield from wrap(
            ", ".join(designs),
            COLUMNS,
            initial_indent="  ",
            subsequent_indent="  ",
            break_on_hyphens=False,
        )


def _outcome_words(one: Outcome) -> str:
    missed = ptes_text([(process, page) for process, page in one.missed])
    reclaimed = "reclaimed" if one.reclaimed else "not reclaimed"
    words = [f"misses {missed or 'nothing'}", reclaimed]
    if one.moved is not None:
        words.insert(1, "moved" if one.moved else "not moved")
    return f"{one.history}: {', '.join(words)}"


def _write(path: Path, data: dict[str, Any]) -> None:
    """One record a line, so that a change shows."""
    parts = [f'"{key}":{_lines(value)}' for key, value in data.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")
    print(f"written: {path}, {path.stat().st_size:,} bytes", file=sys.stderr)


def _lines(value: Any) -> str:
    if isinstance(value, list):
        return "[\n" + ",\n".join(to_json(one) for one in value) + "]"
    if isinstance(value, dict) and "rows" in value:
        return (
            f'{{"columns":{to_json(value["columns"])},"rows":{_lines(value["rows"])}}}'
        )
    return to_json(value)


# --- bench -----------------------------------------------------------------


def _add_bench(commands: Commands) -> None:
    parser = commands.add_parser(
        "bench",
        help="what each design costs, all in one run",
        description="Times every design's walk at 100 to 60,000 VMAs on one anon_vma,"
        " counts its instructions, asks move_pages() and reclaim, and measures the"
        " memory of a million rmap_items. Goes on where an interrupted run stopped.",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        default=_BENCH,
        help=f"default {_BENCH.relative_to(_ROOT)}",
    )
    parser.add_argument("--quick", action="store_true", help="a small part of it")
    _add_images(parser)
    parser.set_defaults(call=_bench)


def _bench(arguments: argparse.Namespace) -> int:
    names = ("uml", "qemu", *LAYOUTS)
    kernels = {name: _kernel(name, arguments.images) for name in names}
    builds = {name: kernel.provenance for name, kernel in kernels.items()}
    with _one_sentence("uml"):
        designs = kernel_record(kernels["uml"])["designs"]
    size = (VMAS, SHARERS, ITEMS)
    if arguments.quick:
        size = (QUICK_VMAS, QUICK_SHARERS, QUICK_ITEMS)
    about = {**machine(date.today()), "kernels": builds}
    todo = list(boots(designs, *size))
    journal = Journal.open(arguments.out, [designs, size, builds])
    progress = Progress(len(todo), "boots", len(journal.done))
    try:
        with _one_sentence("the bench"):
            tables = bench(kernels, todo, journal, progress.step)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return STOPPED
    data = json.loads(json.dumps({"about": about, **tables}))
    print("\n".join(bench_text(Bench(data))))
    _write(arguments.out, data)
    journal.close()
    return 0
