"""Strategies: any operation, any history, any way to write one down."""

from __future__ import annotations

from string import ascii_letters, digits
from typing import get_args

from hypothesis import strategies as st

from ksmlib.history.language import MAX_SCANS, PAGES
from ksmlib.history.operations import (
    Exit,
    Fork,
    Ksmd,
    Madvise,
    Mmap,
    Mprotect,
    Mremap,
    MremapResize,
    Munmap,
    Protection,
    Range,
    Read,
    WalkPage,
    Write,
)
from ksmlib.mm.madvise import Advice


def words(first: str, rest: str, longest: int) -> st.SearchStrategy[str]:
    tail = st.text(rest, max_size=longest - 1)
    return st.tuples(st.sampled_from(first), tail).map("".join)


FILES = words(ascii_letters, ascii_letters + digits + "_", 8)
NAMES = FILES.filter(lambda name: name not in ("ksmd", "walk"))
CONTENTS = words(*2 * [ascii_letters + digits + "_.-"], 16)


@st.composite
def ranges(draw, pages: int | None = None) -> Range:
    start = draw(st.integers(0, PAGES - (pages or 1)))
    return Range(start, pages or draw(st.integers(1, PAGES - start)))


@st.composite
def resizes(draw) -> MremapResize:
    range_ = draw(ranges())
    pages = draw(st.integers(1, PAGES - range_.start))
    return MremapResize(draw(NAMES), range_, pages)


@st.composite
def file_mappings(draw) -> Mmap:
    range_ = draw(ranges())
    offset = draw(st.integers(0, PAGES - range_.pages))
    return Mmap(draw(NAMES), range_, draw(FILES), offset)


OPERATIONS = st.one_of(
    st.builds(Mmap, NAMES, ranges()),
    file_mappings(),
    st.builds(Munmap, NAMES, ranges()),
    st.builds(Write, NAMES, ranges(), CONTENTS),
    st.builds(Read, NAMES, ranges()),
    st.builds(Mprotect, NAMES, ranges(), st.sampled_from(get_args(Protection))),
    st.builds(Madvise, NAMES, ranges(), st.sampled_from(get_args(Advice))),
    st.builds(Mremap, NAMES, ranges(), ranges(), st.booleans()),
    resizes(),
    st.builds(Fork, NAMES, NAMES),
    st.builds(Exit, NAMES),
    st.builds(Ksmd, st.integers(1, MAX_SCANS)),
    st.builds(WalkPage, NAMES, st.integers(0, PAGES - 1)),
)

SPACE = st.text(" \t", min_size=1, max_size=3)
ANY = st.characters(exclude_characters="\r\n")
COMMENTS = st.text(ascii_letters + "  -#;", max_size=150) | st.text(ANY)
LOOSE = st.sampled_from(["", " ", "\t ", "  "])


@st.composite
def lines(draw) -> str:
    """One line as somebody might type it."""
    statements = []
    for operation in draw(st.lists(OPERATIONS, max_size=3)):
        spaced = draw(SPACE).join(str(operation).split())
        statements.append(draw(LOOSE) + spaced + draw(LOOSE))
    line = draw(st.sampled_from([";", ";;", " ; "])).join(statements)
    if draw(st.booleans()):
        line += "#" + draw(COMMENTS)
    return line


TEXTS = st.lists(lines(), max_size=8).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join(lines))
)
