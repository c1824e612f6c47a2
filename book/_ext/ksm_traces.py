"""Put the traces that pages link to ("Confirmed on Linux ...") beside them.

Each is what a kernel did with one history: the errno of a refused step, and
the state after every step, in the format of ksmlib/oracle/records.py.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from ksmlib.oracle.confirmed import recording


def write_traces(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    folder = site / "_static" / "traces"
    folder.mkdir(parents=True, exist_ok=True)
    kernel = {k: v for k, v in recording().head.items() if k != "histories"}
    pages = "".join(page.read_text("utf-8") for page in site.rglob("*.html"))
    for name in set(re.findall(r"_static/traces/([a-z0-9_-]+)\.json", pages)):
        trace = {"recorded": kernel, **json.loads(recording().lines[name])}
        (folder / f"{name}.json").write_text(json.dumps(trace), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", write_traces)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
