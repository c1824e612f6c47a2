"""Put the C program of every claim, and of every history that has one, into the
site: ``_static/repro/k1.c``, ``_static/repro/moved.c``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from ksmlib.claims import program as claim
from ksmlib.repro.named import named_program, with_program


def write_programs(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / "repro"
    folder.mkdir(parents=True, exist_ok=True)
    programs = {name: named_program(name) for name in with_program()}
    programs |= {one.id: claim.claim_program(one) for one in claim.with_program()}
    for name, text in programs.items():
        (folder / f"{name}.c").write_text(text, encoding="ascii")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", write_programs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
