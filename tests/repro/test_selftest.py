"""A history as a case of the kernel's rmap.c: it compiles where that would be."""

from __future__ import annotations

import re

import pytest

from ksmlib.cli import main
from ksmlib.history import parse
from ksmlib.history.named import named
from ksmlib.repro import ReproError
from ksmlib.repro.selftest import selftest
from tests.repro.test_program import compiled

# What rmap.c, vm_util.h and kselftest_harness.h offer to a case, with the same
# names and types, and nothing behind them.
AROUND = """\
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int ksm_start(void), ksm_stop(void), try_to_move_page(char *region);
long ksm_get_full_scans(void);
unsigned long pagemap_get_pfn(int fd, char *start);
int failed(const char *what);
#define TEST_F(fixture, name) void fixture##_##name(void); \\
	void fixture##_##name(void)
#define SKIP(statement, why) do { failed(why); statement; } while (0)
#define ASSERT_EQ(a, b) do { if ((a) != (b)) failed(#a); } while (0)
#define ASSERT_NE(a, b) do { if ((a) == (b)) failed(#a); } while (0)
int ksm_start(void) { return 0; }
int ksm_stop(void) { return 0; }
int try_to_move_page(char *region) { return !region; }
long ksm_get_full_scans(void) { return 0; }
unsigned long pagemap_get_pfn(int fd, char *start) { return fd + (long)start; }
int failed(const char *what) { return !what; }
int main(void) { return 0; }
"""
ONE_PROCESS = ("head-unmapped", "merged", "moved", "mremap", "split")


@pytest.mark.parametrize("name", ONE_PROCESS)
def test_a_case_compiles_where_it_is_to_be_pasted(name, tmp_path):
    case = selftest(named(name), name, "says")
    assert all(len(line.expandtabs(8)) <= 80 for line in case.splitlines())
    compiled(AROUND + case, tmp_path)


GROWN = """
A mmap 0+2
A mmap 4+1
A write 0+2 x
A mremap 4+1 +3
A mremap 0+1 9 dontunmap
A write 0+1 x
A munmap 6+1
A madvise 0+2 mergeable
ksmd 2
"""


def test_every_operation_of_one_process_compiles(tmp_path):
    compiled(AROUND + selftest(parse(GROWN), "grown", "says"), tmp_path)


def test_the_case_has_the_room_and_the_pages_of_the_history():
    case = selftest(named("moved"), "child-moved", "says what it is for")
    assert "TEST_F(migrate, ksm_child_moved)\n" in case
    assert "/* says what it is for */\n" in case
    assert "const long mapped[] = { 8, 9 };" in case
    assert "mmap(NULL, 10 * page, PROT_NONE," in case
    assert case.count("i < 2;") == 2
    assert "@" not in case


@pytest.mark.parametrize(
    ("history", "why"),
    [
        ("A mmap 0+1; A fork B", "more than a body for 'A fork B'"),
        ("A mmap 0+2 file F@5", "more than a body for 'A mmap 0+2 file F@5'"),
        ("A mmap 0+1; ksmd 3", "'ksmd 3': ksm_start"),
        ("A mmap 0+1; B mmap 0+1", "more than a body for two processes"),
        ("A mmap 0+1; A mmap 0+1", "takes no step that is refused"),
        ("A mmap 0+1", "takes one KSM page at the end"),
    ],
)
def test_what_makes_no_case_is_one_sentence(history, why):
    with pytest.raises(ReproError, match=re.escape(why)):
        selftest(parse(history), "x", "says")


def test_the_command_prints_it(capsys):
    assert main(["repro", "--selftest", "split"]) == 0
    case = selftest(named("split"), "split", "A VMA is split after its pages merged")
    assert capsys.readouterr().out == case
    assert main(["repro", "--selftest", "private-file"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
