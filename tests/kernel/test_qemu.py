"""What QEMU is given, and what comes of what it does; no QEMU is needed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from ksmlib.oracle import qemu
from ksmlib.oracle.boot import GuestError, Kernel
from ksmlib.oracle.cpio import archive


class Entry(NamedTuple):
    name: str
    mode: int
    data: bytes


def unpacked(data: bytes) -> list[Entry]:
    """What init/initramfs.c of the kernel would make of an archive."""
    at, entries = 0, []
    while at < len(data):
        assert at % 4 == 0
        assert data[at : at + 6] == b"070701"
        fields = [int(data[i : i + 8], 16) for i in range(at + 6, at + 110, 8)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + 110 : at + 110 + name_size]
        assert name.endswith(b"\0")
        at += -(-(110 + name_size) // 4) * 4
        entries.append(Entry(name[:-1].decode(), mode, data[at : at + size]))
        at += -(-size // 4) * 4
    return entries


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    """A kernel whose images are short texts."""
    images = tmp_path / "images"
    folder = images / "debian"
    folder.mkdir(parents=True)
    for name in ("init", "runner"):
        (images / name).write_text(f"the {name}")
    for name in ("vmlinuz", "reader.ko", "brd.ko"):
        (folder / name).write_text(f"the {name}")
    return Kernel("debian", images, qemu.run_script)


def test_an_archive_holds_folders_and_files() -> None:
    files = {"init": b"12345", "lib/empty": b"", "script": b"ksmd 2\n"}
    assert unpacked(archive(["dev", "lib"], files)) == [
        ("dev", 0o040755, b""),
        ("lib", 0o040755, b""),
        ("init", 0o100755, b"12345"),
        ("lib/empty", 0o100755, b""),
        ("script", 0o100755, b"ksmd 2\n"),
        ("TRAILER!!!", 0, b""),
    ]


def test_entries_have_numbers_of_their_own() -> None:
    """Equal ones would be links to one file."""
    data = archive(["dev", "proc"], {"init": b"x"})
    starts = [at for at in range(len(data)) if data.startswith(b"070701", at)]
    assert len({data[at + 6 : at + 14] for at in starts}) == 4


def test_the_root_has_the_script_and_the_modules(kernel: Kernel) -> None:
    entries = unpacked(qemu.initramfs(kernel, "ksmd 2\n"))
    files = {entry.name: entry.data for entry in entries if entry.data}
    assert files == {
        "init": b"the init",
        "runner": b"the runner",
        "script": b"ksmd 2\n",
        "brd.ko": b"the brd.ko",
        "reader.ko": b"the reader.ko",
    }
    assert {"dev", "proc", "sys", "tmp"} <= {entry.name for entry in entries}


def test_the_command_line(kernel: Kernel, tmp_path: Path) -> None:
    command = qemu.command(kernel, tmp_path, memory=512)
    options = dict(pairwise(command))
    assert options["-kernel"] == str(kernel.folder / "vmlinuz")
    assert options["-m"] == "512M"
    # one instruction, one nanosecond: without it no run is like another
    assert options["-icount"] == "shift=0,sleep=off"
    assert options["-smp"] == "1"
    assert [o for o in command if o.startswith("memory-backend-ram")] == [
        "memory-backend-ram,id=memory0,size=256M",
        "memory-backend-ram,id=memory1,size=256M",
    ]
    assert [o for o in command if o.startswith("node,")] == [
        "node,nodeid=0,memdev=memory0,cpus=0",
        "node,nodeid=1,memdev=memory1",
    ]


#: Stands for QEMU: finds the file of the records, then does ``%s``.
FAKE = """#!/bin/sh
for word; do
  case $word in
  file,id=records,path=*) records=${word#*path=} ;;
  file:*) console=${word#file:} ;;
  esac
done
%s
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return programs / qemu.PROGRAM


def play(program: Path, does: str) -> None:
    program.write_text(FAKE % does)
    program.chmod(0o755)


def test_records_come_as_they_are_written(fake: Path, kernel: Kernel) -> None:
    play(fake, """echo '{"history":"h"}' >$records; echo '{"end":true}' >>$records""")
    assert list(kernel.run("history h\n")) == [{"history": "h"}, {"end": True}]


def test_a_guest_that_dies_says_its_last_words(fake: Path, kernel: Kernel) -> None:
    play(fake, """echo 'Kernel panic' >$console; echo 'no such machine' >&2""")
    with pytest.raises(GuestError, match="ended before its last record") as caught:
        list(kernel.run(""))
    assert caught.value.console == "Kernel panic\nno such machine\n"


def test_a_guest_that_hangs_is_killed(fake: Path, kernel: Kernel) -> None:
    play(fake, """echo $$ >$0.pid; exec sleep 1000""")
    with pytest.raises(GuestError, match="printed nothing"):
        list(kernel.run("", silence=0.1))
    pid = Path(f"{fake}.pid").read_text().strip()
    assert not Path(f"/proc/{pid}").exists()


def test_without_qemu_it_says_what_to_install(
    tmp_path: Path, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GuestError, match="apt-get install qemu-system-x86"):
        list(kernel.run(""))
