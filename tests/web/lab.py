"""A JupyterLab of its own, with a notebook that holds the widget."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat

SECONDS = 120


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook for the kernel of this environment."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    code = [nbformat.v4.new_code_cell(text) for text in cells]
    notebook = nbformat.v4.new_notebook(cells=code, metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)


@contextmanager
def jupyter_lab(folder: Path) -> Iterator[str]:
    """The address of a server for as long as the ``with`` lasts.

    It serves ``folder``, on a port that is free, to this machine, and keeps
    what it keeps in there, too.
    """
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
    }
    env = {name: str(folder / f".{place}") for name, place in places.items()}
    options = [f"--ServerApp.root_dir={folder}", "--ServerApp.port=0"]
    options += ["--IdentityProvider.token=", "--no-browser", "--allow-root"]
    log = folder / ".log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env={**os.environ, **env},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _address(process, folder / ".runtime", log)
    finally:
        process.terminate()
        process.wait(SECONDS)


def _address(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Where it listens, once it does."""
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        for file in runtime.glob("jpserver-*.json"):
            return str(json.loads(file.read_text("utf-8"))["url"])
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab does not start:\n{log.read_text('utf-8')}")
