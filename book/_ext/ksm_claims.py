"""Give every claim a page of its own, and a mark beside it in its chapter.

``k1/index.html`` is the page, so that any file host serves it at ``k1/``;
``k1/index.txt`` is exactly the block that ``ksmlib cite k1`` prints. In the chapter
the mark stands below the history of the claim, or else below the heading of its
place.

Pages are made only for a book with the list of claims in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sphinx.application import Sphinx

from ksmlib.claims import Claim, claims
from ksmlib.claims.block import block
from ksmlib.claims.bounds import Keeps, explored_with
from ksmlib.claims.evidence import evidence
from ksmlib.claims.program import with_program
from ksmlib.explore.text import bound_text
from ksmlib.history import History
from ksmlib.history.link import fragment
from ksmlib.notebook import show_picture
from ksmlib.site import EDITION

HERE = Path(__file__).parent
LIST = "book/claims"
BUILDER = "book/your-own-history.html"
SCRIPT = "_static/ksm-cite.js"
MUTANTS = HERE.parent / "data" / "mutants.json"
#: Above, a history is too long to be drawn, or to be put into a link.
MAX_OPERATIONS = 40


def page_of(id_: str) -> str:
    """The file of a claim's page, from the top of the site."""
    return f"{id_}/index.html"


# Marks in the chapters


def mark(claim: Claim, root: str) -> str:
    """A link to a claim's page; a script puts a button to copy its text beside."""
    title = f"Claim {claim.id}: {claim.statement}"
    return (
        f'<span class="ksm-cite-one" id="{claim.id}">'
        f'<a href="{root}{page_of(claim.id)}" title="{escape(title)}"'
        f' data-claim="{claim.id}" data-block="{escape(block(claim))}">'
        f"{claim.id}</a></span>"
    )


def marks(found: list[Claim], root: str) -> nodes.raw:
    """The marks of claims that have one place."""
    what = "Claim" if len(found) == 1 else "Claims"
    html = ", ".join(mark(claim, root) for claim in found)
    return nodes.raw("", f'<p class="ksm-cite">{what} {html}</p>', format="html")


def place(document: nodes.document, claim: Claim) -> tuple[nodes.Element, int] | None:
    """Where a mark goes: a parent, and a position among its children."""
    for node in document.findall(nodes.Element):
        if claim.chapter in node.get("ids", ()):
            break
    else:
        return None
    if not isinstance(node, nodes.section):
        return node.parent, node.parent.index(node)
    shown = _shown(node, claim.operations)
    if shown is None:
        return node, 1
    while not isinstance(shown.parent, nodes.section):
        shown = shown.parent
    return shown.parent, shown.parent.index(shown) + 1


def _shown(section: nodes.section, history: History | None) -> nodes.Element | None:
    """The output that shows a history as text, the first in a section."""
    if history is None:
        return None
    text = f'<pre class="ksm-text">{escape(history.text.rstrip())}</pre>'
    found = (node for node in section.findall(nodes.raw) if text in node.astext())
    return next(found, None)


def add_marks(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the marks into a chapter."""
    if app.builder.name != "html" or LIST not in app.env.found_docs:
        return
    places: dict[tuple[int, int], list[Claim]] = {}
    parents: dict[int, nodes.Element] = {}
    for claim in claims().values():
        at = place(doctree, claim)
        if at is not None:
            parents[id(at[0])] = at[0]
            places.setdefault((id(at[0]), at[1]), []).append(claim)
    root = "../" * docname.count("/")
    # From the end, so that the positions before stay what they are.
    for (parent, position), found in sorted(places.items(), reverse=True):
        parents[parent].insert(position, marks(found, root))


# A page for each


def chapter_of(app: Sphinx, claim: Claim) -> tuple[str, str]:
    """The address, from a claim's page, and the title of its place in the book."""
    labels = app.env.domaindata["std"]
    docname, anchor, *_ = labels["anonlabels"].get(claim.chapter, ("", ""))
    if not docname:
        return "", ""
    title = app.env.titles[docname].astext()
    return f"../{docname}.html#{anchor}", title


def picture_of(claim: Claim) -> Markup | None:
    """The end of its history, with the walk of the design that misses most."""
    history = claim.operations
    if history is None or len(history.operations) > MAX_OPERATIONS:
        return None
    design = claim.designs[0] if claim.designs else None
    return Markup(show_picture(claim.history, design=design).html)


def link_of(claim: Claim) -> str:
    """The fragment that opens the claim's history in the builder; or nothing.

    It must not stand in an address: the theme looks up every fragment of a
    page's links as a selector. A script adds it when the link is used.
    """
    history = claim.operations
    if history is None or len(history.operations) > MAX_OPERATIONS:
        return ""
    design, *beside = claim.designs or ("full",)
    return fragment(history.text, None, design, beside)


def rules_of(claim: Claim) -> list[dict[str, Any]]:
    """The rules that carry it, and how many recorded histories know each."""
    table = json.loads(MUTANTS.read_text(encoding="utf-8"))
    rows = {row["rule"]: row for row in table}
    found = [rows[rule] for rule in claim.rules if rule in rows]
    return [{**row, "file": _kernel_file(row["file"])} for row in found]


def _kernel_file(module: str) -> str:
    """``mm/vma.py`` follows mm/vma.c; a design has no file in the kernel."""
    if module.startswith("mm/"):
        return module.replace(".py", ".c")
    return f"ksmlib/{module}"


def bounds_of(claim: Claim) -> list[tuple[str, str]]:
    """The name and the words of each bound of a claim that speaks of all."""
    if not isinstance(claim.proof, Keeps):
        return []
    found = explored_with(claim.proof.design).items()
    return [(name, " ".join(bound_text(each.bound))) for name, each in found]


def context_of(app: Sphinx, claim: Claim) -> dict[str, Any]:
    """What the template is given."""
    history = claim.operations if not isinstance(claim.proof, Keeps) else None
    shown = claim.proof.lines()
    before = len(history.operations) + 1 if history else 0
    href, title = chapter_of(app, claim)
    return {
        "claim": claim,
        "edition": EDITION,
        "history": history.text.rstrip() if history else "",
        "result": "\n".join(line[2:] for line in shown[before:]),
        "bounds": bounds_of(claim),
        "picture": picture_of(claim),
        "builder": link_of(claim),
        "builder_page": BUILDER,
        "program": history is not None and claim in with_program(),
        "evidence": evidence(claim),
        "rules": rules_of(claim),
        "chapter_href": href,
        "chapter": title,
        "block": block(claim),
    }


def html_of(app: Sphinx, claim: Claim) -> str:
    """The article of a claim's page."""
    templates = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined
    )
    return templates.get_template("claim.html").render(context_of(app, claim))


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Sphinx asks for pages that no chapter is the source of."""
    if app.builder.name != "html" or LIST not in app.env.found_docs:
        return
    for claim in claims().values():
        context = {
            "title": f"Claim {claim.id}: {claim.statement}",
            # The heading on paper, where the theme hides that of the article.
            "pagetitle": f"Claim {claim.id}",
            "body": html_of(app, claim),
        }
        yield f"{claim.id}/index", context, "page.html"


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """The text of each claim, beside its page."""
    if exception or app.builder.name != "html" or LIST not in app.env.found_docs:
        return
    for claim in claims().values():
        text = Path(app.outdir, claim.id, "index.txt")
        text.write_text(block(claim), encoding="ascii")


def add_script(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Only the pages with something to copy get the script."""
    body = context.get("body") or ""
    if app.builder.name == "html" and "data-block=" in body:
        root = "../" * pagename.count("/")
        context["body"] = f'{body}<script defer src="{root}{SCRIPT}"></script>'


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", add_marks)
    app.connect("html-collect-pages", pages)
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
