"""Each refusal: the kernel's errno, and nothing else has changed."""

from __future__ import annotations

import pytest

from ksmlib.history import Replay, parse, snapshot
from ksmlib.mm import kernel, mremap, vma
from ksmlib.mm.check import check

MAPPED = "A mmap 0+4; A write 0+4 x"
MERGED = f"{MAPPED}; A madvise 0+4 mergeable; ksmd 2"
GAP = "A mmap 0+2; A write 0+2 x; A mmap 3+2; A write 3+2 x"

REFUSED = [
    # mmap never replaces: MAP_FIXED_NOREPLACE
    (MAPPED, "A mmap 3+2", "EEXIST"),
    (GAP, "A mmap 2+2", "EEXIST"),
    (MAPPED, "A mmap 0+1 file F@0", "EEXIST"),
    # a write or a read that would be answered by a signal
    ("", "A write 0+1 x", "EFAULT"),
    (MAPPED, "A write 3+2 y", "EFAULT"),
    (GAP, "A write 0+5 y", "EFAULT"),
    (f"{MAPPED}; A mprotect 2+1 ro", "A write 0+4 y", "EFAULT"),
    (f"{MAPPED}; A mprotect 2+1 none", "A write 2+1 y", "EFAULT"),
    (f"{MAPPED}; A mprotect 2+1 none", "A read 1+2", "EFAULT"),
    (GAP, "A read 1+3", "EFAULT"),
    # mprotect and madvise want every page mapped
    (GAP, "A mprotect 0+5 ro", "ENOMEM"),
    ("", "A mprotect 0+1 ro", "ENOMEM"),
    (MAPPED, "A mprotect 3+2 rw", "ENOMEM"),
    (GAP, "A madvise 0+5 mergeable", "ENOMEM"),
    (GAP, "A madvise 0+5 dontneed", "ENOMEM"),
    (GAP, "A madvise 1+2 dontfork", "ENOMEM"),
    (GAP, "A madvise 2+2 dofork", "ENOMEM"),
    (MERGED, "A madvise 0+5 unmergeable", "ENOMEM"),
    # mremap: the old range lies in one VMA
    (MAPPED, "A mremap 4+1 8", "EFAULT"),
    (MAPPED, "A mremap 3+2 8", "EFAULT"),
    (MERGED, "A mremap 3+2 8", "EFAULT"),
    (f"{MAPPED}; A mprotect 2+2 ro", "A mremap 0+4 8", "EFAULT"),
    (f"{MAPPED}; A mmap 8+2", "A mremap 2+4 8+3", "EFAULT"),
    # mremap: old and new do not overlap
    (MAPPED, "A mremap 0+4 2", "EINVAL"),
    (MAPPED, "A mremap 0+2 0", "EINVAL"),
    (MAPPED, "A mremap 2+2 0+3", "EINVAL"),
    (MAPPED, "A mremap 0+4 2+1", "EINVAL"),
    # mremap: MREMAP_DONTUNMAP keeps the size
    (MAPPED, "A mremap 0+2 8+3 dontunmap", "EINVAL"),
    (MAPPED, "A mremap 0+2 8+1 dontunmap", "EINVAL"),
    # mremap in place
    (MAPPED, "A mremap 4+1 +2", "EFAULT"),
    (MAPPED, "A mremap 4+2 +2", "EFAULT"),
    (MAPPED, "A mremap 4+2 +1", "EFAULT"),
    (MAPPED, "A mremap 3+2 +4", "EFAULT"),
    (MAPPED, "A mremap 0+2 +3", "ENOMEM"),
    (GAP, "A mremap 0+2 +4", "ENOMEM"),
    # which check comes first
    (MAPPED, "A mremap 4+2 4+3 dontunmap", "EINVAL"),
    (MAPPED, "A mremap 4+2 4", "EFAULT"),
    (MAPPED, "A mremap 3+2 2", "EINVAL"),
    # names
    (MAPPED, "A fork A", "EEXIST"),
    (f"{MAPPED}; A fork B", "A fork B", "EEXIST"),
    (f"{MAPPED}; A fork B; B exit", "A fork B", "EEXIST"),
    ("", "A fork A", "EEXIST"),
    (f"{MAPPED}; A exit", "A mmap 0+1", "ESRCH"),
    (f"{MAPPED}; A exit", "A exit", "ESRCH"),
    # walk
    ("", "walk A 0", "ESRCH"),
    (f"{MAPPED}; A exit", "walk A 0", "ESRCH"),
    (MAPPED, "walk A 4", "EFAULT"),
    ("A mmap 0+1", "walk A 0", "EFAULT"),
    ("A mmap 0+1; A read 0+1", "walk A 0", "EINVAL"),
    ("A mmap 0+1 file F@0; A read 0+1", "walk A 0", "EINVAL"),
]


def refuse(setup: str, operation: str) -> str:
    """The errno; after every check that the operation changed nothing."""
    replay = Replay(parse(f"{setup}\n{operation}"))
    replay.seek(len(replay) - 1)
    assert not replay.refusals
    before = snapshot(replay.kernel)
    refusal = replay.step()
    assert refusal is not None, "it was not refused"
    check(replay.kernel)
    assert snapshot(replay.kernel) == before
    assert refusal.why.isascii() and refusal.why == refusal.why.strip()
    return refusal.errno


@pytest.mark.parametrize(("setup", "operation", "errno"), REFUSED)
def test_refused_with_the_kernels_errno_and_nothing_changes(setup, operation, errno):
    assert refuse(setup, operation) == errno


def test_a_process_whose_first_operation_is_refused_has_not_started(after):
    now = after("A write 0+1 x; A fork A")
    assert now.state["processes"] == {}
    assert [r.errno for r in now.refusals] == ["EFAULT", "EEXIST"]


# --- max_map_count ---------------------------------------------------------


@pytest.fixture
def map_count(monkeypatch):
    """Sets /proc/sys/vm/max_map_count."""

    def set_limit(limit: int) -> None:
        for module in (kernel, mremap, vma):
            monkeypatch.setattr(module, "SYSCTL_MAX_MAP_COUNT", limit)

    return set_limit


THREE = "A mmap 0+4; A mmap 6+1; A mmap 8+1"  # three VMAs


@pytest.mark.parametrize(
    ("limit", "operation", "errno"),
    [
        (2, "A mmap 10+1", "ENOMEM"),  # refused only beyond the limit
        (2, "A mmap 0+1", "ENOMEM"),  # and before the range is looked at
        (3, "A munmap 1+1", "ENOMEM"),  # would make two of one
        (3, "A mprotect 1+3 ro", "ENOMEM"),
        (3, "A mprotect 0+1 ro", "ENOMEM"),
        (4, "A mprotect 1+1 ro", "ENOMEM"),  # has to split twice
        (3, "A madvise 1+3 mergeable", "EAGAIN"),  # as madvise() says ENOMEM
        (3, "A madvise 0+1 dontfork", "EAGAIN"),
        (8, "A mremap 6+1 10", "ENOMEM"),  # must stay well below the limit
    ],
)
def test_max_map_count_refuses(map_count, limit, operation, errno):
    map_count(limit)
    assert refuse(THREE, operation) == errno


@pytest.mark.parametrize(
    ("limit", "operation"),
    [
        (3, "A mmap 10+1"),
        (3, "A munmap 0+1"),  # a split at one end only
        (3, "A mprotect 0+4 ro"),
        (3, "A madvise 0+4 mergeable"),
        (4, "A munmap 1+1"),
        (4, "A mprotect 0+1 ro"),
        (5, "A mprotect 1+1 ro"),
        (9, "A mremap 6+1 10"),
    ],
)
def test_max_map_count_allows(after, map_count, limit, operation):
    map_count(limit)
    assert not after(f"{THREE}; {operation}").refusals
