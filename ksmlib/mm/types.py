"""The structures, as in include/linux/mm_types.h, include/linux/rmap.h and mm/ksm.c.

Addresses, lengths and offsets are in pages throughout: ``vm_start`` here is
the kernel's ``vm_start >> PAGE_SHIFT``. Ranges are half open, as the kernel's
``[vm_start, vm_end)``; intervals in the anon_vma tree are closed, as the
kernel's ``[first, last]``.

Every class compares by identity: two VMAs are equal when they are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ksmlib.mm.trace import Trace

#: Highest page offset: what the kernel asks for with ``ULONG_MAX``.
ULONG_MAX = 2**64 - 1

# vma->vm_flags, the ones that this model gives a meaning (include/linux/mm.h).
VM_READ = 0x00000001
VM_WRITE = 0x00000002
VM_DONTCOPY = 0x00020000
VM_MERGEABLE = 0x80000000
VM_ACCESS_FLAGS = VM_READ | VM_WRITE


class Refused(Exception):
    """A system call the kernel refuses; nothing has changed.

    ``errno`` is the kernel's name for it (``"EINVAL"``), ``why`` one sentence.
    """

    def __init__(self, errno: str, why: str) -> None:
        super().__init__(f"{errno}: {why}")
        self.errno = errno
        self.why = why


@dataclass(eq=False, repr=False)
class Numbers:
    """Counts what a machine has created, so that each object has a name."""

    anon_vmas: int = 0
    folios: int = 0

    def anon_vma(self) -> int:
        """The number of the next anon_vma."""
        self.anon_vmas += 1
        return self.anon_vmas

    def folio(self) -> int:
        """The number of the next folio."""
        self.folios += 1
        return self.folios


@dataclass(eq=False, repr=False)
class File:
    """A regular file, opened once (``struct file``), and its page cache."""

    name: str
    page_cache: dict[int, Folio] = field(default_factory=dict)


@dataclass(eq=False, repr=False)
class Mm:
    """An address space (``struct mm_struct``).

    ``vmas`` stands for the maple tree: sorted by ``vm_start``, never
    overlapping. ``page_table`` maps a page number to the folio its PTE maps.
    """

    name: str
    numbers: Numbers
    trace: tuple[Trace, ...] = ()
    vmas: list[Vma] = field(default_factory=list)
    page_table: dict[int, Folio] = field(default_factory=dict)
    #: MMF_VM_MERGEABLE: the mm has a slot on ksmd's list.
    vm_mergeable: bool = False
    #: False once the last user is gone (``ksm_test_exit()``).
    alive: bool = True
    #: Room for what a tracer keeps here; the kernel model never looks.
    saved: dict[str, Any] = field(default_factory=dict)

    @property
    def map_count(self) -> int:
        """How many VMAs there are (``mm->map_count``)."""
        return len(self.vmas)


@dataclass(eq=False, repr=False)
class Vma:
    """A mapping (``struct vm_area_struct``)."""

    vm_mm: Mm
    vm_start: int
    vm_end: int
    vm_pgoff: int
    vm_flags: int
    vm_file: File | None = None
    anon_vma: AnonVma | None = None
    #: Newest first, as ``list_add()`` leaves it; the root comes last.
    anon_vma_chain: list[AnonVmaChain] = field(default_factory=list)

    @property
    def pages(self) -> int:
        """``vma_pages()``."""
        return self.vm_end - self.vm_start

    @property
    def last_pgoff(self) -> int:
        """``vma_last_pgoff()``: the index of the last page, inclusive."""
        return self.vm_pgoff + self.vm_end - self.vm_start - 1

    def covers(self, address: int) -> bool:
        """Is ``address`` in ``[vm_start, vm_end)``?"""
        return self.vm_start <= address < self.vm_end


@dataclass(eq=False, repr=False)
class AnonVma:
    """What related VMAs share, and what an anonymous folio points to.

    ``parent`` and ``root`` are the object itself in a root. ``rb_root`` is
    the interval tree, ``rb_leftmost`` its first node (``rb_root_cached``).
    """

    #: Which one it is, in order of creation: the model's own.
    number: int
    refcount: int = 1
    num_children: int = 0
    num_active_vmas: int = 0
    rb_root: AnonVmaChain | None = None
    rb_leftmost: AnonVmaChain | None = None
    root: AnonVma = field(init=False)
    parent: AnonVma = field(init=False)
    #: Room for what a design keeps here; the kernel model never looks.
    saved: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self
        self.parent = self


@dataclass(eq=False, repr=False)
class AnonVmaChain:
    """Links one VMA to one anon_vma, and is the node in the interval tree.

    Its interval is read through the VMA each time it is needed, as in
    ``avc_start_pgoff()``: change the bounds of a VMA only between
    ``anon_vma_interval_tree_pre_update_vma()`` and ``..._post_update_vma()``.
    """

    vma: Vma
    anon_vma: AnonVma
    rb_parent: AnonVmaChain | None = None
    rb_left: AnonVmaChain | None = None
    rb_right: AnonVmaChain | None = None
    rb_red: bool = False
    rb_subtree_last: int = 0


#: What a folio is to the reverse map.
FolioKind = Literal["anon", "ksm", "file", "zero"]


@dataclass(eq=False, repr=False)
class Folio:
    """One small folio (``struct folio`` of order 0).

    ``mapping`` follows ``kind``: an anon_vma, a stable node, a file, nothing.
    ``index`` is what ``folio->index`` holds; a KSM folio keeps the one it had.
    """

    #: Which one it is, in order of creation: the model's own.
    number: int
    kind: FolioKind
    content: str
    mapping: AnonVma | StableNode | File | None = None
    index: int = 0
    mapcount: int = 0
    #: PageAnonExclusive: only one PTE can map it, so a write needs no copy.
    anon_exclusive: bool = False
    #: Room for what a tracer keeps here; the kernel model never looks.
    saved: dict[str, Any] = field(default_factory=dict)

    @property
    def test_anon(self) -> bool:
        """``folio_test_anon()``: true of KSM folios too."""
        return self.kind in ("anon", "ksm")

    @property
    def test_ksm(self) -> bool:
        """``folio_test_ksm()``."""
        return self.kind == "ksm"


@dataclass(eq=False, repr=False)
class StableNode:
    """A node of the stable tree (``struct ksm_stable_node``): one KSM folio."""

    folio: Folio
    #: Newest first: ``hlist_add_head()``.
    hlist: list[RmapItem] = field(default_factory=list)
    #: The chain of duplicates it is queued on (``is_stable_node_dup()``).
    chain: StableChain | None = None
    #: Room for what a design keeps here; the kernel model never looks.
    saved: dict[str, Any] = field(default_factory=dict)

    @property
    def rmap_hlist_len(self) -> int:
        """How many rmap_items share the folio."""
        return len(self.hlist)


@dataclass(eq=False, repr=False)
class StableChain:
    """A stable node of length ``STABLE_NODE_CHAIN``: duplicates of one page."""

    dups: list[StableNode] = field(default_factory=list)


@dataclass(eq=False, repr=False)
class RmapItem:
    """What ksmd remembers of one virtual page (``struct ksm_rmap_item``)."""

    mm: Mm
    address: int
    #: Content seen by the last scan, in place of its checksum.
    oldchecksum: str | None = None
    #: Set, with a reference, while the item is on a stable node.
    anon_vma: AnonVma | None = None
    #: The stable node (STABLE_FLAG when set).
    head: StableNode | None = None
    #: The scan that put it into the unstable tree (UNSTABLE_FLAG when set).
    unstable_seqnr: int | None = None
    #: Room for what a design keeps here; the kernel model never looks.
    saved: dict[str, Any] = field(default_factory=dict)


def linear_page_index(vma: Vma, address: int) -> int:
    """The index of a page of ``vma`` (``linear_page_index()``), in pages."""
    return address - vma.vm_start + vma.vm_pgoff


def vma_address(vma: Vma, pgoff: int) -> int:
    """The address of a page offset in ``vma`` (``vma_address()``), in pages.

    Where the kernel says -EFAULT, this is an address outside of ``vma``.
    """
    return pgoff - vma.vm_pgoff + vma.vm_start
