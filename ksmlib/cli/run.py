"""``ksmlib run``: replay a history and judge every design on it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from ksmlib.cli.arguments import HISTORY_HELP, Commands, chosen_designs, read_history
from ksmlib.designs import Design
from ksmlib.draw.ascii import state_ascii
from ksmlib.draw.view import walk_views
from ksmlib.history import History, snapshot
from ksmlib.history.diff import differences
from ksmlib.history.named import named_histories
from ksmlib.report.json import report_json
from ksmlib.report.text import (
    COLUMNS,
    folded,
    refusals_text,
    report_text,
    state_text,
)
from ksmlib.report.verdict import replay_with, run


def add(commands: Commands) -> None:
    """Add the parser of ``run``."""
    parser = commands.add_parser(
        "run",
        help="replay a history and judge every design on it",
        description="Replays a history on the kernel model, walks its KSM folios as"
        " each design would, and compares with the page tables.",
        epilog=f"named histories: {', '.join(named_histories())}",
    )
    parser.add_argument(
        "history", metavar="HISTORY", nargs="?", default="-", help=HISTORY_HELP
    )
    parser.add_argument("--step", action="store_true", help="print every state")
    parser.add_argument(
        "--draw",
        action="store_true",
        help="draw the state at the end as text; with --design, each of their walks",
    )
    parser.add_argument("--design", metavar="A,B", help="only these designs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(call=_call)


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


def _call(arguments: argparse.Namespace) -> None:
    history = read_history(arguments.history)
    chosen = chosen_designs(arguments.design)
    report = run(history, chosen)
    if arguments.json:
        print(json.dumps(report_json(report)))
        return
    if arguments.step:
        _print_steps(history, chosen)
    print(report_text(report), end="")
    if arguments.draw:
        _print_pictures(history, chosen if arguments.design else ())
