"""A state of the search: a kernel, and what was noted on the way to it."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple, cast

from ksmlib.designs import Design, tracers
from ksmlib.designs.base import DesignCost
from ksmlib.designs.walk import rmap_walk
from ksmlib.explore.situations import Facts, Pte
from ksmlib.history.operations import Operation
from ksmlib.history.replay import Replay, apply
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.observe import mapped_at
from ksmlib.mm.trace import Trace
from ksmlib.mm.types import Folio, Mm, Refused
from ksmlib.report.merged import MergedPtes


class _Step(NamedTuple):
    """What ``MergedPtes.follow()`` asks of a replay."""

    kernel: Kernel
    operation: Operation


@dataclass
class WalkedFolio:
    """A KSM folio: who maps it, and what each design makes of it."""

    folio: Folio
    ptes: list[Pte]
    #: By design: the PTEs its walk finds, those it misses, and what it costs.
    found: dict[str, set[tuple[Mm, int]]]
    missed: dict[str, list[Pte]]
    cost: dict[str, DesignCost]


@cache
def _tracers(designs: tuple[Design, ...]) -> tuple[Trace, ...]:
    return (*tracers(designs), Facts())


class Machine:
    """A kernel on which each of the designs saves what it saves.

    It is the readable model, copied by pickle. Measured over whole searches, a
    quarter of the time goes to copies, and a fifth each to operations, to
    canonical forms and to walks: a compact model would save the first only.
    """

    def __init__(
        self, designs: tuple[Design, ...], kernel: Kernel, merged: MergedPtes
    ) -> None:
        self.designs = designs
        self.kernel = kernel
        self.merged = merged
        #: A copy that a refused operation left as it was.
        self._spare: Machine | None = None
        self._set_trace((*_tracers(designs), merged))

    def _set_trace(self, trace: tuple[Trace, ...]) -> None:
        kernel = self.kernel
        kernel.trace = kernel.ksm.trace = trace
        for mm in kernel.mms.values():
            mm.trace = trace

    @cached_property
    def pickled(self) -> bytes:
        """Every field of every object, but for the tracers."""
        trace = self.kernel.trace
        self._set_trace(())
        data = pickle.dumps((self.kernel, self.merged), pickle.HIGHEST_PROTOCOL)
        self._set_trace(trace)
        return data

    def _copy(self) -> Machine:
        spare, self._spare = self._spare, None
        return spare or Machine(self.designs, *pickle.loads(self.pickled))

    def after(self, operation: Operation) -> Machine | None:
        """The machine that an operation makes of this one, None if refused."""
        child = self._copy()
        if child.do(operation):
            return child
        self._spare = child
        return None

    def do(self, operation: Operation) -> bool:
        """Do an operation on this machine itself; False if it is refused."""
        try:
            apply(self.kernel, operation)
        except Refused:
            return False
        self.merged.follow(cast(Replay, _Step(self.kernel, operation)))
        for name in ("walked", "pickled"):  # no longer true
            vars(self).pop(name, None)
        return True

    @cached_property
    def walked(self) -> list[WalkedFolio]:
        """The walk of every KSM folio by every design."""
        if not self.kernel.ksm.stable_tree:
            return []
        truth = mapped_at(self.kernel.mms.values())
        return [self._walk(f, ptes) for f, ptes in truth.items() if f.test_ksm]

    def _walk(self, folio: Folio, ptes: list[tuple[Mm, int]]) -> WalkedFolio:
        walks = [rmap_walk(design, folio) for design in self.designs]
        told = {at: Pte.of(folio, *at, at in self.merged.ptes) for at in ptes}
        return WalkedFolio(
            folio,
            list(told.values()),
            {w.design: w.found for w in walks},
            {w.design: [told[at] for at in ptes if at not in w.found] for w in walks},
            {w.design: w.cost for w in walks},
        )
