"""HistoryBuilder in Python: its traits, and a real kernel."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
import traitlets
from ipywidgets import IntSlider, VBox
from nbclient import NotebookClient

from ksmlib.history.link import read_link
from ksmlib.history.named import named
from ksmlib.site import HOME
from ksmlib.widgets import HistoryBuilder
from ksmlib.widgets.state import WidgetState


def message(widget: HistoryBuilder, **content: object) -> None:
    """What comes over the wire when the front end sends something."""
    data = {"method": "custom", "content": content}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def watch(widget: HistoryBuilder, *names: str) -> list[tuple[str, Any]]:
    log: list[tuple[str, Any]] = []
    widget.observe(lambda change: log.append((change.name, change.new)), list(names))
    return log


def test_every_key_of_the_state_is_a_trait_that_is_sent() -> None:
    assert set(WidgetState.__annotations__) <= set(HistoryBuilder().keys)


def test_traits_follow_messages() -> None:
    widget = HistoryBuilder("mremap", step=2)
    log = watch(widget, "step", "history")
    message(widget, op="seek", by=1)
    message(widget, op="load", name="split")
    assert log == [("step", 3), ("history", named("split").text), ("step", 5)]
    assert widget.name == "split"
    assert widget.walks[0]["rows"]


def test_an_observer_sees_one_state_not_parts_of_two() -> None:
    widget = HistoryBuilder("mremap")
    seen = []

    def look(change: object) -> None:
        seen.append((widget.step, len(widget.operations), widget.caption))

    widget.observe(look, ["step", "history", "caption", "operations"])
    message(widget, op="load", name="split")
    assert set(seen) == {(5, 5, "After step 5 of 5: A mprotect 0+2 ro")}


def test_the_front_end_is_told_once() -> None:
    widget = HistoryBuilder("mremap")
    sent: list[set[str]] = []
    widget._send = lambda msg, buffers=None: sent.append(set(msg["state"]))
    message(widget, op="load", name="split")
    assert len(sent) == 1
    assert {"history", "step", "svg", "walks", "said"} <= sent[0]


def test_step_and_history_can_be_assigned() -> None:
    widget = HistoryBuilder()
    widget.step = 1
    assert widget.caption == "After step 1 of 6: A mmap 0+3"
    widget.step = 99
    assert widget.step == 6
    widget.step = -3
    assert widget.step == 0
    widget.history = "A mmap 0+1; A write 0+1 x"
    assert widget.history == "A mmap 0+1\nA write 0+1 x\n"
    assert widget.text == widget.history
    widget.history = "split"
    assert widget.name == "split"
    assert widget.step == 0
    widget.step = 5
    widget.design = "address"
    assert widget.said == "The walk of f2 by address: found all."
    message(widget, op="undo")
    assert widget.history == "A mmap 0+1\nA write 0+1 x\n"


@pytest.mark.parametrize(
    ("trait", "value", "sentence"),
    [
        ("history", "A mremp 0+1 2", "line 1: 'mremp' is not an operation .*mremap"),
        ("history", "mremapp", "there is no named history 'mremapp'; there are"),
        ("history", "A mmap 0+200000", "too much for the widget$"),
        ("history", 7, "expected a unicode string"),
        ("step", "two", "expected an int"),
        ("design", "best", "there is no design 'best'; there are full, address"),
        ("svg", "<script>", "read-only"),
    ],
)
def test_what_cannot_be_assigned_raises_and_changes_nothing(
    trait: str, value: object, sentence: str
) -> None:
    widget = HistoryBuilder()
    before = widget.get_state()
    with pytest.raises(traitlets.TraitError, match=sentence):
        setattr(widget, trait, value)
    assert widget.get_state() == before


def test_a_bad_text_in_the_editor_leaves_history_alone() -> None:
    widget = HistoryBuilder()
    log = watch(widget, "history", "text", "stale")
    message(widget, op="text", text="A mremp")
    assert ("stale", True) in log
    assert widget.text == "A mremp"
    assert widget.history == named("mremap").text
    assert "history" not in dict(log)
    message(widget, op=None)
    assert widget.error == "The message has no text 'op'."


def test_designs_beside_it() -> None:
    widget = HistoryBuilder("mremap", design="address", beside=["full"])
    assert widget.beside == ["full"]
    assert widget.comparison["designs"] == ["address", "full"]
    widget.design = "full"
    assert widget.comparison["designs"] == ["full", "address"]
    with pytest.raises(ValueError, match="there is no design 'best'"):
        HistoryBuilder(beside=["best"])


def test_a_link_from_a_notebook_leads_to_the_book() -> None:
    widget = HistoryBuilder("mremap", step=2)
    assert widget.page == HOME
    assert read_link(widget.page + widget.link).step == 2


def test_the_front_end_and_its_looks_are_sent() -> None:
    state = HistoryBuilder().get_state()
    assert state["_esm"].endswith("export default { render };\n")
    assert ".ksm-board" in state["_css"] and ".ksm-scene" in state["_css"]


def test_it_composes() -> None:
    one, two = HistoryBuilder(), HistoryBuilder("split")
    slider = IntSlider(max=20)
    traitlets.link((one, "history"), (two, "history"))
    traitlets.link((one, "step"), (slider, "value"))
    box = VBox([one, two, slider])
    assert two.history == one.history
    assert slider.value == 6
    slider.value = 2
    assert one.step == 2
    message(two, op="load", name="split")
    assert one.name == "split"
    assert len(box.children) == 3


CELLS = """\
from ksmlib.widgets import HistoryBuilder
w = HistoryBuilder("mremap", step=3)
w
---
log = []
w.observe(lambda c: log.append((c.name, c.new)), ["step", "history", "design"])
w.step = 5
w.design = "address"
w.history = "A mmap 0+2; A write 0+2 x"
w._handle_msg({"content": {"data": {"method": "custom", "content": {"op": "undo"}}},
               "buffers": []})
log
---
try:
    w.history = "A mremp 0+2 8"
except Exception as error:
    print(type(error).__name__, error)
print(w.name, w.step)
"""


def test_in_a_real_kernel() -> None:
    cells = [nbformat.v4.new_code_cell(text) for text in CELLS.split("---\n")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown, log, refused = (cell.outputs for cell in notebook.cells)

    [output] = shown
    view = output.data["application/vnd.jupyter.widget-view+json"]
    models = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]
    model = models["state"][view["model_id"]]
    assert model["model_module"] == "anywidget"
    assert model["state"]["step"] == 5
    assert "export default" in model["state"]["_esm"]
    assert "After step 3 of 6: A madvise 0+3 dontfork" in output.data["text/html"]
    assert "> A madvise 0+3 dontfork" in output.data["text/plain"]

    mremap = named("mremap").text
    small = "A mmap 0+2\nA write 0+2 x\n"
    assert eval(log[-1].data["text/plain"]) == [
        ("step", 5), ("design", "address"), ("step", 2), ("history", small),
        ("history", mremap), ("step", 5),
    ]  # fmt: skip

    [printed] = refused
    assert printed.text.startswith("TraitError line 1: 'mremp' is not an operation")
    assert printed.text.endswith("mremap 5\n")
