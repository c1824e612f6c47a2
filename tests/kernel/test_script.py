"""Histories as scripts: nothing is lost, and names are settled before the kernel."""

from __future__ import annotations

import pytest

from ksmlib.history import parse
from ksmlib.history.operations import Operation, WalkPage, Write
from ksmlib.oracle.cases import recorded_cases
from ksmlib.oracle.script import Case, script
from tests.kernel.guest import operation_text


def lines(text: str, **how) -> list[str]:
    """The script of a history without its head."""
    head, *rest = script(Case("h", parse(text)), **how).text.splitlines()
    assert head == "history h"
    return rest


@pytest.mark.parametrize(
    ("operation", "command"),
    [
        ("A mmap 0+2", "mmap A 0 2 rw"),
        ("A mmap 8+2 file F@5", "mmap A 8 2 rw F 5"),
        ("A munmap 1+1", "munmap A 1 1"),
        ("A write 0+2 x", "write A 0 2 1"),
        ("A read 0+1", "read A 0 1"),
        ("A mprotect 1+1 none", "mprotect A 1 1 none"),
        ("A madvise 0+2 dontfork", "madvise A 0 2 dontfork"),
        ("A mremap 0+2 8", "mremap A 0 2 8 2"),
        ("A mremap 0+2 8+4", "mremap A 0 2 8 4"),
        ("A mremap 0+2 8 dontunmap", "mremap A 0 2 8 2 dontunmap"),
        ("A mremap 0+2 +4", "mremap A 0 2 - 4"),
        ("A fork B", "fork A B"),
        ("A exit", "exit A"),
        ("ksmd", "ksmd 1"),
        ("ksmd 3", "ksmd 3"),
    ],
)
def test_each_operation_is_a_command(operation, command):
    assert lines(operation, states=())[-1] == command


def test_contents_are_numbered_from_one_by_first_use():
    text = "A mmap 0+3; A write 0+1 x; A write 1+1 y; A write 2+1 x"
    numbers = [line.split()[-1] for line in lines(text, states=())[2:]]
    assert numbers == ["1", "2", "1"]


def test_a_process_starts_before_its_first_operation_a_child_does_not():
    text = "A mmap 0+1; A fork B; B exit; C mmap 0+1"
    commands = lines(text, states=())
    assert [line for line in commands if line.startswith("start")] == [
        "start A",
        "start C",
    ]
    assert commands.index("start C") == commands.index("mmap C 0 1 rw") - 1


def test_states_are_asked_for_after_every_step_or_after_those_named():
    text = "A mmap 0+1; walk A 0; ksmd"
    every = [line for line in lines(text) if line.startswith("state")]
    assert every == ["state 1", "state 2", "state 3"]
    assert lines(text, states={3})[-2:] == ["ksmd 1", "state 3"]
    assert not [line for line in lines(text, states=()) if "state" in line]


def test_each_line_that_acts_knows_its_step():
    text = "A mmap 0+1; walk A 0; B mmap 0+1; ksmd"
    assert script(Case("h", parse(text))).steps == (0, 1, 0, 3, 4)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("A mmap 0+1; A fork A", {2: "EEXIST"}),
        ("A mmap 0+1; A fork B; A fork B", {3: "EEXIST"}),
        ("A mmap 0+1; A fork B; B exit; A fork B", {4: "EEXIST"}),
        ("A mmap 0+1; A exit; A munmap 0+1; A exit", {3: "ESRCH", 4: "ESRCH"}),
        ("A mmap 0+1; A exit; A fork B; B mmap 0+1", {3: "ESRCH"}),
    ],
)
def test_what_a_name_forbids_is_refused_without_a_kernel(text, refused):
    found = script(Case("h", parse(text)))
    assert found.refused == refused
    assert not set(found.steps) & set(refused)


def test_settings_are_set_only_where_they_matter():
    plain = "A mmap 0+1"
    assert lines(plain, states=()) == ["start A", "mmap A 0 1 rw"]
    assert "fault_around" in lines("A mmap 0+1 file F@0", states=())[0]
    text = script(Case("h", parse(plain), max_page_sharing=3)).text
    assert "set ksm max_page_sharing 3\n" in text


def _numbered(operations: tuple[Operation, ...]) -> list[str]:
    """The operations as text, contents numbered, without walks."""
    numbers: dict[str, int] = {}
    said = []
    for operation in operations:
        if isinstance(operation, Write):
            number = numbers.setdefault(operation.content, len(numbers) + 1)
            where = f"{operation.process} write {operation.range}"
            said.append(f"{where} {number}")
        elif not isinstance(operation, WalkPage):
            said.append(str(operation))
    return said


def test_a_script_read_back_is_the_history():
    for case in recorded_cases():
        found = script(case, states=())
        refused = set(found.refused)
        kept = tuple(
            operation
            for step, operation in enumerate(case.history.operations, start=1)
            if step not in refused
        )
        commands = [
            line
            for line in found.text.splitlines()
            if line.split()[0] not in ("history", "start", "set", "fault_around")
        ]
        texts = [str(parse(operation_text(c)).operations[0]) for c in commands]
        assert texts == _numbered(kept), case.name
