"""Watching over a long search: its progress, its checkpoint, and when to stop."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ksmlib.explore import checkpoint
from ksmlib.explore.progress import Progress
from ksmlib.explore.search import Search

#: Seconds between two checkpoints.
SAVE_EVERY = 60.0
#: Seconds to the first line of progress, and between two of them in a file.
TELL_FIRST = 0.1
TELL_EVERY = {True: 0.2, False: 10.0}


class Watch:
    """Called after each piece of a search, it says whether to stop."""

    def __init__(self, search: Search[Any, Any], path: Path) -> None:
        self.search = search
        self.path = path
        #: Is there a checkpoint of this search?
        self.saved = False
        self._asked = False
        self._progress = Progress()
        self._terminal = sys.stderr.isatty()
        now = time.monotonic()
        self._tell_at, self._save_at = now + TELL_FIRST, now + SAVE_EVERY

    def __call__(self) -> bool:
        now = time.monotonic()
        line = self._progress.line(self.search, now)
        if now >= self._tell_at:
            self._tell_at = now + TELL_EVERY[self._terminal]
            self._tell(line)
        if now >= self._save_at:
            self._save_at = now + SAVE_EVERY
            self._save()
        return self._asked

    def _tell(self, line: str) -> None:
        if self._terminal:
            line = f"\r{line:<66}\r"
        print(line, end="" if self._terminal else "\n", file=sys.stderr, flush=True)

    def _save(self) -> None:
        checkpoint.save(self.search, self.path)
        self.saved = True

    def _stop(self, *_: object) -> None:
        self._asked = True

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Ctrl-C and ``kill`` stop after the pieces at hand, about a second."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def end(self, finished: bool) -> None:
        """Leave a checkpoint and say so; none if all is done."""
        if self._terminal:
            self._tell("")
        if finished:
            if self.saved:
                self.path.unlink()
            return
        self._save()
        depth, ops = self.search.depth, self.search.ops
        print(f"stopped in operation {depth} of {ops}; go on with:", file=sys.stderr)
        print(f"  ksmlib explore --resume {self.path}", file=sys.stderr)
