"""An archive for an initramfs (``cpio -H newc``).

The format is in Documentation/driver-api/early-userspace/buffer-format.rst of
the kernel. The same files give the same bytes: no times, no owners.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_FOLDER, _PROGRAM = 0o040755, 0o100755
_MAGIC = "070701"
_END = "TRAILER!!!"


@dataclass(frozen=True)
class _Entry:
    name: str
    mode: int
    data: bytes = b""


def archive(folders: Iterable[str], files: Mapping[str, bytes]) -> bytes:
    """The archive of these folders, then these files, all executable."""
    entries = [
        *(_Entry(name, _FOLDER) for name in folders),
        *(_Entry(name, _PROGRAM, data) for name, data in files.items()),
        _Entry(_END, 0),
    ]
    return b"".join(_packed(number, e) for number, e in enumerate(entries, start=1))


def _packed(number: int, entry: _Entry) -> bytes:
    """One entry: 13 fields of 8 hex digits, the name, the data."""
    name = entry.name.encode() + b"\0"
    links, owner, device, check = 1, (0, 0), (0, 0, 0, 0), 0
    fields = (
        *(number, entry.mode, *owner, links, 0, len(entry.data)),
        *(*device, len(name), check),
    )
    head = _MAGIC + "".join(f"{field:08x}" for field in fields)
    return _padded(head.encode() + name) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
