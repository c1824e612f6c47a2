"""The registry finds every design in the folder, in the order of the thread."""

from __future__ import annotations

import re
import sys

import pytest

import ksmlib.designs
from ksmlib.designs import all_designs, designs

NEW_DESIGN = '''
from ksmlib.designs.full import Full

class New(Full):
    """A design in a file of its own."""

    id = "{id}"
    date = "2026-04-08 20:00"
'''


def test_the_order_is_that_of_the_mails_readings_behind_ours_last():
    order = list(all_designs())
    thread = [id_ for id_ in order if all_designs()[id_].reading_of is None]
    assert thread == [
        "full",
        "address",
        "derived",
        "stored-pgoff",
        "remap-bit",
        "stored-vm-pgoff",
        "by-index",
        "by-index-origin",
        "cow-context",
    ]
    for id_, design in all_designs().items():
        if design.reading_of:
            between = order[order.index(design.reading_of) + 1 : order.index(id_)]
            assert all(
                all_designs()[b].reading_of == design.reading_of for b in between
            )


@pytest.mark.parametrize("design", all_designs().values(), ids=lambda d: d.id)
def test_a_design_says_what_it_is_and_whose(design):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", design.id)
    assert re.fullmatch(r"20\d\d-\d\d(-\d\d( \d\d:\d\d)?)?", design.date)
    assert design.link == "unposted" or design.link.startswith("https://")
    assert (design.author == "this book") == (design.link == "unposted")
    for text in (design.title, design.saves, design.asks, design.author):
        assert text.isascii() and text == text.strip() != ""
    assert type(design).__doc__


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A second folder of designs, beside the real one."""
    path = [*ksmlib.designs.__path__, str(tmp_path)]
    monkeypatch.setattr(ksmlib.designs, "__path__", path)
    yield tmp_path
    for name in [n for n in sys.modules if n.startswith("ksmlib.designs.zz_")]:
        del sys.modules[name]


def test_a_new_file_is_found(folder):
    (folder / "zz_new.py").write_text(NEW_DESIGN.format(id="new"))
    found = list(all_designs.__wrapped__())
    assert set(found) == {*all_designs(), "new"}
    assert found.index("derived") < found.index("new") < found.index("stored-pgoff")


def test_two_designs_of_one_id_are_an_error(folder):
    (folder / "zz_twin.py").write_text(NEW_DESIGN.format(id="address"))
    with pytest.raises(AssertionError, match="address"):
        all_designs.__wrapped__()


def test_designs_by_name_come_in_the_order_asked_for():
    assert [d.id for d in designs("stored-pgoff, full")] == ["stored-pgoff", "full"]
    assert designs() == tuple(all_designs().values())


@pytest.mark.parametrize("ids", ["", "full,", "Full", "full address", "full;address"])
def test_a_name_that_is_none_is_told_which_there_are(ids):
    with pytest.raises(ValueError, match=r"^no design '.*'; there are full, address, "):
        designs(ids)
