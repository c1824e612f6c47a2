"""``ksmlib kernel survey``: the same random histories on several kernels."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ksmlib.cli.arguments import Commands, UsageError
from ksmlib.cli.kernel.shared import (
    DIFFERENT,
    STOPPED,
    add_kernel,
    chosen_kernel,
    one_sentence,
    print_lines,
)
from ksmlib.oracle.batch import kernel_record
from ksmlib.oracle.boot import Kernel
from ksmlib.oracle.journal import Journal, to_json
from ksmlib.oracle.progress import Progress
from ksmlib.oracle.survey import Part, survey, totals
from ksmlib.report.text import table


def add(commands: Commands) -> None:
    """Add the parser of ``survey``."""
    parser = commands.add_parser(
        "survey",
        help="the same random histories on several kernels: what walks find",
        description="Runs random histories on each kernel, walks every KSM folio"
        " after every operation, and counts PTEs, those missed, and VMAs visited."
        " A kernel as it comes, or with the designs, is held against the model,"
        " too. Goes on where an interrupted run stopped. Exit status 1 if one"
        " differs or fails.",
    )
    parser.add_argument(
        "--seed", metavar="N,M", default="1,2,3", help="seeds (default 1,2,3)"
    )
    parser.add_argument(
        "--count", metavar="M", type=int, default=600, help="histories (default 600)"
    )
    parser.add_argument(
        "--operations", metavar="K", type=int, default=40, help="in each (default 40)"
    )
    parser.add_argument(
        "--out", metavar="FILE", type=Path, required=True, help="the file to write"
    )
    add_kernel(parser, several=True)
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> int:
    if arguments.count < 1 or arguments.operations < 2:
        raise UsageError("--count must be at least 1 and --operations at least 2")
    seeds, out = _seeds(arguments.seed), arguments.out
    kernels = [chosen_kernel(arguments, one) for one in arguments.kernel.split(",")]
    about = {kernel.name: _about(kernel) for kernel in kernels}
    size = (arguments.count, arguments.operations)
    journal = Journal.open(out, [about, *size])
    parts = [Part(kernel, seed) for kernel in kernels for seed in seeds]
    done = sum(part.name in journal.done for part in parts)
    if done:
        print(f"going on after {done} of {len(parts)} parts", file=sys.stderr)
    total, before = len(parts) * arguments.count, done * arguments.count
    try:
        progress = Progress(total, "histories", before)
        rows = survey(parts, *size, journal, progress.step)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return STOPPED
    head = {"kernels": about, "date": date.today().isoformat()}
    text = "".join(f"{to_json(line)}\n" for line in (head, *rows))
    out.write_text(text, encoding="utf-8")
    journal.close()
    print_lines(_text(rows))
    return DIFFERENT if any(row["differ"] or row["failed"] for row in rows) else 0


def _about(kernel: Kernel) -> dict[str, Any]:
    with one_sentence(kernel):
        return {**kernel_record(kernel), "build": kernel.provenance}


def _seeds(text: str) -> list[int]:
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise UsageError(f"--seed: {text[:40]!r} is not numbers with commas") from None


def _text(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What each walk found in all, and what differed or failed."""
    cells = [["kernel, walk", "folios", "ptes", "missed", "vmas"]]
    for one in totals(rows):
        numbers = (one.folios, one.ptes, one.missed, one.vmas)
        cells.append([f"{one.kernel}, {one.walk}", *map(str, numbers)])
    lines = table(cells, (1, 2, 3, 4))
    for row in rows:
        what = f"{row['kernel']}, seed {row['seed']}"
        if row["differ"]:
            lines.append(f"{what}: {row['differ']} histories differ from the model")
        lines += [f"{what}: failed: {one}" for one in row["failed"]]
    return lines
