"""What many tests need: a history replayed with every check, and the built book.

The book is built once in a run, however many workers ask for it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from ksmlib.designs import all_designs, tracers
from ksmlib.history import BASE, Refusal, Replay, State, parse, snapshot
from ksmlib.mm.check import check
from ksmlib.mm.types import Folio
from tests.built import ROOT, Built, build, html_of

# The same examples on every run and every machine, and no clock.
settings.register_profile(
    "ksmlib",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ksmlib")


class Machine:
    """A history after its last operation, and short questions about it.

    VMAs are shown as ``START+PAGES@PGOFF``. Labels such as ``av1`` number what
    was created in order.
    """

    def __init__(self, text: str, max_page_sharing: int) -> None:
        designs = tracers(all_designs().values())
        self.replay = Replay(parse(text), designs, max_page_sharing)
        self.kernel = self.replay.kernel
        while self.replay.position < len(self.replay):
            self.replay.step()
            check(self.kernel)
        self.state: State = snapshot(self.kernel)

    @property
    def refusals(self) -> list[Refusal]:
        return self.replay.refusals

    def vmas(self, process: str = "A") -> list[str]:
        return [
            f"{vma['start']}+{vma['pages']}@{vma['vm_pgoff']}"
            for vma in self.state["processes"][process]["vmas"]
        ]

    def vma(self, process: str, page: int) -> dict[str, Any]:
        """The VMA that covers a page."""
        [found] = [
            vma
            for vma in self.state["processes"][process]["vmas"]
            if vma["start"] <= page < vma["start"] + vma["pages"]
        ]
        return found

    def anon_vma(self, process: str, page: int) -> str | None:
        return self.vma(process, page)["anon_vma"]

    def chain(self, process: str, page: int) -> list[str]:
        return self.vma(process, page)["chain"]

    def pages(self, process: str = "A") -> list[int]:
        """The pages with a PTE."""
        return [int(page) for page in self.state["processes"][process]["pages"]]

    def folio_name(self, process: str, page: int) -> str:
        return self.state["processes"][process]["pages"][str(page)]["folio"]

    def folio_at(self, process: str, page: int) -> Folio:
        """The folio itself, where ``folio()`` describes it."""
        return self.kernel.mms[process].page_table[BASE + page]

    def folio(self, process: str, page: int) -> dict[str, Any]:
        return self.state["folios"][self.folio_name(process, page)]

    def kind(self, process: str, page: int) -> str:
        return self.folio(process, page)["kind"]

    def kinds(self, process: str = "A") -> dict[int, str]:
        return {page: self.kind(process, page) for page in self.pages(process)}

    def indices(self, process: str = "A") -> dict[int, int]:
        return {p: self.folio(process, p)["index"] for p in self.pages(process)}

    def items(self) -> set[tuple[str, int]]:
        """Where rmap_items sit that are on a stable node."""
        return {(i["process"], i["page"]) for i in self.state["rmap_items"]}

    def tree(self, anon_vma: str) -> list[tuple[str, int, int, int]]:
        """Process, start, first and last of each node, in order."""
        return [tuple(n.values()) for n in self.state["anon_vmas"][anon_vma]["tree"]]


@pytest.fixture(scope="session")
def after() -> Callable[..., Machine]:
    """``after(text)``: the machine after a history; checked after each step."""

    def after(text: str, max_page_sharing: int = 256) -> Machine:
        return Machine(text, max_page_sharing)

    return after


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The whole book, built by the worker that needs it first, for all of them."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    done = folder / "book.json"
    with (folder / "book.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            returncode, output = json.loads(done.read_text("utf-8"))
            return Built(returncode, output, html_of(folder))
        built = build(ROOT, folder)
        done.write_text(json.dumps([built.returncode, built.output]), "utf-8")
    return built


@pytest.fixture
def pages(site: Built) -> Path:
    """The folder of the whole book's pages; fails if they did not build."""
    if site.returncode:
        pytest.fail(f"the book does not build:\n{site.tail}", pytrace=False)
    return site.html
