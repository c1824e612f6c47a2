"""What the copy buttons give can be used where it is pasted."""

from __future__ import annotations

import pytest

from ksmlib.cli import main
from ksmlib.history.link import read_link
from ksmlib.history.named import named
from ksmlib.widgets import HistoryBuilder
from ksmlib.widgets.copies import COPIES

from .test_controller import made, send

TEXTS = [
    "moved",
    "A mmap 0+2\nA write 0+2 x               # both\n# the end\n",
    'A mmap 0+1                  # """ and é\n',
    "A mmap 0+1                  # \\n and \\\n",
    "",
]


def copied(history: str, what: str, **kw: object) -> str:
    state = send(made(history, **kw), "copy", what=what)
    assert state["copied"]["what"] == what
    return str(state["copied"]["text"])


def test_there_is_a_button_for_each() -> None:
    state = made().snapshot()
    assert [copy["what"] for copy in state["copies"]] == list(COPIES)
    assert state["copied"] == {}


@pytest.mark.parametrize("history", TEXTS)
def test_python_makes_the_like_of_it(history: str) -> None:
    kw = {"step": 1, "design": "address", "beside": ["full", "by-index"]}
    controller = made(history, **kw)
    program = copied(history, "python", **kw)
    assert program.startswith("from ksmlib.widgets import HistoryBuilder\n\nHistory")
    code = program.partition("\n\n")[2]
    again: HistoryBuilder = eval(code, {"HistoryBuilder": HistoryBuilder})
    assert again._controller.kw() == controller.kw()
    assert again.svg == controller.snapshot()["svg"]


def test_python_in_full() -> None:
    assert copied("A mmap 0+1; A exit", "python", step=0).partition("\n\n")[2] == (
        'HistoryBuilder("""\\\nA mmap 0+1\nA exit\n""", step=0, design="full")\n'
    )


@pytest.mark.parametrize(
    "history", ["moved", "fork-family", "walk A 0", "A mmap 0+2; walk A 0"]
)
def test_the_mail_is_what_the_command_prints(
    history: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", history])
    assert copied(history, "mail") == capsys.readouterr().out


@pytest.mark.parametrize("history", ["moved", named("split").one_line + "; ksmd 2 # é"])
def test_c_is_what_the_command_prints(
    history: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["repro", history]) == 0
    assert copied(history, "c") == capsys.readouterr().out


def test_c_needs_a_page_to_walk() -> None:
    state = send(made("A mmap 0+1"), "copy", what="c")
    why = "no C program: the history ends without a KSM page to walk"
    assert state["error"] == f"{why[0].upper()}{why[1:]}."
    assert state["copied"] == {}


def test_a_mail_is_not_made_of_too_much() -> None:
    writes = "".join(f"A write {2 * n}+2 c{n}\n" for n in range(30))
    text = f"A mmap 0+60\nA madvise 0+60 mergeable\n{writes}ksmd 2\n"
    state = send(made(text, step=1), "copy", what="mail")
    assert state["error"].startswith("Too many KSM folios to walk here; the command")
    assert state["copied"] == {}
    assert state["step"] == 1


def test_the_history_and_the_link() -> None:
    assert copied("moved", "text") == named("moved").text
    link = read_link(copied("moved", "link", step=2, design="address"))
    assert (link.text, link.step, link.design) == (named("moved").text, 2, "address")


def test_there_may_be_no_such_copy() -> None:
    state = send(made(), "copy", what="tape")
    assert state["error"] == (
        f"There is no 'tape' to copy; there are {', '.join(COPIES)}."
    )


def test_a_copy_is_forgotten_with_the_next_message() -> None:
    controller = made()
    send(controller, "copy", what="text")
    assert send(controller, "seek", by=-1)["copied"] == {}
