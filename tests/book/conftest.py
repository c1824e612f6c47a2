"""Small books of one page, quick to build."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.built import ROOT, Built, build, table_of_contents

__all__ = ["ROOT", "Built", "SmallBook", "table_of_contents"]

PARTS = ("_config.yml", "book/_ext", "book/_live", "book/_static")


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
