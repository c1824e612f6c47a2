"""Each room of ksmlib knows only those to its left (see CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ksmlib"

# What a room may import: other rooms, and packages from outside the standard
# library. A new room has to say here where it stands.
ROOMS: dict[str, set[str]] = {
    "mm": set(),
    "site": set(),
    "designs": {"mm"},
    "history": {"mm"},
    "report": {"mm", "designs", "history"},
    "explore": {"mm", "designs", "history", "report"},
    "repro": {"mm", "designs", "history", "report"},
    "oracle": {"mm", "designs", "history", "report", "explore", "repro"},
    "claims": {
        "mm",
        "designs",
        "history",
        "report",
        "explore",
        "oracle",
        "repro",
        "site",
    },
    "draw": {"mm", "designs", "history", "report"},
    "widgets": {"mm", "designs", "history", "report", "draw", "repro", "site"},
    "notebook": {"mm", "designs", "history", "report", "oracle", "draw"},
    "cli": {
        "mm",
        "designs",
        "history",
        "report",
        "explore",
        "oracle",
        "claims",
        "repro",
        "draw",
        "site",
    },
    "__main__": {"cli"},
    "__init__": set(),
}
OUTSIDE: dict[str, set[str]] = {
    "notebook": {"IPython"},
    "draw": {"matplotlib", "networkx"},
    "explore": {"distributed", "hypothesis"},
    "widgets": {"IPython", "anywidget", "ipywidgets", "traitlets"},
}


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(tree: ast.AST, package: list[str]) -> set[str]:
    """The dotted names of all modules that ``tree`` may import.

    ``package`` is the package of the module, for relative imports.
    """
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from ksmlib import mm` names the room in the list
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def trespasses(room: str, names: set[str]) -> list[str]:
    wrong = []
    for name in sorted(names):
        top, _, rest = name.partition(".")
        if top == "ksmlib":
            other = rest.partition(".")[0]
            if other in ROOMS and other != room and other not in ROOMS[room]:
                wrong.append(f"{room} must not know {other} ({name})")
        elif top not in sys.stdlib_module_names and top not in OUTSIDE.get(room, set()):
            wrong.append(f"{room} must not import {name}")
    return wrong


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_a_module_imports_only_from_its_left(file: Path) -> None:
    room = room_of(file)
    assert room in ROOMS, f"say in {Path(__file__).name} where {room} stands"
    package = list(file.relative_to(ROOT).parent.parts)
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    assert trespasses(room, imported(tree, package)) == []


@pytest.mark.parametrize(
    ("source", "room", "complaint"),
    [
        ("from ksmlib.designs import full", "mm", "mm must not know designs"),
        ("from ..draw import x", "mm", "mm must not know draw"),
        ("from .. import history", "designs", "designs must not know history"),
        ("def f():\n    import ksmlib.widgets", "cli", "cli must not know widgets"),
        ("import networkx as nx", "mm", "mm must not import networkx"),
    ],
)
def test_a_trespass_is_seen(source: str, room: str, complaint: str) -> None:
    [wrong] = trespasses(room, imported(ast.parse(source), ["ksmlib", room]))
    assert wrong.startswith(complaint)


@pytest.mark.parametrize(
    ("source", "room"),
    [
        ("from .types import Vma", "mm"),
        ("from ..mm import rmap", "designs"),
        ("import ksmlib.mm.rmap, dataclasses", "history"),
        ("import matplotlib.pyplot", "draw"),
    ],
)
def test_a_neighbour_is_welcome(source: str, room: str) -> None:
    assert trespasses(room, imported(ast.parse(source), ["ksmlib", room])) == []


def test_the_command_starts_without_the_drawing_packages() -> None:
    """They take a second to import, and a browser's Python lacks matplotlib."""
    program = """
import sys
import ksmlib.cli
heavy = {"IPython", "anywidget", "matplotlib", "networkx", "numpy"}
print(*sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
