"""Beyond the bound: long random histories, a second engine beside the search.

It proves nothing, and is reported apart. Hypothesis drives it; only this
module asks for the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from ksmlib.designs import designs
from ksmlib.explore.drawn import Drawn, Held
from ksmlib.explore.machine import Machine
from ksmlib.explore.promises import keeps
from ksmlib.history import History
from ksmlib.history.operations import Operation
from ksmlib.history.random import Bounds, random_history
from ksmlib.mm.kernel import Kernel
from ksmlib.report.merged import MergedPtes


def draw(bounds: Bounds, held: Sequence[Held], histories: int, number: int) -> Drawn:
    """Draw so many histories by a seed; look at the promises at each step.

    A history that breaks one is shown without the operations it does not need.
    """
    drawn = Drawn()

    @seed(number)
    @settings(
        max_examples=histories,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**64 - 1))
    def each(of_history: int) -> None:
        history = random_history(Random(of_history), bounds)
        _play(history.operations, held, drawn)

    each()
    return drawn


def _play(operations: Sequence[Operation], held: Sequence[Held], drawn: Drawn) -> None:
    machine = _machine(held)
    done: list[Operation] = []
    for operation in operations:
        if machine.do(operation):
            done.append(operation)
            drawn.ptes += sum(len(walked.ptes) for walked in machine.walked)
            for pair in held:
                if pair not in drawn.broken and not keeps(*pair, machine):
                    drawn.broken[pair] = History.of(_shortened(done, pair)).one_line
    drawn.histories += 1
    drawn.operations += len(done)


def _machine(held: Sequence[Held]) -> Machine:
    ids = dict.fromkeys(["full", *(design for design, _ in held)])
    return Machine(designs(",".join(ids)), Kernel(), MergedPtes())


def _shortened(done: Sequence[Operation], pair: Held) -> tuple[Operation, ...]:
    """Leave out operations, the last ones first, as long as it still breaks."""
    for at in reversed(range(len(done))):
        fewer = (*done[:at], *done[at + 1 :])
        if _breaks(fewer, pair):
            return _shortened(fewer, pair)
    return tuple(done)


def _breaks(operations: Sequence[Operation], pair: Held) -> bool:
    """Is nothing refused, and the promise broken at the end?"""
    machine = _machine([pair])
    return all(map(machine.do, operations)) and not keeps(*pair, machine)
