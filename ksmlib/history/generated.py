"""Histories of any size, for measuring: text in the language, as any other.

Process A comes first; its children are B1, B2 and so on.
"""

from __future__ import annotations


def split_every_other_page(
    pages: int, sharers: int = 2, first: int = 0, moved: bool = False
) -> str:
    """The benchmark of the thread: one region, cut into VMAs of one page.

    ``sharers`` pages from ``first`` on get the same content and are merged;
    then every other page is made read-only, which leaves ``pages`` VMAs on one
    anon_vma, without any fork. If ``moved``, all of it is moved once before.
    """
    start = 2 * pages if moved else 0
    return _text(
        f"A mmap 0+{pages}",
        f"A write {first}+{sharers} x",
        *[f"A mremap 0+{pages} {start}"] * moved,
        f"A madvise {start}+{pages} mergeable",
        "ksmd 2",
        *_cuts(pages, start),
    )


def deep_chain(depth: int, vmas: int = 1) -> str:
    """``depth`` processes below A, each forked from the one before.

    What they share are ``vmas`` VMAs of one page each.
    """
    names = ["A", *(f"B{n}" for n in range(1, depth + 1))]
    forks = [f"{names[n]} fork {names[n + 1]}" for n in range(depth)]
    return _text(*_region(vmas), *forks)


def wide_fan(children: int, vmas: int = 1, unmapped: int = 0) -> str:
    """So many children of A; the first ``unmapped`` unmap what they share.

    That are ``vmas`` VMAs of one page each.
    """
    return _text(
        *_region(vmas),
        *(f"A fork B{n}" for n in range(1, children + 1)),
        *(f"B{n} munmap 0+{vmas}" for n in range(1, unmapped + 1)),
    )


def apart(vmas: int, moved: bool = False) -> str:
    """So many VMAs that do not touch, each written; and then moved away."""
    lines: list[str] = []
    for n in range(vmas):
        lines += [f"A mmap {2 * n}+1", f"A write {2 * n}+1 x"]
        lines += [f"A mremap {2 * n}+1 {2 * (vmas + n)}"] * moved
    return _text(*lines)


def same_offset(vmas: int) -> str:
    """So many pages that were all written at page 0, and then moved away."""
    lines: list[str] = []
    for n in range(1, vmas + 1):
        lines += ["A mmap 0+1", "A write 0+1 x", f"A mremap 0+1 {2 * n}"]
    return _text(*lines)


def private_files(files: int) -> str:
    """The first page of so many files, each mapped privately and written."""
    lines: list[str] = []
    for n in range(1, files + 1):
        lines += [f"A mmap {2 * n}+1 file F{n}@0", f"A write {2 * n}+1 x"]
    return _text(*lines)


def _region(vmas: int) -> list[str]:
    """One region, written and then cut into VMAs of one page."""
    return [f"A mmap 0+{vmas}", f"A write 0+{vmas} x", *_cuts(vmas)]


def _cuts(pages: int, start: int = 0) -> list[str]:
    return [f"A mprotect {start + page}+1 ro" for page in range(1, pages, 2)]


def _text(*lines: str) -> str:
    return "\n".join(lines) + "\n"
