// SPDX-License-Identifier: MIT
/*
 * Does the reverse map reach every mapping of a KSM page?
 *
@HEADER@
 *
 * Real processes do this at the same page numbers, counted from BASE, and
 * ksmd merges. Then the kernel has to find every mapping of each KSM page:
 *
 *	move_pages()	to move it to another memory node
 *	soft offlining	to move it anywhere, only with the argument "offline":
 *			the 4 KiB it leaves stay unused until the next boot
 *	reclaim		to swap it out, in a cgroup v2
 *
 * A mapping that the walk does not reach keeps the page where it is. What the
 * machine cannot do is a SKIP with the reason. A second process puts back all
 * settings in the end, even if this one is killed. ksmd is on meanwhile, and
 * merges what else there is to merge.
 *
 *	gcc -O2 -Wall -Wextra -std=gnu11 -o repro THIS_FILE && sudo ./repro
 *
 * Exit status: 0 all reached, 1 "not ok", 4 could not tell.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BASE	0x1000000000L
#define PAGE	4096L
#define KSM	"/sys/kernel/mm/ksm/"
#define CGROUP	"/sys/fs/cgroup/"
#define OFFLINE	"/sys/devices/system/memory/soft_offline_page"
#define SKIPPED	4		/* the exit status, as of all selftests */

#define CONTENTS	@CONTENTS@	/* contents that the history writes */

#define COUNT(array)	((int)(sizeof(array) / sizeof((array)[0])))
#define RW		(PROT_READ | PROT_WRITE)
#define PRIVATE		(MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_NORESERVE)
#define ANON		(PRIVATE | MAP_ANONYMOUS)
//@if move
#define MOVE		(MREMAP_MAYMOVE | MREMAP_FIXED)
//@end
//@if dontunmap
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
//@end

enum { HARNESS, @PROCESSES@, PROCESSES };
static const char *const processes[] = { "harness", @NAMES@ };

/* Who maps a KSM page in the end, page by page. */
static const struct mapping {
	int process;
	long page;
} mappings[] = {
@MAPPINGS@
};
static const struct folio {
	const char *name;
	const struct mapping *first, *end;
} folios[] = {
@FOLIOS@
};

/* ---- TAP ---- */

static int tests, failed, told;

static void result(bool fine, const char *skip, const char *what, const char *of)
{
	failed += !fine;
	told += fine && !skip;
	printf("%s %d - %s%s%s%s\n", fine ? "ok" : "not ok", ++tests, what, of,
	       skip ? " # SKIP " : "", skip ? skip : "");
}

/* ---- files of the kernel ---- */

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool fine = fd >= 0 && write(fd, text, strlen(text)) > 0;

	close(fd);
	return fine;
}

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	close(fd);
	text[n > 0 ? n : 0] = 0;
	return n > 0;
}

static uint64_t read_word(const char *path, uint64_t number)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t word = 0;

	if (fd < 0 || pread(fd, &word, sizeof(word), number * sizeof(word)) < 0)
		word = 0;
	close(fd);
	return word;
}

static struct setting {
	const char *path, *value;
	char before[32];
} settings[] = {
	{ .path = KSM "run", .value = "0" },
	{ .path = KSM "smart_scan", .value = "0" },
	{ .path = KSM "sleep_millisecs", .value = "100" },
	{ .path = KSM "pages_to_scan", .value = "10000" },
};

static char cgroup[48];

static const char *in_cgroup(const char *file)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	return path;
}

/* ---- processes ---- */

static struct shared {
	atomic_int turn;		/* the step that may be done now */
	atomic_int odd;			/* steps with another result */
	atomic_bool over;		/* whoever waits is to exit */
	pid_t pid[PROCESSES];
} *shared;

static int me = HARNESS, step;
static int alive[2];			/* a pipe; the harness holds its end */

static long spawn(int process)
{
	pid_t pid = fork();

	if (pid) {
		shared->pid[process] = pid > 0 ? pid : 0;
		return pid;
	}
	shared->pid[process] = getpid();	/* before the keeper can look */
	if (me == HARNESS) {
		close(alive[1]);
		write_text(in_cgroup("cgroup.procs"), "0");
	}
	me = process;
	return 0;
}

static int end(int process)
{
	pid_t pid = shared->pid[process];

	if (!pid)
		return 0;
	kill(pid, SIGKILL);
	for (int ms = 0; ms < 5000 && !kill(pid, 0); ms++)
		usleep(1000);
	shared->pid[process] = 0;
	return 0;
}

/* However the harness ends: end what it has begun, put back its settings. */
static void keeper(void)
{
	char nothing;

	setsid();
	close(alive[1]);
	while (read(alive[0], &nothing, 1) < 0)
		;
	shared->over = true;
	for (int i = 0; i < PROCESSES; i++)
		end(i);
	for (int i = COUNT(settings) - 1; i >= 0; i--)
		if (settings[i].before[0])
			write_text(settings[i].path, settings[i].before);
	for (int ms = 0; ms < 1000 && rmdir(cgroup) && errno == EBUSY; ms++)
		usleep(1000);
	_exit(0);
}

/*
 * Every process runs history(), a child from its fork on, and does the steps
 * that are its own when their turn has come.
 */
static bool turn_of(int process)
{
	step++;
	for (int ms = 0; process == me && shared->turn != step; ms++) {
		if (me == HARNESS && ms == 60000) {
			printf("Bail out! step %d hangs\n", shared->turn);
			exit(1);
		}
		if (shared->over)
			_exit(0);
		usleep(1000);
	}
	return process == me;
}

static void done(const char *text, int error, int expected)
{
	if (error != expected) {
		printf("# %s: %s, expected: %s\n", text, strerror(error),
		       strerror(expected));
		shared->odd++;
	}
	shared->turn++;
}

#define REFUSED(process, expected, text, call) do {			\
	if (turn_of(process)) {						\
		long value = (long)(call);				\
									\
		if (me == (process))	/* not the child of a fork */	\
			done(text, value == -1 ? errno : 0, expected);	\
	}								\
} while (0)
#define STEP(process, text, call) REFUSED(process, 0, text, call)
#define START(process) STEP(HARNESS, "start", spawn(process))

/* ---- what the steps call ---- */

static int contents;			/* a file with a page of each content */
//@if file
static int files[@FILES@];
//@end

/* Words that no other page of the machine should hold. */
static bool fill(int fd, long page, unsigned long seed)
{
	static unsigned long words[PAGE / sizeof(unsigned long)], salt;

	if (!salt)
		salt = ((unsigned long)time(NULL) << 20) ^ getpid();
	for (int i = 0; i < COUNT(words); i++)
		words[i] = salt + seed * 0x9e3779b97f4a7c15UL + i;
	return pwrite(fd, words, PAGE, page * PAGE) == PAGE;
}

static void *at(long page)
{
	return (void *)(BASE + page * PAGE);
}

/* The kernel touches the pages: a fault that it refuses is no signal then. */
//@if write
static int write_pages(long start, long pages, int content)
{
	for (long page = start; page < start + pages; page++)
		if (pread(contents, at(page), PAGE, content * PAGE) < 0)
			return -1;
	return 0;
}

//@end
//@if read
static int read_pages(long start, long pages)
{
	for (long page = start; page < start + pages; page++)
		if (pwrite(contents, at(page), 1, CONTENTS * PAGE) < 0)
			return -1;
	return 0;
}

//@end
static long full_scans(void)
{
	char text[32];

	return read_text(KSM "full_scans", text, sizeof(text)) ? atol(text) : 0;
}

static int scan(long scans)
{
	long end = full_scans() + scans;

	write_text(KSM "run", "1");
	for (int ms = 0; ms < 50000 && full_scans() < end; ms += 2)
		usleep(2000);
	write_text(KSM "run", "0");
	errno = ETIMEDOUT;
	return full_scans() < end ? -1 : 0;
}

/* ---- the history ---- */

static void history(void)
{
@HISTORY@
}

/* ---- page tables ---- */

#define PRESENT		(1ULL << 63)
#define FRAME		((1ULL << 55) - 1)
#define KPF_KSM		(1ULL << 21)

/* The frame of a page, 0 if it is not mapped. */
static uint64_t frame_at(const struct mapping *m)
{
	char path[32];
	uint64_t entry;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", shared->pid[m->process]);
	entry = read_word(path, BASE / PAGE + m->page);
	return entry & PRESENT ? entry & FRAME : 0;
}

/* The frame that all mappings have, 0 if they differ. */
static uint64_t frame(const struct folio *f)
{
	for (const struct mapping *m = f->first; m < f->end; m++)
		if (frame_at(m) != frame_at(f->first))
			return 0;
	return frame_at(f->first);
}

static bool merged_as_expected(void)
{
	for (int i = 0; i < COUNT(folios); i++) {
		uint64_t here = frame(&folios[i]);

		if (!(read_word("/proc/kpageflags", here) & KPF_KSM))
			return false;
		for (int other = 0; other < i; other++)
			if (frame(&folios[other]) == here)
				return false;
	}
	return true;
}

static int nr_mapped(const struct folio *f)
{
	int n = 0;

	for (const struct mapping *m = f->first; m < f->end; m++)
		n += frame_at(m) != 0;
	return n;
}

/* ---- making the kernel walk ---- */

static long move_to(const struct mapping *m, int *to, int *node)
{
	void *page = at(m->page);

	return syscall(SYS_move_pages, shared->pid[m->process], 1, &page, to,
		       node, 4 /* MPOL_MF_MOVE_ALL */);
}

static void test_move_pages(const struct folio *f)
{
	uint64_t now, before = frame(f);
	int from = -1, to = -1, status;
	long left = -1;			/* -1: there is no such node */

	if (!move_to(f->first, NULL, &from))
		while (left < 0 && ++to < 64)
			left = to == from ? -1 : move_to(f->first, &to, &status);
	for (int tries = 1; left > 0 && tries < 10; tries++) {
		usleep(10000);
		left = move_to(f->first, &to, &status);
	}
	now = frame(f);
	result(left < 0 || (now && now != before), left < 0 ? "one memory node" : NULL,
	       "move_pages() of ", f->name);
}

static void test_offline(const struct folio *f, bool asked)
{
	uint64_t now, before = frame(f);
	const char *skip = asked ? NULL : "not asked for";
	char where[32];

	if (asked && access(OFFLINE, W_OK))
		skip = "not in this kernel";
	snprintf(where, sizeof(where), "0x%llx", (unsigned long long)before * PAGE);
	if (!skip)
		write_text(OFFLINE, where);
	now = frame(f);
	result(skip || (now && now != before), skip, "soft offlining of ", f->name);
}

static void test_reclaim(const struct folio *f)
{
	const char *skip = NULL;
	char swaps[512];

	if (!read_text("/proc/swaps", swaps, sizeof(swaps)) || !strchr(swaps, '/'))
		skip = "no swap";
	else if (access(in_cgroup("memory.reclaim"), W_OK))
		skip = "no cgroup v2 with memory.reclaim";
	for (int tries = 0; !skip && nr_mapped(f) && tries < 20; tries++)
		write_text(in_cgroup("memory.reclaim"), "64M");
	result(skip || !nr_mapped(f), skip, "reclaim of ", f->name);
	for (const struct mapping *m = f->first; !skip && m < f->end; m++)
		printf("# %s:%ld %s\n", processes[m->process], m->page,
		       frame_at(m) ? "not reached" : "reached");
}

/* ---- all of it ---- */

static int give_up(const char *reason)
{
	printf("1..0 # SKIP %s\n", reason);
	return SKIPPED;
}

static const char *set_up(void)
{
	shared = mmap(NULL, sizeof(*shared), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	contents = memfd_create("contents", MFD_CLOEXEC);
	if (shared == MAP_FAILED || pipe(alive))
		return "no memory or no pipe";
	for (int i = 0; i < CONTENTS; i++)
		if (!fill(contents, i, i + 1))
			return "cannot write to a memfd";
//@if file
	for (int i = 0; i < COUNT(files); i++)
		files[i] = memfd_create("file", MFD_CLOEXEC);
@FILL@
//@end
	for (int i = 0; i < COUNT(settings); i++)
		read_text(settings[i].path, settings[i].before,
			  sizeof(settings[i].before));
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);	/* the dead are gone at once */
	signal(SIGCHLD, SIG_IGN);
	snprintf(cgroup, sizeof(cgroup), CGROUP "ksm-repro-%d", getpid());
	mkdir(cgroup, 0755);
	return NULL;
}

/* ksmd may be in the middle of a scan: let it end that one. */
static bool finish_scan(void)
{
	bool fine;

	if (!spawn(HARNESS)) {
		madvise(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			PAGE, MADV_MERGEABLE);
		pause();
	}
	fine = !scan(1);
	end(HARNESS);
	return fine;
}

static int run(bool offline)
{
	for (int i = 0; i < COUNT(settings); i++)
		write_text(settings[i].path, settings[i].value);
	if (!finish_scan())
		return give_up("ksmd does not scan");
	printf("1..%d\n", 2 + 3 * COUNT(folios));
	shared->turn = 1;
	history();
	while (me != HARNESS && !shared->over)
		usleep(10000);
	if (me != HARNESS)
		_exit(0);
	turn_of(HARNESS);
	result(!shared->odd, NULL, "every step ends as in the model", "");
	if (!merged_as_expected()) {
		printf("Bail out! what is merged is not as in the model\n");
		return SKIPPED;
	}
	result(true, NULL, "what is merged is as in the model", "");
	for (int i = 0; i < COUNT(folios); i++) {
		test_move_pages(&folios[i]);
		test_offline(&folios[i], offline);
		test_reclaim(&folios[i]);
	}
	return failed ? 1 : told > 2 ? 0 : SKIPPED;
}

int main(int argc, char **argv)
{
	const char *why;
	pid_t pid;
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	why = geteuid() ? "needs root" :
	      access(KSM "run", W_OK) ? "this kernel has no KSM" :
	      access("/proc/kpageflags", R_OK) ? "no /proc/kpageflags" :
	      sysconf(_SC_PAGESIZE) != PAGE ? "pages are not of 4096 bytes" :
	      set_up();
	if (why)
		return give_up(why);
	pid = fork();
	if (pid < 0)
		return give_up("cannot fork");
	if (!pid)
		keeper();
	status = run(argc == 2 && !strcmp(argv[1], "offline"));
	close(alive[1]);
	waitpid(pid, NULL, 0);
	return status;
}
