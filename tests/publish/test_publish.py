"""Editions in a folder for a plain file host: laid once, never changed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ksmlib.site import EDITION, SITE
from tests.test_project import ROOT, make

sys.path.insert(0, str(ROOT / "tools"))
import publish
from check_links import check
from publish import Refused


def written(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        file = folder / name.replace("__", "/")
        file = file.with_name(file.name.replace("_", "."))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder


def everything(tree: Path) -> dict[str, bytes]:
    found = (file for file in tree.rglob("*") if file.is_file())
    return {f.relative_to(tree).as_posix(): f.read_bytes() for f in found}


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A site, its archive, and where they go."""
    site = written(
        tmp_path / "html",
        index_html='<a href="book/intro.html">x</a>',
        book__intro_html='<p id="intro">one</p>',
        book__index_txt="all",
        k1__index_html="a claim",
    )
    name = f"ksm-rmap-book-v{EDITION}"
    archive = written(tmp_path / "archive", SHA256SUMS="sums")
    written(archive, **{f"{name}_pdf": "pdf", f"{name}_zip": "zip"})
    return site, archive, tmp_path / "www"


def later(
    monkeypatch: pytest.MonkeyPatch, small: tuple[Path, Path, Path]
) -> tuple[Path, Path, Path]:
    """The next edition, with other pages."""
    site, archive, target = small
    monkeypatch.setattr(publish, "EDITION", EDITION + 1)
    monkeypatch.setattr(publish, "HOME", f"{SITE}v{EDITION + 1}/")
    written(site, book__intro_html='<p id="intro">two</p>')
    for file in archive.glob("ksm-*"):
        file.rename(file.with_name(file.name.replace(f"v{EDITION}", f"v{EDITION + 1}")))
    return site, archive, target


def test_an_edition_is_laid_with_all_that_belongs_to_it(small) -> None:
    site, archive, target = small
    publish.publish(*small)
    edition = everything(target / f"v{EDITION}")
    beside = {f"archive/{name}": data for name, data in everything(archive).items()}
    assert edition == {**everything(site), **beside}
    assert everything(target / "latest") == edition
    assert check(target, SITE)[0] == []
    assert 'url=../latest/k1/"' in (target / "k1" / "index.html").read_text("utf-8")
    assert {path.name for path in target.iterdir()} == {
        *(".nojekyll", "index.html", "index.js", "editions.html"),
        *(f"v{EDITION}", "latest", "k1"),
    }


def test_the_same_again_changes_nothing(small) -> None:
    publish.publish(*small)
    before = everything(small[2])
    publish.publish(*small)
    assert everything(small[2]) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [("book__intro_html", "<p id='intro'>other"), ("book__more_html", "new")],
)
def test_a_published_edition_is_never_changed(small, name: str, text: str) -> None:
    publish.publish(*small)
    before = everything(small[2])
    written(small[0], **{name: text})
    with pytest.raises(Refused, match=f"edition {EDITION} is published and never"):
        publish.publish(*small)
    assert everything(small[2]) == before


def test_a_page_that_is_gone_is_a_change(small) -> None:
    publish.publish(*small)
    (small[0] / "k1" / "index.html").unlink()
    with pytest.raises(Refused, match=r"in 1 file \(k1/index.html\); raise EDITION"):
        publish.publish(*small)


def test_the_next_edition_leaves_the_first_alone(small, monkeypatch) -> None:
    target = small[2]
    publish.publish(*small)
    first = everything(target / f"v{EDITION}")
    publish.publish(*later(monkeypatch, small))
    assert everything(target / f"v{EDITION}") == first
    second = everything(target / f"v{EDITION + 1}")
    assert everything(target / "latest") == second != first
    listed = (target / "editions.html").read_text("utf-8")
    assert re.findall(r"Edition (\d+)", listed) == [str(EDITION + 1), str(EDITION)]
    assert check(target, SITE)[0] == []


def test_an_older_edition_does_not_become_the_latest(small, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        publish.publish(*later(patch, small))
    newest = everything(small[2] / "latest")
    for file in small[1].glob("ksm-*"):
        file.rename(file.with_name(file.name.replace(f"v{EDITION + 1}", f"v{EDITION}")))
    publish.publish(*small)
    assert everything(small[2] / "latest") == newest


def test_broken_links_are_not_published(small) -> None:
    written(small[0], index_html='<a href="no.html">x</a>')
    with pytest.raises(Refused, match=r"index.html: no.html is not there"):
        publish.publish(*small)
    assert list(small[2].iterdir()) == []


def test_links_to_this_machine_are_not_published() -> None:
    with pytest.raises(Refused, match=r"set SITE in ksmlib/site.py"):
        publish.ask_for_a_host("http://localhost:8000/", chosen=False)
    publish.ask_for_a_host("http://localhost:8000/", chosen=True)
    publish.ask_for_a_host("https://ksm.example/", chosen=False)


def test_the_command_says_where_the_edition_belongs(small) -> None:
    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, ROOT / "tools" / "publish.py", *small],
            env={**os.environ, "KSM_SITE": SITE},
            capture_output=True,
            text=True,
        )

    assert run().stdout.endswith(f"; it belongs at {SITE}v{EDITION}/\n")
    written(small[0], book__intro_html="other")
    refused = run()
    assert refused.returncode == 1
    assert refused.stderr.startswith("Nothing was published: edition ")
    assert len(refused.stderr.splitlines()) == 1


def test_make_asks_where_to() -> None:
    done = make("publish", "TO=")
    assert done.returncode != 0
    assert done.stdout == (
        "missing: the folder to publish into; name it with: make publish TO=...\n"
    )


# What the hosts of pages call.


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(
        ["git", *who, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_branch_keeps_all_editions(tmp_path: Path) -> None:
    origin, work = tmp_path / "origin.git", tmp_path / "work"
    git(tmp_path, "init", "--quiet", "--bare", str(origin))
    git(tmp_path, "clone", "--quiet", str(origin), str(work))
    (work / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "publish", work / ".ci")
    recipe = "publish:\n\t@mkdir -p $(TO)/$(EDITION) && touch $(TO)/$(EDITION)/x\n"
    (work / "Makefile").write_text(recipe, "utf-8")
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message=one")
    for number, edition in enumerate(["v1", "v2", "v2"]):
        subprocess.run(
            [".ci/publish", f"public{number}"],
            cwd=work,
            env={**os.environ, "EDITION": edition},
            check=True,
        )
    files = git(origin, "ls-tree", "-r", "--name-only", "pages").split()
    assert files == ["v1/x", "v2/x"]
    assert git(origin, "rev-list", "--count", "pages") == "3\n", "the last had no news"


@pytest.mark.parametrize("name", [".github/workflows/pages.yml", ".gitlab-ci.yml"])
def test_the_workflows_call_the_one_command(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert yaml.safe_load(text)
    assert ".ci/publish public" in text
    for action in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action)
