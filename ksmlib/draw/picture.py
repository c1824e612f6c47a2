"""Pictures as a notebook shows them: HTML that fits a light and a dark page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from itertools import chain
from typing import TYPE_CHECKING

from ksmlib.draw.alt import matrix_alt, state_alt, tree_alt
from ksmlib.draw.ascii import state_ascii
from ksmlib.draw.data import Matrix
from ksmlib.draw.svg import matrix_svg, state_svg, tree_svg
from ksmlib.draw.tree import TreeView
from ksmlib.draw.view import WalkView
from ksmlib.history.diff import differences
from ksmlib.history.state import State
from ksmlib.report.text import folded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Which of two pictures a page shows, where the page's own style does not say.
_STYLE = (
    "<style>img.ksm-light,img.ksm-dark{max-width:100%;height:auto}"
    ".ksm-dark{display:none}"
    "@media (prefers-color-scheme:dark){.ksm-light{display:none}"
    ".ksm-dark{display:block}}"
    "html[data-theme=light] .ksm-light,"
    "body[data-jp-theme-light=true] .ksm-light,"
    "html[data-theme=dark] .ksm-dark,"
    "body[data-jp-theme-light=false] .ksm-dark{display:block}"
    "html[data-theme=light] .ksm-dark,"
    "body[data-jp-theme-light=true] .ksm-dark,"
    "html[data-theme=dark] .ksm-light,"
    "body[data-jp-theme-light=false] .ksm-light{display:none}"
    "@media print{.ksm-light.ksm-light.ksm-light{display:block}"
    ".ksm-dark.ksm-dark.ksm-dark{display:none}}</style>"
)


@dataclass(frozen=True)
class Picture:
    """A picture, what it shows in words, and where it can be drawn so, as text.

    A terminal and the plain text of a chapter show the text, or else the words.
    """

    html: str
    alt: str
    text: str = ""

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text or "\n".join(folded(f"[Picture: {self.alt}]", 0))


def state_picture(
    state: State,
    before: State | None = None,
    walk: WalkView | None = None,
    *beside: WalkView,
) -> Picture:
    """A state; see ``ksmlib.draw.scene.state_scene()``."""
    alt = state_alt(state, before, walk, *beside)
    text = state_ascii(state, walk)
    if before is not None:
        changes = [folded(line, 4, "  ") for line in differences(before, state)]
        text = "\n".join([text, "", "changed", *chain(*changes)])
    return Picture(state_svg(state, before, walk, *beside), alt, text)


def tree_picture(tree: TreeView) -> Picture:
    """An interval tree."""
    return Picture(tree_svg(tree), tree_alt(tree))


def matrix_picture(matrix: Matrix, text: str = "") -> Picture:
    """Designs against histories; ``text`` is the same for a terminal."""
    return Picture(matrix_svg(matrix), matrix_alt(matrix), text)


def figure_picture(draw: Callable[[bool], Figure], alt: str, text: str = "") -> Picture:
    """What matplotlib draws, once for light pages and once for dark ones.

    ``draw`` takes whether the page is dark, as the functions of
    ``ksmlib.draw.figure`` do.
    """
    # Only who asks for matplotlib pays for it.
    from ksmlib.draw.figure import figure_svg

    images = ""
    for name, dark in (("ksm-light", False), ("ksm-dark", True)):
        data = b64encode(figure_svg(draw(dark)).encode()).decode()
        images += (
            f'<img class="{name}" alt="{escape(alt)}"'
            f' src="data:image/svg+xml;base64,{data}">'
        )
    return Picture(f"{_STYLE}{images}", alt, text)
