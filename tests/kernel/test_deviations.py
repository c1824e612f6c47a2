"""What a refused call has done by then, as the recording shows it, and no more."""

from __future__ import annotations

import pytest

from ksmlib.history import History, parse
from ksmlib.history.replay import apply
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.types import Refused
from ksmlib.oracle.deviations import REASONS, half_done

GAP = "A mmap 0+2; A write 0+2 x; A mmap 3+2"


def parts(setup: str, operation: str) -> str:
    """What is done of an operation that is refused, as a history."""
    kernel = Kernel()
    for one in parse(setup).operations:
        apply(kernel, one)
    [last] = parse(operation).operations
    with pytest.raises(Refused):
        apply(kernel, last)
    return History.of(half_done(kernel, last)).one_line


@pytest.mark.parametrize(
    ("setup", "operation", "done"),
    [
        (GAP, "A mprotect 1+4 ro", "A mprotect 1+1 ro"),
        (GAP, "A mprotect 2+3 ro", ""),
        (GAP, "A madvise 0+9 mergeable", "A madvise 0+2 mergeable; A madvise 3+2 mer"),
        (GAP, "A madvise 7+2 dontneed", ""),
        (GAP, "A write 1+2 y", "A write 1+1 y"),
        (GAP, "A write 2+2 y", ""),
        (f"{GAP}; A mprotect 1+1 ro", "A write 0+2 y", "A write 0+1 y"),
        (f"{GAP}; A mprotect 4+1 none", "A read 3+2", "A read 3+1"),
        (GAP, "A mremap 1+2 8", "A munmap 8+2"),
        (GAP, "A mremap 0+4 8+3", "A munmap 8+3; A munmap 3+1"),
        (GAP, "A mremap 1+2 8 dontunmap", "A munmap 8+2"),
        # refused before anything is touched
        (GAP, "A mremap 2+1 8", ""),
        (GAP, "A mremap 0+2 1", ""),
        (GAP, "A mremap 0+2 8+3 dontunmap", ""),
        (GAP, "A mremap 1+2 +4", ""),
        (GAP, "A mmap 1+2", ""),
        (GAP, "A fork A", ""),
        (f"{GAP}; A exit", "A write 0+1 x", ""),
        ("", "A write 0+1 x", ""),
    ],
)
def test_what_is_done_of_a_refused_operation(setup, operation, done):
    found = parts(setup, operation)
    assert found.startswith(done) and bool(found) == bool(done)
    if found:
        assert parse(operation).operations[0].verb in REASONS
