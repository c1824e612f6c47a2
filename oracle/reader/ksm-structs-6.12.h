/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mm/ksm.c of Linux 6.12 keeps to itself, member by member as it is there:
 * a module has no other way to read it. Nothing of it is changed.
 */
struct ksm_stable_node {
	union {
		struct rb_node node;
		struct {
			struct list_head *head;
			struct {
				struct hlist_node hlist_dup;
				struct list_head list;
			};
		};
	};
	struct hlist_head hlist;
	union {
		unsigned long kpfn;
		unsigned long chain_prune_time;
	};
	int rmap_hlist_len;
#ifdef CONFIG_NUMA
	int nid;
#endif
};

struct ksm_rmap_item {
	struct ksm_rmap_item *rmap_list;
	union {
		struct anon_vma *anon_vma;
#ifdef CONFIG_NUMA
		int nid;
#endif
	};
	struct mm_struct *mm;
	unsigned long address;
	unsigned int oldchecksum;
	u8 age;
	u8 remaining_skips;
	union {
		struct rb_node node;
		struct {
			struct ksm_stable_node *head;
			struct hlist_node hlist;
		};
	};
};
