"""Building the book, for the tests that look at what comes out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def table_of_contents() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *(chapter["file"] for chapter in chapters)]


@dataclass(frozen=True)
class Built:
    """What came of one build."""

    returncode: int
    output: str
    html: Path

    @property
    def tail(self) -> str:
        return "\n".join(self.output.splitlines()[-60:])


def html_of(output: Path) -> Path:
    """Where a build leaves the pages."""
    return output / "_build" / "html"


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
    return Built(done.returncode, COLOUR.sub("", done.stdout), html_of(output))
