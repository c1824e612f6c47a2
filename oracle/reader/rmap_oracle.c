// SPDX-License-Identifier: GPL-2.0
/*
 * rmap_oracle: tells what the anonymous reverse map of a live kernel is.
 *
 * Write a command to /sys/kernel/debug/ksm_oracle/reader, then read the answer,
 * lines of JSON, from the same open file. The walks are the kernel's own
 * rmap_walk(). Nothing else may happen in the guest meanwhile: the processes
 * of the history sleep, ksmd is stopped.
 *
 * Two ways to build it. On a patched kernel mm/ksm.c includes this file, so
 * that its structures and designs are at hand. On a kernel as it comes this is
 * a module, see module.h.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/pid.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#ifdef MODULE
#include "module.h"
#else
extern unsigned long rmap_oracle_vmas;	/* mm/interval_tree.c */
static void oracle_count_begin(void) { }
static void oracle_count_end(void) { }
#endif
#ifdef CONFIG_UML
#include <os.h>
#endif

#define MAX_PROCESSES	256
#define MAX_ANSWER	(64UL << 20)	/* bytes */
#define MAX_REPS	100000UL

static DEFINE_MUTEX(oracle_mutex);
static struct dentry *oracle_dir;

/* The pages a history may use; its page 0 is at oracle_start. */
static unsigned long oracle_start, oracle_end;

static struct oracle_process {
	char name[16];
	struct mm_struct *mm;		/* with a mmgrab() */
} processes[MAX_PROCESSES];
static unsigned int nr_processes;

/* ---- the answer ---- */

struct answer {
	char *text;
	size_t used, size;
	bool too_long;
};

static __printf(2, 3) void emit(struct answer *a, const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	while (!a->too_long) {
		va_start(args, fmt);
		n = vsnprintf(a->text + a->used, a->size - a->used, fmt, args);
		va_end(args);
		if (a->used + n < a->size) {
			a->used += n;
			return;
		}
		text = a->size < MAX_ANSWER ? vmalloc(2 * a->size) : NULL;
		if (!text) {
			a->too_long = true;
			return;
		}
		memcpy(text, a->text, a->used);
		vfree(a->text);
		a->text = text;
		a->size *= 2;
	}
}

static long page_number(unsigned long address)
{
	return (long)(address - oracle_start) >> PAGE_SHIFT;
}

/* Offsets into anonymous memory count from the window, those of files do not. */
static unsigned long relative(pgoff_t pgoff)
{
	pgoff_t base = oracle_start >> PAGE_SHIFT;

	return pgoff >= base ? pgoff - base : pgoff;
}

static const char *process_name(struct mm_struct *mm)
{
	unsigned int i;

	/* Backwards: a name is free again after exit. */
	for (i = nr_processes; i--;)
		if (processes[i].mm == mm)
			return processes[i].name;
	return "?";
}

static struct mm_struct *process_mm(const char *name)
{
	unsigned int i;

	for (i = nr_processes; i--;)
		if (!strcmp(processes[i].name, name))
			return processes[i].mm;
	return NULL;
}

/* NULL if the process is gone. */
static struct mm_struct *lock_process(unsigned int i)
{
	struct mm_struct *mm = processes[i].mm;

	if (!mmget_not_zero(mm))
		return NULL;
	mmap_read_lock(mm);
	return mm;
}

static void unlock_process(struct mm_struct *mm)
{
	mmap_read_unlock(mm);
	mmput(mm);
}

/* ---- page tables: no huge pages in the window ---- */

static pte_t pte_at(struct mm_struct *mm, unsigned long address)
{
	pmd_t *pmd;
	p4d_t *p4d;
	pud_t *pud;
	pgd_t *pgd = pgd_offset(mm, address);

	if (pgd_none(*pgd))
		return __pte(0);
	p4d = p4d_offset(pgd, address);
	if (p4d_none(*p4d))
		return __pte(0);
	pud = pud_offset(p4d, address);
	if (pud_none(*pud) || pud_leaf(*pud))
		return __pte(0);
	pmd = pmd_offset(pud, address);
	if (pmd_none(*pmd) || pmd_leaf(*pmd))
		return __pte(0);
	return *((pte_t *)pmd_page_vaddr(*pmd) + pte_index(address));
}

static const char *pte_kind(pte_t pte)
{
	if (pte_none(pte))
		return "none";
	if (!pte_present(pte))
		return is_migration_entry(pte_to_swp_entry(pte)) ? "migration" : "swap";
	return is_zero_pfn(pte_pfn(pte)) ? "zero" : "page";
}

/* A PTE that maps a page. The zero page does not count. */
struct mapped {
	unsigned long pfn;
	struct mm_struct *mm;
	unsigned long address;
	bool found;			/* by the walk under way */
	bool told;			/* the folio is in the answer */
};

struct mapped_list {
	struct mapped *at;
	size_t nr, max;
};

static int add_mapped(struct mapped_list *list, struct mapped pte)
{
	size_t max = list->max ? 2 * list->max : 1024;
	struct mapped *at;

	if (list->nr == list->max) {
		at = vmalloc(max * sizeof(*at));
		if (!at)
			return -ENOMEM;
		if (list->nr)
			memcpy(at, list->at, list->nr * sizeof(*at));
		vfree(list->at);
		list->at = at;
		list->max = max;
	}
	list->at[list->nr++] = pte;
	return 0;
}

static int collect_mapped_mm(struct mapped_list *list, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, oracle_start);
	struct vm_area_struct *vma;
	unsigned long address;
	int err = 0;

	for_each_vma_range(vmi, vma, oracle_end) {
		for (address = vma->vm_start; address < vma->vm_end && !err;
		     address += PAGE_SIZE) {
			pte_t pte = pte_at(mm, address);

			if (pte_present(pte) && !is_zero_pfn(pte_pfn(pte)))
				err = add_mapped(list, (struct mapped) {
						.pfn = pte_pfn(pte), .mm = mm,
						.address = address });
		}
	}
	return err;
}

/* Every PTE of every process. */
static int collect_mapped(struct mapped_list *list)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr_processes && !err; i++) {
		struct mm_struct *mm = lock_process(i);

		if (!mm)
			continue;
		err = collect_mapped_mm(list, mm);
		unlock_process(mm);
	}
	return err;
}

/* ---- names of anon_vmas, in order of first sight ---- */

struct names {
	struct xarray number;		/* by pointer */
	struct xarray anon_vma;		/* by number, from 1 */
	struct xarray ours;		/* references of by-index-origin */
	unsigned long nr;
};

static int name_anon_vma(struct names *names, struct anon_vma *anon_vma)
{
	int err;

	if (!anon_vma || xa_load(&names->number, (unsigned long)anon_vma))
		return 0;
	names->nr++;
	err = xa_err(xa_store(&names->number, (unsigned long)anon_vma,
			      xa_mk_value(names->nr), GFP_KERNEL));
	if (!err)
		err = xa_err(xa_store(&names->anon_vma, names->nr, anon_vma,
				      GFP_KERNEL));
	return err ?: name_anon_vma(names, anon_vma->root);
}

static void emit_anon_vma_name(struct answer *a, struct names *names,
			       struct anon_vma *anon_vma)
{
	void *number = xa_load(&names->number, (unsigned long)anon_vma);

	if (number)
		emit(a, "\"av%lu\"", xa_to_value(number));
	else
		emit(a, "null");
}

static void *folio_mapping_pointer(struct folio *folio)
{
	return (void *)((unsigned long)folio->mapping & ~PAGE_MAPPING_FLAGS);
}

static int name_folio(struct names *names, struct folio *folio)
{
	struct ksm_stable_node *stable_node = folio_mapping_pointer(folio);
	struct ksm_rmap_item *rmap_item;
	int err = 0;

	if (!folio_test_anon(folio))
		return 0;
	if (!folio_test_ksm(folio))
		return name_anon_vma(names, folio_mapping_pointer(folio));
	if (!stable_node)
		return 0;
	hlist_for_each_entry(rmap_item, &stable_node->hlist, hlist)
		err = err ?: name_anon_vma(names, rmap_item->anon_vma);
	return err;
}

static int name_mm(struct names *names, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, oracle_start);
	struct anon_vma_chain *avc;
	struct vm_area_struct *vma;
	int err = 0;

	for_each_vma_range(vmi, vma, oracle_end) {
		err = err ?: name_anon_vma(names, vma->anon_vma);
		list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
			err = err ?: name_anon_vma(names, avc->anon_vma);
	}
	return err;
}

#ifdef KSM_DESIGNS
/*
 * by-index-origin holds references of anon_vmas that the kernel as it comes
 * does not. They are left out of what is told.
 */
static unsigned long our_refs(struct names *names, struct anon_vma *anon_vma)
{
	void *refs = xa_load(&names->ours, (unsigned long)anon_vma);

	return refs ? xa_to_value(refs) : 0;
}

/* A chain of nodes has no origin of its own: NULL. */
static int add_our_ref(struct names *names, struct anon_vma *anon_vma)
{
	unsigned long refs;
	int err;

	if (!anon_vma)
		return 0;
	refs = our_refs(names, anon_vma) + 1;
	err = xa_err(xa_store(&names->ours, (unsigned long)anon_vma,
			      xa_mk_value(refs), GFP_KERNEL));
	/* Nobody else keeps it, so without us its root had one less, too. */
	if (!err && anon_vma->root != anon_vma &&
	    refs == atomic_read(&anon_vma->refcount))
		err = add_our_ref(names, anon_vma->root);
	return err;
}

static int count_our_refs(struct names *names)
{
	struct ksm_stable_node *stable_node, *dup;
	struct rb_node *node;
	int nid, err = 0;

	for (nid = 0; nid < ksm_nr_node_ids; nid++) {
		for (node = rb_first(root_stable_tree + nid); node; node = rb_next(node)) {
			stable_node = rb_entry(node, struct ksm_stable_node, node);
			err = err ?: add_our_ref(names, stable_node->origin);
			if (!is_stable_node_chain(stable_node))
				continue;
			hlist_for_each_entry(dup, &stable_node->hlist, hlist_dup)
				err = err ?: add_our_ref(names, dup->origin);
		}
	}
	list_for_each_entry(stable_node, &migrate_nodes, list)
		err = err ?: add_our_ref(names, stable_node->origin);
	return err;
}
#else
static unsigned long our_refs(struct names *names, struct anon_vma *anon_vma)
{
	return 0;
}

static int count_our_refs(struct names *names)
{
	return 0;
}
#endif

/* ---- walks ---- */

static const char *const *oracle_designs(unsigned int *nr)
{
#ifdef KSM_DESIGNS
	*nr = KSM_DESIGNS;
	return ksm_design_names;
#else
	static const char *const full[] = { "full" };

	*nr = ARRAY_SIZE(full);
	return full;
#endif
}

/* The design of all walks from now on; returns the one before. */
static unsigned int oracle_set_design(unsigned int design)
{
#ifdef KSM_DESIGNS
	return xchg(&ksm_design, design);
#else
	return 0;
#endif
}

static int oracle_find_design(const char *name)
{
	unsigned int nr, i;
	const char *const *names = oracle_designs(&nr);

	for (i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return i;
	return -EINVAL;
}

struct walk {
	struct mapped_list *list;
	unsigned long calls, found, mapped;
};

/* Ticks off the PTE in the list. */
static bool tick_off_one(struct folio *folio, struct vm_area_struct *vma,
			 unsigned long address, void *arg)
{
	struct walk *walk = arg;
	size_t i;

	walk->calls++;
	for (i = 0; i < walk->list->nr; i++) {
		struct mapped *pte = &walk->list->at[i];

		if (pte->mm != vma->vm_mm || pte->address != address ||
		    pte->pfn != folio_pfn(folio))
			continue;
		walk->found += !pte->found;
		pte->found = true;
	}
	return true;
}

/* Looks at the PTE and no more: what is timed is the walk. */
static bool look_at_one(struct folio *folio, struct vm_area_struct *vma,
			unsigned long address, void *arg)
{
	struct walk *walk = arg;
	pte_t pte = pte_at(vma->vm_mm, address);

	walk->calls++;
	walk->found += pte_present(pte) && pte_pfn(pte) == folio_pfn(folio);
	return true;
}

static unsigned long walk_folio(struct folio *folio, struct walk *walk)
{
	struct rmap_walk_control rwc = { .rmap_one = tick_off_one, .arg = walk };
	size_t i;

	walk->calls = 0;
	walk->found = 0;
	walk->mapped = 0;
	for (i = 0; i < walk->list->nr; i++) {
		struct mapped *pte = &walk->list->at[i];

		pte->found = false;
		walk->mapped += pte->pfn == folio_pfn(folio);
	}
	folio_lock(folio);
	rmap_oracle_vmas = 0;
	rmap_walk(folio, &rwc);
	folio_unlock(folio);
	return rmap_oracle_vmas;
}

static u64 oracle_now(void)
{
#ifdef CONFIG_UML
	return os_nsecs();		/* ktime_get_ns() advances in steps */
#else
	return ktime_get_ns();
#endif
}

static u64 time_walk(struct folio *folio)
{
	struct walk walk = { };
	struct rmap_walk_control rwc = { .rmap_one = look_at_one, .arg = &walk };
	u64 ns;

	folio_lock(folio);
	ns = oracle_now();
	rmap_walk(folio, &rwc);
	ns = oracle_now() - ns;
	folio_unlock(folio);
	return ns;
}

/* ---- a state ---- */

static void emit_mapped(struct answer *a, const struct mapped *pte, const char *sep)
{
	emit(a, "%s[\"%s\",%ld]", sep, process_name(pte->mm),
	     page_number(pte->address));
}

static void emit_walk(struct answer *a, struct folio *folio, struct walk *walk,
		      const char *name, const char *sep)
{
	unsigned long vmas = walk_folio(folio, walk);
	const char *comma = "";
	size_t i;

	emit(a, "%s\"%s\":{\"vmas\":%lu,\"calls\":%lu,\"missed\":[", sep, name,
	     vmas, walk->calls);
	for (i = 0; i < walk->list->nr; i++) {
		struct mapped *pte = &walk->list->at[i];

		if (pte->pfn != folio_pfn(folio) || pte->found)
			continue;
		emit_mapped(a, pte, comma);
		comma = ",";
	}
	emit(a, "]}");
}

static void emit_walks(struct answer *a, struct folio *folio, struct walk *walk)
{
	unsigned int nr, i, before;
	const char *const *designs = oracle_designs(&nr);

	if (!folio_test_ksm(folio)) {
		emit_walk(a, folio, walk, "rmap_walk_anon", "");
		return;
	}
	for (i = 0; i < nr; i++) {
		before = oracle_set_design(i);
		emit_walk(a, folio, walk, designs[i], i ? "," : "");
		oracle_set_design(before);
	}
}

static void emit_rmap_item(struct answer *a, struct names *names,
			   struct ksm_rmap_item *rmap_item, const char *sep)
{
	emit(a, "%s{\"process\":\"%s\",\"page\":%ld,\"anon_vma\":", sep,
	     process_name(rmap_item->mm),
	     page_number(rmap_item->address & PAGE_MASK));
	emit_anon_vma_name(a, names, rmap_item->anon_vma);
	emit(a, ",\"dead\":%s,\"saved\":{",
	     atomic_read(&rmap_item->mm->mm_users) ? "false" : "true");
#ifdef KSM_DESIGNS
	emit(a, "\"stored-pgoff\":%lu,\"stored-vm-pgoff\":%lu,\"remap-bit\":%s",
	     relative(rmap_item->index), relative(rmap_item->vm_pgoff),
	     rmap_item->address & REMAP_FLAG ? "true" : "false");
#endif
	emit(a, "}}");
}

static void emit_rmap_items(struct answer *a, struct names *names,
			    struct folio *folio)
{
	struct ksm_stable_node *stable_node = folio_mapping_pointer(folio);
	struct ksm_rmap_item *rmap_item;
	const char *comma = "";

	emit(a, ",\"rmap_items\":[");
	if (stable_node) {
		hlist_for_each_entry(rmap_item, &stable_node->hlist, hlist) {
			emit_rmap_item(a, names, rmap_item, comma);
			comma = ",";
		}
	}
	emit(a, "]");
}

static void emit_folio(struct answer *a, struct names *names, struct folio *folio,
		       struct mapped_list *list)
{
	bool ksm = folio_test_ksm(folio), anon = folio_test_anon(folio);
	struct walk walk = { .list = list };
	const char *comma = "";
	size_t i;

	emit(a, "{\"kind\":\"%s\",\"index\":%lu,\"node\":%d,\"mapcount\":%d",
	     ksm ? "ksm" : anon ? "anon" : "file", relative(folio->index),
	     folio_nid(folio), folio_mapcount(folio));
	emit(a, ",\"exclusive\":%d,\"anon_vma\":",
	     anon && !ksm && PageAnonExclusive(&folio->page));
	emit_anon_vma_name(a, names,
			   anon && !ksm ? folio_mapping_pointer(folio) : NULL);
	emit(a, ",\"mapped\":[");
	for (i = 0; i < list->nr; i++) {
		struct mapped *pte = &list->at[i];

		if (pte->pfn != folio_pfn(folio))
			continue;
		pte->told = true;
		emit_mapped(a, pte, comma);
		comma = ",";
	}
	emit(a, "]");
	if (ksm)
		emit_rmap_items(a, names, folio);
	emit(a, ",\"walks\":{");
	if (anon)
		emit_walks(a, folio, &walk);
	emit(a, "}}");
}

static void emit_vma(struct answer *a, struct names *names,
		     struct vm_area_struct *vma, const char *sep)
{
	struct anon_vma_chain *avc;
	const char *comma = "";

	emit(a, "%s{\"start\":%ld,\"pages\":%lu,\"vm_pgoff\":%lu,\"prot\":\"%s\"",
	     sep, page_number(vma->vm_start), vma_pages(vma),
	     relative(vma->vm_pgoff), vma->vm_flags & VM_WRITE ? "rw" :
	     vma->vm_flags & VM_READ ? "ro" : "none");
	emit(a, ",\"mergeable\":%s,\"dontfork\":%s,\"file\":",
	     vma->vm_flags & VM_MERGEABLE ? "true" : "false",
	     vma->vm_flags & VM_DONTCOPY ? "true" : "false");
	if (vma->vm_file)
		emit(a, "\"%pD\"", vma->vm_file);
	else
		emit(a, "null");
	emit(a, ",\"anon_vma\":");
	emit_anon_vma_name(a, names, vma->anon_vma);
	emit(a, ",\"chain\":[");
	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma) {
		emit(a, "%s", comma);
		emit_anon_vma_name(a, names, avc->anon_vma);
		comma = ",";
	}
	emit(a, "]}");
}

/* The pages whose PTE maps the zero page, or those that are swapped out. */
static void emit_other_ptes(struct answer *a, struct mm_struct *mm, bool zero)
{
	VMA_ITERATOR(vmi, mm, oracle_start);
	struct vm_area_struct *vma;
	unsigned long address;
	const char *comma = "";

	for_each_vma_range(vmi, vma, oracle_end) {
		for (address = vma->vm_start; address < vma->vm_end;
		     address += PAGE_SIZE) {
			pte_t pte = pte_at(mm, address);

			if (pte_none(pte) || !!pte_present(pte) != zero)
				continue;
			if (!zero)
				emit(a, "%s[%ld,\"%s\"]", comma,
				     page_number(address), pte_kind(pte));
			else if (is_zero_pfn(pte_pfn(pte)))
				emit(a, "%s%ld", comma, page_number(address));
			else
				continue;
			comma = ",";
		}
	}
}

static void emit_process(struct answer *a, struct names *names,
			 struct mm_struct *mm, const char *sep)
{
	VMA_ITERATOR(vmi, mm, oracle_start);
	struct vm_area_struct *vma;
	const char *comma = "";

	emit(a, "%s\"%s\":{\"vmas\":[", sep, process_name(mm));
	for_each_vma_range(vmi, vma, oracle_end) {
		emit_vma(a, names, vma, comma);
		comma = ",";
	}
	emit(a, "],\"swap\":[");
	emit_other_ptes(a, mm, false);
	emit(a, "],\"zero\":[");
	emit_other_ptes(a, mm, true);
	emit(a, "]}");
}

static void emit_anon_vma(struct answer *a, struct names *names,
			  struct anon_vma *anon_vma, const char *sep)
{
	bool empty = RB_EMPTY_ROOT(&anon_vma->rb_root.rb_root);
	struct anon_vma_chain *avc;
	const char *comma = "";

	emit(a, "%s", sep);
	emit_anon_vma_name(a, names, anon_vma);
	emit(a, ":{\"root\":");
	emit_anon_vma_name(a, names, anon_vma->root);
	emit(a, ",\"parent\":");
	/*
	 * Without a vma it has left its parent, which may be freed, and the
	 * memory be another anon_vma's.
	 */
	emit_anon_vma_name(a, names, empty && anon_vma->parent != anon_vma ?
			   NULL : anon_vma->parent);
	emit(a, ",\"num_children\":%lu,\"num_active_vmas\":%lu,\"refcount\":%lu,\"tree\":[",
	     anon_vma->num_children, anon_vma->num_active_vmas,
	     atomic_read(&anon_vma->refcount) - our_refs(names, anon_vma));
	anon_vma_lock_read(anon_vma);
	for (avc = anon_vma_interval_tree_iter_first(&anon_vma->rb_root, 0, ULONG_MAX);
	     avc; avc = anon_vma_interval_tree_iter_next(avc, 0, ULONG_MAX)) {
		struct vm_area_struct *vma = avc->vma;

		emit(a, "%s{\"process\":\"%s\",\"start\":%ld,\"first\":%lu,\"last\":%lu}",
		     comma, process_name(vma->vm_mm), page_number(vma->vm_start),
		     relative(vma->vm_pgoff),
		     relative(vma->vm_pgoff + vma_pages(vma) - 1));
		comma = ",";
	}
	anon_vma_unlock_read(anon_vma);
	emit(a, "]}");
}

static void emit_processes(struct answer *a, struct names *names)
{
	const char *comma = "";
	unsigned int i;

	for (i = 0; i < nr_processes; i++) {
		struct mm_struct *mm = lock_process(i);

		if (!mm)
			continue;
		emit_process(a, names, mm, comma);
		unlock_process(mm);
		comma = ",";
	}
}

static int name_all(struct names *names, struct mapped_list *list)
{
	unsigned int i;
	size_t k;
	int err = 0;

	for (i = 0; i < nr_processes; i++) {
		struct mm_struct *mm = lock_process(i);

		if (!mm)
			continue;
		err = err ?: name_mm(names, mm);
		unlock_process(mm);
	}
	for (k = 0; k < list->nr; k++)
		err = err ?: name_folio(names, pfn_folio(list->at[k].pfn));
	return err;
}

static void emit_state(struct answer *a, unsigned long number, struct names *names,
		       struct mapped_list *list)
{
	const char *comma = "";
	unsigned long i;
	void *anon_vma;

	emit(a, "{\"state\":%lu,\"processes\":{", number);
	emit_processes(a, names);
	emit(a, "},\"anon_vmas\":{");
	xa_for_each(&names->anon_vma, i, anon_vma)
		emit_anon_vma(a, names, anon_vma, i > 1 ? "," : "");
	emit(a, "},\"folios\":[");
	oracle_count_begin();
	for (i = 0; i < list->nr; i++) {
		if (list->at[i].told)
			continue;
		emit(a, "%s", comma);
		emit_folio(a, names, pfn_folio(list->at[i].pfn), list);
		comma = ",";
	}
	oracle_count_end();
	emit(a, "]}\n");
}

static int do_state(struct answer *a, unsigned long number)
{
	struct mapped_list list = { };
	struct names names;
	int err;

	xa_init(&names.number);
	xa_init(&names.anon_vma);
	xa_init(&names.ours);
	names.nr = 0;
	err = collect_mapped(&list);
	err = err ?: name_all(&names, &list);
	err = err ?: count_our_refs(&names);
	if (!err)
		emit_state(a, number, &names, &list);
	xa_destroy(&names.number);
	xa_destroy(&names.anon_vma);
	xa_destroy(&names.ours);
	vfree(list.at);
	return err;
}

/* ---- the other commands ---- */

/* The folio at a page of a process, with a reference. */
static struct folio *get_folio(const char *name, unsigned long page)
{
	struct mm_struct *mm = process_mm(name);
	struct folio *folio = NULL;
	pte_t pte;

	if (!mm || !mmget_not_zero(mm))
		return ERR_PTR(-ESRCH);
	pte = pte_at(mm, oracle_start + (page << PAGE_SHIFT));
	if (pte_present(pte) && !is_zero_pfn(pte_pfn(pte))) {
		folio = pfn_folio(pte_pfn(pte));
		folio_get(folio);
	}
	mmput(mm);
	return folio ?: ERR_PTR(-EFAULT);
}

static int do_time(struct answer *a, const char *name, unsigned long page,
		   const char *design_name, unsigned long reps)
{
	int design = oracle_find_design(design_name);
	struct folio *folio = get_folio(name, page);
	struct mapped_list list = { };
	struct walk walk = { .list = &list };
	unsigned int before;
	unsigned long i, vmas;
	int err = design < 0 || reps > MAX_REPS ? -EINVAL : 0;

	if (IS_ERR(folio))
		return err ?: PTR_ERR(folio);
	err = err ?: collect_mapped(&list);
	if (err)
		goto out;
	before = oracle_set_design(design);
	emit(a, "{\"time\":{\"process\":\"%s\",\"page\":%lu,\"design\":\"%s\"",
	     name, page, design_name);
	emit(a, ",\"ns\":[");
	for (i = 0; i < reps; i++) {
		cond_resched();
		emit(a, "%s%llu", i ? "," : "", time_walk(folio));
	}
	/* Not before: a kprobe that counts has an effect for a while after. */
	oracle_count_begin();
	vmas = walk_folio(folio, &walk);
	oracle_count_end();
	oracle_set_design(before);
	emit(a, "],\"vmas\":%lu,\"calls\":%lu,\"found\":%lu,\"mapped\":%lu}}\n",
	     vmas, walk.calls, walk.found, walk.mapped);
out:
	vfree(list.at);
	folio_put(folio);
	return err;
}

/* Through the same reclaim as any page. */
static int do_reclaim(struct answer *a, const char *name, unsigned long page)
{
	struct folio *folio = get_folio(name, page);
	unsigned long reclaimed = 0;
	LIST_HEAD(folios);
	int mapcount;
	bool isolated;

	if (IS_ERR(folio))
		return PTR_ERR(folio);
	mapcount = folio_mapcount(folio);
	lru_add_drain_all();
	isolated = folio_isolate_lru(folio);
	folio_put(folio);
	if (isolated) {
		folio_clear_referenced(folio);
		folio_clear_active(folio);
		list_add(&folio->lru, &folios);
		reclaimed = reclaim_pages(&folios);
	}
	emit(a, "{\"reclaim\":{\"process\":\"%s\",\"page\":%lu,\"mapped_before\":%d",
	     name, page, mapcount);
	emit(a, ",\"isolated\":%s,\"reclaimed\":%lu,\"pte_after\":\"%s\"}}\n",
	     isolated ? "true" : "false", reclaimed,
	     pte_kind(pte_at(process_mm(name), oracle_start + (page << PAGE_SHIFT))));
	return 0;
}

static void do_kernel(struct answer *a)
{
	unsigned int nr, i;
	const char *const *designs = oracle_designs(&nr);

	emit(a, "{\"kernel\":{\"release\":\"%s\",\"machine\":\"%s\",\"designs\":[",
	     utsname()->release, utsname()->machine);
	for (i = 0; i < nr; i++)
		emit(a, "%s\"%s\"", i ? "," : "", designs[i]);
	emit(a, "],\"sizes\":{\"vm_area_struct\":%zu,\"anon_vma\":%zu,\"anon_vma_chain\":%zu",
	     sizeof(struct vm_area_struct), sizeof(struct anon_vma),
	     sizeof(struct anon_vma_chain));
	emit(a, ",\"ksm_rmap_item\":%zu,\"ksm_stable_node\":%zu}}}\n",
	     sizeof(struct ksm_rmap_item), sizeof(struct ksm_stable_node));
}

static void do_forget(void)
{
	while (nr_processes)
		mmdrop(processes[--nr_processes].mm);
}

static int do_process(const char *name, int nr)
{
	struct pid *pid = find_get_pid(nr);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);
	struct mm_struct *mm = task ? get_task_mm(task) : NULL;
	int err = 0;

	put_pid(pid);
	if (task)
		put_task_struct(task);
	if (!mm)
		return -ESRCH;
	if (nr_processes < MAX_PROCESSES) {
		mmgrab(mm);
		strscpy(processes[nr_processes].name, name);
		processes[nr_processes++].mm = mm;
	} else {
		err = -ENOSPC;
	}
	mmput(mm);
	return err;
}

static int do_command(struct answer *a, const char *command)
{
	char name[16], word[32];
	unsigned long x, y;
	int n;

	if (!strcmp(command, "kernel"))
		do_kernel(a);
	else if (!strcmp(command, "forget"))
		do_forget();
	else if (sscanf(command, "window %lu %lu", &x, &y) == 2)
		oracle_end = (oracle_start = x) + y;
	else if (sscanf(command, "process %15s %d", name, &n) == 2)
		return do_process(name, n);
	else if (sscanf(command, "state %lu", &x) == 1)
		return do_state(a, x);
	else if (sscanf(command, "time %15s %lu %31s %lu", name, &x, word, &y) == 4)
		return do_time(a, name, x, word, y);
	else if (sscanf(command, "reclaim %15s %lu", name, &x) == 2)
		return do_reclaim(a, name, x);
	else
		return -EINVAL;
	return 0;
}

/* ---- files ---- */

static int reader_open(struct inode *inode, struct file *file)
{
	struct answer *a = kzalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	a->size = PAGE_SIZE;
	a->text = vmalloc(a->size);
	file->private_data = a;
	if (a->text)
		return 0;
	kfree(a);
	return -ENOMEM;
}

static int reader_release(struct inode *inode, struct file *file)
{
	struct answer *a = file->private_data;

	vfree(a->text);
	kfree(a);
	return 0;
}

static ssize_t reader_write(struct file *file, const char __user *buf, size_t len,
			    loff_t *ppos)
{
	struct answer *a = file->private_data;
	char command[128];
	int err;

	if (len >= sizeof(command))
		return -E2BIG;
	if (copy_from_user(command, buf, len))
		return -EFAULT;
	command[len] = '\0';
	mutex_lock(&oracle_mutex);
	a->used = 0;
	a->too_long = false;
	err = do_command(a, command);
	mutex_unlock(&oracle_mutex);
	if (!err && a->too_long)
		err = -EFBIG;
	return err ?: len;
}

static ssize_t reader_read(struct file *file, char __user *buf, size_t len,
			   loff_t *ppos)
{
	struct answer *a = file->private_data;

	return simple_read_from_buffer(buf, len, ppos, a->text, a->used);
}

static const struct file_operations reader_fops = {
	.owner = THIS_MODULE,
	.open = reader_open,
	.release = reader_release,
	.write = reader_write,
	.read = reader_read,
	.llseek = default_llseek,
};

#ifdef KSM_DESIGNS
static int design_show(struct seq_file *m, void *v)
{
	unsigned int nr, i;
	const char *const *designs = oracle_designs(&nr);

	for (i = 0; i < nr; i++)
		seq_printf(m, i == ksm_design ? "[%s]\n" : "%s\n", designs[i]);
	return 0;
}

static int design_open(struct inode *inode, struct file *file)
{
	return single_open(file, design_show, NULL);
}

static ssize_t design_write(struct file *file, const char __user *buf, size_t len,
			    loff_t *ppos)
{
	char name[32];
	int design;

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, buf, len))
		return -EFAULT;
	name[len] = '\0';
	design = oracle_find_design(strim(name));
	if (design < 0)
		return design;
	oracle_set_design(design);
	return len;
}

static const struct file_operations design_fops = {
	.owner = THIS_MODULE,
	.open = design_open,
	.release = single_release,
	.write = design_write,
	.read = seq_read,
	.llseek = seq_lseek,
};
#endif

#ifndef MODULE
/* So many full passes of ksmd, before the write returns. */
static int scan_set(void *data, u64 passes)
{
	while (passes--) {
		mutex_lock(&ksm_thread_mutex);
		ksm_do_scan(UINT_MAX);
		mutex_unlock(&ksm_thread_mutex);
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(scan_fops, NULL, scan_set, "%llu\n");
#endif

static int __init oracle_init(void)
{
#ifdef MODULE
	int err = oracle_find_symbols();

	if (err)
		return err;
#endif
	oracle_dir = debugfs_create_dir("ksm_oracle", NULL);
	debugfs_create_file("reader", 0600, oracle_dir, NULL, &reader_fops);
#ifdef KSM_DESIGNS
	debugfs_create_file("design", 0600, oracle_dir, NULL, &design_fops);
#endif
#ifndef MODULE
	debugfs_create_file("scan", 0200, oracle_dir, NULL, &scan_fops);
#endif
	return 0;
}
late_initcall(oracle_init);

#ifdef MODULE
static void __exit oracle_exit(void)
{
	debugfs_remove(oracle_dir);
	do_forget();
}
module_exit(oracle_exit);
MODULE_DESCRIPTION("What the anonymous reverse map of a live kernel is");
MODULE_LICENSE("GPL");
#endif
