"""What a kernel prints for a script, sorted by history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ksmlib.oracle.boot import GuestError, Kernel, Record


def measure(
    kernel: Kernel, script: str, silence: float = 300.0
) -> Iterator[tuple[str, list[Record]]]:
    """Run a script; each history's name and records, as soon as it is done.

    Raises GuestError if the guest says that a line of the script is wrong.
    """
    return sorted_by_history(kernel.run(script, silence))


def sorted_by_history(
    records: Iterable[Record],
) -> Iterator[tuple[str, list[Record]]]:
    """What a guest prints as histories; raises GuestError as ``measure`` does."""
    name, found = "", list[Record]()
    for record in records:
        if "error" in record:
            raise GuestError(f"{name}: {record['error']}")
        if ("history" in record or "end" in record) and name:
            yield name, found
        if "history" in record:
            name, found = record["history"], []
        elif "end" not in record:
            found.append(record)


def of(kind: str, records: list[Record]) -> list[Any]:
    """What the records of one kind hold: ``ksmd``, ``time``, ``slab``."""
    return [record[kind] for record in records if kind in record]


def refused(records: list[Record]) -> list[str]:
    """Each line that the kernel refused, and its errno."""
    return [
        f"{record['op']}: {record['errno']}"
        for record in records
        if record.get("errno") is not None
    ]
