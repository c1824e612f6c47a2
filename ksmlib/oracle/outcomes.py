"""What becomes of a KSM page if the walk misses one of its PTEs.

Two users of the walk are asked, of a page that a history leaves behind:
``move_pages()`` to the other NUMA node, and reclaim. Both must find every PTE.
The walks of the kernel itself follow the design asked for meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ksmlib.designs import designs
from ksmlib.designs.walk import ANON
from ksmlib.oracle.boot import GuestError, Kernel, Record
from ksmlib.oracle.measure import measure, of
from ksmlib.oracle.script import Case, script
from ksmlib.report.verdict import FolioWalk, run

#: Of the two nodes, the one that no page is on at first.
OTHER_NODE = 1


@dataclass(frozen=True)
class Outcome:
    """One page under one design.

    ``mapped`` and ``missed`` are PTEs before: all, and those that the
    kernel's walk missed. ``returned`` is what ``move_pages()`` returned: how
    many pages it did not move. It and ``moved`` are null where there is no such
    call, on User Mode Linux. ``still`` are the PTEs that map the page after
    reclaim has tried.
    """

    history: str
    design: str
    page: list[Any]
    mapped: list[Any]
    missed: list[Any]
    returned: int | None
    moved: bool | None
    reclaimed: bool
    still: list[Any]

    @property
    def consistent(self) -> bool:
        """Both succeed if the walk misses nothing, and only then."""
        found = not self.missed
        return self.reclaimed == found and self.moved in (None, found)


def page_of(case: Case) -> FolioWalk | None:
    """The KSM folio to ask about: the first that some walk misses a PTE of."""
    walks = run(case.history, designs()).walks
    worst = [walk for walk in walks if any(v.missed for v in walk.verdicts)]
    return next(iter([*worst, *walks]), None)


def outcome_script(case: Case, page: FolioWalk, design: str, choose: bool) -> str:
    """Two histories: the page is moved in one, reclaimed in the other.

    ``choose`` tells the kernel which design to follow; one as it comes has
    only its own.
    """
    last = len(case.history.operations)
    lines = script(case, states=[last]).text.splitlines()
    chosen = [f"design {design}"] if choose else []
    at = f"{page.process} {page.page}"
    asked = {"move": f"move_pages {at} 1 {OTHER_NODE}", "reclaim": f"reclaim {at}"}
    return "".join(
        f"{line}\n"
        for how, line in asked.items()
        for line in (
            f"history {case.name}-{design}-{how}",
            *(*lines[1:], *chosen, line, f"state {last + 1}"),
        )
    )


def outcomes(
    kernel: Kernel, cases: Sequence[Case], chosen: Sequence[str], choose: bool
) -> Iterator[Outcome]:
    """What becomes of each history's page under each design, in one boot.

    A history that leaves no KSM page is passed over.
    """
    asked = [
        (case, page, design)
        for case in cases
        if (page := page_of(case))
        for design in chosen
    ]
    done = measure(kernel, "".join(outcome_script(*one, choose) for one in asked))
    for (case, page, design), (_, moving), (_, reclaiming) in zip(
        asked, done, done, strict=True
    ):
        yield _outcome(case, page, design, moving, reclaiming)


def _outcome(
    case: Case,
    page: FolioWalk,
    design: str,
    moving: list[Record],
    reclaiming: list[Record],
) -> Outcome:
    at = [page.process, page.page]
    before = _folio(moving, 0, [at])
    if before is None:
        raise GuestError(f"{case.name}: no page at {page.process}:{page.page}")
    moves = of("move_pages", moving)
    [reclaim] = of("reclaim", reclaiming)
    after = _folio(reclaiming, 1, before["mapped"])
    walks = before["walks"]
    return Outcome(
        case.name,
        design,
        at,
        before["mapped"],
        (walks.get(design) or walks[ANON])["missed"],
        moves[0]["returned"] if moves else None,
        moves[0]["moved"] == 1 if moves else None,
        reclaim["reclaimed"] == 1,
        after["mapped"] if after else [],
    )


def _folio(records: list[Record], number: int, ptes: list[Any]) -> Record | None:
    """The same in the first or second state."""
    return folio_at([record for record in records if "state" in record][number], ptes)


def folio_at(state: Record, ptes: list[Any]) -> Record | None:
    """The folio that some of the PTEs map.

    It need not be a KSM page: a kernel may have a patch that merges others.
    """
    for folio in state["folios"]:
        if any(pte in folio["mapped"] for pte in ptes):
            found: Record = folio
            return found
    return None


def outcomes_json(found: Sequence[Outcome]) -> list[dict[str, Any]]:
    """As plain data, for a file."""
    return [asdict(outcome) for outcome in found]
