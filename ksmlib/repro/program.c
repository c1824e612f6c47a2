// SPDX-License-Identifier: MIT
/*
 * Is every mapping of a KSM page reached by the reverse map?
 *
@HEADER@
 *
 * Real processes do what the history says, at the addresses it says (page 0
 * is at BASE). Then the kernel is made to walk the reverse map of each KSM
 * page: by move_pages() where there are two memory nodes, and by reclaim where
 * there is swap and a cgroup v2. A mapping that the walk does not reach keeps
 * the page where it is.
 *
 *	gcc -O2 -Wall -Wextra -std=gnu11 -o repro THIS_FILE
 *	sudo ./repro
 *
 * Prints TAP. Exit status: 0 all reached, 1 not all, 4 could not tell. Every
 * setting that is changed is put back. ksmd may merge other memory of the
 * machine meanwhile, if it is asked to.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BASE 0x1000000000UL
#define PAGE 4096UL
#define SKIP 4
#define IN_PLACE -1
#define NONE -1

/* --- the history ---------------------------------------------------------- */

enum verb { MMAP, MUNMAP, MREMAP, MPROTECT, MADVISE, WRITE, READ, FORK, EXIT, KSMD };

static const char *const processes[] = { @PROCESSES@ };
static const char *const files[] = { @FILES@ };

static const struct op {
	const char *text;
	enum verb verb;
	int process;		/* index into processes, NONE for ksmd */
	long start, pages;	/* the range, in pages from BASE */
	long a, b, c;		/* the other arguments, see run_op() */
	int expected;		/* errno */
} history[] = {
@OPERATIONS@
};

/* who maps a KSM page at the end; a page is a number */
static const struct mapping {
	int process;
	long start;
	int page;
} mappings[] = {
@MAPPINGS@
};

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define PROCESSES COUNT(processes)
#define MAPPINGS COUNT(mappings)
#define PAGES @PAGES@
#define CONTENTS @CONTENTS@
#define SCRATCH CONTENTS	/* a page of the file of contents */
#define FILE_PAGES @FILE_PAGES@

/* --- small helpers -------------------------------------------------------- */

static int tests, failed, skipped;

static void result(const char *verdict, const char *format, va_list args)
{
	printf("%s %d - ", verdict, ++tests);
	vprintf(format, args);
}

__attribute__((format(printf, 2, 3)))
static void check(bool fine, const char *format, ...)
{
	va_list args;

	failed += !fine;
	va_start(args, format);
	result(fine ? "ok" : "not ok", format, args);
	va_end(args);
	putchar('\n');
}

__attribute__((format(printf, 2, 3)))
static void skip(const char *reason, const char *format, ...)
{
	va_list args;

	skipped++;
	va_start(args, format);
	result("ok", format, args);
	va_end(args);
	printf(" # SKIP %s\n", reason);
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool fine;

	if (fd < 0)
		return false;
	fine = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return fine;
}

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	return n > 0;
}

static void *address(long page)
{
	return (void *)(BASE + page * PAGE);
}

/* --- settings, put back at exit ------------------------------------------- */

#define KSM "/sys/kernel/mm/ksm/"

static struct setting {
	const char *path, *value;
	char before[64];
	bool changed;
} settings[] = {
	{ .path = KSM "run", .value = "0" },
	{ .path = KSM "sleep_millisecs", .value = "100" },
	{ .path = KSM "pages_to_scan", .value = "10000" },
};

static pid_t harness;
static char cgroup[64];

static void put_back(void)
{
	if (getpid() != harness)
		return;
	for (int i = COUNT(settings) - 1; i >= 0; i--)
		if (settings[i].changed)
			write_text(settings[i].path, settings[i].before);
	if (cgroup[0]) {
		write_text("/sys/fs/cgroup/cgroup.procs", "0");
		for (int tries = 0; tries < 100 && rmdir(cgroup); tries++)
			usleep(10000);
	}
}

static void stopped(int sig)
{
	put_back();
	_exit(128 + sig);
}

static bool change_settings(void)
{
	for (int i = 0; i < COUNT(settings); i++) {
		struct setting *s = &settings[i];

		if (!read_text(s->path, s->before, sizeof(s->before)))
			return false;
		s->changed = write_text(s->path, s->value);
	}
	return settings[0].changed;	/* an advisor may own the others */
}

/* --- the processes -------------------------------------------------------- */

struct reply {
	long value;
	int error;
};

static int orders[16][2], replies[2];	/* pipes */
static int file_fd[16], content_fd;
static pid_t pids[16];			/* 0: not running */

_Static_assert(PROCESSES <= 16, "too many processes");

static void serve(int me);

/* the kernel touches the pages for us: a fault it refuses is an errno, no signal */
static long fill_pages(const struct op *op)
{
	for (long page = op->start; page < op->start + op->pages; page++)
		if (pread(content_fd, address(page), PAGE, op->a * (off_t)PAGE) < 0)
			return -1;
	return 0;
}

static long read_pages(const struct op *op)
{
	for (long page = op->start; page < op->start + op->pages; page++)
		if (pwrite(content_fd, address(page), 1, SCRATCH * (off_t)PAGE) < 0)
			return -1;
	return 0;
}

static long map(const struct op *op)
{
	int flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_NORESERVE;
	bool anonymous = op->a == NONE;

	return (long)mmap(address(op->start), op->pages * PAGE, PROT_READ | PROT_WRITE,
			  flags | (anonymous ? MAP_ANONYMOUS : 0),
			  anonymous ? -1 : file_fd[op->a], op->b * PAGE);
}

static long run_op(const struct op *op)
{
	void *start = address(op->start);
	size_t length = op->pages * PAGE;
	pid_t child;

	switch (op->verb) {
	case MMAP:		/* a: file or NONE, b: its first page */
		return map(op);
	case MUNMAP:
		return munmap(start, length);
	case MREMAP:		/* a: new pages, b: new start or IN_PLACE, c: flags */
		if (op->b == IN_PLACE)
			return (long)mremap(start, length, op->a * PAGE, 0);
		return (long)mremap(start, length, op->a * PAGE,
				    MREMAP_MAYMOVE | MREMAP_FIXED | (int)op->c,
				    address(op->b));
	case MPROTECT:		/* a: protection */
		return mprotect(start, length, (int)op->a);
	case MADVISE:		/* a: advice */
		return madvise(start, length, (int)op->a);
	case WRITE:		/* a: which content */
		return fill_pages(op);
	case READ:
		return read_pages(op);
	case FORK:		/* a: the child */
		child = fork();
		if (child == 0)
			serve((int)op->a);
		return child;
	case EXIT:
		_exit(0);
	case KSMD:
		break;
	}
	errno = ENOSYS;
	return -1;
}

static void serve(int me)
{
	int number;

	while (read(orders[me][0], &number, sizeof(number)) == sizeof(number)) {
		struct reply reply;

		errno = 0;
		reply.value = run_op(&history[number]);
		reply.error = reply.value == -1 ? errno : 0;
		if (write(replies[1], &reply, sizeof(reply)) != sizeof(reply))
			break;
	}
	_exit(0);
}

static void start_process(int me)
{
	fflush(stdout);
	pids[me] = fork();
	if (pids[me] == 0)
		serve(me);
}

static void wait_until_gone(pid_t pid)
{
	while (!kill(pid, 0))
		usleep(1000);
}

/* n full scans; -1 if ksmd does not get on */
static int scan(long n)
{
	char text[32];
	long before, now;

	if (!read_text(KSM "full_scans", text, sizeof(text)))
		return -1;
	before = now = atol(text);
	write_text(KSM "run", "1");
	for (int ms = 0; now < before + n && ms < 60000; ms += 2) {
		usleep(2000);
		if (read_text(KSM "full_scans", text, sizeof(text)))
			now = atol(text);
	}
	write_text(KSM "run", "0");
	return now < before + n ? -1 : 0;
}

static int order(int number)
{
	const struct op *op = &history[number];
	struct reply reply;

	if (op->verb == KSMD)
		return scan(op->pages) ? ETIMEDOUT : 0;
	if (!pids[op->process])
		start_process(op->process);
	if (write(orders[op->process][1], &number, sizeof(number)) != sizeof(number))
		return EPIPE;
	if (op->verb == EXIT) {
		wait_until_gone(pids[op->process]);
		pids[op->process] = 0;
		return 0;
	}
	if (read(replies[0], &reply, sizeof(reply)) != sizeof(reply))
		return EPIPE;
	if (op->verb == FORK && !reply.error)
		pids[op->a] = (pid_t)reply.value;
	return reply.error;
}

static void end_processes(void)
{
	for (int i = 0; i < PROCESSES; i++)
		if (pids[i]) {
			kill(pids[i], SIGKILL);
			wait_until_gone(pids[i]);
			pids[i] = 0;
		}
}

/* --- looking at page tables ----------------------------------------------- */

#define PRESENT (1ULL << 63)
#define SWAPPED (1ULL << 62)
#define FRAME ((1ULL << 55) - 1)

static uint64_t pagemap(int process, long page)
{
	uint64_t entry = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pids[process]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (pread(fd, &entry, 8, (BASE / PAGE + page) * 8) != 8)
		entry = 0;
	close(fd);
	return entry;
}

static uint64_t entry_of(const struct mapping *m)
{
	return pagemap(m->process, m->start);
}

/* does the kernel share pages just as the model says? */
static bool shared_as_expected(void)
{
	for (int i = 0; i < MAPPINGS; i++)
		for (int j = 0; j < MAPPINGS; j++) {
			uint64_t x = entry_of(&mappings[i]), y = entry_of(&mappings[j]);
			bool same = mappings[i].page == mappings[j].page;

			if (!(x & PRESENT) || !(y & PRESENT))
				return false;
			if (((x & FRAME) == (y & FRAME)) != same)
				return false;
		}
	return true;
}

static const struct mapping *first_of(int page)
{
	for (int i = 0; i < MAPPINGS; i++)
		if (mappings[i].page == page)
			return &mappings[i];
	return NULL;
}

static int mappings_of(int page)
{
	int n = 0;

	for (int i = 0; i < MAPPINGS; i++)
		n += mappings[i].page == page;
	return n;
}

/* --- making the kernel walk ----------------------------------------------- */

static int node_of(const struct mapping *m)
{
	void *at = address(m->start);
	int node = -1;

	if (syscall(SYS_move_pages, pids[m->process], 1, &at, NULL, &node, 0))
		return -1;
	return node;
}

/* a node with memory other than this one, or -1 */
static int other_node(int node)
{
	for (int n = 0; n < 64; n++) {
		char path[64], text[256];

		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", n);
		if (n != node && read_text(path, text, sizeof(text)) &&
		    !strstr(text, "MemTotal:              0 kB"))
			return n;
	}
	return -1;
}

static void test_move_pages(int page)
{
	const struct mapping *m = first_of(page);
	void *at = address(m->start);
	int from = node_of(m), to = other_node(from), status = 0;
	long left;

	if (from < 0 || to < 0) {
		skip("one memory node", "page %d: move_pages()", page);
		return;
	}
	left = syscall(SYS_move_pages, pids[m->process], 1, &at, &to, &status,
		       1 << 2 /* MPOL_MF_MOVE_ALL */);
	check(node_of(m) == to, "page %d: move_pages() moves it, %d mappings", page,
	      mappings_of(page));
	if (node_of(m) != to)
		printf("# move_pages() = %ld, status %d: a mapping was not reached\n",
		       left, status);
}

static bool have_swap(void)
{
	char text[512] = "";

	read_text("/proc/swaps", text, sizeof(text));
	return strchr(text, '\n') && strchr(strchr(text, '\n') + 1, '\n');
}

static void test_reclaim(int page)
{
	char reclaim[96];
	int still = 0;

	snprintf(reclaim, sizeof(reclaim), "%s/memory.reclaim", cgroup);
	if (!have_swap() || !cgroup[0] || access(reclaim, W_OK)) {
		skip(have_swap() ? "no memory cgroup v2" : "no swap",
		     "page %d: reclaim", page);
		return;
	}
	for (int tries = 0; tries < 20; tries++) {
		write_text(reclaim, "64M");
		if (!(entry_of(first_of(page)) & PRESENT))
			break;
	}
	for (int i = 0; i < MAPPINGS; i++)
		if (mappings[i].page == page)
			still += !!(entry_of(&mappings[i]) & PRESENT);
	check(!still, "page %d: reclaim unmaps it, %d mappings", page,
	      mappings_of(page));
	for (int i = 0; i < MAPPINGS && still; i++)
		if (mappings[i].page == page)
			printf("# %s:%ld %s\n", processes[mappings[i].process],
			       mappings[i].start,
			       entry_of(&mappings[i]) & PRESENT ? "not reached" : "reached");
}

/* --- setting up ----------------------------------------------------------- */

static unsigned long salt;

/* page n of a file: words that no other page of the machine should hold */
static bool fill(int fd, long n, unsigned long seed)
{
	unsigned long words[PAGE / sizeof(unsigned long)];

	for (unsigned int i = 0; i < PAGE / sizeof(words[0]); i++)
		words[i] = salt + seed * 0x9E3779B97F4A7C15UL + i;
	return pwrite(fd, words, PAGE, n * PAGE) == (ssize_t)PAGE;
}

static int new_file(long pages, unsigned long seed)
{
	char name[] = "/tmp/ksm-repro-XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0)
		return -1;
	unlink(name);
	for (long n = 0; n < pages; n++)
		if (!fill(fd, n, seed + n))
			return -1;
	return fd;
}

static bool set_up(void)
{
	salt = (unsigned long)time(NULL) << 20 ^ (unsigned long)getpid();
	content_fd = new_file(CONTENTS, 1);
	for (int i = 0; files[i]; i++)
		file_fd[i] = new_file(FILE_PAGES, 1000000 * (i + 1));
	for (int i = 0; i < PROCESSES; i++)
		if (pipe(orders[i]))
			return false;
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	return content_fd >= 0 && !pipe(replies);
}

/* all processes of the history live in a cgroup that can be told to reclaim */
static void enter_cgroup(void)
{
	char path[96];

	snprintf(cgroup, sizeof(cgroup), "/sys/fs/cgroup/ksm-repro-%d", getpid());
	if (mkdir(cgroup, 0755)) {
		cgroup[0] = 0;
		return;
	}
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	write_text(path, "0");
}

static int give_up(const char *reason)
{
	printf("1..0 # SKIP %s\n", reason);
	return SKIP;
}

static int run(void)
{
	bool as_expected = true;

	for (int i = 0; i < COUNT(history); i++) {
		int error = order(i);

		if (error == ETIMEDOUT)
			printf("# ksmd does not get on\n");
		if (error != history[i].expected) {
			printf("# %s: %s, expected: %s\n", history[i].text,
			       strerror(error), strerror(history[i].expected));
			as_expected = false;
		}
	}
	check(as_expected, "the history goes as in the model");
	if (!shared_as_expected()) {
		skip("ksmd has not merged as in the model", "the pages");
		return SKIP;
	}
	for (int page = 0; page < PAGES; page++) {
		test_move_pages(page);
		test_reclaim(page);
	}
	if (failed)
		return 1;
	return skipped == 2 * PAGES ? SKIP : 0;
}

int main(void)
{
	int status;

	harness = getpid();
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	if (geteuid())
		return give_up("needs root");
	if (access(KSM "run", W_OK))
		return give_up("this kernel has no KSM");
	if (sysconf(_SC_PAGESIZE) != (long)PAGE)
		return give_up("pages are not of 4096 bytes");
	atexit(put_back);
	signal(SIGINT, stopped);
	signal(SIGTERM, stopped);
	signal(SIGCHLD, SIG_IGN);	/* nobody waits: the dead are gone */
	if (!change_settings())
		return give_up("cannot change the settings of ksmd");
	enter_cgroup();
	if (!set_up())
		return give_up("cannot set up files and pipes");
	status = run();
	end_processes();
	printf("1..%d\n", tests);
	return status;
}
