"""Move scripts and styles out of the pages, so that a strict policy fits them.

A host may forbid what stands inline in a page (Content-Security-Policy). The
theme and the pictures bring such things: here each gets a file of its own, named
after what is inside. ``csp.txt`` at the top of the site holds the policy that
the site then needs.
"""

from __future__ import annotations

import hashlib
import re
from html import unescape
from pathlib import Path
from re import Match

from sphinx.application import Sphinx

# The theme's icon script adds one style element; its hash stands for it.
ICONS = "sha256-7oERheaqPgauHfP5d4xw0v6p4MUYc+/Quwioe/4rjOI="
POLICY = f"""\
default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
style-src 'self' '{ICONS}'; \
img-src 'self' data:; object-src 'none'; base-uri 'none'
"""

# Several in a row become one file.
SCRIPTS = re.compile(r"(?:<script(?: data-cfasync=\"false\")?>[^<]*</script>\s*)+")
SCRIPT = re.compile(r"<script[^>]*>([^<]*)</script>")
STYLE = re.compile(r"<style[^>]*>([^<]*)</style>")
HANDLER = re.compile(r" onclick=\"([^\"]*)\"")
# The stock widget manager would read it; there is none.
WIDGETS = re.compile(
    r"<script type=\"application/vnd\.jupyter\.widget-state\+json\">.*?</script>\s*",
    re.DOTALL,
)

CLICK = """\
for (const element of document.querySelectorAll('[data-click="{key}"]')) {{
  element.addEventListener("click", () => {{ {code}; }});
}}
"""


class Mover:
    """Moves what is inline in the pages of a site into files below ``_static``."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.folder = site / "_static" / "inline"
        self.root = ""
        self.handlers: dict[str, str] = {}
        self.styles: list[str] = []

    def move(self, page: Path) -> None:
        """Rewrite one page."""
        self.root = "../" * (len(page.relative_to(self.site).parts) - 1)
        self.handlers.clear()
        self.styles.clear()
        html = WIDGETS.sub("", page.read_text(encoding="utf-8"))
        html = STYLE.sub(self._style, html)
        html = SCRIPTS.sub(self._script, html)
        html = HANDLER.sub(self._handler, html)
        links = [f'<link rel="stylesheet" href="{name}">' for name in self.styles]
        html = html.replace("</head>", "\n".join([*links, "</head>"]), 1)
        tags = [f'<script defer src="{name}"></script>' for name in self._clicks()]
        html = html.replace("</body>", "\n".join([*tags, "</body>"]), 1)
        page.write_text(html, encoding="utf-8")

    def _file(self, text: str, suffix: str) -> str:
        """The address, from the page, of a file with this text."""
        name = hashlib.sha256(text.encode()).hexdigest()[:8] + suffix
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")
        return f"{self.root}_static/inline/{name}"

    def _script(self, found: Match[str]) -> str:
        text = "\n".join(SCRIPT.findall(found[0]))
        return f'<script src="{self._file(text, ".js")}"></script>\n'

    def _style(self, found: Match[str]) -> str:
        name = self._file(found[1], ".css")
        if name not in self.styles:
            self.styles.append(name)
        return ""

    def _handler(self, found: Match[str]) -> str:
        code = unescape(found[1])
        key = hashlib.sha256(code.encode()).hexdigest()[:8]
        self.handlers[key] = code
        return f' data-click="{key}"'

    def _clicks(self) -> list[str]:
        scripts = (CLICK.format(key=k, code=code) for k, code in self.handlers.items())
        return [self._file(script, ".js") for script in scripts]


def move_all(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    site = Path(app.outdir)
    mover = Mover(site)
    for page in site.rglob("*.html"):
        if "_static" not in page.relative_to(site).parts:
            mover.move(page)
    (site / "csp.txt").write_text(POLICY, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", move_all, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
