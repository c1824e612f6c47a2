"""Ship a Python for the browser with the site, for the pages with a widget.

``_static/pyodide-VERSION/`` is the core of Pyodide that ``make env`` has fetched;
``_static/ksm-DIGEST/`` is the rest: ksmlib as a zip, the front end, the scripts
of ``book/_live/``, and in ``named/`` the named histories as drawn here, so that a
link to one shows it before Python runs. The names of the folders change with what
is inside, so that a cache never mixes two editions of the book. ``index.html`` at
the top hands links that hold a history to the page with the builder.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

import ksmlib
from ksmlib.history.named import named_histories
from ksmlib.widgets.live import answer
from ksmlib.widgets.page import ESM, front_end

LIVE = Path(__file__).parents[1] / "_live"
PACKAGE = Path(ksmlib.__file__).parent
PYODIDE = Path(sys.prefix) / "share" / "pyodide"
# What the controller of a widget needs.
ROOMS = ("mm", "designs", "history", "report", "draw", "repro", "widgets")
PARTS = (".py", ".txt", ".c")
BUILDER = "book/your-own-history.html"
INDEX = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<script src="_static/{ksm}/ksm-index.js" data-first="{first}"
  data-builder="{builder}"></script>
<noscript><meta http-equiv="refresh" content="0; url={first}"></noscript>
</head>
<body><a href="{first}">{title}</a></body>
</html>
"""

NOTICE = """\
Pyodide {version}: CPython, and what joins it to a browser.

Pyodide is under the Mozilla Public License 2.0, https://mozilla.org/MPL/2.0/.
Its source: https://github.com/pyodide/pyodide, tag {version}.
CPython is under the PSF License, https://docs.python.org/3/license.html.

The files here are as published, but for two names (.mjs is .js here) and for
python_stdlib.zip: its modules are compiled, and those that no page needs are
left out.
"""


@cache
def about() -> dict[str, Any]:
    """Which Pyodide was fetched."""
    try:
        text = (PYODIDE / "about.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ExtensionError(f"no Pyodide in {PYODIDE}; `make env` gets it") from None
    found: dict[str, Any] = json.loads(text)
    return found


def library() -> bytes:
    """ksmlib as a zip: the same bytes whenever it is made."""
    found = [PACKAGE / "__init__.py"]
    for room in ROOMS:
        found += (f for f in (PACKAGE / room).rglob("*") if f.suffix in PARTS)
    out = BytesIO()
    with ZipFile(out, "w") as files:
        for file in sorted(found):
            name = f"ksmlib/{file.relative_to(PACKAGE).as_posix()}"
            entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            files.writestr(entry, file.read_bytes(), ZIP_DEFLATED, 9)
    return out.getvalue()


@cache
def ours() -> dict[str, bytes]:
    """What goes into ``_static/ksm-DIGEST/``, by name."""
    scripts = {file.name: file.read_bytes() for file in sorted(LIVE.glob("*.js"))}
    drawn = {f"named/{name}.json": drawn_for_links(name) for name in named_histories()}
    return {**scripts, ESM: front_end().encode(), "ksmlib.zip": library(), **drawn}


def drawn_for_links(name: str) -> bytes:
    """What Python in the page answers for a history, for links that hold its name."""
    asked = {"op": "create", "widget": name, "kind": "history", "kw": {"history": name}}
    return answer(json.dumps(asked)).encode()


def folders() -> tuple[str, str]:
    """The two folders, below ``_static/``."""
    digest = hashlib.sha256()
    for name, data in ours().items():
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return f"pyodide-{about()['version']}", f"ksm-{digest.hexdigest()[:8]}"


def script(root: str) -> str:
    """What a page with a widget loads. ``root`` leads from the page to the site."""
    pyodide, ksm = folders()
    fetched = ("pyodide.asm.wasm", "python_stdlib.zip")
    live = {
        "pyodide": f"../{pyodide}/",
        "info": about()["info"],
        "bytes": len(ours()["ksmlib.zip"])
        + sum((PYODIDE / name).stat().st_size for name in fetched),
        "site": root or "./",
    }
    return (
        f'<script defer src="{root}_static/{ksm}/ksm-start.js"'
        f' data-live="{escape(json.dumps(live))}"></script>'
    )


def wake(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add the script to the pages with a widget, and to no other."""
    body = context.get("body") or ""
    if app.builder.name == "html" and 'class="ksm-live"' in body:
        context["body"] = body + script("../" * pagename.count("/"))


def ship(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    pyodide, ksm = (Path(app.outdir, "_static", name) for name in folders())
    for folder in (pyodide, ksm):
        folder.mkdir(parents=True, exist_ok=True)
    for file in PYODIDE.iterdir():
        if file.suffix in (".mjs", ".wasm", ".zip"):
            # Many hosts do not know .mjs, and send it as what no browser runs.
            shutil.copyfile(file, pyodide / file.name.replace(".mjs", ".js"))
    notice = NOTICE.format(version=about()["version"])
    (pyodide / "LICENSE.txt").write_text(notice, encoding="utf-8")
    for name, data in ours().items():
        (ksm / name).parent.mkdir(exist_ok=True)
        (ksm / name).write_bytes(data)
    first = f"{app.config.root_doc}.html"
    title = escape(app.config.project)
    index = INDEX.format(title=title, ksm=ksm.name, first=first, builder=BUILDER)
    Path(app.outdir, "index.html").write_text(index, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", wake)
    # Before sphinx_external_toc (500), which writes an index.html if there is none.
    app.connect("build-finished", ship, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
