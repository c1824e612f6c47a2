"""The built book, made once per worker that asks for it.

Tests that use ``site`` carry the mark ``xdist_group("site")`` so that, under
``pytest -n 2 --dist loadgroup``, one worker builds and uses it while the other
runs everything else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PARTS = ("_config.yml", "book/_ext", "book/_static")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def table_of_contents() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(chapter["file"] for chapter in toc["chapters"])]


@dataclass(frozen=True)
class Built:
    """What came of one build."""

    returncode: int
    output: str
    html: Path

    @property
    def tail(self) -> str:
        return "\n".join(self.output.splitlines()[-60:])


def build(source: Path, output: Path) -> Built:
    """Build as ``make site`` does."""
    tool = Path(sys.executable).with_name("jupyter-book")
    command = [tool, "build", source, "--path-output", output]
    done = subprocess.run(
        [*map(str, command), "-W", "-n", "--keep-going"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return Built(
        done.returncode, COLOUR.sub("", done.stdout), output / "_build" / "html"
    )


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The whole book."""
    return build(ROOT, tmp_path_factory.mktemp("book"))


@pytest.fixture
def pages(site: Built) -> Path:
    """The folder of the whole book's pages; fails if they did not build."""
    if site.returncode:
        pytest.fail(f"the book does not build:\n{site.tail}", pytrace=False)
    return site.html


@dataclass(frozen=True)
class SmallBook:
    """A book of one page under the real configuration, quick to build."""

    root: Path

    def build(self, chapter: str) -> Built:
        (self.root / "book" / "small.md").write_text(chapter, encoding="utf-8")
        return build(self.root, self.root)


@pytest.fixture
def small_book(tmp_path: Path) -> SmallBook:
    for part in PARTS:
        source, target = ROOT / part, tmp_path / part
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    toc = "format: jb-book\nroot: book/small\n"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    return SmallBook(tmp_path)
