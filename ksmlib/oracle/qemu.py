"""QEMU: a kernel for x86, on two NUMA nodes and with swap.

Every instruction is emulated and counted, and one instruction is one
nanosecond of the guest's clock. So the time a walk takes is its number of
instructions, on any machine, however busy, but for an interrupt now and then.

The guest's root is an initramfs, made for one boot. Its records leave by a
virtio port.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ksmlib.oracle.boot import SILENCE, GuestError, Kernel, Record, follow
from ksmlib.oracle.cpio import archive

PROGRAM = "qemu-system-x86_64"
#: Mebibytes, half of them on each node.
MEMORY = 1024
#: An emulated guest may be silent for so many times as long.
SLOWER = 5
#: How much of the kernel's last words an error carries along.
CONSOLE_TAIL = 2000

_FOLDERS = ("dev", "proc", "sys", "tmp")
#: Nothing that moves, copies or merges pages behind a history's back.
_KERNEL = (
    "console=ttyS0",
    "loglevel=5",
    "panic=-1",
    "nokaslr",
    "norandmaps",
    "mitigations=off",
    "transparent_hugepage=never",
    "numa_balancing=disable",
    "slab_nomerge",
)


def initramfs(kernel: Kernel, script: str) -> bytes:
    """The root of the guest: init, runner, script, modules, ``kernel.files``.

    Modules are named so that they load in order of name.
    """
    files = {
        "init": (kernel.images / "init").read_bytes(),
        "runner": (kernel.images / "runner").read_bytes(),
        "script": script.encode("ascii"),
    }
    for module in sorted(kernel.folder.glob("*.ko")):
        files[module.name] = module.read_bytes()
    files.update(kernel.files)
    return archive(_FOLDERS, files)


def command(kernel: Kernel, folder: Path, memory: int = MEMORY) -> list[str]:
    """The command that boots ``kernel``; what it reads and writes is in ``folder``."""
    return [
        *(PROGRAM, "-machine", "pc", "-nodefaults", "-no-user-config", "-no-reboot"),
        *("-display", "none", "-smp", "1", "-m", f"{memory}M"),
        # Its random numbers would differ from run to run.
        *("-cpu", "max,-rdrand,-rdseed", "-accel", "tcg,thread=single"),
        *("-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm"),
        *_node(0, memory // 2, ",cpus=0"),
        *_node(1, memory // 2),
        *("-kernel", str(kernel.folder / "vmlinuz")),
        *("-initrd", str(folder / "initramfs"), "-append", " ".join(_KERNEL)),
        *("-serial", f"file:{folder / 'console'}"),
        *("-chardev", f"file,id=records,path={folder / 'records'}"),
        *("-device", "virtio-serial-pci"),
        *("-device", "virtserialport,chardev=records,name=records"),
    ]


def _node(number: int, memory: int, more: str = "") -> tuple[str, ...]:
    return (
        *("-object", f"memory-backend-ram,id=memory{number},size={memory}M"),
        *("-numa", f"node,nodeid={number},memdev=memory{number}{more}"),
    )


def run_script(
    script: str, kernel: Kernel, silence: float = SILENCE, memory: int = MEMORY
) -> Iterator[Record]:
    """See ``ksmlib.oracle.boot.RunScript``."""
    with tempfile.TemporaryDirectory(prefix="ksmlib-qemu-") as name:
        folder = Path(name)
        (folder / "initramfs").write_bytes(initramfs(kernel, script))
        for empty in ("records", "console", "errors"):
            (folder / empty).touch()
        try:
            guest = command(kernel, folder, memory)
            yield from _follow(guest, folder, SLOWER * silence)
        except GuestError as error:
            said = (folder / "console").read_bytes() + (folder / "errors").read_bytes()
            error.console = said.decode("utf-8", "replace")[-CONSOLE_TAIL:]
            raise


def _follow(guest: list[str], folder: Path, silence: float) -> Iterator[Record]:
    with (folder / "errors").open("wb") as errors:
        try:
            qemu = subprocess.Popen(guest, stdin=subprocess.DEVNULL, stderr=errors)
        except FileNotFoundError:
            why = f"missing: {PROGRAM}; install it with: apt-get install"
            raise GuestError(f"{why} qemu-system-x86") from None
    try:
        yield from follow(qemu, folder / "records", silence)
    finally:
        qemu.kill()
        qemu.wait()
