"""The book as it is published: on a host with its editions, and from a disk."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from ksmlib.claims import claims
from ksmlib.site import ARCHIVE, EDITION, SITE
from tests.built import ROOT, Built, table_of_contents

from .conftest import BUILDER, Opened, Readers

sys.path.insert(0, str(ROOT / "tools"))
import archive
from check_links import check
from publish import publish

NAME = ARCHIVE.rpartition("/")[2]
#: The whole book takes a minute to print; these have every kind of picture.
PRINTED = ("intro", "problem", "anon-vma-rework", "your-own-history")
#: And one claim.
CLAIM = "k1"


@pytest.fixture(scope="module")
def archived(site: Built, browser: Browser, tmp_path_factory) -> Path:
    """The archive of a book of four chapters and a claim."""
    folder = tmp_path_factory.mktemp("archived")
    few = folder / "html"
    for file in site.html.rglob("*"):
        path = file.relative_to(site.html)
        part = path.parts[0]
        left = part in claims() and part != CLAIM
        left |= part == "book" and file.stem not in (*PRINTED, "index")
        if file.is_file() and not left:
            (few / path).parent.mkdir(parents=True, exist_ok=True)
            (few / path).write_bytes(file.read_bytes())
    archive.archive(few, folder / "archive", browser)
    return folder / "archive"


@pytest.fixture(scope="module")
def published(site: Built, browser: Browser, archived: Path) -> Iterator[Readers]:
    """A host with the edition; its ``pages`` is the folder."""
    www = archived.parent / "www"
    publish(site.html, archived, www)
    with ExitStack() as stack:
        readers = Readers(www, browser, stack)
        yield readers
        readers.check()


def test_every_link_of_both_trees_leads_somewhere(published: Readers) -> None:
    www = published.pages
    assert check(www, SITE)[0] == []
    trees = [sorted((www / name).rglob("*")) for name in ("latest", f"v{EDITION}")]
    assert len(trees[0]) == len(trees[1]) > 100


@pytest.mark.parametrize("tree", ["", "latest/", f"v{EDITION}/"])
def test_a_history_opens_in_every_tree(published: Readers, tree: str) -> None:
    here = published("#h=split&s=2", path=tree, bare=True)
    here.page.wait_for_url(f"**/{tree or 'latest/'}{BUILDER}#h=split&s=2*")
    here.page.wait_for_function("window.model?.get('step') === 2")
    assert here.errors == []


def test_the_root_needs_no_javascript(published: Readers) -> None:
    here = published(path="", context={"java_script_enabled": False})
    here.page.wait_for_url("**/latest/book/intro.html")


def test_the_checksums_are_right(archived: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=archived,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{NAME}.pdf: OK\n{NAME}.zip: OK\n"


def test_the_same_site_gives_the_same_zip(archived: Path) -> None:
    again = archive.zipped(archived.parent / "html")
    digest = hashlib.sha256(again).hexdigest()
    assert f"{digest}  {NAME}.zip\n" in (archived / "SHA256SUMS").read_text("utf-8")


def test_the_zip_opens_from_a_disk(
    archived: Path, reader: Opened, tmp_path: Path
) -> None:
    with ZipFile(archived / f"{NAME}.zip") as packed:
        packed.extractall(tmp_path)
    here = reader(path=None, context={"offline": True})
    here.page.goto((tmp_path / NAME / "index.html").as_uri())
    here.page.wait_for_url("**/book/intro.html")
    for name in PRINTED:
        here.page.goto((tmp_path / NAME / "book" / f"{name}.html").as_uri())
        assert here.page.locator("article h1").is_visible()
        pictures = here.page.locator("article :is(svg.ksm-scene, img):visible")
        assert pictures.count() > 0
        for picture in pictures.all():
            box = picture.bounding_box()
            assert box and box["width"] > 50 and box["height"] > 20
        loaded = "() => [...document.images].every((i) => i.naturalWidth > 0)"
        assert here.page.evaluate(loaded)
    assert here.elsewhere == []


def test_the_pdf_has_all_pages_with_an_outline(archived: Path) -> None:
    pdf = PdfReader(archived / f"{NAME}.pdf")
    titles = [e.title for e in pdf.outline if not isinstance(e, list)]
    pages = [f"{name}.html" for name in table_of_contents()]
    chapters = [page for page in pages if Path(page).stem in PRINTED]
    printed = [*chapters, f"{CLAIM}/index.html"]
    assert archive.order(archived.parent / "html") == printed
    assert titles[0] == archive.TITLE
    assert len(titles) == 1 + len(printed)
    text = "".join(page.extract_text() for page in pdf.pages)
    assert "rmap_walk_ksm()" in text and "How we know it" in text
    # Links between chapters stay in the file.
    inside = [
        note
        for page in pdf.pages
        for note in page.get("/Annots", [])
        if "/Dest" in note.get_object()
    ]
    assert len(inside) > 10
