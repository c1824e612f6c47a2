"""The C programs of histories, run inside a guest.

Each is compiled here, static, and put into the guest's root; in place of the
runner there is ``oracle/guest/programs.c``, which runs them one by one.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ksmlib.history import History
from ksmlib.oracle.boot import GuestError, Kernel
from ksmlib.oracle.measure import measure, of
from ksmlib.repro import c_program
from ksmlib.repro.program import program_hash
from ksmlib.repro.runs import Run

_DRIVER = Path(__file__).parents[2] / "oracle" / "guest" / "programs.c"
_CC = ("gcc", "-O2", "-Wall", "-Wextra", "-std=gnu11", "-static", "-s")
#: A program may scan for so many seconds before it says more.
_SILENCE = 120.0


def compiled(source: str) -> bytes:
    """The static program. Raises GuestError, with what the compiler says."""
    with tempfile.TemporaryDirectory(prefix="ksmlib-cc-") as name:
        file, program = Path(name, "program.c"), Path(name, "program")
        file.write_text(source, encoding="ascii")
        try:
            done = subprocess.run(
                [*_CC, "-o", program, file], capture_output=True, text=True
            )
        except FileNotFoundError:
            raise GuestError("missing: gcc; install it with: apt-get install") from None
        if done.returncode:
            raise GuestError("gcc does not compile a program", done.stderr)
        return program.read_bytes()


def run_programs(
    kernel: Kernel, histories: dict[str, History], asked: Sequence[tuple[str, str]]
) -> Iterator[Run]:
    """Run each pair of a history and a design, in one boot.

    ``histories`` has them by name, or by text where they have none.

    The design is left as it is where the name is empty; the run is then one
    under ``full``, which is what a kernel as it comes has. Raises GuestError.
    """
    hashes = {name: program_hash(histories[name]) for name, _ in asked}
    files = {"runner": compiled(_DRIVER.read_text("utf-8"))}
    for name, hash_ in hashes.items():
        files[f"program-{hash_}"] = compiled(c_program(histories[name]))
    script = "".join(f"{hashes[name]} {design or '-'}\n" for name, design in asked)
    done = measure(replace(kernel, files=files), script, _SILENCE)
    for (name, design), (_, records) in zip(asked, done, strict=True):
        [program] = of("program", records)
        yield Run(
            name,
            design or "full",
            hashes[name],
            program["status"],
            program["kept"],
            tuple(of("tap", records)),
        )
