"""One setting says where the book is; every link follows it, and opens here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest
import yaml

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


def wanted_of_a_citation(site: str, changes: str, version: str) -> dict[str, str]:
    """What CITATION.cff has to say: a date once there is one, and so the url."""
    wanted = {"version": version}
    dated = re.search(rf"^## \[{re.escape(version)}\] - (\S+)$", changes, re.MULTILINE)
    if dated:
        wanted["date-released"] = dated[1]
    if "//localhost" not in site:
        wanted["url"] = f"{site}v{EDITION}/"
    return wanted


def test_the_citation_follows_the_setting_and_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    keys = ("version", "date-released", "url")
    said = {key: str(cited[key]) for key in keys if key in cited}
    assert said == wanted_of_a_citation(SITE, changes, project["version"])


def test_a_published_edition_is_cited_with_its_date_and_address() -> None:
    changes = "## [Unreleased]\n\n## [1.0.0] - 2026-12-24\n"
    assert wanted_of_a_citation("https://ksm.example/", changes, "1.0.0") == {
        "version": "1.0.0",
        "date-released": "2026-12-24",
        "url": f"https://ksm.example/v{EDITION}/",
    }


Ask = Callable[[str], tuple[int, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """What the server of `make book` answers: the status, and text or place."""
    site, archive = tmp_path / "html", tmp_path / "archive"
    (site / "k1").mkdir(parents=True)
    (site / "k1" / "index.html").write_text("a claim", "utf-8")
    (site / "v.txt").write_text("a file", "utf-8")
    archive.mkdir()
    (archive / "SHA256SUMS").write_text("sums", "utf-8")
    monkeypatch.setattr(Handler, "log_message", lambda *_: None)
    with bind(site, 8700) as server:
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


def test_make_book_serves_the_archive(ask: Ask) -> None:
    assert ask(f"/v{EDITION}/archive/SHA256SUMS") == (200, "sums")
    status, said = ask("/latest/archive/../archive/no.pdf")
    assert status == 404
    assert "`make archive` makes this file" in said


def test_make_book_has_no_other_edition(ask: Ask) -> None:
    assert ask(f"/v{EDITION}") == (301, f"/v{EDITION}/")
    for path in (f"/v{EDITION + 1}/v.txt", f"/v{EDITION}0/v.txt", "/latest.txt"):
        status, said = ask(path)
        assert status == 404 and "make archive" not in said
