"""The same widget in JupyterLite, to measure against: lite.py FOLDER.

Builds the site into FOLDER/site, with the Pyodide that the book ships; what it
installs goes into FOLDER, too. Not part of the book, nor of any test.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

from tests.built import ROOT

sys.path.insert(0, str(ROOT / "tools" / "pyodide"))
from fetch import download, unpack

TOOLS = ["jupyterlite-core==0.8.6", "jupyterlite-pyodide-kernel==0.8.6"]
TOOLS += ["jupyter-server==2.21.1", "ipywidgets==8.1.9", "anywidget==0.11.0"]
# What the kernel and the widget need; comes as wheels for any platform.
WHEELS = """
anywidget==0.11.0 asttokens==3.0.2 comm==0.2.3 decorator==5.3.1 executing==2.3.0
ipython==9.18.1 ipython-pygments-lexers==1.1.1 ipywidgets==8.1.9 jedi==0.20.1
jupyterlab-widgets==3.0.17 matplotlib-inline==0.2.2 micropip==0.11.1 parso==0.8.7
prompt-toolkit==3.0.53 psygnal==0.16.1 pure-eval==0.2.4 pygments==2.21.0
stack-data==0.6.3 traitlets==5.16.1 typing-extensions==4.16.0 wcwidth==0.9.4
widgetsnbextension==4.0.16
"""
KERNEL = ["ipykernel", "pyodide_kernel", "piplite"]
DEPENDS = {
    "ipython": "asttokens decorator executing ipython-pygments-lexers jedi"
    " matplotlib-inline prompt-toolkit pygments stack-data traitlets",
    "jedi": "parso",
    "prompt-toolkit": "wcwidth",
    "stack-data": "pure-eval",
    "ipywidgets": "comm ipython traitlets",
    "anywidget": "ipywidgets psygnal typing-extensions",
    "ksmlib": "anywidget",
}
LOADED = ["ipykernel", "comm", "pyodide-kernel", "ipython", "ipywidgets", "anywidget"]
NOTEBOOK = "from ksmlib.widgets import HistoryBuilder\nHistoryBuilder('moved')"


def run(*command: object, cwd: Path | None = None) -> None:
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd=cwd)


def entry(wheel: Path) -> dict[str, object]:
    """What Pyodide's lock file says of a wheel."""
    name, version = wheel.name.split("-")[:2]
    key = re.sub("[-_.]+", "-", name).lower()
    with ZipFile(wheel) as files:
        tops = {file.split("/")[0].removesuffix(".py") for file in files.namelist()}
    imports = sorted(t for t in tops if not t.endswith((".dist-info", ".data")))
    return {
        "name": key,
        "version": version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": imports,
        "depends": DEPENDS.get(key, "").split(),
        "unvendored_tests": False,
    }


def collect(folder: Path, wheels: Path, source: Path) -> None:
    """Pyodide and all wheels, with a lock file that names them."""
    python = folder / "venv" / "bin" / "python"
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    any_platform = ["--only-binary=:all:", "--python-version", "3.14", "--abi", "none"]
    any_platform += ["--implementation", "py", "--platform", "any"]
    run(*pip, "download", "--no-deps", *any_platform, "-d", wheels, *WHEELS.split())
    run(*pip, "wheel", "--no-deps", "-w", wheels, source)
    unpack(download(folder), wheels)  # with the whole library: a kernel needs it
    extension = "@jupyterlite/pyodide-kernel-extension/static/pypi"
    shipped = folder / "venv" / "share" / "jupyter" / "labextensions" / extension
    for name in KERNEL:
        shutil.copy(next(shipped.glob(f"{name}-*.whl")), wheels)
    info = json.loads((wheels / "about.json").read_text("utf-8"))["info"]
    entries = [entry(wheel) for wheel in sorted(wheels.glob("*.whl"))]
    lock = {"info": info, "packages": {e["name"]: e for e in entries}}
    (wheels / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")


def notebook() -> str:
    cell = {"cell_type": "code", "id": "a", "execution_count": None, "metadata": {}}
    cell |= {"outputs": [], "source": NOTEBOOK}
    kernel = {"name": "python", "display_name": "Python", "language": "python"}
    meta = {"kernelspec": kernel}
    book = {"cells": [cell], "metadata": meta, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book)


def configure(site: Path) -> None:
    """Let the kernel take all it needs from the site, and start with it."""
    file = site / "jupyter-lite.json"
    config = json.loads(file.read_text("utf-8"))
    plugins = config["jupyter-config-data"].setdefault("litePluginSettings", {})
    kernel = plugins.setdefault("@jupyterlite/pyodide-kernel-extension:kernel", {})
    kernel["disablePyPIFallback"] = True
    kernel["pyodideUrl"] = "./static/pyodide/pyodide.mjs"
    kernel["loadPyodideOptions"] = {"packages": [*LOADED, "ksmlib"]}
    file.write_text(json.dumps(config), "utf-8")


def build(folder: Path) -> Path:
    """The site; what was installed before is used again."""
    site = folder / "site"
    if not (folder / "venv").is_dir():
        venv.create(folder / "venv", with_pip=True)
        pip = folder / "venv" / "bin" / "pip"
        pins = ["-c", ROOT / "constraints.txt"]
        run(pip, "install", "--quiet", "--disable-pip-version-check", *pins, *TOOLS)
    lite = folder / "lite"
    shutil.rmtree(lite, ignore_errors=True)
    shutil.rmtree(site, ignore_errors=True)
    wheels = lite / "static" / "pyodide"
    wheels.mkdir(parents=True)
    source = folder / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    for part in ("ksmlib", "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, source / part)
    collect(folder, wheels, source)
    contents = lite / "contents"
    contents.mkdir()
    (contents / "one.ipynb").write_text(notebook(), "utf-8")
    jupyter = folder / "venv" / "bin" / "jupyter"
    options = ["--apps", "notebooks", "--no-sourcemaps", "--no-unused-shared-packages"]
    where = ["--lite-dir", lite, "--contents", contents, "--output-dir", site]
    run(jupyter, "lite", "build", "--force", *where, *options, cwd=folder)
    configure(site)
    return site


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print(build(parser.parse_args().folder.resolve()))
