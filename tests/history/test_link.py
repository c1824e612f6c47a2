"""Links: what they hold comes back; whatever they hold, one sentence at most."""

from __future__ import annotations

import random
import string
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ksmlib.history import parse
from ksmlib.history.link import (
    MAX_FRAGMENT,
    MODEL,
    START,
    Link,
    LinkError,
    fragment,
    read_link,
)
from ksmlib.history.named import named, named_histories
from ksmlib.history.random import random_history

TEXT = parse("A mmap 0+2; A write 0+2 x; A mremap 0+2 8; ksmd 2").text
COMMENTED = parse("# a;b, c\n\nA mmap 0+2 # 100% <b>&'\"\u00e9 #2\nksmd").text
HOST = "https://ksm.example/"


def test_a_history_is_readable_in_its_link() -> None:
    link = fragment(TEXT, 2, "address")
    assert link.startswith(
        "#h=A,mmap,0+2;A,write,0+2,x;A,mremap,0+2,8;ksmd,2&s=2&d=address&v=1."
    )
    assert read_link(HOST + link) == Link(TEXT, 2, "address", (), "")


@pytest.mark.parametrize("name", sorted(named_histories()))
def test_a_named_history_has_a_short_link(name: str) -> None:
    link = HOST + fragment(named(name).text, None, "full")
    assert f"#h={name}&" in link
    assert len(link) <= 60
    assert read_link(link) == Link(named(name).text, None, "full", (), "")


def test_a_name_alone_is_a_link() -> None:
    assert read_link("#h=moved&s=4") == Link(named("moved").text, 4, "full", (), "")


@pytest.mark.parametrize("text", [TEXT, COMMENTED, "", "ksmd\n", "# only this\n"])
def test_any_text_comes_back(text: str) -> None:
    text = parse(text).text
    link = fragment(text, 3, "full", ["address", "stored-pgoff"])
    assert read_link(link) == Link(text, 3, "full", ("address", "stored-pgoff"), "")
    assert link.isascii()
    assert not set(link[1:]) & set(" #<>\"'\\`{}|^[]")


@given(st.text(max_size=80))
@example("A mmap 0+1 # ;,%20%3B&s=1")
def test_any_comment_comes_back(comment: str) -> None:
    text = parse(f"A mmap 0+2\n# {' '.join(comment.split())}").text
    link = read_link(fragment(text, None, "full"))
    assert (link.text, link.note) == (text, "")


def test_random_histories_come_back() -> None:
    for seed in range(200):
        history = random_history(random.Random(seed))
        assert read_link(fragment(history.text, None, "full")).text == history.text


@pytest.mark.parametrize("mangled", [";", ",", "+", ";,+", ";,+&="])
def test_a_mail_program_may_encode_more(mangled: str) -> None:
    link = fragment(TEXT, 2, "address", ["full"])
    encoded = "".join(quote(c, safe="") if c in mangled else c for c in link[3:])
    if "&" in mangled:
        encoded = encoded.replace("%26", "&").replace("%3D", "=")
    assert read_link(START + encoded) == read_link(link)


# What a link says that is not as it was sent.


@pytest.mark.parametrize("end", range(4, len(fragment(TEXT, 2, "address")) - 1))
def test_a_link_that_was_cut_off_says_so(end: int) -> None:
    try:
        note = read_link(fragment(TEXT, 2, "address")[:end]).note
    except LinkError:
        return
    assert "missing" in note or "changed" in note


def test_a_link_that_was_changed_says_so() -> None:
    link = fragment(TEXT, 2, "address").replace("0+2,8", "0+2,9")
    assert "changed on its way" in read_link(link).note


def test_a_link_of_another_model_says_so() -> None:
    for text, other in ((TEXT, MODEL + 1), (named("moved").text, MODEL - 1)):
        link = fragment(text, 2, "full").replace(f"v={MODEL}.", f"v={other}.")
        assert f"from model {other}, this is {MODEL}" in read_link(link).note


def test_a_named_history_that_has_changed_says_so() -> None:
    assert "moved has changed" in read_link(f"#h=moved&v={MODEL}.0000").note


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("", "holds no history"),
        ("#your-own-history", "holds no history"),
        ("#h=no-such-name", "no named history 'no-such-name'"),
        ("#h=moved&x=1", "a field 'x', which is none of h, s, d, v"),
        ("#h=moved&h=moved", "two fields h"),
        ("#h=moved&s=-1", "step '-1' is not a number"),
        ("#h=moved&s=9999999999", "step '9999999999' is not a number"),
        ("#h=moved&d=<b>", "'<b>' is no list of designs"),
        ("#h=moved&v=one", "version 'one' is none"),
        (f"#h={'A' * MAX_FRAGMENT}", "longer than"),
    ],
)
def test_a_broken_link_gives_one_sentence(link: str, sentence: str) -> None:
    with pytest.raises(LinkError) as error:
        read_link(link)
    said = str(error.value)
    assert sentence in said
    assert said.isascii()
    assert len(said) < 160


def fuzzed(dice: random.Random) -> str:
    """Something like a link: pieces of links and of attacks, cut and shuffled."""
    pieces = [
        fragment(TEXT, 2, "address"), fragment(COMMENTED, None, "full"), "#h=moved",
        "&s=", "&d=", "&v=", "&h=", f"&v={MODEL}.", "%", "%3B", "%00", "%ff", "%2",
        "<img src=x onerror=alert(1)>", "<script>", "javascript:", "\\u0000", "\x00",
        "\ud800", "\u202e", "A,mmap,0+999999999", ";" * 50, "," * 50, "9" * 30,
        "".join(dice.choices(string.printable, k=20)),
    ]  # fmt: skip
    text = "".join(dice.choices(pieces, k=dice.randint(1, 6)))
    if dice.random() < 0.5:
        at = dice.randrange(len(text))
        text = text[:at] + chr(dice.randrange(0x500)) + text[at + 1 :]
    return text if dice.random() < 0.2 else START + text.removeprefix(START)


def test_fuzzed_links_give_one_sentence() -> None:
    dice = random.Random(5)
    read = 0
    for _ in range(10_000):
        try:
            link = read_link(fuzzed(dice))
        except LinkError as error:
            said = str(error)
        else:
            read += 1
            said = link.note
        assert said.isascii()
        assert said.isprintable()
        assert len(said) < 160
    assert read > 1000, "most are broken, but not all"
