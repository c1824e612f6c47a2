"""Lines of progress: how many are done, how fast, how long it will take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

#: Seconds between two lines.
_EVERY = 2.0


def _stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass
class Progress:
    """Counts ``total`` things; ``done_before`` of them by an earlier run."""

    total: int
    what: str
    done_before: int = 0
    say: Callable[[str], None] = _stderr
    clock: Callable[[], float] = time.monotonic
    done: int = field(init=False)
    started: float = field(init=False)
    said: float = field(init=False)

    def __post_init__(self) -> None:
        self.done = self.done_before
        self.started = self.said = self.clock()

    def step(self) -> None:
        """One more is done; says so now and then, and at the end."""
        self.done += 1
        now = self.clock()
        if self.done == self.total or now - self.said >= _EVERY:
            self.said = now
            self.say(self.line(now))

    def line(self, now: float) -> str:
        """``120 of 347 histories, 35 a second, 7 s left``."""
        took = max(now - self.started, 1e-6)
        rate = (self.done - self.done_before) / took
        left = (self.total - self.done) / rate
        ending = f"{left:.0f} s left" if self.done < self.total else f"{took:.0f} s"
        return f"{self.done} of {self.total} {self.what}, {rate:.1f} a second, {ending}"
