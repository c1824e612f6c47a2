"""Links that hold a history, opened in the page."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ksmlib.cli import main
from ksmlib.history import parse
from ksmlib.history.link import MODEL, fragment
from ksmlib.history.named import named
from ksmlib.widgets.controller import create
from tests.history.test_link import fuzzed

from .conftest import BUILDER, Opened, Reader

TEXT = parse("A mmap 0+2; A write 0+2 new # it's <b>; ksmd 2").text
FUZZED = 10_000


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


# Before Python runs.


def without_python(reader: Opened, fragment: str) -> Reader:
    """A page in which Python goes on loading for ever."""
    here = reader(path=None)
    here.page.route("**/pyodide.asm.wasm", lambda route: None)
    here.open(path=fragment)
    return here


@pytest.mark.parametrize(
    "link", ["#h=split", fragment(named("split").text, None, "full")]
)
def test_a_named_history_is_drawn_at_once(reader: Opened, link: str) -> None:
    here = without_python(reader, link)
    here.caption("After step 5 of 5: A mprotect 0+2 ro")
    expect(here.editor).to_have_value(named("split").text)
    picture = here.page.locator(".ksm-picture svg")
    expect(picture).to_have_attribute(
        "aria-label", create("history", history="split").snapshot()["alt"]
    )
    expect(here.page.locator(".ksm-status")).to_contain_text("Starting Python")


def test_the_pages_own_state_is_not_drawn_twice(reader: Opened) -> None:
    link = fragment(named("moved").text, None, "address")
    here = without_python(reader, link)
    here.caption("After step 5 of 5: ksmd 2")
    expect(here.page.locator(".ksm-status")).to_contain_text("Starting Python")
    assert here.page.locator(".ksm-widget").is_visible()
    assert not [path for path, _ in here.host.asked if "/named/" in path]


def test_a_link_within_the_book_leads_there(reader: Opened) -> None:
    here = reader(path="book/intro.html")
    here.page.get_by_role("link", name="this history in the builder").click()
    here.page.wait_for_url(f"**/{BUILDER}#h=moved&d=address")
    here.alive()
    assert here.page.locator(".ksm-error").first.is_hidden()
    assert here.errors == []


@pytest.mark.parametrize(
    "link", [fragment(TEXT, 1, "address"), fragment(TEXT, None, "full")]
)
def test_any_other_is_shown_as_text(reader: Opened, link: str) -> None:
    here = without_python(reader, link)
    held = here.page.locator(".ksm-held pre")
    expect(held).to_have_text(TEXT.strip())
    assert not here.page.locator(".ksm-live svg").first.is_visible(), "not of it"
    here = reader(link, bare=True)
    opened(here, TEXT)
    expect(here.page.locator(".ksm-held")).to_have_count(0)
    assert here.page.locator(".ksm-live svg").first.is_visible()


def test_what_cannot_be_drawn_is_still_there_as_text(
    reader: Opened, pages: Path
) -> None:
    link = fragment(TEXT, None, "full")
    here = reader(link, instead={"pyodide.asm.wasm": None})
    assert "404" in here.why_not
    expect(here.page.locator(".ksm-live pre").last).to_have_text(TEXT.strip())
    here.page.goto((pages / BUILDER).as_uri() + link)
    assert "opened as a file" in here.why_not
    expect(here.page.locator(".ksm-live pre").last).to_have_text(TEXT.strip())


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


# Where an element is on the screen, once the page has stopped scrolling.
RESTS_AT = """(id) => new Promise((done) => {
  let [last, still] = [scrollY, 0];
  const look = () => {
    still = scrollY === last ? still + 1 : 0;
    last = scrollY;
    if (still < 30) requestAnimationFrame(look);
    else done(document.getElementById(id).getBoundingClientRect().top);
  };
  look();
})"""


def test_the_anchors_of_the_page_stay_anchors(reader: Opened) -> None:
    here = reader("#your-own-history-language")
    here.page.wait_for_selector(".ksm-widget", state="attached")
    top = here.page.evaluate(RESTS_AT, "your-own-history-language")
    assert 0 <= top < 200
    here.page.evaluate("document.querySelector('.ksm-live').scrollIntoView()")
    here.alive()
    here.caption("After step 5 of 5: ksmd 2")
    expect(here.editor).to_have_value(named("moved").text)
    assert here.page.locator(".ksm-error").first.is_hidden()
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
    assert all(len(sentence) < 160 for sentence in said)
    assert not any("too much for the model" in sentence for sentence in said)
    assert not any("model failed" in sentence for sentence in said)
    # And through the address of the page:
    for link in links[:30]:
        bare.page.evaluate("link => { location.hash = link }", link)
    bare.page.evaluate("location.hash = '#h=split&s=1'")
    opened(bare, named("split").text)
    assert bare.errors == []
