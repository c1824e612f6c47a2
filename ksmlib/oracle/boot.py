"""The seam between a script and a kernel that runs it.

A kernel is run by a function of the shape ``RunScript``: one boot, one script,
the records as they come. ``ksmlib.oracle.uml`` has one, and each other way to
boot has its own module like it; ``ksmlib.oracle.kernels`` knows them by name.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

#: One line of what the guest prints; see ``ksmlib.oracle.records``.
Record: TypeAlias = dict[str, Any]

#: Seconds without a record after which a guest counts as hung.
SILENCE = 60.0
_PAUSE = 0.05


class GuestError(Exception):
    """The guest died, hung, or printed what is no record; one sentence.

    ``console`` is the end of what its kernel said.
    """

    def __init__(self, why: str, console: str = "") -> None:
        super().__init__(why)
        self.console = console


@dataclass(frozen=True)
class Kernel:
    """A kernel that was built: its name, and the folder of all images.

    ``files`` are put into the guest's root besides, or in place of what is
    called the same there; all are executable.
    """

    name: str
    images: Path
    run_script: RunScript
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The images of this kernel alone."""
        return self.images / self.name

    @property
    def provenance(self) -> dict[str, Any]:
        """What the build says of itself; empty if it says nothing."""
        try:
            text = (self.folder / "provenance.json").read_text("utf-8")
        except FileNotFoundError:
            return {}
        found: dict[str, Any] = json.loads(text)
        return found

    def run(self, script: str, silence: float = SILENCE) -> Iterator[Record]:
        """Boot, run the script; see ``RunScript``."""
        return self.run_script(script, self, silence)


class RunScript(Protocol):
    """Boots a kernel once, runs a script, yields each record as it comes.

    The last is ``{"end": true}``. Raises GuestError if the guest ends before
    that, or prints nothing for ``silence`` seconds. Nothing of the guest is
    left once the iterator is exhausted or closed.
    """

    def __call__(
        self, script: str, kernel: Kernel, silence: float = SILENCE
    ) -> Iterator[Record]: ...


def follow(
    guest: subprocess.Popen[bytes], result: Path, silence: float
) -> Iterator[Record]:
    """The records that a running guest writes to the file ``result``."""
    said = time.monotonic()
    rest = b""
    with result.open("rb") as file:
        while True:
            ended = guest.poll() is not None
            data = file.read()
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                record = _record(line)
                yield record
                if record.get("end"):
                    return
            if data:
                said = time.monotonic()
            elif ended:
                raise GuestError("the guest ended before its last record")
            elif time.monotonic() - said > silence:
                raise GuestError(f"the guest printed nothing for {silence:.0f} seconds")
            else:
                time.sleep(_PAUSE)


def _record(line: bytes) -> Record:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise GuestError(f"the guest printed what is no record: {line[:60]!r}")
    return record
