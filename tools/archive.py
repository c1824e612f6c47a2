"""Make of the built book one PDF, one zip to read offline, and their checksums.

    archive.py SITE TARGET [--browser CHROMIUM]

The zip holds the site as it is; its index.html opens from a disk, too. The PDF
is one print of all pages in the order of the book, with links between them and
an outline. The same site gives the same zip; the same PDF, too, where the
browser is the same.
"""

from __future__ import annotations

import argparse
import hashlib
import posixpath
import re
import shutil
from collections.abc import Iterator
from html import escape
from io import BytesIO
from pathlib import Path
from urllib.parse import urldefrag
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from ksmlib.site import ARCHIVE, EDITION, HOME

ROOT = Path(__file__).parents[1]
NAME = ARCHIVE.rpartition("/")[2]
TITLE = "The KSM rmap book"
#: Every file in the zip has it, so that its bytes depend on the site alone.
WHEN = (1980, 1, 1, 0, 0, 0)

DROPPED = "script, noscript, button, .headerlink, .ksm-twins, .prev-next-footer"
#: Attributes that name an element of the same page.
POINTERS = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
WHOLE = """\
<!doctype html>
<html lang="en" data-theme="light" data-mode="light">
<head>
<meta charset="utf-8">
<title>{title}</title>
{styles}
<style>
/* The theme lays out a screen, with one article, and hides its title on paper. */
.bd-main .bd-content {{ display: block; }}
.bd-content .bd-article {{ padding: 0; overflow: visible; }}
.bd-article + .bd-article {{ break-before: page; }}
.bd-article h1 {{ display: block !important; margin-top: 0; }}
.bd-article .cell_output .output {{ overflow: visible; }}
h1, h2, h3 {{ break-after: avoid; }}
svg, img, pre, tr {{ break-inside: avoid; }}
</style>
</head>
<body><main class="bd-main"><div class="bd-content">
<article class="bd-article">
<h1>{title}</h1>
<p>Edition {edition}: <a href="{home}">{home}</a></p>
<ol>
{contents}
</ol>
</article>
{articles}
</div></main></body>
</html>
"""
FOOTER = """\
<div style="width:100%;font:8px sans-serif;text-align:center;color:#444">
The KSM rmap book, edition {edition} &middot; <span class="pageNumber"></span>
</div>
"""


def order(site: Path) -> list[str]:
    """The pages as the book has them, then those outside of its contents."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    names = [toc["root"], *(chapter["file"] for chapter in chapters)]
    pages = [f"{name}.html" for name in names]
    found = (p.relative_to(site).as_posix() for p in site.rglob("*.html"))
    rest = {page for page in found if not page.startswith("_static/")} - {*pages}
    articles = (p for p in rest if article(site, p) and p not in GENERATED)
    return [page for page in pages if (site / page).is_file()] + sorted(
        articles, key=natural
    )


#: Sphinx makes them; on paper they are of no use.
GENERATED = ("genindex.html", "search.html")


def natural(page: str) -> list[int | str]:
    """A key that has k2 before k10."""
    parts: list[str] = re.split(r"(\d+)", page)
    return [int(part) if n % 2 else part for n, part in enumerate(parts)]


def article(site: Path, page: str) -> Tag | None:
    """What a page says, without what stands around it."""
    soup = BeautifulSoup((site / page).read_text("utf-8"), "html.parser")
    return soup.find("article")


def key(page: str) -> str:
    """What all ids of a page begin with in the whole."""
    return re.sub(r"\W+", "-", page.removesuffix(".html"))


def joined(page: str, found: Tag, pages: list[str]) -> Tag:
    """An article whose ids are unique, and whose links stay in the whole."""
    for odd in found.select(DROPPED):
        odd.decompose()
    own = key(page)
    for tag in found.find_all(True):
        if tag.get("id"):
            tag["id"] = f"{own}--{tag['id']}"
        for name in POINTERS:
            if tag.get(name):
                values = tag[name].split()
                tag[name] = " ".join(f"{own}--{value}" for value in values)
        for name, value in tag.attrs.items():
            if isinstance(value, str) and "url(#" in value:
                tag[name] = value.replace("url(#", f"url(#{own}--")
        for name in ("href", "xlink:href"):
            if tag.get(name):
                tag[name] = link(page, tag[name], pages)
        if tag.get("src") and not tag["src"].startswith("data:"):
            tag["src"] = posixpath.normpath(posixpath.join(page, "..", tag["src"]))
    found["id"] = own
    return found


def link(page: str, address: str, pages: list[str]) -> str:
    """Where a link of a page leads in the whole, or else on the host."""
    if re.match(r"[a-z]+:", address):
        return address
    path, fragment = urldefrag(address)
    target = posixpath.normpath(posixpath.join(page, "..", path)) if path else page
    if target not in pages:
        return HOME + target + ("#" + fragment if fragment else "")
    return f"#{key(target)}" + (f"--{fragment}" if fragment else "")


def styles(site: Path, pages: list[str]) -> Iterator[str]:
    """The style sheets of all pages, each once, in their order."""
    seen = set()
    for page in pages:
        soup = BeautifulSoup((site / page).read_text("utf-8"), "html.parser")
        for sheet in soup.select('link[rel="stylesheet"]'):
            path = urldefrag(str(sheet["href"])).url.partition("?")[0]
            path = posixpath.normpath(posixpath.join(page, "..", path))
            if path not in seen:
                seen.add(path)
                yield path


def whole(site: Path) -> str:
    """All pages as one, to be read from the top of the site."""
    pages = order(site)
    articles, contents = [], []
    for page in pages:
        found = article(site, page)
        assert found is not None
        found = joined(page, found, pages)
        title = found.h1.get_text() if found.h1 else page
        contents.append(f'<li><a href="#{key(page)}">{escape(title)}</a></li>')
        articles.append(str(found))
    return WHOLE.format(
        title=TITLE,
        edition=EDITION,
        home=escape(HOME),
        styles="\n".join(
            f'<link rel="stylesheet" href="{sheet}">' for sheet in styles(site, pages)
        ),
        contents="\n".join(contents),
        articles="\n".join(articles),
    )


def print_pdf(browser: Browser, site: Path) -> bytes:
    """The whole book on A4, as a browser prints it."""
    page = browser.new_page(color_scheme="light", java_script_enabled=False)
    address = (site.resolve() / "whole.html").as_uri()
    html = whole(site)
    page.route(
        address, lambda route: route.fulfill(body=html, content_type="text/html")
    )
    page.goto(address, timeout=0)  # a busy machine takes its time
    printed = page.pdf(
        format="A4",
        scale=0.8,
        margin={"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"},
        print_background=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=FOOTER.format(edition=EDITION),
        outline=True,
        tagged=True,
    )
    page.close()
    headings = BeautifulSoup(html, "html.parser").select("h1, h2, h3, h4, h5, h6")
    return tidied(printed, [" ".join(h.get_text().split()) for h in headings])


def below(entry: DictionaryObject) -> Iterator[DictionaryObject]:
    """The entries of an outline below one, in their order."""
    found = entry.get("/First")
    while found is not None:
        child = found.get_object()
        yield child
        yield from below(child)
        found = child.get("/Next")


def tidied(pdf: bytes, headings: list[str]) -> bytes:
    """A PDF without the time at which it was made, and with whole headings.

    In its outline Chromium joins the lines of a heading without a space, and
    says a line twice that it has moved to the next page.
    """
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    writer.metadata = {"/Title": f"{TITLE}, edition {EDITION}"}
    entries = list(below(writer.root_object["/Outlines"]))
    if len(entries) == len(headings):
        for entry, heading in zip(entries, headings, strict=True):
            entry[NameObject("/Title")] = TextStringObject(heading)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def zipped(site: Path) -> bytes:
    """The site in one folder."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for file in sorted(path for path in site.rglob("*") if path.is_file()):
            name = f"{NAME}/{file.relative_to(site).as_posix()}"
            entry = ZipInfo(name, WHEN)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, file.read_bytes(), ZIP_DEFLATED, 9)
    return out.getvalue()


def archive(site: Path, target: Path, browser: Browser) -> None:
    """Write all three files."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    files = {f"{NAME}.pdf": print_pdf(browser, site), f"{NAME}.zip": zipped(site)}
    sums = ""
    for name, data in files.items():
        (target / name).write_bytes(data)
        sums += f"{hashlib.sha256(data).hexdigest()}  {name}\n"
    (target / "SHA256SUMS").write_text(sums, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--browser", default=shutil.which("chromium"))
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=arguments.browser, args=["--no-sandbox"]
        )
        archive(arguments.site, arguments.target, browser)
        browser.close()
    for file in sorted(arguments.target.iterdir()):
        print(f"{file.stat().st_size:>12,} {file}")


if __name__ == "__main__":
    main()
