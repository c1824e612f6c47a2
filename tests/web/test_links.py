"""Links that hold a history, opened in the page."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import expect

from ksmlib.cli import main
from ksmlib.history import parse
from ksmlib.history.link import MODEL, fragment
from ksmlib.history.named import named
from tests.history.test_link import fuzzed

from .conftest import BUILDER, Opened, Reader

pytestmark = pytest.mark.xdist_group("site")

TEXT = parse("A mmap 0+2; A write 0+2 new # it's <b>; ksmd 2").text
FUZZED = 500


def shown(here: Reader) -> tuple[str, int, str, list[str]]:
    state = here.page.evaluate("model.state")
    return state["history"], state["step"], state["design"], state["beside"]


def opened(here: Reader, text: str) -> None:
    """Wait until a history is on show."""
    here.page.wait_for_function("t => window.model?.get('history') === t", arg=text)


def test_a_link_restores_exactly(reader: Opened) -> None:
    here = reader(fragment(TEXT, 1, "address", ["full", "remap-bit"]), bare=True)
    opened(here, TEXT)
    assert shown(here) == (TEXT, 1, "address", ["full", "remap-bit"])
    assert here.model("error") == ""
    assert here.errors == []


def test_the_links_of_the_command_work(
    reader: Opened, capsys: pytest.CaptureFixture
) -> None:
    here = reader(path=None, bare=True)
    site = f"{here.host.origin}/"
    assert main(["link", "split", "--step", "2", "--site", site]) == 0
    here.page.goto(capsys.readouterr().out.strip())
    opened(here, named("split").text)
    assert shown(here) == (named("split").text, 2, "full", [])
    assert here.page.url.startswith(f"{site}{BUILDER}#h=split&s=2")


def test_the_site_alone_leads_to_its_first_page(reader: Opened) -> None:
    here = reader(path="")
    here.page.wait_for_url("**/book/intro.html")


def test_without_javascript_too(reader: Opened) -> None:
    here = reader(path="", context={"java_script_enabled": False})
    here.page.wait_for_url("**/book/intro.html")


def test_another_link_in_the_same_page(bare: Reader) -> None:
    bare.page.evaluate("location.hash = '#h=moved'")
    opened(bare, named("moved").text)
    bare.page.evaluate("location.hash = '#h=split&s=3'")
    opened(bare, named("split").text)
    assert shown(bare)[1] == 3


def test_the_address_follows_what_is_done(reader: Opened) -> None:
    here = reader(bare=True)
    here.alive()
    assert here.page.evaluate("location.hash") == "", "nobody did anything yet"
    entries = here.page.evaluate("history.length")
    for step in range(5):
        here.send(op="seek", step=step)
    here.page.wait_for_function("location.hash.startsWith('#h=moved&s=4&')")
    here.send(op="text", text=TEXT)
    expected = fragment(TEXT, None, here.model("design"))
    here.page.wait_for_function("h => location.hash === h", arg=expected)
    assert here.page.evaluate("history.length") == entries, "Back leads away"
    here.page.reload()
    opened(here, TEXT)


def test_the_anchors_of_the_page_stay_anchors(reader: Opened) -> None:
    here = reader("#your-own-history-language", bare=True)
    here.alive()
    here.page.wait_for_function(
        "document.getElementById('your-own-history-language')"
        ".getBoundingClientRect().top < 200"
    )
    assert shown(here)[0] == named("moved").text
    assert here.model("error") == ""
    assert here.page.evaluate("location.hash") == "#your-own-history-language"


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("#h=no-such-name", "There is no named history 'no-such-name'"),
        ("#h=moved&d=nonsense", "design 'nonsense'"),
        ("#h=moved&x=<img src=x onerror=alert(1)>", "a field 'x'"),
        (f"#h=moved&v={MODEL + 1}.0000", f"from model {MODEL + 1}, this is {MODEL}"),
        (f"#h=A,mmap,0+2&v={MODEL}.0000", "changed on its way"),
        ("#h=%3Cimg%20src=x%20onerror=alert(1)%3E;A,mmap,0+2", "missing"),
    ],
)
def test_a_link_that_is_odd_says_so(living: Reader, link: str, sentence: str) -> None:
    living.page.evaluate("link => { location.hash = link }", link)
    error = living.page.locator(".ksm-error").filter(has_text=sentence)
    expect(error).to_be_visible()
    assert living.page.locator("img[src=x]").count() == 0
    assert living.errors == []


FUZZ = """async (links) => {
  const said = [];
  for (const link of links) {
    const { error, caption } = await sent({ op: "open", link });
    said.push(error);
    if (!caption) throw new Error(`no caption after ${link}`);
  }
  const odd = document.querySelectorAll(".ksm-live :is(script, img, iframe, a)");
  return [said, odd.length];
}"""


def test_fuzzed_links_do_no_harm(bare: Reader) -> None:
    bare.page.on("dialog", lambda dialog: bare.errors.append(dialog.message))
    dice = random.Random(6)
    links = [fuzzed(dice) for _ in range(FUZZED)]
    said, odd = bare.page.evaluate(FUZZ, links)
    assert odd == 0
    assert all(len(sentence) < 200 for sentence in said)
    assert not any("too much for the model" in sentence for sentence in said)
    assert not any("model failed" in sentence for sentence in said)
    # And through the address of the page:
    for link in links[:30]:
        bare.page.evaluate("link => { location.hash = link }", link)
    bare.page.evaluate("location.hash = '#h=split&s=1'")
    opened(bare, named("split").text)
    assert bare.errors == []
