"""User Mode Linux: a kernel that runs as an ordinary process.

Its root is a folder of the host (hostfs), made for one boot and removed after
it, so the guest needs no disk and no privilege.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ksmlib.oracle.boot import SILENCE, GuestError, Kernel, Record, follow

MEMORY = "512M"
#: How much of the kernel's last words an error carries along.
CONSOLE_TAIL = 2000


def command(kernel: Kernel, root: Path, memory: str = MEMORY) -> list[str]:
    """The command that boots ``kernel`` with ``root`` as its root."""
    return [
        str(kernel.folder / "linux"),
        f"mem={memory}",
        "root=/dev/root",
        "rootfstype=hostfs",
        f"rootflags={root}",
        "rw",
        "init=/init",
        "con=null",
        "con0=fd:0,fd:1",
        "quiet",
    ]


def fill_root(root: Path, kernel: Kernel, script: str) -> Path:
    """Put what the guest needs into ``root``; returns the file of its records."""
    for folder in ("proc", "sys", "dev", "tmp", "out"):
        (root / folder).mkdir()
    shutil.copy(kernel.images / "uml-init", root / "init")
    shutil.copy(kernel.images / "runner", root / "runner")
    (root / "script").write_text(script, encoding="ascii")
    for name, data in kernel.files.items():
        (root / name).write_bytes(data)
        (root / name).chmod(0o755)
    result = root / "out" / "result"
    result.touch()
    return result


def run_script(
    script: str, kernel: Kernel, silence: float = SILENCE
) -> Iterator[Record]:
    """See ``ksmlib.oracle.boot.RunScript``."""
    root = Path(tempfile.mkdtemp(prefix="ksmlib-uml-"))
    console = root / "out" / "console"
    try:
        result = fill_root(root, kernel, script)
        with console.open("wb") as out:
            guest = subprocess.Popen(
                command(kernel, root),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": tempfile.gettempdir(), "HOME": str(root)},
                start_new_session=True,
            )
        try:
            yield from follow(guest, result, silence)
        finally:
            _end(guest)
    except GuestError as error:
        error.console = console.read_text("utf-8", "replace")[-CONSOLE_TAIL:]
        raise
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _end(guest: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the guest: its processes are ours, in one session."""
    with suppress(ProcessLookupError):
        os.killpg(guest.pid, signal.SIGKILL)
    guest.wait()
