// SPDX-License-Identifier: GPL-2.0
/*
 * runner OUTPUT SCRIPT: does what a script says with real processes, inside
 * the guest, and writes one JSON object a line. The script language and the
 * records are described in oracle/README.md.
 *
 * A process of a script is a process that sleeps on a futex until it is told
 * to make one call. All are children of the runner, so it can wait for them.
 */
#define _GNU_SOURCE
#include <asm/mman.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))

#define PAGE		4096UL
/* Page 0 of a script is page 1 << 24: no offset into a file is as large. */
#define WINDOW		(PAGE << 24)
#define WINDOW_BYTES	(1UL << 36)
#define FILE_PAGES	1024
#define MAX_PROCESSES	256
#define MAX_FILES	16
#define MAX_WORDS	8
#define MAX_SETTINGS	16

#define KSM		"/sys/kernel/mm/ksm/"
#define ORACLE		"/sys/kernel/debug/ksm_oracle/"
#define FAULT_AROUND	"/sys/kernel/debug/fault_around_bytes"

/* In /proc/sys/kernel/tainted: a bad page, an oops, a warning, a soft lockup. */
#define COMPLAINTS	(1 << 5 | 1 << 7 | 1 << 9 | 1 << 14)

enum state { IDLE, ASKED, DONE };

/* What a process is told to do. */
struct call {
	long (*function)(const struct call *call);
	long start, pages;
	long to, new_pages;		/* mremap; to -1: in place */
	int flags;			/* protection, advice, MREMAP_... */
	char file[32];			/* "": anonymous memory */
	long offset;
	unsigned long content;
	struct process *child;		/* fork */
};

struct process {
	enum state state;		/* a futex */
	pid_t pid;			/* 0: this place is free */
	char name[16];
	struct call call;
	long result;
	int error;			/* errno, 0 if done */
};

static struct process *processes;	/* shared by all of them */
static FILE *output;
static int reader;
static int line_number;
static char line[256];
static char *w[MAX_WORDS];		/* its words; w[0] is the command */
static int nr_words;

/* ---- records ---- */

static void print_string(const char *s)
{
	fputc('"', output);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', output);
		fputc(*s, output);
	}
	fputc('"', output);
}

static void print_op(int error)
{
	fputs("{\"op\":", output);
	print_string(line);
	if (error)
		fprintf(output, ",\"errno\":\"%s\"}\n", strerrorname_np(error));
	else
		fputs(",\"errno\":null}\n", output);
	fflush(output);
}

/* Ends the run: the script is wrong, or the guest is not what it should be. */
static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	char text[512];
	va_list args;
	int n = snprintf(text, sizeof(text), "line %d: ", line_number);

	va_start(args, fmt);
	vsnprintf(text + n, sizeof(text) - n, fmt, args);
	va_end(args);
	fputs("{\"error\":", output);
	print_string(text);
	fputs("}\n", output);
	fflush(output);
	exit(1);
}

/* ---- files of the kernel ---- */

static int write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return errno;
	n = write(fd, value, strlen(value));
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? -n : 0;
}

/* "" if there is no such file. */
static void read_file(const char *path, char *value, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, value, size - 1);

	if (fd >= 0)
		close(fd);
	value[n < 0 ? 0 : n] = '\0';
}

static long read_number(const char *path)
{
	char value[32];

	read_file(path, value, sizeof(value));
	return atol(value);
}

/* Settings a history has changed, as they were. */
static struct { char path[64], value[64]; } settings[MAX_SETTINGS];
static unsigned int nr_settings;

static int change_setting(const char *path, const char *value)
{
	char before[512], *chosen = before, *end;
	int error;

	read_file(path, before, sizeof(before));
	end = strchr(before, ']');
	if (end) {			/* a [choice] among others */
		*end = '\0';
		chosen = strchr(before, '[') + 1;
	}
	error = write_file(path, value);
	if (error)
		return error;
	for (unsigned int i = 0; i < nr_settings; i++)
		if (!strcmp(settings[i].path, path))
			return 0;	/* what it was before is known */
	if (nr_settings == MAX_SETTINGS)
		fail("more than %d settings", MAX_SETTINGS);
	snprintf(settings[nr_settings].path, sizeof(settings[0].path), "%s", path);
	snprintf(settings[nr_settings].value, sizeof(settings[0].value), "%.*s",
		 (int)strcspn(chosen, "\n"), chosen);
	nr_settings++;
	return 0;
}

/* Sends a command to the reader; returns an errno. */
static int __attribute__((format(printf, 1, 2))) ask_reader(const char *fmt, ...)
{
	char command[128];
	va_list args;
	ssize_t n;

	va_start(args, fmt);
	n = vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	return pwrite(reader, command, n, 0) == n ? 0 : errno;
}

static void print_answer(void)
{
	static char text[1 << 16];
	ssize_t n;

	for (off_t at = 0; (n = pread(reader, text, sizeof(text), at)) > 0; at += n)
		fwrite(text, 1, n, output);
	fflush(output);
}

/* ---- the calls a process makes ---- */

static void *address(long page)
{
	return (void *)(WINDOW + page * PAGE);
}

/*
 * A process opens a file once, and fork inherits that: VMAs merge only if
 * their vm_file is the same.
 */
static int open_once(const char *file)
{
	static struct { char path[40]; int fd; } files[MAX_FILES];
	unsigned int i = 0;

	while (i < MAX_FILES - 1 && files[i].path[0] && strcmp(files[i].path, file))
		i++;
	if (!files[i].path[0]) {
		strcpy(files[i].path, file);
		files[i].fd = open(file, O_RDWR);
	}
	return files[i].fd;
}

static long call_mmap(const struct call *c)
{
	int flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_NORESERVE;
	int fd = -1;

	if (c->file[0])
		fd = open_once(c->file);
	else
		flags |= MAP_ANONYMOUS;
	return (long)mmap(address(c->start), c->pages * PAGE, c->flags, flags,
			  fd, c->offset * PAGE);
}

static long call_munmap(const struct call *c)
{
	return munmap(address(c->start), c->pages * PAGE);
}

static long call_mremap(const struct call *c)
{
	int flags = c->flags;

	if (c->to >= 0)
		flags |= MREMAP_MAYMOVE | MREMAP_FIXED;
	return (long)mremap(address(c->start), c->pages * PAGE,
			    c->new_pages * PAGE, flags, address(c->to));
}

static long call_mprotect(const struct call *c)
{
	return mprotect(address(c->start), c->pages * PAGE, c->flags);
}

static long call_madvise(const struct call *c)
{
	return madvise(address(c->start), c->pages * PAGE, c->flags);
}

/* A page that is in a pipe has one reference more. */
static int pipe_of_pages[2] = { -1, -1 };

static long call_hold(const struct call *c)
{
	struct iovec page = { address(c->start), PAGE };

	if (pipe_of_pages[0] < 0 && pipe(pipe_of_pages))
		return -1;
	return vmsplice(pipe_of_pages[1], &page, 1, 0) < 0 ? -1 : 0;
}

static long call_release(const struct call *c)
{
	(void)c;
	close(pipe_of_pages[0]);
	close(pipe_of_pages[1]);
	pipe_of_pages[0] = -1;
	return 0;
}

/* Makes a VMA of each page: protections that differ do not merge. */
static long call_split(const struct call *c)
{
	long error = 0;

	for (long i = 1; i < c->pages && !error; i += 2)
		error = mprotect(address(c->start + i), PAGE, PROT_READ);
	return error;
}

/* Contents are told apart by number; 0 is that of the zero page. */
static void fill(unsigned long *page, unsigned long content)
{
	for (unsigned long i = 0; i < PAGE / sizeof(*page); i++)
		page[i] = content ? content * 0x9e3779b97f4a7c15UL + i : 0;
}

/* A fault that the kernel refuses comes as a signal. */
static sigjmp_buf refused;
static volatile sig_atomic_t touching;

static void on_fault(int signal)
{
	(void)signal;
	if (!touching)
		_exit(1);
	siglongjmp(refused, 1);
}

static long touch(const struct call *c, bool write)
{
	volatile bool done = false;

	touching = 1;
	if (!sigsetjmp(refused, 1)) {
		for (long i = 0; i < c->pages; i++) {
			if (write)
				fill(address(c->start + i), c->content);
			else
				(void)*(volatile char *)address(c->start + i);
		}
		done = true;
	}
	touching = 0;
	errno = EFAULT;
	return done ? 0 : -1;
}

static long call_write(const struct call *c)
{
	return touch(c, true);
}

static long call_read(const struct call *c)
{
	return touch(c, false);
}

/* ---- processes ---- */

static enum state get_state(struct process *p)
{
	return __atomic_load_n(&p->state, __ATOMIC_SEQ_CST);
}

static void set_state(struct process *p, enum state state)
{
	__atomic_store_n(&p->state, state, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &p->state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void wait_state(struct process *p, enum state state)
{
	struct timespec second = { .tv_sec = 1 };

	syscall(SYS_futex, &p->state, FUTEX_WAIT, state, &second, NULL, 0);
}

static void __attribute__((noreturn)) serve(struct process *me)
{
	prctl(PR_SET_NAME, me->name);
	for (;;) {
		while (get_state(me) != ASKED)
			wait_state(me, get_state(me));
		me->result = me->call.function(&me->call);
		me->error = me->result == -1 ? errno : 0;
		set_state(me, DONE);
	}
}

/* CLONE_PARENT: the child of a process, too, is the runner's to wait for. */
static pid_t clone_process(struct process *child, int flags)
{
	pid_t pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		serve(child);
	return pid;
}

static long call_fork(const struct call *c)
{
	return clone_process(c->child, CLONE_PARENT);
}

static struct process *find_process(const char *name)
{
	for (int i = 0; i < MAX_PROCESSES; i++)
		if (processes[i].pid && !strcmp(processes[i].name, name))
			return &processes[i];
	return NULL;
}

static struct process *free_place(const char *name)
{
	for (int i = 0; i < MAX_PROCESSES; i++) {
		struct process *p = &processes[i];

		if (p->pid)
			continue;
		memset(p, 0, sizeof(*p));
		if (snprintf(p->name, sizeof(p->name), "%s", name) >= (int)sizeof(p->name))
			fail("the name '%s' is too long", name);
		return p;
	}
	fail("more than %d processes", MAX_PROCESSES);
}

static void call(struct process *p, struct call call)
{
	p->call = call;
	set_state(p, ASKED);
	while (get_state(p) != DONE) {
		wait_state(p, ASKED);
		if (waitpid(p->pid, NULL, WNOHANG) == p->pid)
			fail("process %s died in '%s'", p->name, line);
	}
	set_state(p, IDLE);
}

static void tell(const char *name, struct call c)
{
	struct process *p = find_process(name);

	if (p)
		call(p, c);
	print_op(p ? p->error : ESRCH);
}

static void end_process(struct process *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	p->pid = 0;
}

static void add_process(struct process *p, pid_t pid)
{
	int error;

	p->pid = pid;
	error = ask_reader("process %s %d", p->name, pid);
	if (error)
		fail("the reader refuses process %s: %s", p->name, strerror(error));
}

/* ---- words of a script ---- */

static long number(const char *word)
{
	char *end;
	long value = strtol(word, &end, 10);

	if (*end || end == word)
		fail("'%s' is not a number", word);
	return value;
}

struct word {
	const char *word;
	int value;
};

static int look_up(const struct word *words, const char *word)
{
	for (; words->word; words++)
		if (!strcmp(words->word, word))
			return words->value;
	fail("'%s' is not known here", word);
}

static const struct word protections[] = {
	{ "none", PROT_NONE },
	{ "ro", PROT_READ },
	{ "rw", PROT_READ | PROT_WRITE },
	{ }
};

static const struct word advices[] = {
	{ "mergeable", MADV_MERGEABLE },
	{ "unmergeable", MADV_UNMERGEABLE },
	{ "dontneed", MADV_DONTNEED },
	{ "dontfork", MADV_DONTFORK },
	{ "dofork", MADV_DOFORK },
	{ "pageout", MADV_PAGEOUT },
	{ "willneed", MADV_WILLNEED },
	{ "free", MADV_FREE },
	{ "soft_offline", MADV_SOFT_OFFLINE },
	{ "hwpoison", MADV_HWPOISON },
	{ }
};

static struct call on_range(long (*function)(const struct call *c))
{
	return (struct call) {
		.function = function,
		.start = number(w[2]),
		.pages = number(w[3]),
	};
}


/* Its pages differ from each other, and from those of any other file. */
static void make_file(const char *path)
{
	static unsigned long page[PAGE / sizeof(long)];
	static unsigned long nr_files;
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);

	if (fd < 0 && errno == EEXIST)
		return;
	if (++nr_files == MAX_FILES)
		fail("more than %d files", MAX_FILES - 1);
	for (long i = 0; i < FILE_PAGES; i++) {
		fill(page, (nr_files << 40) + i);
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			fail("cannot write %s: %s", path, strerror(errno));
	}
	close(fd);
}

/* ---- commands ---- */

/* Has the kernel warned since it booted? lockdep stops at its first complaint. */
static bool kernel_complained(void)
{
	FILE *f = fopen("/proc/lockdep_stats", "r");
	int debug_locks = 1;
	char text[128];

	while (f && fgets(text, sizeof(text), f))
		sscanf(text, " debug_locks: %d", &debug_locks);
	if (f)
		fclose(f);
	return !debug_locks ||
	       read_number("/proc/sys/kernel/tainted") & COMPLAINTS;
}

static void end_history(void)
{
	for (int i = 0; i < MAX_PROCESSES; i++)
		if (processes[i].pid)
			end_process(&processes[i]);
	ask_reader("forget");
	write_file(KSM "run", "2");	/* unmerges, and forgets all rmap_items */
	write_file(KSM "run", "0");
	while (nr_settings) {
		nr_settings--;
		write_file(settings[nr_settings].path, settings[nr_settings].value);
	}
	if (kernel_complained())
		fail("the kernel has warned; its console says of what");
}

static void do_history(void)
{
	end_history();
	fputs("{\"history\":", output);
	print_string(w[1]);
	fputs("}\n", output);
	fflush(output);
}

static void do_set(void)
{
	char path[64];

	if (nr_words == 4 && !strcmp(w[1], "ksm"))
		snprintf(path, sizeof(path), KSM "%s", w[2]);
	else if (nr_words == 3 && !strcmp(w[1], "fault_around"))
		strcpy(path, FAULT_AROUND);
	else
		fail("'%s' is not known here", w[1]);
	print_op(change_setting(path, w[nr_words - 1]));
}

static void do_design(void)
{
	print_op(change_setting(ORACLE "design", w[1]));
}

static void do_start(void)
{
	struct process *p;

	if (find_process(w[1])) {
		print_op(EEXIST);
		return;
	}
	p = free_place(w[1]);
	add_process(p, clone_process(p, 0));
	print_op(0);
}

static void do_fork(void)
{
	struct process *parent = find_process(w[1]), *child;

	if (!parent || find_process(w[2])) {
		print_op(parent ? EEXIST : ESRCH);
		return;
	}
	child = free_place(w[2]);
	call(parent, (struct call) { .function = call_fork, .child = child });
	if (!parent->error)
		add_process(child, parent->result);
	print_op(parent->error);
}

static void do_exit(void)
{
	struct process *p = find_process(w[1]);

	if (p)
		end_process(p);
	print_op(p ? 0 : ESRCH);
}

static void do_mmap(void)
{
	struct call c = on_range(call_mmap);

	c.flags = look_up(protections, w[4]);
	if (nr_words == 7) {
		if (snprintf(c.file, sizeof(c.file), "/tmp/%s", w[5]) >= (int)sizeof(c.file))
			fail("the name '%s' is too long", w[5]);
		c.offset = number(w[6]);
		make_file(c.file);
	} else if (nr_words != 5) {
		fail("an offset is missing after '%s'", w[5]);
	}
	tell(w[1], c);
}

static void do_munmap(void)
{
	tell(w[1], on_range(call_munmap));
}

static void do_mremap(void)
{
	struct call c = on_range(call_mremap);

	c.to = strcmp(w[4], "-") ? number(w[4]) : -1;
	c.new_pages = number(w[5]);
	if (nr_words == 7) {
		if (strcmp(w[6], "dontunmap"))
			fail("'%s' is not known here", w[6]);
		c.flags = MREMAP_DONTUNMAP;
	}
	tell(w[1], c);
}

static void do_mprotect(void)
{
	struct call c = on_range(call_mprotect);

	c.flags = look_up(protections, w[4]);
	tell(w[1], c);
}

static void do_madvise(void)
{
	struct call c = on_range(call_madvise);

	c.flags = look_up(advices, w[4]);
	tell(w[1], c);
}

static void do_write(void)
{
	struct call c = on_range(call_write);

	c.content = number(w[4]);
	tell(w[1], c);
}

static void do_read(void)
{
	tell(w[1], on_range(call_read));
}

static void do_split(void)
{
	tell(w[1], on_range(call_split));
}

/* On a kernel as it comes: at least so many. Without any page no pass ends. */
static void wait_for_scans(long scans)
{
	long until = read_number(KSM "full_scans") + scans;
	long before = -1, now, idle = 0;

	write_file(KSM "run", "1");
	do {
		usleep(2000);
		now = read_number(KSM "pages_scanned");
		idle = now == before ? idle + 1 : 0;
		before = now;
	} while (read_number(KSM "full_scans") < until && idle < 50);
	write_file(KSM "run", "0");
}

static void do_ksmd(void)
{
	long scans = number(w[1]);

	if (write_file(ORACLE "scan", w[1]))
		wait_for_scans(scans);
	print_op(0);
	fprintf(output, "{\"ksmd\":{\"scans\":%ld,\"pages_shared\":%ld,\"pages_sharing\":%ld}}\n",
		scans, read_number(KSM "pages_shared"),
		read_number(KSM "pages_sharing"));
	fflush(output);
}

static void do_state(void)
{
	int error = ask_reader("state %ld", number(w[1]));

	if (error)
		fail("no state: %s", strerror(error));
	print_answer();
}

static void op_by_reader(const char *command)
{
	int error = ask_reader("%s", command);

	print_op(error);
	if (!error)
		print_answer();
}

static void do_time(void)
{
	char command[128];

	snprintf(command, sizeof(command), "time %s %ld %s %ld", w[1],
		 number(w[2]), w[3], number(w[4]));
	op_by_reader(command);
}

static void do_reclaim(void)
{
	char command[128];

	snprintf(command, sizeof(command), "reclaim %s %ld", w[1], number(w[2]));
	op_by_reader(command);
}

static void do_hold(void)
{
	tell(w[1], (struct call) { .function = call_hold, .start = number(w[2]) });
}

static void do_release(void)
{
	tell(w[1], (struct call) { .function = call_release });
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* How many pages got which status. */
static void print_status(const int *status, long pages)
{
	const char *comma = "";

	for (int error = 1; error < 256; error++) {
		long count = 0;

		for (long i = 0; i < pages; i++)
			count += status[i] == -error;
		if (count)
			fprintf(output, "%s\"-%s\":%ld", comma,
				strerrorname_np(error), count);
		if (count)
			comma = ",";
	}
}

static void do_move_pages(void)
{
	struct process *p = find_process(w[1]);
	long start = number(w[2]), pages = number(w[3]), moved = 0, result;
	int node = number(w[4]), error;
	void **at = calloc(pages, sizeof(*at));
	int *nodes = calloc(pages, sizeof(*nodes));
	int *status = calloc(pages, sizeof(*status));
	uint64_t ns;

	for (long i = 0; i < pages; i++) {
		at[i] = address(start + i);
		nodes[i] = node;
	}
	ns = now_ns();
	result = p ? syscall(SYS_move_pages, p->pid, pages, at, nodes, status,
			     2 | 4 /* MPOL_MF_MOVE, MPOL_MF_MOVE_ALL */) : -1;
	error = !p ? ESRCH : result < 0 ? errno : 0;
	ns = now_ns() - ns;
	print_op(error);
	/* It writes no status of pages that it fails to move: ask where they are. */
	if (!error && syscall(SYS_move_pages, p->pid, pages, at, NULL, nodes, 0))
		fail("move_pages does not say where the pages are");
	for (long i = 0; i < pages; i++)
		moved += nodes[i] == node;
	if (!error) {
		fprintf(output, "{\"move_pages\":{\"process\":\"%s\",\"start\":%ld,\"pages\":%ld,\"node\":%d",
			w[1], start, pages, node);
		fprintf(output, ",\"returned\":%ld,\"moved\":%ld,\"failed\":%ld,\"status\":{",
			result, moved, pages - moved);
		print_status(status, pages);
		fprintf(output, "},\"ns\":%llu}}\n", (unsigned long long)ns);
	}
	fflush(output);
	free(at);
	free(nodes);
	free(status);
}

static void do_slab(void)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	unsigned long active, objects, size, per_slab, pages, slabs;
	char name[64], text[256];
	int error = f ? ENOENT : errno;

	while (f && fgets(text, sizeof(text), f)) {
		if (sscanf(text, "%63s %lu %lu %lu %lu %lu : tunables %*u %*u %*u : slabdata %*u %lu",
			   name, &active, &objects, &size, &per_slab, &pages, &slabs) != 7 ||
		    strcmp(name, w[1]))
			continue;
		error = 0;
		break;
	}
	if (f)
		fclose(f);
	print_op(error);
	if (!error)
		fprintf(output, "{\"slab\":{\"name\":\"%s\",\"active\":%lu,\"objects\":%lu,\"size\":%lu,\"per_slab\":%lu,\"pages_per_slab\":%lu,\"slabs\":%lu}}\n",
			name, active, objects, size, per_slab, pages, slabs);
	fflush(output);
}

/* How many words a line has, its command included. */
static const struct command {
	const char *name;
	void (*run)(void);
	int least, most;
} commands[] = {
	{ "history", do_history, 2, 2 },
	{ "set", do_set, 3, 4 },
	{ "start", do_start, 2, 2 },
	{ "fork", do_fork, 3, 3 },
	{ "exit", do_exit, 2, 2 },
	{ "mmap", do_mmap, 5, 7 },
	{ "munmap", do_munmap, 4, 4 },
	{ "mremap", do_mremap, 6, 7 },
	{ "mprotect", do_mprotect, 5, 5 },
	{ "madvise", do_madvise, 5, 5 },
	{ "write", do_write, 5, 5 },
	{ "read", do_read, 4, 4 },
	{ "ksmd", do_ksmd, 2, 2 },
	{ "state", do_state, 2, 2 },
	{ "split", do_split, 4, 4 },
	{ "design", do_design, 2, 2 },
	{ "time", do_time, 5, 5 },
	{ "move_pages", do_move_pages, 5, 5 },
	{ "reclaim", do_reclaim, 3, 3 },
	{ "hold", do_hold, 3, 3 },
	{ "release", do_release, 2, 2 },
	{ "slab", do_slab, 2, 2 },
};

static void run_line(void)
{
	static char copy[sizeof(line)];

	memcpy(copy, line, sizeof(copy));
	nr_words = 0;
	w[0] = strtok(copy, " \t");
	while (w[nr_words] && ++nr_words < MAX_WORDS)
		w[nr_words] = strtok(NULL, " \t");
	if (!nr_words)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->name, w[0]))
			continue;
		if (nr_words < c->least || nr_words > c->most)
			fail("'%s' does not take %d words", w[0], nr_words - 1);
		c->run();
		return;
	}
	fail("'%s' is no command", w[0]);
}

static void run_script(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		fail("cannot read %s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		line_number++;
		if (!strchr(line, '\n') && !feof(f))
			fail("longer than %zu characters", sizeof(line) - 2);
		line[strcspn(line, "#\n")] = '\0';
		run_line();
	}
	fclose(f);
	end_history();
}

/* The same ground for all histories; what else they need they set. */
static void prepare(void)
{
	static const char *const settings[][2] = {
		{ KSM "run", "0" },
		{ KSM "smart_scan", "0" },
		{ KSM "pages_to_scan", "1000000" },
		{ KSM "sleep_millisecs", "1" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(settings); i++)
		if (write_file(settings[i][0], settings[i][1]))
			fail("cannot write %s: %s", settings[i][0], strerror(errno));
	reader = open(ORACLE "reader", O_RDWR);
	if (reader < 0)
		fail("no reader: %s: %s", ORACLE "reader", strerror(errno));
	ask_reader("window %lu %lu", WINDOW, WINDOW_BYTES);
	ask_reader("kernel");
	print_answer();
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_fault };

	if (argc != 3) {
		fprintf(stderr, "usage: runner OUTPUT SCRIPT\n");
		return 2;
	}
	output = fopen(argv[1], "w");
	if (!output) {
		perror(argv[1]);
		return 1;
	}
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	processes = mmap(NULL, MAX_PROCESSES * sizeof(*processes),
			 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (processes == MAP_FAILED)
		fail("no memory for the processes");
	prepare();
	run_script(argv[2]);
	fputs("{\"end\":true}\n", output);
	fclose(output);
	return 0;
}
