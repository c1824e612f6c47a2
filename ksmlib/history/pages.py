"""Pages in few words: runs of them joined."""

from __future__ import annotations

from collections.abc import Iterable


def page_runs(pages: Iterable[int]) -> list[tuple[int, int]]:
    """The first and the last page of each run without a gap, in order."""
    runs: list[tuple[int, int]] = []
    for page in sorted(pages):
        if runs and page == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], page
        else:
            runs.append((page, page))
    return runs


def pages_text(pages: Iterable[int]) -> str:
    """``8``, ``8-9``, ``0-3,7``."""
    return ",".join(
        f"{first}" if first == last else f"{first}-{last}"
        for first, last in page_runs(pages)
    )
