// SPDX-License-Identifier: GPL-2.0
/* The scheduler of a disk, by the file that administrators use. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../../pvio/sysfs_file.h"
#include "scheduler.h"

static struct vfsmount *sysfs;

/**
 * pvelv_scheduler_init() - be able to read and write schedulers
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int pvelv_scheduler_init(void)
{
	sysfs = pvio_sysfs_mount();
	return PTR_ERR_OR_ZERO(sysfs);
}

/**
 * pvelv_scheduler_exit() - undo pvelv_scheduler_init()
 *
 * Context: may sleep.
 */
void pvelv_scheduler_exit(void)
{
	kern_unmount(sysfs);
}

static char *make_path(const char *disk)
{
	return kasprintf(GFP_KERNEL, "block/%s/queue/scheduler", disk);
}

/*
 * The one of "mq-deadline [bfq] none" that is in brackets. A disk that can have none
 * at all says "none" alone on some kernels.
 */
static int copy_chosen(char name[PVELV_NAME_MAX], char *list)
{
	char *begin = strchr(list, '[');
	char *end = begin ? strchr(begin, ']') : NULL;

	if (!begin && !strncmp(list, "none", 4))
		return strscpy(name, "none", PVELV_NAME_MAX) < 0 ? -EINVAL : 0;
	if (!end)
		return -EINVAL;
	*end = '\0';
	return strscpy(name, begin + 1, PVELV_NAME_MAX) < 0 ? -EINVAL : 0;
}

/**
 * pvelv_scheduler_read() - which scheduler a disk has
 * @disk: the name of its device
 * @name: where its name is put, "none" if it has none
 *
 * Context: may sleep.
 * Return: 0 or a negative error: -ENOENT if the disk is not there (yet), -EINVAL if
 * the file says something that is not understood.
 */
int pvelv_scheduler_read(const char *disk, char name[PVELV_NAME_MAX])
{
	char *path = make_path(disk);
	char list[256];
	int r;

	if (!path)
		return -ENOMEM;
	r = pvio_sysfs_read(sysfs, path, list, sizeof(list));
	kfree(path);
	return r ?: copy_chosen(name, list);
}

/**
 * pvelv_scheduler_write() - give a disk a scheduler
 * @disk: the name of its device
 * @name: of the scheduler, or "none"
 *
 * Context: may sleep, and waits for the disk's requests.
 * Return: 0 or a negative error: -ENOENT if the disk is not there (yet), -EBUSY if
 * the kernel is busy with another disk and has to be asked again.
 */
int pvelv_scheduler_write(const char *disk, const char *name)
{
	char *path = make_path(disk);
	int r;

	if (!path)
		return -ENOMEM;
	r = pvio_sysfs_write(sysfs, path, name);
	kfree(path);
	return r;
}
