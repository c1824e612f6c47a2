"""The same pages in Debian's Firefox."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ksmlib.history.link import fragment
from ksmlib.history.named import named

from .conftest import BUILDER
from .firefox import Firefox
from .host import TYPES, Host, serving

FIREFOX = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or "firefox-esr"
ALIVE = "document.querySelector('[data-alive]')"
CAPTION = "document.querySelector('.ksm-caption')?.textContent"
TYPE = """(() => {
  const area = document.querySelector(".ksm-editor textarea");
  area.value = "A mmap 4+1; A exit";
  area.dispatchEvent(new Event("input"));
})()"""


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    with Firefox(FIREFOX) as firefox:
        firefox.size(1280, 900)
        yield firefox


@pytest.fixture
def host(pages: Path) -> Iterator[Host]:
    policy = (pages / "csp.txt").read_text("utf-8").strip()
    types = {**TYPES, ".wasm": "application/octet-stream"}
    headers = {"Content-Security-Policy": policy}
    with serving(Host(pages, headers=headers, types=types)) as host:
        yield host


def test_a_page_comes_alive(firefox: Firefox, host: Host) -> None:
    firefox.asked.clear()
    firefox.open(f"{host.origin}/{BUILDER}")
    firefox.wait_for(ALIVE)
    firefox.run("document.querySelector('.ksm-live input[type=range]').focus()")
    firefox.press("\ue011")  # Home
    firefox.wait_for(f"{CAPTION}.startsWith('Before the first of 5')")
    firefox.press("\ue014")  # to the right
    firefox.wait_for(f"{CAPTION}.startsWith('After step 1 of 5')")
    firefox.run(TYPE)
    firefox.wait_for(f"{CAPTION} === 'After step 1 of 2: A mmap 4+1'")
    firefox.wait_for("location.hash.startsWith('#h=A,mmap,4+1;A,exit&s=1&')")
    own = (host.origin, "data:")
    assert [url[:200] for url in firefox.asked if not url.startswith(own)] == []
    assert firefox.errors == []


def test_a_link_restores_exactly(firefox: Firefox, host: Host) -> None:
    link = fragment(named("split").text, 2, "address")
    firefox.open(f"{host.origin}/{link}")
    firefox.wait_for(f"{CAPTION}?.startsWith('After step 2 of')")
    assert firefox.run("location.pathname") == f"/{BUILDER}"
    assert firefox.run("location.hash") == link
    assert firefox.errors == []


def test_a_phone_is_wide_enough(firefox: Firefox, host: Host) -> None:
    firefox.size(390, 800)
    firefox.open(f"{host.origin}/{BUILDER}")
    firefox.wait_for(ALIVE)
    assert firefox.run("document.scrollingElement.scrollWidth - innerWidth") <= 0
    firefox.size(1280, 900)


def test_as_a_file_the_page_says_what_it_needs(firefox: Firefox, pages: Path) -> None:
    firefox.open((pages / BUILDER).as_uri())
    firefox.wait_for("document.querySelector('.ksm-why-not')")
    why = firefox.run("document.querySelector('.ksm-why-not').textContent")
    assert "opened as a file" in why
    assert firefox.run("document.querySelectorAll('.ksm-live svg').length") == 1
