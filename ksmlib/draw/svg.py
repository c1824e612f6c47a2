"""A scene as one SVG element, to stand in a page or by itself.

Colours are custom properties: they follow the page's theme
(``html[data-theme]``, JupyterLab's too), or else what the reader's system
prefers. No script, no id, nothing fetched.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ksmlib.draw.data import Matrix
from ksmlib.draw.matrix_scene import matrix_scene
from ksmlib.draw.palette import DARK, LIGHT, Palette
from ksmlib.draw.scene import state_scene
from ksmlib.draw.shapes import Box, Data, Label, Link, Scene, Symbol
from ksmlib.draw.strokes import (
    Stroke,
    arrow_head,
    pattern_strokes,
    symbol_strokes,
)
from ksmlib.draw.tree import TreeView
from ksmlib.draw.tree_scene import tree_scene
from ksmlib.draw.view import WalkView
from ksmlib.history.state import State

#: On a wide page a unit is this many pixels.
SCALE = 1.3

_CLASS = "ksm-scene"

_RULES = """
.ksm-scene{display:block;max-width:100%;height:auto;overflow:visible}
.ksm-scene text{font-family:system-ui,"Segoe UI",Roboto,"Helvetica Neue",
"DejaVu Sans",Arial,sans-serif;dominant-baseline:central;fill:var(--t-normal)}
.ksm-scene path{fill:none;stroke:var(--line);stroke-linecap:round;
stroke-linejoin:round}
.ksm-scene .n-fill{fill:none}
.ksm-scene .n-stroke{stroke:none}
.ksm-scene .m-changed{stroke:var(--t-changed);stroke-width:2}
.ksm-scene .b-panel.m-changed{stroke-width:1.2}
.ksm-scene .v-missed{stroke:var(--t-missed);stroke-width:3}
.ksm-scene .v-found{stroke:var(--t-found);stroke-width:1.6}
.ksm-scene path.s-found{stroke:var(--t-found);stroke-width:2.4}
.ksm-scene path.s-missed{stroke:var(--t-missed);stroke-width:2.8}
"""


def _properties(palette: Palette) -> str:
    said = [f"--line:{palette.line}"]
    for style, paint in palette.paints.items():
        said.append(f"--f-{style}:{paint.fill or 'none'}")
        said.append(f"--s-{style}:{paint.stroke or 'none'}")
        if paint.ink:
            said.append(f"--i-{style}:{paint.ink}")
    said += [f"--t-{tone}:{colour}" for tone, colour in palette.tones.items()]
    return ";".join(said)


def _box_rules() -> str:
    rules = []
    for style, paint in LIGHT.paints.items():
        dashed = ";stroke-dasharray:3 2.5" if paint.dashed else ""
        rules.append(
            f".{_CLASS} .b-{style}{{fill:var(--f-{style});stroke:var(--s-{style});"
            f"stroke-width:{paint.width:g}{dashed}}}"
        )
        if paint.pattern:
            rules.append(f".{_CLASS} path.i-{style}{{stroke:var(--i-{style})}}")
    rules += [f".{_CLASS} .t-{tone}{{fill:var(--t-{tone})}}" for tone in LIGHT.tones]
    return "\n".join(rules)


def stylesheet() -> str:
    """The style of every picture; each carries it, so that it can stand alone."""
    light, dark = _properties(LIGHT), _properties(DARK)
    return (
        f".{_CLASS}{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{.{_CLASS}{{{dark}}}}}\n"
        f"html[data-theme=light] .{_CLASS},"
        f"body[data-jp-theme-light=true] .{_CLASS}{{{light}}}\n"
        f"html[data-theme=dark] .{_CLASS},"
        f"body[data-jp-theme-light=false] .{_CLASS}{{{dark}}}\n"
        f"@media print{{.{_CLASS}.{_CLASS}.{_CLASS}{{{light}}}}}\n"
        f"{_box_rules()}{_RULES}"
    )


def scene_svg(scene: Scene, styled: bool = True) -> str:
    """A whole SVG element; if not ``styled``, the page has the stylesheet."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{_CLASS}" role="img"'
        f' viewBox="0 0 {scene.width:g} {scene.height:g}"'
        f' width="{scene.width * SCALE:g}" height="{scene.height * SCALE:g}"'
        f' aria-label="{escape(scene.alt)}"{_data(scene.data)}>',
        f"<title>{escape(scene.title)}</title>",
        f"<desc>{escape(scene.alt)}</desc>",
        *([f"<style>{stylesheet()}</style>"] if styled else []),
    ]
    parts += map(_box, scene.boxes)
    parts += map(_link, (link for link in scene.links if link.points))
    parts += map(_symbol, scene.symbols)
    parts += map(_label, scene.labels)
    return "\n".join([*parts, "</svg>"])


def state_svg(
    state: State,
    before: State | None = None,
    walk: WalkView | None = None,
    *beside: WalkView,
) -> str:
    """A state as SVG; see ``ksmlib.draw.scene.state_scene()``."""
    return scene_svg(state_scene(state, before, walk, *beside))


def tree_svg(tree: TreeView) -> str:
    """A tree as SVG; see ``ksmlib.draw.tree_scene.tree_scene()``."""
    return scene_svg(tree_scene(tree))


def matrix_svg(matrix: Matrix) -> str:
    """A matrix as SVG; see ``ksmlib.draw.matrix_scene``."""
    return scene_svg(matrix_scene(matrix))


def _data(data: Data) -> str:
    """For a script; what the picture means is also said in words."""
    return "".join(f' data-{name}="{escape(str(value))}"' for name, value in data)


def _box(box: Box) -> str:
    classes = [f"b-{box.style}"]
    if box.mark in ("+", "~"):
        classes.append("m-changed")
    if box.verdict:
        classes.append(f"v-{box.verdict}")
    place = f'x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'
    title = f"<title>{escape(box.title)}</title>" if box.title else ""
    place += f' rx="2"{_data(box.data)}'
    pattern = LIGHT.paints[box.style].pattern
    if not pattern:
        return f'<rect class="{" ".join(classes)}" {place}>{title}</rect>'
    ink = _path(f"i-{box.style}", pattern_strokes(box, pattern))
    outline = f'<rect class="{" ".join([*classes, "n-fill"])}" {place}/>'
    filled = f'<rect class="b-{box.style} n-stroke" {place}/>'
    return f"<g>{title}{filled}{ink}{outline}</g>"


def _path(classes: str, strokes: Iterable[Stroke]) -> str:
    d = "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in stroke) for stroke in strokes
    )
    return f'<path class="{classes}" d="{d}"/>'


def _link(link: Link) -> str:
    strokes: list[Stroke] = [link.points]
    if link.arrow:
        strokes.append(arrow_head(link.points))
    return _path(link.kind, strokes)


def _symbol(symbol: Symbol) -> str:
    return _path(f"s-{symbol.kind}", symbol_strokes(symbol))


def _label(label: Label) -> str:
    anchor = "" if label.anchor == "start" else f' text-anchor="{label.anchor}"'
    weight = ' font-weight="600"' if label.bold else ""
    turn = f' transform="rotate(-90 {label.x:g} {label.y:g})"' if label.upwards else ""
    return (
        f'<text class="t-{label.tone}" x="{label.x:g}" y="{label.y:g}"'
        f' font-size="{label.size:g}"{anchor}{weight}{turn}{_data(label.data)}>'
        f"{escape(label.text)}</text>"
    )
