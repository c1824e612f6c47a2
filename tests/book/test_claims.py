"""Every claim has a page of its own, a mark in its chapter, and one block of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape, unescape
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urldefrag

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from ksmlib.claims import claims
from ksmlib.claims.block import block
from ksmlib.cli import main

from .conftest import ROOT
from .test_browser import PHONE, STICKS_OUT, WIDE, Watch, browser, origin

__all__ = ["browser", "origin"]

#: The first claim of each kind.
KINDS = {one.proof.kind: one.id for one in reversed(claims().values())}
BLOCK = re.compile(r'<pre class="ksm-text ksm-block">(.*?)</pre>', re.DOTALL)


def cited(id_: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["cite", id_]) == 0
    return capsys.readouterr().out


def html_of(pages: Path, id_: str) -> str:
    return (pages / id_ / "index.html").read_text("utf-8")


class Hrefs(HTMLParser):
    """The addresses in an article."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html.partition("<article")[2].partition("</article>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == "href" and value]


def test_page_file_mark_and_command_give_the_same_bytes(
    pages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chapters = {
        id_: unescape(block)
        for chapter in (pages / "book").glob("*.html")
        for id_, block in re.findall(
            r'data-claim="(k\d+)" data-block="([^"]*)"', chapter.read_text("utf-8")
        )
    }
    assert set(chapters) == set(claims())
    for id_ in claims():
        block = cited(id_, capsys)
        [shown] = BLOCK.findall(html_of(pages, id_))
        assert unescape(shown) == block, id_
        assert (pages / id_ / "index.txt").read_bytes() == block.encode("ascii"), id_
        assert chapters[id_] == block, id_


def test_a_mark_stands_at_the_place_of_its_claim(pages: Path) -> None:
    for one in claims().values():
        [source] = [
            file
            for file in (ROOT / "book").glob("*.md")
            if f"\n({one.chapter})=\n" in file.read_text("utf-8")
        ]
        html = (pages / "book" / f"{source.stem}.html").read_text("utf-8")
        assert html.count(f'id="{one.id}"') == 1, one.id
        section = html.partition(f'id="{one.chapter}"')[2]
        assert f'id="{one.id}"' in section, one.id
        where = f'href="../book/{source.stem}.html#{one.chapter}"'
        assert where in html_of(pages, one.id), one.id


def test_the_links_of_a_claims_page_lead_somewhere(pages: Path) -> None:
    for id_ in claims():
        for href in Hrefs(html_of(pages, id_)).found:
            path, fragment = urldefrag(href)
            if not path or href.startswith(("http:", "https:")):
                continue
            target = pages / id_ / path
            assert target.is_file(), f"{id_}: {href}"
            if fragment:
                assert f'id="{fragment}"' in target.read_text("utf-8"), href


def test_a_claims_page_has_all_of_it(pages: Path) -> None:
    for one in claims().values():
        html = html_of(pages, one.id)
        text = unescape(re.sub(r"<[^>]*>", "", html))
        assert one.statement in text
        for rule in one.rules:
            assert rule[1:] in text, one.id
        assert one.unless in text
        drawn = bool(one.operations)
        assert ("<svg" in html.partition("<article")[2]) == drawn, one.id
        offered = f"ksmlib repro {one.id}" in block(one)
        program = f"_static/repro/{one.id}.c"
        assert (f'href="../{program}"' in html) == offered, one.id
        assert (pages / program).is_file() or not offered, one.id


def test_the_list_has_every_claim(pages: Path) -> None:
    html = (pages / "book" / "claims.html").read_text("utf-8")
    listed = re.findall(r'href="\.\./(k\d+)/index\.html"', html)
    assert sorted(listed) == sorted(claims())


def test_a_withdrawn_claim_has_a_banner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    extension = import_module("ksm_claims")
    why = "2027-01-01: <wrong>"
    env = SimpleNamespace(domaindata={"std": {"anonlabels": {}}})
    app = SimpleNamespace(env=env)
    for withdrawn, times in (("", 0), (why, 1)):
        one = replace(claims()["k1"], withdrawn=withdrawn)
        html = extension.html_of(app, one)
        assert html.count('class="admonition danger"') == times
        assert (f"<p>{escape(why)} See the" in html) == bool(times)


# In a browser


@pytest.fixture
def opened(browser: Browser, origin: str) -> Iterator[tuple[Page, Watch]]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    yield page, Watch(page, origin)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, PHONE])
@pytest.mark.parametrize("id_", KINDS.values(), ids=KINDS)
def test_a_claims_page_is_for_every_reader(
    opened: tuple[Page, Watch], origin: str, id_: str, width: int, scheme: str
) -> None:
    page, watch = opened
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{origin}/{id_}/", wait_until="networkidle")
    assert (watch.elsewhere, watch.errors) == ([], [])
    overflow = "document.scrollingElement.scrollWidth - innerWidth"
    assert page.evaluate(overflow) <= 0, page.evaluate(STICKS_OUT)
    assert told(page, ".ksm-claim") == []


def told(page: Page, context: str) -> list[str]:
    """What axe has to say."""
    found = Axe().run(page, context=context).response
    assert len(found["passes"]) > 3
    return [
        f"{v['id']}: {node['html'][:160]}"
        for v in found["violations"]
        for node in v["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_marks_of_a_chapter_are_for_every_reader(
    opened: tuple[Page, Watch], origin: str, scheme: str
) -> None:
    page, watch = opened
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{origin}/book/stored-pgoff.html", wait_until="networkidle")
    # Before axe, which asks for style sheets at places of its own.
    assert (watch.elsewhere, watch.errors) == ([], [])
    assert told(page, ".ksm-cite") == []


def test_a_button_copies_the_block(
    opened: tuple[Page, Watch], origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page, _ = opened
    page.goto(f"{origin}/book/address.html")
    page.get_by_role("button", name="copy the text of claim k2", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_text("copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == cited("k2", capsys)


def test_a_host_without_a_clipboard_copies_too(
    opened: tuple[Page, Watch], origin: str
) -> None:
    page, _ = opened
    page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
        "document.execCommand = () => {"
        " window.copied = document.activeElement.value; return true; };"
    )
    page.goto(f"{origin}/k1/")
    page.get_by_role("button", name="copy the text of claim k1", exact=True).click()
    assert page.evaluate("window.copied").startswith("The KSM rmap book, edition")


def test_the_history_opens_in_the_builder(
    opened: tuple[Page, Watch], origin: str
) -> None:
    page, _ = opened
    page.goto(f"{origin}/k1/")
    page.get_by_role("link", name="Step through it").click()
    page.wait_for_url("**/book/your-own-history.html#h=moved&d=address,*")


def test_without_javascript_the_mark_is_a_link(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{origin}/book/address.html")
    mark = page.locator("#k1")
    assert mark.get_by_role("button").count() == 0
    mark.get_by_role("link").click()
    assert page.url == f"{origin}/k1/index.html"
    context.close()


def test_on_paper_there_is_no_button(opened: tuple[Page, Watch], origin: str) -> None:
    page, _ = opened
    page.goto(f"{origin}/k1/")
    page.locator(".ksm-copy").first.wait_for()
    page.emulate_media(media="print")
    assert page.locator("article .ksm-copy:visible").count() == 0
    assert page.locator(".ksm-block").is_visible()
