"""One setting says where the book is; every link follows it, and opens here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest

from ksmlib.claims import claims
from ksmlib.claims.block import block
from ksmlib.cli import main
from ksmlib.site import EDITION, HOME, SITE
from tests.test_project import ROOT

sys.path.insert(0, str(ROOT / "tools"))
from serve import Handler, bind

LINKS = """\
from ksmlib.claims import claim
from ksmlib.cli import main
from ksmlib.site import SITE
print(SITE, claim("k1").link)
main(["link", "moved"])
"""


def links(site: str) -> list[str]:
    """The addresses that come of a KSM_SITE."""
    done = subprocess.run(
        [sys.executable, "-c", LINKS],
        env={**os.environ, "KSM_SITE": site},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize("site", ["https://ksm.example/rmap", "https://ksm.example/"])
def test_every_link_follows_one_setting(site: str) -> None:
    base = site.rstrip("/") + "/"
    setting, claim, history = links(site)
    assert setting == base
    assert claim == f"{base}v{EDITION}/k1/"
    assert history.startswith(f"{base}v{EDITION}/#h=moved")
    assert len(claim) <= 60


def test_the_links_lead_to_this_edition(capsys: pytest.CaptureFixture) -> None:
    assert re.fullmatch(rf"https?://.+/v{EDITION}/", HOME)
    assert HOME.startswith(SITE)
    assert main(["link", "moved"]) == 0
    assert capsys.readouterr().out.startswith(f"{HOME}#h=moved&v=")
    for one in claims().values():
        assert f"\nlink     {HOME}{one.id}/\n" in block(one)


Ask = Callable[[str], tuple[int, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """What the server of `make book` answers: the status, and text or place."""
    (tmp_path / "k1").mkdir()
    (tmp_path / "k1" / "index.html").write_text("a claim", "utf-8")
    (tmp_path / "v.txt").write_text("a file", "utf-8")
    monkeypatch.setattr(Handler, "log_message", lambda *_: None)
    with bind(tmp_path, 8700) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        def ask(path: str) -> tuple[int, str]:
            connection = HTTPConnection("127.0.0.1", server.server_address[1])
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read().decode()
            return answer.status, answer.headers["Location"] or body

        yield ask
        server.shutdown()


@pytest.mark.parametrize("tree", ["", "/latest", f"/v{EDITION}"])
def test_make_book_serves_both_trees(ask: Ask, tree: str) -> None:
    assert ask(f"{tree}/k1/") == (200, "a claim")
    assert ask(f"{tree}/k1") == (301, f"{tree}/k1/")
    assert ask(f"{tree}/v.txt?x=1") == (200, "a file")


def test_make_book_has_no_other_edition(ask: Ask) -> None:
    assert ask(f"/v{EDITION}") == (301, f"/v{EDITION}/")
    for path in (f"/v{EDITION + 1}/v.txt", f"/v{EDITION}0/v.txt", "/latest.txt"):
        assert ask(path)[0] == 404
