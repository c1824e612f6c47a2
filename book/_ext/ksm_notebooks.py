"""Offer every chapter as a notebook in the page's download menu.

A chapter is a MyST notebook, that is, text. The theme puts an .ipynb into its
download menu if ``context["ipynb_source"]`` names a file below ``_sources``;
this extension writes that file. It is made from the chapter's text, without
outputs: small, the same on every build, and run by whoever opens it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jupytext
import nbformat
from docutils import nodes
from sphinx.application import Sphinx


def as_notebook(source: Path) -> str:
    """The notebook that ``source`` describes, as the text of an .ipynb."""
    notebook = jupytext.read(source, fmt="md:myst")
    notebook.metadata.pop("jupytext", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # jupytext's own are random
    # Widget outputs are never stored, and a reader may have any kernel name.
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def offer_notebook(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    if doctree is None or app.builder.format != "html":
        return
    source = Path(app.env.doc2path(pagename))
    if source.suffix != ".md":
        return
    name = f"{pagename}.ipynb"
    target = Path(app.outdir) / "_sources" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(as_notebook(source), encoding="utf-8")
    context["ipynb_source"] = name


def setup(app: Sphinx) -> dict[str, Any]:
    # Early: the theme builds its menu at the default priority, 500.
    app.connect("html-page-context", offer_notebook, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
