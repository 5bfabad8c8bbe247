/* SPDX-License-Identifier: GPL-2.0 */
/* The host module, as its administrator has it: loaded, removed, its files. */
#ifndef PVIO_SELFTEST_MODULE_H
#define PVIO_SELFTEST_MODULE_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MODULE_PARAMETERS	"/sys/module/pvio_host/parameters/"

/* Returns 0, or -1 with errno set. */
static inline int module_load(void)
{
	int fd = open(getenv("PVIO_HOST_KO"), O_RDONLY | O_CLOEXEC);
	int r = syscall(SYS_finit_module, fd, getenv("PVIO_HOST_PARAMETERS"), 0);

	close(fd);
	return r;
}

static inline int module_unload(void)
{
	return syscall(SYS_delete_module, "pvio_host", O_NONBLOCK);
}

/* Returns 0 or -errno. */
static inline int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = write(fd, text, strlen(text)) < 0 ? -errno : 0;

	close(fd);
	return r;
}

/* Returns what is in it, until the next call. */
static inline const char *file_read(const char *path)
{
	static char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	return text;
}

#endif /* PVIO_SELFTEST_MODULE_H */
