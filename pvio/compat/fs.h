/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/fs.h>. */
#ifndef PVIO_COMPAT_FS_H
#define PVIO_COMPAT_FS_H

#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <linux/version.h>

/* 5.12: file_open_root() takes a path */
static inline struct file *pvio_open_below(struct vfsmount *mnt, const char *name,
					   int flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
	struct path root = { .mnt = mnt, .dentry = mnt->mnt_root };

	return file_open_root(&root, name, flags, 0);
#else
	return file_open_root(mnt->mnt_root, mnt, name, flags, 0);
#endif
}

#endif /* PVIO_COMPAT_FS_H */
