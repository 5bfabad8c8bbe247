// SPDX-License-Identifier: GPL-2.0
/*
 * What was done to each disk and why, in debugfs pvelv/disks: a line each with
 *	disk	its name
 *	what	new: had no scheduler from the first request on
 *		switched: was there already, and has none since
 *		kept: is as it was
 *	before	the scheduler that it had, or has for a new one by the kernel's choice
 *	why	the rest of the line
 *
 * Disks that are there already are switched when the module comes. All others are only
 * written down: whatever scheduler they have, somebody chose it.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "choice.h"
#include "compat/blkdev.h"
#include "disks.h"
#include "scheduler.h"

/* The scheduler that the kernel chooses for a disk with one queue (block/elevator.c). */
#define PVELV_DEFAULT	"mq-deadline"

enum pvelv_what { PVELV_UNKNOWN, PVELV_COMING, PVELV_NEW, PVELV_SWITCHED, PVELV_KEPT };

static const char * const what_names[] = {
	"unknown", "coming", "new", "switched", "kept"
};

/**
 * struct pvelv_disk - what is known of a disk
 * @node:	in disks
 * @name:	of its device
 * @number:	of its device
 * @sequence:	tells it from another disk that had the number before
 * @what:	was done
 * @before:	scheduler to be put back, or that it has; empty for none
 * @why:	for people
 *
 * All is under disks_lock. Of those that are unknown or coming only the name counts.
 */
struct pvelv_disk {
	struct list_head node;
	char name[DISK_NAME_LEN];
	dev_t number;
	u64 sequence;
	enum pvelv_what what;
	char before[PVELV_NAME_MAX];
	const char *why;
};

static LIST_HEAD(disks);
static DEFINE_SPINLOCK(disks_lock);
static struct dentry *pvelv_dir;

/* By which the devices are found that are disks; the kernel does not export them. */
static typeof_member(struct device, class) class_of_disks;
static const struct device_type *type_of_disks;

/*
 * In how many looks disks are still switched. The second one is for those that were
 * past the choice of their scheduler when the module came, but had no file for another
 * yet. Used by the work alone.
 */
static unsigned int switching = 2;

/* Looks that may find a disk or the kernel not ready, before it is left at that. */
#define PVELV_TRIES	10
static unsigned int tries = PVELV_TRIES;

static void look_at_disks(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_work, look_at_disks);

static struct pvelv_disk *find_disk(const char *name)
{
	struct pvelv_disk *disk;

	list_for_each_entry(disk, &disks, node) {
		if (!strcmp(disk->name, name))
			return disk;
	}
	return NULL;
}

/* Without memory the disk is done with all the same, and not written down. */
static struct pvelv_disk *find_or_add_disk(const char *name)
{
	struct pvelv_disk *disk = find_disk(name);

	if (disk)
		return disk;
	disk = kzalloc(sizeof(*disk), GFP_ATOMIC);
	if (!disk)
		return NULL;
	strscpy(disk->name, name, sizeof(disk->name));
	list_add_tail(&disk->node, &disks);
	return disk;
}

/**
 * pvelv_disks_came() - a disk is being added, with no scheduler by default
 * @name: of its device
 *
 * Context: any.
 */
void pvelv_disks_came(const char *name)
{
	struct pvelv_disk *disk;
	unsigned long flags;

	spin_lock_irqsave(&disks_lock, flags);
	disk = find_or_add_disk(name);
	if (disk)
		disk->what = PVELV_COMING;
	WRITE_ONCE(tries, PVELV_TRIES);
	spin_unlock_irqrestore(&disks_lock, flags);
	schedule_delayed_work(&look_work, HZ);
}

static bool is_known(const struct pvelv_disk *disk, struct gendisk *gd)
{
	return disk->what > PVELV_COMING && disk->number == disk_devt(gd) &&
	       disk->sequence == pvelv_disk_sequence(gd);
}

/* Returns what is to be written down about a disk: PVELV_UNKNOWN if that is settled. */
static enum pvelv_what get_state(struct gendisk *gd)
{
	enum pvelv_what what = PVELV_UNKNOWN;
	struct pvelv_disk *disk;

	spin_lock_irq(&disks_lock);
	disk = find_disk(gd->disk_name);
	if (disk)
		what = is_known(disk, gd) || disk->what == PVELV_COMING ? disk->what :
		       PVELV_UNKNOWN;
	spin_unlock_irq(&disks_lock);
	return what;
}

static void write_down(struct gendisk *gd, const struct pvelv_disk *verdict)
{
	struct pvelv_disk *disk;

	spin_lock_irq(&disks_lock);
	disk = find_or_add_disk(gd->disk_name);
	if (disk) {
		disk->number = disk_devt(gd);
		disk->sequence = pvelv_disk_sequence(gd);
		disk->what = verdict->what;
		disk->why = verdict->why;
		strscpy(disk->before, verdict->before, sizeof(disk->before));
	}
	spin_unlock_irq(&disks_lock);
}

/* Returns 0 or a negative error if the scheduler cannot be read or written now. */
static int judge_disk(struct gendisk *gd, bool coming, struct pvelv_disk *verdict)
{
	int r = pvelv_scheduler_read(gd->disk_name, verdict->before);

	if (r)
		return r;
	verdict->what = PVELV_KEPT;
	if (pvelv_needs_scheduler(gd->queue)) {
		verdict->why = "zoned: a scheduler keeps its writes in order";
		return 0;
	}
	if (!pvelv_choice_of(gd->disk_name, disk_to_dev(gd)->parent, &verdict->why))
		return 0;
	if (!strcmp(verdict->before, "none")) {
		if (!coming) {
			verdict->why = "has none anyway";
			return 0;
		}
		verdict->what = PVELV_NEW;
		if (gd->queue->nr_hw_queues == 1)
			strscpy(verdict->before, PVELV_DEFAULT, sizeof(verdict->before));
		return 0;
	}
	if (coming || !switching || strcmp(verdict->before, PVELV_DEFAULT)) {
		verdict->why = "somebody chose its scheduler";
		return 0;
	}
	verdict->what = PVELV_SWITCHED;
	return pvelv_scheduler_write(gd->disk_name, "none");
}

/* Returns whether to come back: the disk or the kernel was not ready for it. */
static bool look_at_disk(struct gendisk *gd)
{
	enum pvelv_what what = get_state(gd);
	struct pvelv_disk verdict = {};

	if (what > PVELV_COMING || !queue_is_mq(gd->queue))
		return false;
	if (judge_disk(gd, what == PVELV_COMING, &verdict))
		return true;
	write_down(gd, &verdict);
	return false;
}

/* What was done is undone, unless somebody has chosen a scheduler since. */
static bool put_back_disk(struct gendisk *gd)
{
	char now[PVELV_NAME_MAX], before[PVELV_NAME_MAX] = "";
	struct pvelv_disk *disk;
	const char *why;

	if (!queue_is_mq(gd->queue))
		return false;
	if (pvelv_choice_of(gd->disk_name, disk_to_dev(gd)->parent, &why))
		pvelv_clear_no_default(gd->queue);
	spin_lock_irq(&disks_lock);
	disk = find_disk(gd->disk_name);
	if (disk && is_known(disk, gd) && disk->what != PVELV_KEPT)
		strscpy(before, disk->before, sizeof(before));
	spin_unlock_irq(&disks_lock);
	if (!*before || !strcmp(before, "none") || pvelv_scheduler_read(gd->disk_name, now) ||
	    strcmp(now, "none"))
		return false;
	return pvelv_scheduler_write(gd->disk_name, before) == -EBUSY;
}

/* Returns whether @fn did for any disk. */
static bool visit_disks(bool (*fn)(struct gendisk *gd))
{
	struct class_dev_iter iter;
	struct device *dev;
	bool any = false;

	class_dev_iter_init(&iter, class_of_disks, NULL, type_of_disks);
	while ((dev = class_dev_iter_next(&iter)))
		any |= fn(dev_to_disk(dev));
	class_dev_iter_exit(&iter);
	return any;
}

static void look_at_disks(struct work_struct *work)
{
	unsigned int left = READ_ONCE(tries);
	bool busy = visit_disks(look_at_disk) && left;

	if (busy)
		WRITE_ONCE(tries, left - 1);
	else if (switching)
		switching--;
	if (busy || switching)
		schedule_delayed_work(&look_work, 2 * HZ);
}

static int disks_show(struct seq_file *m, void *unused)
{
	struct pvelv_disk *disk;

	seq_puts(m, "disk what before why\n");
	spin_lock_irq(&disks_lock);
	list_for_each_entry(disk, &disks, node)
		seq_printf(m, "%s %s %s %s\n", disk->name, what_names[disk->what],
			   *disk->before ? disk->before : "-", disk->why ?: "-");
	spin_unlock_irq(&disks_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(disks);

static int find_class(void)
{
	struct gendisk *sample = pvelv_alloc_disk();

	if (!sample)
		return -ENOMEM;
	class_of_disks = disk_to_dev(sample)->class;
	type_of_disks = disk_to_dev(sample)->type;
	pvelv_free_disk(sample);
	return 0;
}

/**
 * pvelv_disks_init() - be able to look at disks
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int pvelv_disks_init(void)
{
	int r = find_class();

	if (r)
		return r;
	pvelv_dir = debugfs_create_dir("pvelv", NULL);
	debugfs_create_file("disks", 0444, pvelv_dir, NULL, &disks_fops);
	return 0;
}

/**
 * pvelv_disks_switch() - switch the disks that are there
 *
 * Disks that come are seen to already, so that none is missed.
 *
 * Context: may sleep, and waits for the requests of each disk.
 */
void pvelv_disks_switch(void)
{
	mod_delayed_work(system_wq, &look_work, 0);
	flush_delayed_work(&look_work);
}

/**
 * pvelv_disks_exit() - give all disks back what they had, and forget them
 *
 * Disks that come are no longer seen to.
 *
 * Context: may sleep, and waits for the requests of each disk.
 */
void pvelv_disks_exit(void)
{
	struct pvelv_disk *disk, *next;
	unsigned int left = 100;

	/* those that just came are looked at once more */
	flush_delayed_work(&look_work);
	cancel_delayed_work_sync(&look_work);
	while (visit_disks(put_back_disk) && left--)
		msleep(100);
	debugfs_remove_recursive(pvelv_dir);
	list_for_each_entry_safe(disk, next, &disks, node)
		kfree(disk);
}
