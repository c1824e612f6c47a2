"""``ksmlib kernel check``: the model, or another kernel, against recorded traces."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from ksmlib.cli.arguments import Commands, UsageError
from ksmlib.cli.kernel.shared import DIFFERENT, found_text, head_text, print_lines
from ksmlib.oracle.check import Count, Difference, compare_traces, compare_with_model
from ksmlib.oracle.compare import Sides
from ksmlib.oracle.golden import (
    GOLDEN,
    Recorded,
    Recording,
    TraceError,
    read_recording,
)
from ksmlib.oracle.progress import Progress
from ksmlib.oracle.show import count_text


def add(commands: Commands) -> None:
    """Add the parser of ``check``."""
    parser = commands.add_parser(
        "check",
        help="hold the model against recorded traces; needs no kernel",
        description="Replays every recorded history on the model and compares each"
        " state. With --against, compares two recordings instead.",
    )
    parser.add_argument(
        "recording",
        metavar="FILE",
        nargs="?",
        type=Path,
        default=GOLDEN,
        help="a recording (default the one that comes with ksmlib)",
    )
    parser.add_argument(
        "--against",
        metavar="FILE",
        nargs="?",
        type=Path,
        const=GOLDEN,
        help="another recording (default the one that comes with ksmlib)",
    )
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="write what was compared, as JSON"
    )
    parser.set_defaults(call=_call)


def _call(arguments: argparse.Namespace) -> int:
    recording = _read(arguments.recording)
    compare = _comparison(recording, arguments.against)
    than = "model" if arguments.against is None else "recording"
    count, different = Count(), 0
    progress = Progress(len(recording.lines), "histories")
    for recorded in recording:
        count.add(recorded.trace)
        difference = compare(recorded)
        if difference:
            different += 1
            print_lines([*found_text(recorded.case, difference, than), ""])
        progress.step()
    print(head_text(recording))
    print_lines(count_text(count))
    print(f"histories that differ: {different or 'none'}")
    if arguments.out:
        _write(arguments, recording, count, different)
    return DIFFERENT if different else 0


def _write(
    arguments: argparse.Namespace, recording: Recording, count: Count, different: int
) -> None:
    """What was compared with what, and how much of it differs."""
    heads = {"recorded": recording.head}
    if arguments.against:
        heads["against"] = _read(arguments.against).head
    told = {
        side: {key: head[key] for key in ("kernel", "release", "date", "build")}
        for side, head in heads.items()
    }
    counts = {key: getattr(count, key) for key in ("histories", "states", "refused")}
    text = json.dumps({**told, **counts, "differ": different}, indent=1)
    arguments.out.write_text(f"{text}\n", encoding="utf-8")


def _comparison(
    recording: Recording, against: Path | None
) -> Callable[[Recorded], Difference | None]:
    """Compares a history of ``recording`` with the model, or with a recording."""
    if against is None:
        return compare_with_model
    other = _read(against)
    if list(recording.lines) != list(other.lines):
        raise UsageError("the two recordings are not of the same histories")
    sides = Sides(recording.head["kernel"], other.head["kernel"])

    def compare(recorded: Recorded) -> Difference | None:
        name = recorded.case.name
        if recording.lines[name] == other.lines[name]:
            return None
        return compare_traces(recorded, other[name], sides)

    return compare


def _read(path: Path) -> Recording:
    try:
        return read_recording(path)
    except TraceError as error:
        raise UsageError(str(error)) from None
