"""What a picture is made of: plain data that any renderer can draw.

Lengths are in units of the picture; a renderer scales them. A box is known by
its ``id``, such as ``page:A:8``, and labels and links refer to it by that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

#: What a box stands for.
Kind = Literal[
    "process", "vma", "page", "rmap_item", "anon_vma", "avc", "address", "folio",
    "window", "node", "cell",
]  # fmt: skip

#: What a link says: the pointers of the kernel, and where things are drawn.
LinkKind = Literal[
    "contains", "maps", "avc_vma", "avc_anon_vma", "parent", "mapping", "item_page",
    "item_folio", "item_anon_vma", "filed", "edge",
]  # fmt: skip

#: How a box is filled: one name for each colour and pattern.
Style = Literal[
    "plain", "panel", "vma", "empty", "anon", "ksm", "file", "zero", "avc", "address",
    "window", "band", "item", "stale", "gone", "node", "looked", "hit", "pruned",
    "found_all", "missed_some", "nothing",
]  # fmt: skip

#: Since the state before: nothing, new, gone, changed.
Mark = Literal["", "+", "-", "~"]
Outcome = Literal["found", "missed"]
Verdict = Literal["", "found", "missed"]
Tone = Literal["normal", "strong", "muted", "changed", "gone", "found", "missed", "ask"]
Anchor = Literal["start", "middle", "end"]

#: What a script may look up on a page: names and values of data-* attributes.
Data = tuple[tuple[str, str | int | float], ...]

#: Type sizes: what is read first, and everything else.
LARGE, SIZE = 13.0, 11.5
#: From one line of text to the next.
LINE = 15.0


@dataclass(frozen=True)
class Box:
    """A rectangle; ``title`` says in words what it stands for."""

    id: str
    kind: Kind
    x: float
    y: float
    width: float
    height: float
    style: Style = "plain"
    mark: Mark = ""
    verdict: Verdict = ""
    title: str = ""
    data: Data = ()

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True)
class Label:
    """One line of text; ``y`` is the middle of the line."""

    text: str
    x: float
    y: float
    anchor: Anchor = "start"
    tone: Tone = "normal"
    size: float = SIZE
    bold: bool = False
    #: Read upwards, from ``x``, ``y`` on.
    upwards: bool = False
    data: Data = ()


@dataclass(frozen=True)
class Symbol:
    """A tick for what was found, a cross for what was missed."""

    kind: Outcome
    x: float
    y: float
    size: float = 10.0


@dataclass(frozen=True)
class Link:
    """A relation between two boxes; drawn along ``points`` if it has any."""

    kind: LinkKind
    source: str
    target: str
    points: tuple[tuple[float, float], ...] = ()
    arrow: bool = False


@dataclass(frozen=True)
class Scene:
    """A picture. Boxes are drawn first to last, then links, symbols, labels."""

    width: float
    height: float
    title: str
    alt: str
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    symbols: tuple[Symbol, ...]
    labels: tuple[Label, ...]
    data: Data = ()

    def box(self, box_id: str) -> Box:
        """The box of that id. Raises KeyError."""
        for box in self.boxes:
            if box.id == box_id:
                return box
        raise KeyError(box_id)


@dataclass
class Canvas:
    """A scene in the making; ``y`` is how far down it has come."""

    y: float = 0.0
    boxes: list[Box] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    symbols: list[Symbol] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def scene(self, width: float, title: str, alt: str, data: Data = ()) -> Scene:
        """What was drawn, without links to boxes that were left out."""
        known = {box.id for box in self.boxes}
        links = (
            link
            for link in self.links
            if link.points or (link.source in known and link.target in known)
        )
        return Scene(
            round(width, 1),
            round(self.y, 1),
            title,
            alt,
            tuple(self.boxes),
            tuple(links),
            tuple(self.symbols),
            tuple(self.labels),
            data,
        )
