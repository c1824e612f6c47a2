"""Lay the built book into a folder, as a plain file host can serve it.

    publish.py SITE ARCHIVE TARGET

TARGET gets, beside the editions that it has:

    v1/             this edition, with its archive/; once there, never changed
    latest/         a copy of the newest edition
    index.html      leads to latest/, also a history (#h=...)
    k1/             leads to latest/k1/, and so for each claim
    editions.html   all editions, with their PDF, zip and checksums

An edition that is there already has to be the same byte for byte; else nothing
is touched, and the answer says what to do.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from check_links import check

from ksmlib.site import EDITION, HOME, SITE

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The KSM rmap book</title>
{head}
</head>
<body>
{body}
</body>
</html>
"""
#: A host may forbid what is inline, so the script is a file. It keeps the #h=.
ROOT_HEAD = """\
<script src="index.js"></script>
<noscript><meta http-equiv="refresh" content="0; url=latest/"></noscript>"""
ROOT_SCRIPT = """\
location.replace("latest/" + location.hash);
"""
FORWARD = '<meta http-equiv="refresh" content="0; url={to}">'


class Refused(Exception):
    """Why nothing was published, in one sentence."""


def contents(tree: Path) -> set[str]:
    """The files of an edition, but for its archive: that is made from them."""
    found = (file.relative_to(tree) for file in tree.rglob("*") if file.is_file())
    return {path.as_posix() for path in found if path.parts[0] != "archive"}


def changed(site: Path, edition: Path) -> list[str]:
    """The files in which a site and a published edition differ."""
    ours, theirs = contents(site), contents(edition)
    return sorted(
        name
        for name in ours | theirs
        if name not in ours & theirs
        or not filecmp.cmp(site / name, edition / name, shallow=False)
    )


def copied(target: Path, *sources: tuple[Path, str]) -> Path:
    """A folder beside ``target``, to take its place once it is complete."""
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for source, place in sources:
        shutil.copytree(source, fresh / place, dirs_exist_ok=True)
    return fresh


def editions(target: Path) -> list[int]:
    """The numbers of the editions in a folder, the newest last."""
    names = (re.fullmatch(r"v([0-9]+)", path.name) for path in target.iterdir())
    return sorted(int(name[1]) for name in names if name)


def forward(folder: Path, to: str) -> None:
    """A page that leads on, with and without JavaScript."""
    folder.mkdir(parents=True, exist_ok=True)
    body = f'<a href="{to}">The KSM rmap book</a>'
    page = PAGE.format(head=FORWARD.format(to=to), body=body)
    (folder / "index.html").write_text(page, "utf-8")


def rows(numbers: list[int]) -> Iterator[str]:
    """The editions as a list, the newest first."""
    for number in reversed(numbers):
        at = f"v{number}/archive"
        name = f"{at}/ksm-rmap-book-v{number}"
        yield (
            f'<li><a href="v{number}/">Edition {number}</a>:'
            f' <a href="v{number}/book/index.txt">plain text</a>,'
            f' <a href="{name}.pdf">PDF</a>, <a href="{name}.zip">zip</a>,'
            f' <a href="{at}/SHA256SUMS">SHA256SUMS</a></li>'
        )


def root(target: Path) -> None:
    """What stands above the editions."""
    # Without it GitHub's host leaves out what begins with an underscore.
    (target / ".nojekyll").touch()
    (target / "index.js").write_text(ROOT_SCRIPT, "utf-8")
    body = (
        '<a href="latest/">The KSM rmap book</a>,'
        ' <a href="editions.html">all editions</a>'
    )
    page = PAGE.format(head=ROOT_HEAD, body=body)
    (target / "index.html").write_text(page, "utf-8")
    items = "\n".join(rows(editions(target)))
    body = f"<h1>The KSM rmap book: all editions</h1>\n<ul>\n{items}\n</ul>"
    page = PAGE.format(head="", body=body)
    (target / "editions.html").write_text(page, "utf-8")
    for claim in (target / "latest").glob("k[0-9]*/index.html"):
        name = claim.parent.name
        forward(target / name, f"../latest/{name}/")


def ask_for_a_host(site: str, chosen: bool) -> None:
    """Links to this machine cannot be put right once they are published."""
    if urlsplit(site).hostname == "localhost" and not chosen:
        raise Refused(
            f"the links of this build lead to {site}; set SITE in ksmlib/site.py"
            f" to the address of the host (to try it here: KSM_SITE={site})"
        )


def publish(site: Path, archive: Path, target: Path) -> None:
    """Lay the edition, the newest as latest, and the root. Raises Refused."""
    edition = target / f"v{EDITION}"
    if edition.exists():
        differ = changed(site, edition)
        if differ:
            names = ", ".join(differ[:3]) + (", ..." if differ[3:] else "")
            raise Refused(
                f"edition {EDITION} is published and never changes, but this build"
                f" differs from it in {len(differ)} file{'s' * (len(differ) > 1)}"
                f" ({names}); raise EDITION in ksmlib/site.py"
            )
    else:
        fresh = copied(edition, (site, "."), (archive, "archive"))
        broken, _ = check(fresh, HOME)
        if broken:
            shutil.rmtree(fresh)
            raise Refused("links are broken:\n  " + "\n  ".join(broken))
        fresh.rename(edition)
    newest = target / f"v{editions(target)[-1]}"
    fresh = copied(target / "latest", (newest, "."))
    shutil.rmtree(target / "latest", ignore_errors=True)
    fresh.rename(target / "latest")
    root(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("site", "archive", "target"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args()
    try:
        ask_for_a_host(SITE, "KSM_SITE" in os.environ)
        publish(arguments.site, arguments.archive, arguments.target)
    except Refused as refused:
        sys.exit(f"Nothing was published: {refused}")
    print(f"Edition {EDITION} is in {arguments.target}; it belongs at {HOME}")


if __name__ == "__main__":
    main()
