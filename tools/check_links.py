"""Follow every link inside a built tree: pages, plain texts, and style sheets.

    check_links.py TREE [--at URL]

Each link, image, script and style sheet has to be there, and each fragment an
element of its page. URL is where the tree will lie (else: this edition); links
that begin with it are followed, too. All others are counted by host; nothing is
fetched. Prints what is broken, and exits with 1 if something is.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from ksmlib.site import HOME, SITE

#: Attributes that hold an address; <use> and <image> have the last one.
ADDRESSES = ("href", "src", "data", "poster", "xlink:href")
#: In a text the addresses are those of its numbered links, and whole ones.
IN_TEXT = re.compile(r"^\[\d+\] (\S+)$|(https?://[^\s<>\"'`{}]+)", re.MULTILINE)
IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)")
REFRESH = re.compile(r"url=(\S+)", re.IGNORECASE)
#: `make publish` puts it beside every edition.
LATEST = f"{SITE}latest/"
#: What a fragment says to a script of the page, not the name of an element.
HISTORY = re.compile(r"h=")


class Page(HTMLParser):
    """The addresses in a page, and the names that a fragment may have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attrs if value}
        self.names |= {found[name] for name in ("id", "name") if name in found}
        self.addresses += (found[name] for name in ADDRESSES if name in found)
        for part in found.get("srcset", "").split(","):
            self.addresses += part.split()[:1]
        if found.get("http-equiv", "").lower() == "refresh":
            self.addresses += REFRESH.findall(found.get("content", ""))


@cache
def page(file: Path) -> Page:
    """A page, read once."""
    return Page(file.read_text("utf-8"))


def addresses(file: Path) -> list[str]:
    """All addresses in a file of the tree."""
    if file.suffix == ".html":
        return page(file).addresses
    text = file.read_text("utf-8")
    if file.suffix == ".css":
        return IN_STYLE.findall(text)
    found = ("".join(pair).rstrip(".,;:)") for pair in IN_TEXT.findall(text))
    return list(found)


def fault(tree: Path, at: str, base: str, address: str) -> str:
    """What is wrong with a link in a file at ``base``, or nothing."""
    url, fragment = urldefrag(urljoin(base, address))
    if not url.startswith(at):
        ours = urlsplit(url)[:2] == urlsplit(at)[:2]
        return "leads out of the tree" if ours and url != LATEST else ""
    file = tree / unquote(urlsplit(url).path.removeprefix(urlsplit(at).path))
    if file.is_dir():
        if not url.endswith("/"):
            return "is a folder: a slash is missing"
        file /= "index.html"
    if not file.is_file():
        return "is not there"
    named = fragment and not HISTORY.match(fragment) and file.suffix == ".html"
    if named and unquote(fragment) not in page(file).names:
        return "has no such fragment"
    return ""


def check(tree: Path, at: str) -> tuple[list[str], Counter[str]]:
    """What is broken, a sentence each; and how many links lead to which host."""
    broken: list[str] = []
    hosts: Counter[str] = Counter()
    for file in sorted(files(tree)):
        path = file.relative_to(tree).as_posix()
        for address in dict.fromkeys(addresses(file)):
            base = urljoin(at, path)
            parts = urlsplit(urljoin(base, address))
            if parts.scheme not in ("http", "https"):
                continue  # data:, mailto:
            wrong = fault(tree, at, base, address)
            if wrong:
                broken.append(f"{path}: {address} {wrong}")
            elif parts[:2] != urlsplit(at)[:2]:
                hosts[parts.netloc] += 1
    return broken, hosts


def files(tree: Path) -> Iterator[Path]:
    """What may hold links: not what is of others, such as templates of a theme."""
    for file in tree.rglob("*"):
        if file.suffix in (".html", ".txt", ".css") and not _foreign(file, tree):
            yield file


def _foreign(file: Path, tree: Path) -> bool:
    """A page in a _static/ is a template, a text there a licence."""
    inside = "_static" in file.relative_to(tree).parts
    return inside and file.suffix != ".css"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--at", metavar="URL", default=HOME)
    arguments = parser.parse_args()
    broken, hosts = check(arguments.tree, arguments.at)
    for host, count in hosts.most_common():
        print(f"{count:>6} links to {host}, not followed")
    for line in broken:
        print(line, file=sys.stderr)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
