"""Fetch the Python that runs the model in a reader's browser: Pyodide's core.

What is fetched is pinned, with its hash, in ``requirements.txt``. Of the
standard library, which comes as source, a compiled copy is made: a browser
then needs 0.7 s to start Python, else 1.8 s.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

from playwright._impl._driver import compute_driver_executable

HERE = Path(__file__).parent
INSIDE = "flet_web/web/pyodide/"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")


def download(folder: Path) -> Path:
    """The wheel, in ``folder``; pip compares its hash."""
    command = [sys.executable, "-m", "pip", "download", "--quiet"]
    command += ["--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    command += ["--require-hashes", "-r", str(HERE / "requirements.txt")]
    subprocess.run([*command, "-d", str(folder)], check=True)
    [wheel] = folder.glob("flet_web*.whl")
    return wheel


def unpack(wheel: Path, target: Path) -> None:
    """Write the core, and what it says about itself, into ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    with ZipFile(wheel) as files:
        for name in CORE:
            (target / name).write_bytes(files.read(INSIDE + name))
        package = json.loads(files.read(f"{INSIDE}package.json"))
        lock = json.loads(files.read(f"{INSIDE}pyodide-lock.json"))
    # Of the list of packages, only what tells which Python this is.
    about = {"version": package["version"], "info": lock["info"]}
    (target / "about.json").write_text(json.dumps(about), encoding="utf-8")


def compile_library(target: Path) -> None:
    """Replace the library by a compiled copy; only Pyodide itself can make one."""
    node, _ = compute_driver_executable()  # a browser driver's own: no Node needed
    subprocess.run([node, str(HERE / "compile.mjs"), str(target)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    target = parser.parse_args().target
    with tempfile.TemporaryDirectory() as folder:
        unpack(download(Path(folder)), target)
    compile_library(target)


if __name__ == "__main__":
    main()
