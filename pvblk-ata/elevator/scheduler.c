// SPDX-License-Identifier: GPL-2.0
/*
 * The scheduler of a disk, by the file that administrators use: no kernel exports the
 * functions behind it, and their arguments and locks differ from one to the other. The
 * file system keeps the disk there while it is read or written.
 *
 * The sysfs is mounted for the module alone: where user space has one depends on who
 * asks, and in the initramfs on when.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/fs.h"
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
	/* no module, so that nothing is held by this */
	struct file_system_type *type = get_fs_type("sysfs");

	if (!type)
		return -ENODEV;
	sysfs = kern_mount(type);
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

static struct file *open_file(const char *disk, int flags)
{
	char *name = kasprintf(GFP_KERNEL, "block/%s/queue/scheduler", disk);
	struct file *file;

	if (!name)
		return ERR_PTR(-ENOMEM);
	file = pvelv_open_below(sysfs, name, flags);
	kfree(name);
	return file;
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
	struct file *file = open_file(disk, O_RDONLY);
	char list[256];
	loff_t at = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_read(file, list, sizeof(list) - 1, &at);
	fput(file);
	if (n < 0)
		return n;
	list[n] = '\0';
	return copy_chosen(name, list);
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
	struct file *file = open_file(disk, O_WRONLY);
	loff_t at = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, name, strlen(name), &at);
	fput(file);
	return n < 0 ? n : 0;
}
