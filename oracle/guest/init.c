// SPDX-License-Identifier: GPL-2.0
/*
 * init of the guest: mounts what the runner needs, runs it, powers off.
 *
 * Under User Mode Linux a folder of the host is the root: the script is in
 * /script, the records go to /out/result.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE		4096
#define RAM_DISK	"/dev/ram0"

static void write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		perror(path);
	close(fd);
}

static void mount_all(void)
{
	static const struct { const char *type, *path; } mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "devtmpfs", "/dev" },
		{ "tmpfs", "/tmp" },
	};

	for (unsigned int i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (mount(mounts[i].type, mounts[i].path, mounts[i].type, 0, NULL))
			perror(mounts[i].path);
}

static void load_modules(void)
{
	glob_t modules;

	glob("/*.ko", 0, NULL, &modules);
	for (size_t i = 0; i < modules.gl_pathc; i++) {
		int fd = open(modules.gl_pathv[i], O_RDONLY);

		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			perror(modules.gl_pathv[i]);
		close(fd);
	}
}

/* What mkswap writes; see union swap_header of the kernel. */
static void swap_on_ram_disk(void)
{
	struct {
		char bootbits[1024];
		uint32_t version, last_page, nr_badpages;
		char unused[PAGE - 1024 - 3 * sizeof(uint32_t) - 10];
		char magic[10];
	} __attribute__((packed)) header = { .version = 1, .magic = "SWAPSPACE2" };
	int fd = open(RAM_DISK, O_WRONLY);
	uint64_t bytes;

	if (fd < 0)
		return;
	if (ioctl(fd, BLKGETSIZE64, &bytes))
		perror(RAM_DISK);
	header.last_page = bytes / PAGE - 1;
	if (write(fd, &header, PAGE) != PAGE || close(fd) || swapon(RAM_DISK, 0))
		perror(RAM_DISK);
}

/* The port named "records" as a file, or the file of User Mode Linux. */
static void records_path(char *path, size_t size)
{
	glob_t names;

	snprintf(path, size, "/out/result");
	glob("/sys/class/virtio-ports/*/name", 0, NULL, &names);
	for (size_t i = 0; i < names.gl_pathc; i++) {
		char port[32] = "", name[32] = "";
		FILE *f = fopen(names.gl_pathv[i], "r");

		sscanf(names.gl_pathv[i], "/sys/class/virtio-ports/%31[^/]", port);
		if (f && fscanf(f, "%31s", name) == 1 && !strcmp(name, "records"))
			snprintf(path, size, "/dev/%s", port);
		if (f)
			fclose(f);
	}
}

static void run(const char *output)
{
	int status;

	if (!fork()) {
		execl("/runner", "runner", output, "/script", NULL);
		perror("/runner");
		_exit(1);
	}
	while (wait(&status) < 0)
		;
	if (status)
		printf("runner: status %#x\n", status);
}

int main(void)
{
	char records[64];

	mount_all();
	load_modules();
	swap_on_ram_disk();
	/* Histories map more than they use. */
	write_file("/proc/sys/vm/overcommit_memory", "1");
	records_path(records, sizeof(records));
	run(records);
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
