"""What is wrong with a history: which line, which token, what was expected."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksmlib.history import HistoryError, parse
from ksmlib.history.language import MAX_OPERATIONS, MAX_TEXT
from ksmlib.history.named import named_histories
from ksmlib.history.random import random_history

VERBS = (
    "an operation (mmap, munmap, write, read, mprotect, madvise, mremap, fork, exit)"
)
NAME = "(a letter, then up to 7 letters, digits or _)"
RANGE = "a range START+PAGES (such as 0+4)"
FILE = "a file and its first page NAME@PAGE (such as F@5)"
CONTENT = "a content (up to 16 letters, digits, _ . or -)"
ADVICE = "an advice (mergeable, unmergeable, dontneed, dontfork, dofork)"
BEYOND = "ends beyond page 262143, the last there is"

# A line, the column of the token at fault, and the sentence.
WRONG = [
    ("A", 2, f"{VERBS} is missing after 'A'"),
    ("A; B exit", 2, f"{VERBS} is missing after 'A'"),
    ("A frob 0+1", 3, f"'frob' is not {VERBS}"),
    ("A mmmap 0+1", 3, f"'mmmap' is not {VERBS}; did you mean mmap?"),
    ("1A exit", 1, f"'1A' is not a process name, ksmd or walk {NAME}"),
    ("Process_A exit", 1, f"'Process_A' is not a process name, ksmd or walk {NAME}"),
    ("A-B exit", 1, f"'A-B' is not a process name, ksmd or walk {NAME}"),
    ("mmap 0+4", 6, f"'0+4' is not {VERBS}"),
    ("A mmap", 7, f"{RANGE} is missing after 'mmap'"),
    ("A mmap 4", 8, f"'4' is not {RANGE}"),
    ("A mmap +4", 8, f"'+4' is not {RANGE}"),
    ("A mmap 0+4+4", 8, f"'0+4+4' is not {RANGE}"),
    ("A mmap -1+4", 8, f"'-1+4' is not {RANGE}"),
    ("A mmap 0x1+4", 8, f"'0x1+4' is not {RANGE}"),
    ("A mmap 0+0", 8, "'0+0' has no pages"),
    ("A mmap 262143+2", 8, f"'262143+2' {BEYOND}"),
    ("A mmap 0+262145", 8, f"'0+262145' {BEYOND}"),
    ("A mmap 0+4 ro", 12, "'ro' is not the keyword (file)"),
    ("A mmap 0+4 file", 16, f"{FILE} is missing after 'file'"),
    ("A mmap 0+4 file F", 17, f"'F' is not {FILE}"),
    ("A mmap 0+4 file F@262142", 17, f"'F@262142' {BEYOND}"),
    ("A munmap 0+1 0+2", 14, "'0+2' is too much: the line could end after '0+1'"),
    ("A write 0+1", 12, f"{CONTENT} is missing after '0+1'"),
    ("A write 0+1 hello!", 13, f"'hello!' is not {CONTENT}"),
    ("A write 0+1 x y", 15, "'y' is too much: the line could end after 'x'"),
    ("A read", 7, f"{RANGE} is missing after 'read'"),
    ("A mprotect 0+1", 15, "a protection (ro, rw, none) is missing after '0+1'"),
    ("A mprotect 0+1 rx", 16, "'rx' is not a protection (ro, rw, none)"),
    ("A madvise 0+1", 14, f"{ADVICE} is missing after '0+1'"),
    (
        "A madvise 0+1 mergable",
        15,
        f"'mergable' is not {ADVICE}; did you mean mergeable?",
    ),
    (
        "A mremap 0+1",
        13,
        "the new place: PAGE, PAGE+PAGES or +PAGES is missing after '0+1'",
    ),
    (
        "A mremap 0+1 x",
        14,
        "'x' is not the new place: PAGE, PAGE+PAGES or +PAGES",
    ),
    ("A mremap 8", 10, "'8' is not the old range START+PAGES (such as 0+2)"),
    ("A mremap 0+1 +", 14, "'+' is not the new size +PAGES (such as +4)"),
    ("A mremap 0+1 +0", 14, "'+0' has no pages"),
    ("A mremap 0+1 262144", 14, f"'262144' {BEYOND}"),
    ("A mremap 0+1 8 fixed", 16, "'fixed' is not the keyword (dontunmap)"),
    (
        "A mremap 0+1 +4 dontunmap",
        17,
        "'dontunmap' is too much: the line could end after '+4'",
    ),
    ("A fork", 7, f"a name for the child {NAME} is missing after 'fork'"),
    ("A fork ksmd", 8, f"'ksmd' is not a name for the child {NAME}"),
    ("A exit 0", 8, "'0' is too much: the line could end after 'exit'"),
    ("ksmd 0", 6, "'0' is not a number of scans (1 to 99)"),
    ("ksmd 100", 6, "'100' is not a number of scans (1 to 99)"),
    ("ksmd two", 6, "'two' is not a number of scans (1 to 99)"),
    ("walk", 5, f"a process name {NAME} is missing after 'walk'"),
    ("walk A", 7, "a page (0 to 262143) is missing after 'A'"),
    ("walk A 262144", 8, "'262144' is not a page (0 to 262143)"),
    # where on the line
    ("A exit; B frob", 11, f"'frob' is not {VERBS}"),
    ("\tA\tmmap\t0+x # c", 9, f"'0+x' is not {RANGE}"),
    # what cannot be shown as it is
    ("\u00c4 exit", 1, rf"'\xc4' is not a process name, ksmd or walk {NAME}"),
    ("A mmap 0+1\0", 8, rf"'0+1\x00' is not {RANGE}"),
    ("A \u202eexit", 3, rf"'\u202eexit' is not {VERBS}; did you mean exit?"),
    ("A mmap \u0664+1", 8, rf"'\u0664+1' is not {RANGE}"),
    ("A it's", 3, f'"it\'s" is not {VERBS}'),
    (f"A {'x' * 40}", 3, f"'{'x' * 21}...' is not {VERBS}"),
]


@pytest.mark.parametrize(("text", "column", "sentence"), WRONG, ids=ascii)
def test_the_sentence_says_what_was_expected(text, column, sentence):
    with pytest.raises(HistoryError) as error:
        parse(f"A exit\n\n  # nothing\n{text}\nksmd")
    assert str(error.value) == f"line 4: {sentence}"
    assert (error.value.line, error.value.column) == (4, column)
    assert text[column - 1 :].startswith(error.value.token)
    assert error.value.why == sentence


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(end):
    with pytest.raises(HistoryError, match=r"^line 3: 'B'") as error:
        parse(end.join(["ksmd", "", "ksmd B"]))
    assert error.value.column == 6


# --- anything at all -------------------------------------------------------


def sentence_of(text: str) -> str | None:
    """The complaint, None if there is nothing to complain about."""
    try:
        parse(text)
    except HistoryError as caught:
        error = caught
    else:
        return None
    sentence = str(error)
    assert sentence.isascii() and sentence.isprintable()
    assert sentence.startswith(f"line {error.line}: ")
    assert len(sentence) < 200
    assert error.line >= 1 and error.column >= 1
    return sentence


NOISE = "\0\t\n\r;#+@0x -_.\u00c4\u2028\U0001f600\ud800AZksmdwalk"


def mutated(random: Random, text: str) -> str:
    """One to three slips of the keyboard."""
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(text))
        end = at + random.randint(0, 3)
        slip = random.choice(
            ["", random.choice(NOISE), text[at:end] * 2, text[at:end][::-1]]
        )
        text = text[:at] + slip + text[end:]
    return text


@pytest.mark.parametrize("block", range(4))
def test_a_thousand_malformed_histories_each_give_one_sentence(block):
    random = Random(block)
    good = [entry.history.text for entry in named_histories().values()]
    good += [random_history(random).text for _ in range(20)]
    complaints = 0
    while complaints < 250:
        complaints += sentence_of(mutated(random, random.choice(good))) is not None


@given(st.text())
def test_any_text_is_a_history_or_gives_one_sentence(text):
    sentence_of(text)


@given(st.text(NOISE + "0123456789", max_size=40))
def test_so_does_text_that_looks_like_one(text):
    sentence_of(f"A mmap {text}")


def test_text_may_not_be_endless():
    sentence = f"line 1: the history is longer than {MAX_TEXT} characters"
    assert sentence_of("A mmap 0+1\n" * 1_000_000) == sentence


def test_operations_may_not_be_endless():
    sentence = f"line 1: the history has more than {MAX_OPERATIONS} operations"
    assert sentence_of("ksmd;" * (MAX_OPERATIONS + 1)) == sentence


@pytest.mark.parametrize(
    "text", [";" * 300_000, "\n" * 300_000, " " * 300_000, "#" * 300_000, "A " * 9]
)
def test_long_nothings_are_read(text):
    sentence_of(text)
