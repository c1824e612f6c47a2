"""Designs beside each other, and histories beside each other."""

from __future__ import annotations

import pytest

from ksmlib.site import HOME

from .reader import ORIGIN, PHONE, Opened, Widget

COMPARE = "Compare designs, step by step"


def check(widget: Widget, design: str) -> None:
    """Tab to a design and tick it, or not."""
    widget.tab_to(widget.field(design))
    widget.press("Space")


def rows(widget: Widget) -> list[list[str]]:
    table = widget.page.locator(".ksm-by-step")
    return [
        [" ".join(cell.inner_text().split()) for cell in row.locator("th, td").all()]
        for row in table.locator("tr").all()
    ]


def test_two_designs_step_by_step(opened: Opened) -> None:
    widget = opened(design="address")
    widget.push(COMPARE)
    assert not widget.field("address").is_visible()
    check(widget, "full")
    assert rows(widget)[0] == ["After step", "1: address", "2: full"]
    assert rows(widget)[1] == ["0 Start", *["\N{EN DASH} no KSM folio"] * 2]
    assert rows(widget)[7] == ["6 ksmd 2", "missed 1 of 2 first miss", "all 2"]
    firsts = widget.page.locator(".ksm-firsts li").all_inner_texts()
    assert firsts[0] == "address misses first at step 6: 1 of 2."
    assert "The walk of f2 by full finds all" in widget.alt
    assert widget.focused == "full" or widget.field("full").is_checked()
    check(widget, "full")
    assert rows(widget) == []


def test_the_table_goes_to_a_step_and_marks_where_it_is(opened: Opened) -> None:
    widget = opened(design="address", beside=["full"])
    assert widget.button(COMPARE).get_attribute("aria-expanded") == "true"
    widget.tab_to(widget.page.locator(".ksm-goto[value='3']"))
    widget.press("Enter")
    assert widget.caption.startswith("After step 3 of 6")
    here = widget.page.locator(".ksm-by-step tr[aria-current]")
    assert here.inner_text().startswith("3 A madvise 0+3 dontfork")
    assert widget.page.evaluate("document.activeElement.value") == "3"


def test_one_design_too_many_is_not_taken(opened: Opened) -> None:
    widget = opened(design="address", beside=["full", "derived", "by-index"])
    check(widget, "remap-bit")
    assert not widget.field("remap-bit").is_checked()
    assert widget.said == "At most 3 beside it."
    assert widget.messages == []


def test_the_design_on_show_changes_places(opened: Opened) -> None:
    widget = opened(design="address", beside=["full"])
    widget.choose(widget.field("Walk by"), "full")
    assert rows(widget)[0] == ["After step", "1: full", "2: address"]
    assert widget.field("address").is_checked()
    assert not widget.field("full").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_four_designs_fit_a_phone(opened: Opened, scheme: str) -> None:
    beside = ["remap-bit-anon-vma-fork", "derived-find-vma", "stored-vm-pgoff"]
    widget = opened("coincidence", width=PHONE, scheme=scheme, beside=beside)
    overflow = "document.scrollingElement.scrollWidth - innerWidth"
    assert widget.page.evaluate(overflow) <= 0
    table = widget.page.locator(".ksm-wide")
    assert table.evaluate("e => e.scrollWidth - e.clientWidth") <= 0


# Branches


def branches(widget: Widget) -> list[str]:
    group = widget.page.get_by_role("group", name="Branches")
    return [" ".join(b.split()) for b in group.get_by_role("button").all_inner_texts()]


def test_an_edit_of_the_past_shows_both_branches(opened: Opened) -> None:
    widget = opened()
    assert not widget.page.locator(".ksm-branches").is_visible()
    widget.tab_to(widget.page.locator("[aria-current=step]"))
    widget.press("ArrowLeft", "Delete")
    assert branches(widget) == [
        "1: mremap, 6 steps from step 5: A mremap 1+1 2", "2: 5 steps",
    ]  # fmt: skip
    widget.tab_to(widget.page.locator(".ksm-branch").first)
    widget.press("Enter")
    assert len(widget.operations) == 7
    assert branches(widget)[1] == "2: 5 steps from step 5: ksmd 2"
    assert widget.said.startswith("Branch 1. Step 5 of 6")
    assert widget.focused.startswith("1: mremap"), "the focus stays"
    here = widget.page.locator(".ksm-branch[aria-current=true]")
    assert here.inner_text().startswith("1: mremap")
    widget.press("Tab", "Enter")
    assert len(widget.operations) == 6


# Copying


def with_clipboard(widget: Widget) -> None:
    widget.page.evaluate(
        "() => { Object.defineProperty(navigator, 'clipboard',"
        " { value: { writeText: async (text) => { window.copied = text; } } }); }"
    )


@pytest.mark.parametrize("label", ["History", "Mail", "Python", "C"])
def test_what_is_copied_comes_from_python(opened: Opened, label: str) -> None:
    widget = opened(step=3)
    with_clipboard(widget)
    for _ in range(2):
        widget.push(f"Copy: {label}")
        copied = widget.controller.snapshot()["copied"]["text"]
        assert copied and widget.page.evaluate("window.copied") == copied
        assert widget.said == f"{label}: copied."
        widget.page.evaluate("window.copied = null")
    assert widget.focused == f"Copy: {label}"


def test_a_link_leads_to_this_page_or_where_the_host_says(opened: Opened) -> None:
    widget = opened("split", step=2, design="address")
    with_clipboard(widget)
    widget.push("Copy: Link")
    link = widget.controller.snapshot()["link"]
    assert link.startswith("#h=split&s=2&d=address&v=")
    assert widget.page.evaluate("window.copied") == ORIGIN + link
    widget.page.evaluate("home => window.models[0].set('page', home)", HOME)
    widget.push("Copy: Link")
    assert widget.page.evaluate("window.copied") == HOME + link


def test_without_a_clipboard_the_text_is_shown_selected(opened: Opened) -> None:
    widget = opened()
    # As on a page that is not secure.
    assert widget.page.evaluate("navigator.clipboard === undefined")
    widget.push("Copy: Mail")
    shown = widget.page.get_by_label("Mail: press Ctrl-C to copy, Escape to close")
    assert shown.input_value() == widget.controller.snapshot()["copied"]["text"]
    assert shown.evaluate("e => e === document.activeElement")
    assert (
        widget.page.evaluate(
            "() => { const e = document.activeElement;"
            " return e.value.slice(e.selectionStart, e.selectionEnd); }"
        )
        == shown.input_value()
    )
    widget.press("Escape")
    assert not shown.is_visible()
    assert widget.focused == "Copy: Mail"
    widget.press("Enter")
    widget.push("Close")
    assert widget.focused == "Copy: Mail"


def test_of_two_views_the_one_that_was_asked_copies(opened: Opened) -> None:
    widget = opened()
    widget.page.evaluate(
        "async () => { const { default: front } = await import('/history_builder.js');"
        " const el = document.createElement('div'); document.body.append(el);"
        " front.render({ model: window.models[0], el }); }"
    )
    widget.button("Copy: Mail").first.click()
    widget.settle()
    shown = widget.page.locator(".ksm-copied").all()
    assert [box.is_visible() for box in shown] == [True, False]


def test_what_is_typed_is_copied(opened: Opened) -> None:
    widget = opened("A mmap 0+4")
    with_clipboard(widget)
    widget.tab_to(widget.editor)
    widget.press("Control+End")
    widget.type("\nA exit")
    widget.button("Copy: History").evaluate("e => e.click()")
    widget.settle()
    assert widget.page.evaluate("window.copied") == "A mmap 0+4\nA exit\n"
