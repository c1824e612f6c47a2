// SPDX-License-Identifier: GPL-2.0
/*
 * programs OUTPUT SCRIPT: runs programs inside the guest, in place of the
 * runner, and writes what they print, one JSON object a line.
 *
 * A line of the script is a name, of the program /program-NAME, and the design
 * that the kernel's own walks follow meanwhile, or "-" to leave that as it is.
 * Each program gets {"history":LINE}, a {"tap":...} for every line it prints,
 * and {"program":{"status","kept"}}: were ksmd's settings afterwards as before?
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CGROUP		"/sys/fs/cgroup"
#define DESIGN		"/sys/kernel/debug/ksm_oracle/design"
#define KSM		"/sys/kernel/mm/ksm/"
#define MAX_SETTINGS	256

static FILE *output;

static int write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);
	int failed = fd < 0 || write(fd, value, strlen(value)) < 0;

	close(fd);
	return failed;
}

/* Those that a program may change, one line. */
static void read_settings(char *text, size_t size)
{
	static const char *const names[] = {
		"run", "smart_scan", "sleep_millisecs", "pages_to_scan",
	};

	*text = '\0';
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64], value[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), KSM "%s", names[i]);
		f = fopen(path, "r");
		if (f && fgets(value, sizeof(value), f))
			snprintf(text + strlen(text), size - strlen(text), "%s %s",
				 names[i], value);
		if (f)
			fclose(f);
	}
}

static void print_string(const char *key, const char *value)
{
	fprintf(output, "{\"%s\":\"", key);
	for (; *value && *value != '\n'; value++) {
		if (*value == '"' || *value == '\\')
			fputc('\\', output);
		fputc(*value, output);
	}
	fputs("\"}\n", output);
	fflush(output);
}

static void fail(const char *why)
{
	print_string("error", why);
	exit(1);
}

static void run(const char *name)
{
	char path[128], line[512], before[MAX_SETTINGS], after[MAX_SETTINGS];
	int ends[2], status;
	FILE *tap;
	pid_t pid;

	snprintf(path, sizeof(path), "/program-%s", name);
	read_settings(before, sizeof(before));
	if (pipe(ends))
		fail("no pipe");
	pid = fork();
	if (!pid) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		execl(path, name, "offline", NULL);
		_exit(127);
	}
	close(ends[1]);
	tap = fdopen(ends[0], "r");
	while (fgets(line, sizeof(line), tap))
		print_string("tap", line);
	fclose(tap);
	waitpid(pid, &status, 0);
	read_settings(after, sizeof(after));
	fprintf(output, "{\"program\":{\"status\":%d,\"kept\":%s}}\n",
		WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
		strcmp(before, after) ? "false" : "true");
	fflush(output);
}

int main(int argc, char **argv)
{
	char line[256], name[96], design[64];
	FILE *script;

	if (argc != 3) {
		fprintf(stderr, "usage: programs OUTPUT SCRIPT\n");
		return 2;
	}
	output = fopen(argv[1], "w");
	script = fopen(argv[2], "r");
	if (!output || !script) {
		perror(output ? argv[2] : argv[1]);
		return 1;
	}
	/* What becomes an orphan is not for init, which waits for us alone. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!mount("cgroup2", CGROUP, "cgroup2", 0, NULL))
		write_file(CGROUP "/cgroup.subtree_control", "+memory");
	while (fgets(line, sizeof(line), script)) {
		if (sscanf(line, "%95s %63s", name, design) != 2)
			fail("a line is not a name and a design");
		if (strcmp(design, "-") && write_file(DESIGN, design))
			fail("this kernel has no such design");
		snprintf(line, sizeof(line), "%s %s", name, design);
		print_string("history", line);
		run(name);
	}
	fputs("{\"end\":true}\n", output);
	fclose(output);
	return 0;
}
