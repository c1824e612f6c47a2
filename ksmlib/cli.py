"""The commands: ``ksmlib run``, ``ksmlib designs``."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ksmlib.designs import Design, designs
from ksmlib.draw.ascii import state_ascii
from ksmlib.draw.view import walk_views
from ksmlib.history import History, HistoryError, parse, snapshot
from ksmlib.history.diff import differences
from ksmlib.history.language import MAX_TEXT
from ksmlib.history.named import named_histories
from ksmlib.report.json import designs_json, report_json
from ksmlib.report.text import (
    COLUMNS,
    designs_text,
    folded,
    refusals_text,
    report_text,
    state_text,
)
from ksmlib.report.verdict import replay_with, run


class UsageError(Exception):
    """Bad input; the message is the one sentence to print."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; try: {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="ksmlib",
        description="Which page offsets must rmap_walk_ksm() ask for?",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run_ = commands.add_parser(
        "run",
        help="replay a history and judge every design on it",
        description="Replays a history on the kernel model, walks its KSM folios as"
        " each design would, and compares with the page tables.",
        epilog=f"named histories: {', '.join(named_histories())}",
    )
    run_.add_argument(
        "history",
        metavar="HISTORY",
        nargs="?",
        default="-",
        help="a named history, a file, - for standard input (the default), or the"
        " text itself, with ; between operations",
    )
    run_.add_argument("--step", action="store_true", help="print every state")
    run_.add_argument(
        "--draw",
        action="store_true",
        help="draw the state at the end as text; with --design, each of their walks",
    )
    run_.add_argument("--design", metavar="A,B", help="only these designs")
    run_.add_argument("--json", action="store_true", help="print one JSON object")
    designs_ = commands.add_parser(
        "designs",
        help="the designs, and what each costs in bytes",
        description="Lists the designs: what each saves, asks and costs.",
    )
    designs_.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _chosen(ids: str | None) -> tuple[Design, ...]:
    try:
        return designs(ids)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _read_history(argument: str) -> History:
    """The history an argument stands for: named, a file, stdin, or text."""
    if argument in named_histories():
        return named_histories()[argument].history
    if argument == "-":
        text = _decode(sys.stdin.buffer.read(4 * MAX_TEXT + 1), "standard input")
    elif (path := Path(argument)) and _is_file(path):
        try:
            with path.open("rb") as file:
                text = _decode(file.read(4 * MAX_TEXT + 1), argument)
        except OSError as error:
            raise UsageError(f"cannot read {argument}: {error.strerror}") from None
    elif argument.strip() and not any(c in argument for c in " ;\n#"):
        raise UsageError(
            f"{argument[:60]!r} is neither a file nor a named history"
            f" ({', '.join(named_histories())})"
        )
    else:
        text = argument
    try:
        history = parse(text)
    except HistoryError as error:
        raise UsageError(str(error)) from None
    if not history.operations:
        raise UsageError("the history is empty: it has no operation")
    return history


def _is_file(path: Path) -> bool:
    try:  # a pipe will do: <(...) of a shell
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):  # too long or with a NUL: not a file's name
        return False


def _decode(data: bytes, where: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{where} is not UTF-8 at byte {error.start}") from None


def _print_steps(history: History, chosen: Sequence[Design]) -> None:
    """Every operation, what it changed in words, and the state after it."""
    replay = replay_with(history, chosen)
    before = snapshot(replay.kernel)
    for number in range(1, len(replay) + 1):
        refusal = replay.step()
        after = snapshot(replay.kernel)
        print(f"step {number}: {replay.operation}")
        if refusal:
            lines = refusals_text([refusal])
        else:
            said = differences(before, after)
            lines = [line for text in said for line in folded(text, 4, "  ")]
        lines += [f"    {line}" for line in state_text(after, COLUMNS - 4)]
        print("\n".join([*lines, ""]))
        before = after


def _print_pictures(history: History, walked: Sequence[Design]) -> None:
    """The state at the end as a picture; one for each folio and design walked."""
    replay = replay_with(history, walked)
    replay.run()
    state = snapshot(replay.kernel)
    views = [view for d in walked for view in walk_views(replay, d.id)]
    for picture in [state_ascii(state, view) for view in views] or [state_ascii(state)]:
        print(f"\n{picture}")


def _run(arguments: argparse.Namespace) -> None:
    history = _read_history(arguments.history)
    chosen = _chosen(arguments.design)
    report = run(history, chosen)
    if arguments.json:
        print(json.dumps(report_json(report)))
        return
    if arguments.step:
        _print_steps(history, chosen)
    print(report_text(report), end="")
    if arguments.draw:
        _print_pictures(history, chosen if arguments.design else ())


def _designs(arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps(designs_json(designs())))
    else:
        print(designs_text(designs()), end="")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status, 2 for bad input."""
    try:
        arguments = _parser().parse_args(argv)
        {"run": _run, "designs": _designs}[arguments.command](arguments)
    except UsageError as error:
        message = re.sub(r"[^ -~]", lambda c: ascii(c[0])[1:-1], str(error))
        print(f"ksmlib: {message}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough
        sys.stderr.close()
        return 0
    return 0
