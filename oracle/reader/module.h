/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the reader needs as a module of a kernel that knows nothing of it.
 *
 * The functions it calls are not exported. kallsyms_lookup_name() knows where
 * they are, and a kprobe knows where that is. Another kprobe counts the vmas
 * that a walk is given: a walk that is not ended early asks for the next one
 * after each.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

#include "ksm-structs-6.12.h"

/* mm/internal.h */
bool folio_isolate_lru(struct folio *folio);
unsigned long reclaim_pages(struct list_head *folios);

#define ORACLE_SYMBOLS(symbol)				\
	symbol(anon_vma_interval_tree_iter_first)	\
	symbol(anon_vma_interval_tree_iter_next)	\
	symbol(folio_isolate_lru)			\
	symbol(lru_add_drain_all)			\
	symbol(reclaim_pages)				\
	symbol(rmap_walk)

#define ORACLE_POINTER(name)	static typeof(&(name)) oracle_##name;
ORACLE_SYMBOLS(ORACLE_POINTER)

/* From here on these names call through the pointers. */
#define anon_vma_interval_tree_iter_first	oracle_anon_vma_interval_tree_iter_first
#define anon_vma_interval_tree_iter_next	oracle_anon_vma_interval_tree_iter_next
#define folio_isolate_lru			oracle_folio_isolate_lru
#define lru_add_drain_all			oracle_lru_add_drain_all
#define reclaim_pages				oracle_reclaim_pages
#define rmap_walk				oracle_rmap_walk

static int oracle_find_symbols(void)
{
	static const struct { const char *name; void **pointer; } symbols[] = {
#define ORACLE_ENTRY(name)	{ #name, (void **)&oracle_##name },
		ORACLE_SYMBOLS(ORACLE_ENTRY)
	};
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*look_up)(const char *name);
	int err = register_kprobe(&probe);
	unsigned int i;

	if (err)
		return err;
	look_up = (void *)probe.addr;
	unregister_kprobe(&probe);
	for (i = 0; i < ARRAY_SIZE(symbols); i++) {
		*symbols[i].pointer = (void *)look_up(symbols[i].name);
		if (!*symbols[i].pointer) {
			pr_err("rmap_oracle: no symbol %s\n", symbols[i].name);
			return -ENOENT;
		}
	}
	return 0;
}

static unsigned long rmap_oracle_vmas;
static struct task_struct *oracle_counted;

static int oracle_count(struct kprobe *probe, struct pt_regs *regs)
{
	rmap_oracle_vmas += current == oracle_counted;
	return 0;
}

static struct kprobe oracle_next;

/* Registered only while walks are counted: they are timed without it. */
static void oracle_count_begin(void)
{
	oracle_next = (struct kprobe) {
		.symbol_name = "anon_vma_interval_tree_iter_next",
		.pre_handler = oracle_count,
	};
	oracle_counted = current;
	if (register_kprobe(&oracle_next))
		pr_err("rmap_oracle: vmas are not counted\n");
}

static void oracle_count_end(void)
{
	unregister_kprobe(&oracle_next);
}
