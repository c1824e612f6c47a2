"""SVG for pages: well-formed, harmless, described, readable in grey."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from ksmlib.draw.ascii import curve_ascii, state_ascii
from ksmlib.draw.data import Cell, Matrix, Series
from ksmlib.draw.palette import DARK, LIGHT, Palette, contrast, luminance
from ksmlib.draw.picture import (
    Picture,
    figure_picture,
    matrix_picture,
    state_picture,
    tree_picture,
)
from ksmlib.draw.shapes import Box, Style, Symbol
from ksmlib.draw.strokes import arrow_head, pattern_strokes, symbol_strokes
from ksmlib.draw.svg import matrix_svg, state_svg, stylesheet, tree_svg
from ksmlib.draw.tree import TreeView
from ksmlib.draw.view import WalkView
from ksmlib.history.diff import differences

from .cases import FULL_BOARD, endings, every_step, final, hostile

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '"><script>alert(1)</script>&amp;$x^2$'
ELEMENTS = {
    SVG + name
    for name in ("svg", "title", "desc", "style", "g", "rect", "path", "text")
}


def pictures() -> list[str]:
    cases = [*every_step()[::5], *endings()[::7]]
    return [state_svg(case.state, case.before, case.walk) for case in cases]


def test_well_formed_and_nothing_but_shapes() -> None:
    for svg in pictures():
        root = ElementTree.fromstring(svg)
        assert {element.tag for element in root.iter()} <= ELEMENTS
        assert root.get("role") == "img"
        assert root.find(f"{SVG}title") is not None
        assert root.findtext(f"{SVG}desc") == root.get("aria-label") != ""
        for element in root.iter():
            for name, value in element.attrib.items():
                assert not name.startswith("on") and "href" not in name
                assert "url(" not in value and "://" not in value
    assert "url(" not in stylesheet() and "@import" not in stylesheet()


@pytest.mark.parametrize("evil", [EVIL, "</style><img src=x onerror=1>", "\u202e'\"&"])
def test_hostile_names_stay_text(evil: str) -> None:
    state = hostile(final(FULL_BOARD), evil)
    name, page = f"B{evil}", 12
    walk = WalkView(evil, f"f2{evil}", (), ((name, page),))
    for before in (None, final(FULL_BOARD)):
        root = ElementTree.fromstring(state_svg(state, before, walk))
        assert {element.tag for element in root.iter()} <= ELEMENTS
        assert evil in (root.findtext(f"{SVG}desc") or "")


def test_hostile_names_in_trees_and_matrices() -> None:
    for svg in (
        tree_svg(TreeView(EVIL, ())),
        matrix_svg(Matrix((EVIL,), (EVIL,), {(EVIL, EVIL): Cell(1, 2)})),
    ):
        root = ElementTree.fromstring(svg)
        assert {element.tag for element in root.iter()} <= ELEMENTS
        assert EVIL in (root.findtext(f"{SVG}desc") or "")


def test_it_shrinks_with_the_page_and_stays_readable() -> None:
    svg = state_svg(final("A mmap 0+2; A write 0+2 x"))
    assert "max-width:100%;height:auto" in svg
    root = ElementTree.fromstring(svg)
    width = float((root.get("viewBox") or "").split()[2])
    sizes = {float(text.get("font-size") or 0) for text in root.iter(f"{SVG}text")}
    assert min(sizes) * 358 / width >= 10, "on a phone of 390 pixels"


def test_the_named_histories_are_not_wider_than_a_phone_can_show() -> None:
    for case in endings():
        root = ElementTree.fromstring(state_svg(case.state, case.before, case.walk))
        width = float((root.get("viewBox") or "").split()[2])
        assert width <= (430 if case.name.startswith("full-board") else 400)


def test_both_themes_name_every_colour() -> None:
    assert set(LIGHT.paints) == set(DARK.paints)
    assert set(LIGHT.tones) == set(DARK.tones)
    for style in LIGHT.paints:
        light, dark = LIGHT.paints[style], DARK.paints[style]
        assert (light.pattern, light.dashed) == (dark.pattern, dark.dashed)
        assert bool(light.fill) == bool(dark.fill)
    sheet = stylesheet()
    used = set(re.findall(r"var\(--([\w-]+)\)", sheet))
    said = set(re.findall(r"--([\w-]+):", sheet))
    assert used <= said
    for selector in (
        "prefers-color-scheme:dark",
        "html[data-theme=dark]",
        "@media print",
    ):
        assert selector in sheet


#: Styles that carry text, with the ground below those that are not filled.
TEXT_ON: tuple[Style, ...] = (
    "vma", "empty", "anon", "ksm", "file", "zero", "item", "stale", "gone", "panel",
    "window", "band", "node", "looked", "hit", "pruned", "found_all", "missed_some",
)  # fmt: skip


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(palette: Palette) -> None:
    for style in TEXT_ON:
        paint = palette.paints[style]
        for ground in (paint.fill or palette.ground, paint.ink):
            if ground:
                text = palette.tones["gone" if style == "gone" else "normal"]
                need = 3.0 if style == "gone" else 4.5
                assert contrast(text, ground) >= need, style
    for tone, colour in palette.tones.items():
        grounds = [palette.ground, palette.paints["panel"].fill]
        grounds += [palette.paints["ksm"].fill] if tone in ("found", "missed") else []
        for ground in grounds:
            need = 4.0 if ground == palette.paints["ksm"].fill else 4.5
            assert contrast(colour, ground) >= need, (tone, ground)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_kinds_differ_in_grey(palette: Palette) -> None:
    """By lightness, by pattern, or by a dashed outline."""
    for group in (
        ("anon", "ksm", "file", "zero", "empty", "gone"),
        ("avc", "address", "window"),
        ("item", "stale", "gone"),
        ("hit", "looked", "pruned", "node"),
        ("found_all", "missed_some", "nothing"),
    ):
        seen: list[tuple[float, str, bool, float]] = []
        for style in group:
            paint = palette.paints[style]  # type: ignore[index]
            grey = luminance(paint.fill or palette.ground)
            look = (grey, paint.pattern, paint.dashed, paint.width)
            for other in seen:
                lighter = abs(other[0] - look[0]) >= 0.1
                assert lighter or other[1:] != look[1:], (style, group)
            seen.append(look)


def test_luminance_is_that_of_wcag() -> None:
    assert luminance("#000000") == 0
    assert luminance("#ffffff") == pytest.approx(1)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("pattern", ["stripes", "back", "dots"])
def test_patterns_stay_inside_their_box(pattern: str) -> None:
    for box in (Box("a", "page", 13, 7, 21, 50), Box("b", "page", 100, 200, 90, 18)):
        strokes = pattern_strokes(box, pattern)  # type: ignore[arg-type]
        assert len(strokes) > 3
        for stroke in strokes:
            for x, y in stroke:
                assert box.x - 0.01 <= x <= box.right + 0.01
                assert box.y - 0.01 <= y <= box.bottom + 0.01
    assert pattern_strokes(box, "") == []


def test_arrows_point_at_their_end() -> None:
    one, tip, other = arrow_head(((0, 0), (10, 0)))
    assert tip == (10, 0) and one[0] < 10 and one[1] == -other[1]
    assert len(symbol_strokes(Symbol("missed", 5, 5))) == 2
    assert len(symbol_strokes(Symbol("found", 5, 5))) == 1


def test_pictures_for_notebooks() -> None:
    state = final("A mmap 0+2; A write 0+2 x")
    picture = state_picture(state)
    assert picture._repr_html_() == state_svg(state)
    assert repr(picture) == picture.text == state_ascii(state)
    assert isinstance(tree_picture(TreeView("av1", ())), Picture)
    matrix = Matrix(("full",), ("merged",), {("full", "merged"): Cell(2, 0)})
    assert "found all of 2" in matrix_picture(matrix).html


def test_pictures_for_terminals() -> None:
    before, after = final("A mmap 0+2"), final("A mmap 0+2; A write 0+2 x")
    changed = repr(state_picture(after, before)).partition("\n\nchanged\n  ")[2]
    assert changed
    assert changed.replace("\n    ", " ").split("\n  ") == differences(before, after)
    tree = tree_picture(TreeView("av1", ()))
    assert repr(tree) == f"[Picture: {tree.alt}]"
    points = tuple((10.0**n, 2 * 10.0**n) for n in range(5))
    lines = curve_ascii([Series("full", points)], "VMAs", "visits").splitlines()
    assert lines[:2] == ["visits, by VMAs", "  full"]
    assert lines[2] == "    1: 2  10: 20  100: 200  1,000: 2,000  10,000: 20,000"


def test_a_figure_is_shown_light_or_dark() -> None:
    from ksmlib.draw.figure import state_figure

    state = final("A mmap 0+2; A write 0+2 x")
    picture = figure_picture(lambda dark: state_figure(state, dark=dark), "A & <B>")
    again = figure_picture(lambda dark: state_figure(state, dark=dark), "A & <B>")
    assert picture == again
    images = re.findall(r"<img [^>]+>", picture.html)
    assert ["ksm-light" in image for image in images] == [True, False]
    assert len({re.search(r'src="([^"]+)"', image)[1] for image in images}) == 2  # type: ignore[index]
    assert all('alt="A &amp; &lt;B&gt;"' in image for image in images)
    assert "http" not in re.sub(r'src="[^"]+"', "", picture.html)
