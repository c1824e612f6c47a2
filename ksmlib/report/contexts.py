"""The COW contexts and their walks as plain data, for pictures and tables.

Processes, folios, pages and page offsets as in ``ksmlib.history.state``. An
offset is a page less its page offset; of a file, where its page 0 would be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksmlib.history.replay import BASE
from ksmlib.history.state import folio_name, relative
from ksmlib.mm.cow_context import (
    CowContext,
    CowCost,
    Remap,
    candidates,
    cow_context,
    folio_cow_context,
    traverse_contexts,
)
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.observe import mapped_at
from ksmlib.mm.types import Folio, Mm


@dataclass(frozen=True)
class ContextState:
    """A COW context. ``remaps`` are (first page offset, last, offsets)."""

    name: str
    parent: str | None
    alive: bool
    remaps: tuple[tuple[int, int, tuple[int, ...]], ...]
    folios: tuple[str, ...]


def context_states(kernel: Kernel) -> list[ContextState]:
    """The contexts that somebody still needs, each after its parent."""
    names = _names(kernel)
    folios: dict[int, list[str]] = {}
    for folio in mapped_at(kernel.mms.values()):
        if folio.test_anon:
            home = id(folio_cow_context(folio))
            folios.setdefault(home, []).append(folio_name(folio))
    return [
        ContextState(
            mm.name,
            names[id(context.parent)] if context.parent else None,
            context.mm is not None,
            tuple(_remap(remap) for remap in context.remaps),
            tuple(folios.get(id(context), ())),
        )
        for mm, context in _contexts(kernel)
        if context.refcnt > 0
    ]


def _contexts(kernel: Kernel) -> Iterator[tuple[Mm, CowContext]]:
    return ((mm, cow_context(mm)) for mm in kernel.mms.values())


def _names(kernel: Kernel) -> dict[int, str]:
    return {id(context): mm.name for mm, context in _contexts(kernel)}


def _remap(remap: Remap) -> tuple[int, int, tuple[int, ...]]:
    offsets = tuple(_offset(offset, remap.first) for offset in remap.offsets)
    return relative(remap.first), relative(remap.last), offsets


def _offset(offset: int, index: int) -> int:
    """As it is shown. 0 stays 0, though no file is ever mapped there."""
    return offset if index >= BASE or offset == 0 else offset - BASE


@dataclass(frozen=True)
class Try:
    """An offset that a walk tries in a context; 0 is always the first.

    ``page`` is None if no VMA there has that offset; ``folio`` is what its
    PTE maps, None for nothing.
    """

    offset: int
    page: int | None
    folio: str | None


@dataclass(frozen=True)
class ContextWalk:
    """The contexts that a walk of ``folio`` visits, in order, and what it tries."""

    folio: str
    index: int
    visits: dict[str, tuple[Try, ...]]


def context_walk(kernel: Kernel, folio: Folio) -> ContextWalk:
    """The whole walk of an anonymous folio. No tries where the process is gone."""
    names, visited = _names(kernel), {}
    for context in traverse_contexts(folio_cow_context(folio)):
        tries = _tries(context, folio.index) if context.mm else ()
        visited[names[id(context)]] = tuple(tries)
    return ContextWalk(folio_name(folio), relative(folio.index), visited)


def _tries(context: CowContext, index: int) -> Iterator[Try]:
    for offset, vma in candidates(context, index, CowCost()):
        if vma is None:
            yield Try(_offset(offset, index), None, None)
        else:
            there = vma.vm_mm.page_table.get(index + offset)
            page = index + offset - BASE
            yield Try(
                _offset(offset, index), page, folio_name(there) if there else None
            )
