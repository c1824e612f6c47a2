"""Each invariant can fail: break one thing, and check() says which rule."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable

import pytest

from ksmlib.history import BASE, Replay, parse
from ksmlib.mm import check as check_module
from ksmlib.mm.check import check
from ksmlib.mm.interval_tree import (
    anon_vma_interval_tree_insert,
    anon_vma_interval_tree_remove,
)
from ksmlib.mm.kernel import Kernel
from ksmlib.mm.rmap import anon_vma_chain_link
from ksmlib.mm.types import (
    AnonVma,
    AnonVmaChain,
    Folio,
    Mm,
    RmapItem,
    StableChain,
    Vma,
)
from ksmlib.mm.vma import vm_area_dup

PLAIN = "A mmap 0+4; A write 0+4 x; A mmap 8+2; A read 8+1; A mmap 12+2 file F@5"
TREE = f"{PLAIN}; A read 12+1; A mprotect 1+1 ro; A mprotect 3+1 ro"
FORKED = f"{PLAIN}; A fork B; B write 0+1 y"
MERGED = "A mmap 0+4; A write 0+4 x; A madvise 0+4 mergeable; ksmd 2; A fork B"
CHAINED = "A mmap 0+4; A write 0+4 x; A madvise 0+4 mergeable; ksmd 2"


def vma(kernel: Kernel, number: int = 0, process: str = "A") -> Vma:
    return kernel.mms[process].vmas[number]


def anon_vma(kernel: Kernel) -> AnonVma:
    """The anon_vma of A's first VMA."""
    found = vma(kernel).anon_vma
    assert found is not None
    return found


def folio(kernel: Kernel, page: int = 0) -> Folio:
    return kernel.mms["A"].page_table[BASE + page]


def item(kernel: Kernel, number: int = 0) -> RmapItem:
    return kernel.ksm.mm_slots[0].rmap_list[number]


BROKEN: list[tuple[str, str, Callable[[Kernel], object]]] = []


def breaks(rule: str, history: str) -> Callable[[Callable[[Kernel], object]], None]:
    """``@breaks(rule, history)``: the function breaks that rule after the history."""

    def register(corrupt: Callable[[Kernel], object]) -> None:
        BROKEN.append((rule, history, corrupt))

    return register


# --- check_mm --------------------------------------------------------------


@breaks("a VMA of another mm", PLAIN)
def _(k):
    vma(k, 1).vm_mm = Mm("B", k.numbers)


@breaks("an empty VMA", PLAIN)
def _(k):
    vma(k, 1).vm_end = vma(k, 1).vm_start


@breaks("VMAs overlap or are unsorted", PLAIN)
def _(k):
    vma(k, 1).vm_start = BASE + 3


@breaks("VMAs overlap or are unsorted", PLAIN)
def _(k):
    k.mms["A"].vmas.reverse()


@breaks("a dead mm has VMAs", PLAIN)
def _(k):
    k.mms["A"].alive = False


@breaks("a PTE outside every VMA", PLAIN)
def _(k):
    k.mms["A"].page_table[BASE + 99] = k.zero_folio


@breaks("an anonymous page without anon_vma", PLAIN)
def _(k):
    k.mms["A"].page_table[BASE + 8] = folio(k)


# --- check_vma -------------------------------------------------------------


@breaks("an unfaulted VMA has a chain", PLAIN)
def _(k):
    vma(k).anon_vma = None


@breaks("an unfaulted anonymous VMA whose pgoff is not its address", PLAIN)
def _(k):
    vma(k, 1).vm_pgoff += 1


@breaks("vma->anon_vma is not in its chain", PLAIN)
def _(k):
    vma(k).anon_vma = AnonVma(99)


@breaks("an anon_vma twice in a chain", PLAIN)
def _(k):
    anon_vma_chain_link(vma(k), anon_vma(k))


@breaks("the root does not come last in a chain", FORKED)
def _(k):
    vma(k, 0, "B").anon_vma_chain.reverse()


@breaks("a chain with two roots", FORKED)
def _(k):
    own = vma(k, 0, "B").anon_vma
    own.root = own


@breaks("a chain node of another VMA", FORKED)
def _(k):
    vma(k).anon_vma_chain[0].vma = vma(k, 0, "B")


@breaks("a chain node that is not in its tree", PLAIN)
def _(k):
    anon_vma_interval_tree_remove(vma(k).anon_vma_chain[0], anon_vma(k))


@breaks("a chain node that is not in its tree", TREE)
def _(k):
    avc = anon_vma(k).rb_leftmost
    avc.rb_parent.rb_left = None


# --- counters --------------------------------------------------------------


@breaks("a tree node in no chain", PLAIN)
def _(k):
    stray = AnonVmaChain(vma(k), anon_vma(k))
    anon_vma_interval_tree_insert(stray, anon_vma(k))


@breaks("a tree node of a dead VMA", PLAIN)
def _(k):
    anon_vma_chain_link(vm_area_dup(vma(k)), anon_vma(k))


@breaks("num_active_vmas", PLAIN)
def _(k):
    anon_vma(k).num_active_vmas += 1


@breaks("num_children", PLAIN)
def _(k):
    anon_vma(k).num_children += 1


@breaks("refcount", PLAIN)
def _(k):
    anon_vma(k).refcount += 1


# --- folios ----------------------------------------------------------------


@breaks("mapcount", PLAIN)
def _(k):
    folio(k).mapcount += 1


@breaks("an exclusive folio is mapped twice", FORKED)
def _(k):
    folio(k, 1).anon_exclusive = True


@breaks("rmap_walk_anon() misses a PTE", PLAIN)
def _(k):
    folio(k).index += 1


@breaks("rmap_walk_anon() misses a PTE", FORKED)
def _(k):
    folio(k, 1).mapping = vma(k, 0, "B").anon_vma


@breaks("a KSM folio without node", MERGED)
def _(k):
    folio(k).mapping = None


@breaks("a stable node of another folio", MERGED)
def _(k):
    folio(k).mapping.folio = Folio(99, "ksm", "x")


@breaks("an exclusive KSM folio", MERGED)
def _(k):
    folio(k).anon_exclusive = True


@breaks("page cache", TREE)
def _(k):
    page = folio(k, 12)
    page.mapping.page_cache[page.index] = Folio(99, "file", "F@5")


# --- ksm -------------------------------------------------------------------


@breaks("a duplicate of another chain", CHAINED)
def _(k):
    k.ksm.stable_tree["x"].dups[0].chain = StableChain()


@breaks("a duplicate of other content", CHAINED)
def _(k):
    k.ksm.stable_tree["x"].dups[0].folio.content = "y"


@breaks("a chained node in the tree", MERGED)
def _(k):
    folio(k).mapping.chain = StableChain()


@breaks("content of a KSM folio changed", MERGED)
def _(k):
    folio(k).content = "y"


@breaks("an item on a node but not on a list", MERGED)
def _(k):
    lost = k.ksm.mm_slots[0].rmap_list.pop()
    lost.anon_vma.refcount -= 1


@breaks("an item on two nodes", MERGED)
def _(k):
    folio(k).mapping.hlist.append(item(k))


@breaks("an item that does not know its node", CHAINED)
def _(k):
    one, two = k.ksm.stable_tree["x"].dups
    one.hlist[0], two.hlist[0] = two.hlist[0], one.hlist[0]


@breaks("a stable item without anon_vma", MERGED)
def _(k):
    item(k).anon_vma.refcount -= 1
    item(k).anon_vma = None


@breaks("a stable item with a freed anon_vma", MERGED)
def _(k):
    item(k).anon_vma.refcount -= 1
    item(k).anon_vma = AnonVma(99, refcount=0)


@breaks("a stable item in the unstable tree", MERGED)
def _(k):
    item(k).unstable_seqnr = k.ksm.seqnr


@breaks("rmap_list is not sorted", MERGED)
def _(k):
    k.ksm.mm_slots[0].rmap_list.reverse()


@breaks("item of another mm", MERGED)
def _(k):
    item(k).mm = k.mms["B"]


# ---------------------------------------------------------------------------


def machine(history: str) -> Kernel:
    replay = Replay(parse(history), max_page_sharing=2 if history == CHAINED else 256)
    replay.run()
    assert not replay.refusals
    return replay.kernel


@pytest.mark.parametrize(
    ("rule", "history", "corrupt"),
    BROKEN,
    ids=[re.sub(r"\W+", "-", rule) for rule, _, _ in BROKEN],
)
def test_a_broken_state_is_seen(rule, history, corrupt):
    kernel = machine(history)
    check(kernel)
    corrupt(kernel)
    with pytest.raises(AssertionError, match=re.escape(rule)):
        check(kernel)


def test_no_rule_is_without_a_test():
    rules = set()
    for name, function in vars(check_module).items():
        if name.startswith("check_"):
            tree = ast.parse(inspect.getsource(function))
            asserts = [n for n in ast.walk(tree) if isinstance(n, ast.Assert)]
            rules |= {n.msg.value for n in asserts if n.msg}
    assert rules == {rule for rule, _, _ in BROKEN}
