/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of sysfs, for settings whose functions no kernel exports, or whose arguments and
 * locks differ from one to the other. The file system keeps a device there while one of
 * its files is read or written.
 *
 * The sysfs is mounted for the module alone: where user space has one depends on who
 * asks, and in the initramfs on when.
 */
#ifndef PVIO_SYSFS_FILE_H
#define PVIO_SYSFS_FILE_H

#include <linux/err.h>
#include <linux/file.h>
#include <linux/string.h>

#include "compat/fs.h"

/**
 * pvio_sysfs_mount() - be able to read and write files
 *
 * Context: may sleep.
 * Return: what kern_unmount() takes, or a negative error.
 */
static inline struct vfsmount *pvio_sysfs_mount(void)
{
	/* no module, so that nothing is held by this */
	struct file_system_type *type = get_fs_type("sysfs");

	return type ? kern_mount(type) : ERR_PTR(-ENODEV);
}

/**
 * pvio_sysfs_read() - what a file says
 * @sysfs:	of pvio_sysfs_mount()
 * @name:	of the file, below sysfs
 * @text:	where it is put, without the end of its last line
 * @size:	of that
 *
 * Context: may sleep.
 * Return: 0 or a negative error: -ENOENT if the file is not there (yet).
 */
static inline int pvio_sysfs_read(struct vfsmount *sysfs, const char *name, char *text,
				  size_t size)
{
	struct file *file = pvio_open_below(sysfs, name, O_RDONLY);
	loff_t at = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_read(file, text, size - 1, &at);
	fput(file);
	if (n < 0)
		return n;
	if (n && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return 0;
}

/**
 * pvio_sysfs_write() - tell a file something
 * @sysfs:	of pvio_sysfs_mount()
 * @name:	of the file, below sysfs
 * @text:	what is written
 *
 * Context: may sleep.
 * Return: 0 or a negative error: -ENOENT if the file is not there (yet), or the file's.
 */
static inline int pvio_sysfs_write(struct vfsmount *sysfs, const char *name,
				   const char *text)
{
	struct file *file = pvio_open_below(sysfs, name, O_WRONLY);
	loff_t at = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, text, strlen(text), &at);
	fput(file);
	return n < 0 ? n : 0;
}

#endif /* PVIO_SYSFS_FILE_H */
