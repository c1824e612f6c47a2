"""``ksmlib run``: replay a history and judge every design on it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from ksmlib.cli.arguments import HISTORY_HELP, Commands, chosen_designs, read_history
from ksmlib.designs import Design
from ksmlib.draw.ascii import state_ascii
from ksmlib.draw.ascii_time import time_table
from ksmlib.draw.ascii_tree import tree_ascii
from ksmlib.draw.tree import all_trees, asked_trees
from ksmlib.draw.view import ksm_views
from ksmlib.history import History, snapshot
from ksmlib.history.diff import differences
from ksmlib.history.named import named_histories
from ksmlib.report.json import report_json
from ksmlib.report.text import folded, refusals_text, report_text
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
    parser.add_argument("--step", action="store_true", help="draw every state as text")
    parser.add_argument(
        "--draw",
        action="store_true",
        help="draw the state at the end and its interval trees as text; with --design,"
        " each of their walks and what it asks the trees",
    )
    parser.add_argument("--design", metavar="A,B", help="only these designs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(call=_call)


def _print_steps(history: History, chosen: Sequence[Design]) -> None:
    """The history as a time table; then each operation, and the state after it."""
    replay = replay_with(history, chosen)
    replay.run()
    refused = {refusal.step: refusal.errno for refusal in replay.refusals}
    print("\n".join([*time_table(history, refused), ""]))
    replay.seek(0)
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
        print("\n".join([*lines, "", state_ascii(after), ""]))
        before = after


def _print_pictures(history: History, walked: Sequence[Design]) -> None:
    """The state at the end as a picture, and its trees.

    With designs, one for each KSM folio and design: with its walk, and what it
    asks the trees.
    """
    replay = replay_with(history, walked)
    replay.run()
    state, mms = snapshot(replay.kernel), replay.kernel.mms.values()
    pictures = []
    for design in walked:
        for folio, view in ksm_views(replay, design):
            pictures += [state_ascii(state, view).splitlines()]
            pictures += map(tree_ascii, asked_trees(folio, design))
    if not pictures:
        trees = map(tree_ascii, all_trees(mms))
        pictures = [state_ascii(state).splitlines(), *trees]
    for picture in pictures:
        print("\n".join(["", *picture]))


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
