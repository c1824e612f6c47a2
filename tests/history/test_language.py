"""Reading and writing: what is written down is read back, tidily."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksmlib.history import History, parse
from ksmlib.history.language import COLUMNS
from ksmlib.history.named import named_histories
from ksmlib.history.operations import Mmap, Mremap, MremapResize, Range
from ksmlib.history.random import random_history
from tests.history.operations import OPERATIONS, TEXTS

HISTORIES = st.lists(OPERATIONS, max_size=12).map(lambda ops: History.of(tuple(ops)))


@given(HISTORIES)
def test_text_is_read_back(history):
    assert parse(history.text) == history
    assert parse(history.one_line).operations == history.operations


@given(TEXTS)
def test_tidy_text_is_a_fixed_point(text):
    history = parse(text)
    assert parse(history.text) == history
    assert parse(history.text).text == history.text


@given(TEXTS)
def test_tidy_text_fits_its_columns_and_keeps_every_comment(text):
    history = parse(text)
    assert all(len(line) <= COLUMNS for line in history.text.split("\n"))
    assert words_of_comments(history.text) == words_of_comments(text)


def words_of_comments(text: str) -> str:
    """The printable characters of all comments, without spaces."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    comments = (line.partition("#")[2] for line in lines)
    return "".join(c for c in "".join(comments) if c.isprintable() and c != " ")


@given(HISTORIES)
def test_no_line_of_operations_is_wider_than_a_mail_allows(history):
    assert all(len(line) <= COLUMNS for line in history.text.split("\n"))


@pytest.mark.parametrize("seed", range(20))
def test_random_histories_are_read_back(seed):
    history = random_history(Random(seed))
    assert parse(history.text) == history


# --- by example ------------------------------------------------------------

LANGUAGE = """\
A mmap 0+4                  # anonymous, private, read-write
A mmap 8+2 file F@5         # private mapping of file F from its page 5
A write 0+4 x               # fault in; page content is named x
A read 0+1
A mprotect 1+1 ro           # ro, rw, none
A madvise 0+4 mergeable     # unmergeable, dontneed, dontfork, dofork
A mremap 0+2 8              # move to page 8
A mremap 0+2 8+4            # move and grow
A mremap 0+2 8 dontunmap
A mremap 0+2 +4             # resize in place, may not move
A munmap 0+1
A fork B
A exit
ksmd 2                      # full scans, default 1
walk A 8                    # show the walk of the folio at page 8 of A
"""


def test_the_language_as_it_is_described_is_tidy():
    assert parse(LANGUAGE).text == LANGUAGE


def test_operations_as_data():
    text = "A mmap 0+4; A mmap 8+2 file F@5; A mremap 0+2 8+4; A mremap 0+2 +4"
    assert parse(text).operations == (
        Mmap("A", Range(0, 4)),
        Mmap("A", Range(8, 2), "F", 5),
        Mremap("A", Range(0, 2), Range(8, 4)),
        MremapResize("A", Range(0, 2), 4),
    )


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("", ""),
        ("\n\n", ""),
        (";;;", ""),
        ("#", "#\n"),
        ("  #   a comment  ", "# a comment\n"),
        ("\n\nA exit\n\n\n", "\n\nA exit\n"),
        ("A exit;B exit ;; ksmd 1", "A exit\nB exit\nksmd\n"),
        ("A  mmap\t007+1", "A mmap 7+1\n"),
        ("A mremap 0+2 8+2", "A mremap 0+2 8\n"),
        ("A exit; B exit # both", "A exit\nB exit                      # both\n"),
        ("A exit # a;b # c", "A exit                      # a;b # c\n"),
        ("A exit\rB exit\r\n", "A exit\nB exit\n"),
        ("A exit # tab\there", "A exit                      # tab here\n"),
    ],
)
def test_untidy_text_is_made_tidy(text, tidy):
    assert parse(text).text == tidy


def test_a_comment_too_long_for_its_line_goes_above_it():
    comment = "why this has to be said at such a length is not known"
    assert parse(f"A exit # {comment}").text == f"# {comment}\nA exit\n"


def test_a_comment_too_long_for_any_line_is_folded():
    text = parse(f"A exit # {'word ' * 30}").text
    assert [line[:2] for line in text.splitlines()] == ["# ", "# ", "# ", "A "]


def test_lines_know_where_they_stood():
    history = parse("# one\n\nA exit; B exit\n\nksmd")
    assert [history.line_of(step) for step in (1, 2, 3)] == [3, 3, 5]


# --- the named histories ---------------------------------------------------


@pytest.mark.parametrize("name", named_histories())
def test_a_named_history_is_tidy_and_says_what_it_is(name):
    entry = named_histories()[name]
    assert name == name.lower() and name.replace("-", "").isalpha()
    assert entry.title and not entry.title.endswith(".")
    assert entry.source
    assert (entry.title + entry.source + entry.history.text).isascii()
    assert parse(entry.history.text) == entry.history
    assert entry.history.lines[0].operation is not None


def test_no_two_named_histories_are_the_same():
    histories = [entry.history.operations for entry in named_histories().values()]
    assert len(set(histories)) == len(histories)
