"""Recorded traces: what a kernel did, kept so that no kernel is needed.

The file is xz-compressed lines of JSON: a head that says what ran and when,
then one line for each history, with the errno of each refused step and the
canonical state after each step.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from ksmlib.history import parse
from ksmlib.oracle.batch import Failed, kernel_record, run_cases
from ksmlib.oracle.boot import Kernel
from ksmlib.oracle.journal import Journal, to_json
from ksmlib.oracle.records import Trace
from ksmlib.oracle.script import Case

#: The recording that comes with ksmlib.
GOLDEN = Path(__file__).parent / "traces" / "linux-6.12.117-uml.jsonl.xz"


class TraceError(Exception):
    """A file that is no recording, or not a whole one; one sentence."""


@dataclass(frozen=True)
class Recorded:
    """A history and what a kernel did with it."""

    case: Case
    trace: Trace

    @property
    def json(self) -> dict[str, Any]:
        """As it stands in a recording."""
        steps = [
            {"step": step, "errno": self.trace.errnos.get(step), "state": state}
            for step, state in sorted(self.trace.states.items())
        ]
        return {
            "name": self.case.name,
            "text": self.case.history.text,
            "max_page_sharing": self.case.max_page_sharing,
            "steps": steps,
        }

    @classmethod
    def of(cls, line: str) -> Recorded:
        """Read such a line. Raises ValueError or KeyError if it is none."""
        found = json.loads(line)
        case = Case(found["name"], parse(found["text"]), found["max_page_sharing"])
        trace = Trace(case.name)
        for step in found["steps"]:
            trace.states[step["step"]] = step["state"]
            if step["errno"] is not None:
                trace.errnos[step["step"]] = step["errno"]
        return cls(case, trace)


@dataclass(frozen=True)
class Recording:
    """A file of traces, each history still as its line: there are many."""

    head: dict[str, Any]
    lines: dict[str, str]

    def __getitem__(self, name: str) -> Recorded:
        """One history. Raises KeyError."""
        return Recorded.of(self.lines[name])

    def __iter__(self) -> Iterator[Recorded]:
        return map(Recorded.of, self.lines.values())


def read_recording(path: Path = GOLDEN) -> Recording:
    """Read a file of traces. Raises TraceError."""
    try:
        first, *lines = lzma.decompress(path.read_bytes()).decode().splitlines()
        head: dict[str, Any] = json.loads(first)
        names = head["histories"]
        return Recording(head, dict(zip(names, lines, strict=True)))
    except FileNotFoundError:
        raise TraceError(f"{path} is not there") from None
    except (ValueError, KeyError, lzma.LZMAError) as error:
        raise TraceError(f"{path} is no recording: {error}") from None


# --- recording -------------------------------------------------------------


def head_of(kernel: Kernel, cases: Sequence[Case]) -> dict[str, Any]:
    """What a recording says of itself: the kernel, its build, what was run."""
    text = "".join(f"{c.name} {c.max_page_sharing}\n{c.history.text}" for c in cases)
    return {
        "kernel": kernel.name,
        **kernel_record(kernel),
        "build": kernel.provenance,
        "histories": [case.name for case in cases],
        "histories_sha256_16": sha256(text.encode()).hexdigest()[:16],
    }


def record(
    kernel: Kernel,
    cases: Sequence[Case],
    out: Path,
    today: date,
    progress: Callable[[int, int], Callable[[], None]],
) -> list[Failed]:
    """Record the histories into ``out``; go on where an earlier run stopped.

    ``progress(total, done)`` gives what is called at each history that is
    done. Returns the histories that failed: then there is no ``out``, and the
    next run tries these again.
    """
    head = head_of(kernel, cases)
    journal = Journal.open(out, head)
    todo = [case for case in cases if case.name not in journal.done]
    step = progress(len(cases), len(journal.done))
    failed = []
    for case, result in run_cases(kernel, todo):
        if isinstance(result, Failed):
            failed.append(result)
        else:
            journal.add(case.name, Recorded(case, result).json)
        step()
    if not failed:
        results = [journal.done[case.name] for case in cases]
        lines = [{**head, "date": today.isoformat()}, *results]
        text = "".join(f"{to_json(line)}\n" for line in lines)
        out.write_bytes(lzma.compress(text.encode(), preset=9))
        journal.close()
    return failed
