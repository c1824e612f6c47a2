"""Refuse equations: the first one would load MathJax from another host.

The book must read the same from a plain file host without a network. It has no
equations; a page that gains one fails the strict build here, and then MathJax
has to move into the site first (``mathjax_path``).
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


def refuse_math(app: Sphinx, doctree: nodes.document) -> None:
    for kind in (nodes.math, nodes.math_block):
        for node in doctree.findall(kind):
            logger.warning(
                "an equation would load MathJax from another host: "
                "write it as text, or serve MathJax from the site",
                location=node,
            )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", refuse_math)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
