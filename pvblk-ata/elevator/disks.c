// SPDX-License-Identifier: GPL-2.0
/*
 * What was done to each disk and why, in debugfs pvelv/disks: a line each with
 *	disk	its name
 *	what	new: it came later, and had no scheduler from the first request on
 *		switched: it was there already, and has no scheduler since
 *		kept: it is as it was
 *	before	the scheduler that it had; for a new one: would have had
 *	why	the rest of the line
 *
 * Disks that are there already are switched when the module comes. Those that come
 * later are only written down: if they have a scheduler, somebody chose it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/mutex.h>
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

enum pvelv_what { PVELV_NEW, PVELV_SWITCHED, PVELV_KEPT };

static const char * const what_names[] = { "new", "switched", "kept" };

/**
 * struct pvelv_disk - what was done to a disk
 * @node:	in disks
 * @name:	of its device
 * @number:	of its device
 * @sequence:	tells it from another disk that had the number before
 * @what:	was done
 * @before:	the scheduler that it had, or would have had
 * @why:	for people
 * @is_there:	the look that is under way has found it
 */
struct pvelv_disk {
	struct list_head node;
	char name[DISK_NAME_LEN];
	dev_t number;
	u64 sequence;
	enum pvelv_what what;
	char before[PVELV_NAME_MAX];
	const char *why;
	bool is_there;
};

/*
 * The works alone change the list, one at a time, and hold this where they do; whoever
 * shows it holds it, too. Nobody does while schedulers are read and written: the file
 * system takes the same class of lock for that as for showing.
 */
static DEFINE_MUTEX(disks_lock);
static LIST_HEAD(disks);
static struct dentry *pvelv_dir;

/* By these the devices are found that are disks; the kernel does not export them. */
static typeof_member(struct device, class) class_of_disks;
static const struct device_type *type_of_disks;

static void look_at_disks(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_work, look_at_disks);
static void put_back_disks(struct work_struct *work);
static DECLARE_WORK(put_back_work, put_back_disks);

/* The numbers of the disks that came last. */
static dev_t came[64];
static unsigned int came_count;
static DEFINE_RAW_SPINLOCK(came_lock);

/* Looks in a row that found a disk or the kernel not ready. */
static unsigned int tries;

/*
 * In so many looks disks are still switched. The second one is for those that were
 * past the choice of their scheduler when the module came, but had no file for another
 * one yet. Used by the work alone.
 */
static unsigned int switching = 2;

static bool has_come(dev_t number)
{
	bool found = false;
	unsigned int i;

	raw_spin_lock_irq(&came_lock);
	for (i = 0; i < ARRAY_SIZE(came); i++)
		found |= came[i] == number;
	raw_spin_unlock_irq(&came_lock);
	return found;
}

static struct pvelv_disk *find_disk(struct gendisk *gd)
{
	struct pvelv_disk *disk;

	list_for_each_entry(disk, &disks, node) {
		if (disk->number == disk_devt(gd) &&
		    disk->sequence == pvelv_disk_sequence(gd))
			return disk;
	}
	return NULL;
}

static struct pvelv_disk *alloc_disk_record(struct gendisk *gd)
{
	struct pvelv_disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);

	if (!disk)
		return NULL;
	strscpy(disk->name, dev_name(disk_to_dev(gd)), sizeof(disk->name));
	disk->number = disk_devt(gd);
	disk->sequence = pvelv_disk_sequence(gd);
	disk->what = PVELV_KEPT;
	disk->is_there = true;
	return disk;
}

/*
 * What can be said without the scheduler: returns whether the disk is to have none,
 * or a negative error if it is not there, or not yet.
 */
static int judge_live_disk(struct gendisk *gd, bool *has_default, const char **why)
{
	struct request_queue *q = gd->queue;
	int r = -ENOENT;

	if (!pvelv_lock_live_disk(gd))
		return r;
	if (blk_queue_registered(q)) {
		*has_default = q->nr_hw_queues == 1 && !pvelv_has_no_default(q);
		*why = "zoned: a scheduler keeps its writes in order";
		r = !pvelv_needs_scheduler(q) &&
		    pvelv_choice_of(gd->disk_name, disk_to_dev(gd)->parent, why);
	}
	pvelv_unlock_disk(gd);
	return r;
}

/* Fills in what is to be written down; returns 0, or a negative error to try again. */
static int settle_disk(struct gendisk *gd, struct pvelv_disk *disk)
{
	bool came_later = has_come(disk->number);
	bool has_default;
	int chosen, r;

	chosen = judge_live_disk(gd, &has_default, &disk->why);
	if (chosen < 0)
		return chosen;
	r = pvelv_scheduler_read(disk->name, disk->before);
	if (r || !chosen)
		return r;
	if (!strcmp(disk->before, "none")) {
		if (!came_later) {
			disk->why = "has none anyway";
			return 0;
		}
		disk->what = PVELV_NEW;
		if (has_default)
			strscpy(disk->before, PVELV_DEFAULT, sizeof(disk->before));
		return 0;
	}
	if (came_later || !switching || !has_default ||
	    strcmp(disk->before, PVELV_DEFAULT)) {
		disk->why = "somebody chose its scheduler";
		return 0;
	}
	disk->what = PVELV_SWITCHED;
	return pvelv_scheduler_write(disk->name, "none");
}

/* Returns whether to come back: the disk or the kernel was not ready for it. */
static bool look_at_disk(struct gendisk *gd)
{
	struct pvelv_disk *disk;

	/* hidden ones are paths to a disk that has a name of its own, and never live */
	if (!queue_is_mq(gd->queue) || gd->flags & GENHD_FL_HIDDEN)
		return false;
	disk = find_disk(gd);
	if (disk) {
		disk->is_there = true;
		return false;
	}
	disk = alloc_disk_record(gd);
	if (!disk)
		return true;
	if (settle_disk(gd, disk)) {
		kfree(disk);
		return true;
	}
	mutex_lock(&disks_lock);
	list_add_tail(&disk->node, &disks);
	mutex_unlock(&disks_lock);
	return false;
}

/* Undoes what was done, unless somebody chose a scheduler since. */
static bool put_back_disk(struct gendisk *gd)
{
	struct pvelv_disk *disk = find_disk(gd);
	char now[PVELV_NAME_MAX];
	int r;

	if (!disk || disk->what == PVELV_KEPT || !strcmp(disk->before, "none") ||
	    pvelv_scheduler_read(disk->name, now) || strcmp(now, "none"))
		return false;
	r = pvelv_scheduler_write(disk->name, disk->before);
	if (r && r != -EBUSY && r != -ENOENT && r != -ENODEV)
		pr_warn("%s does not get %s back: error %d\n", disk->name, disk->before, r);
	return r == -EBUSY;
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

static void forget_disks_that_went(void)
{
	struct pvelv_disk *disk, *next;

	mutex_lock(&disks_lock);
	list_for_each_entry_safe(disk, next, &disks, node) {
		if (!disk->is_there) {
			list_del(&disk->node);
			kfree(disk);
		} else {
			disk->is_there = false;
		}
	}
	mutex_unlock(&disks_lock);
}

static void look_at_disks(struct work_struct *work)
{
	bool busy;

	busy = visit_disks(look_at_disk);
	forget_disks_that_went();
	/* a disk that goes, or that nobody can read, is left at that */
	WRITE_ONCE(tries, busy ? READ_ONCE(tries) + 1 : 0);
	if (READ_ONCE(tries) > 10)
		busy = false;
	if (!busy && switching)
		switching--;
	if (busy || switching)
		schedule_delayed_work(&look_work, 2 * HZ);
}

static void put_back_disks(struct work_struct *work)
{
	unsigned int left = 100;

	while (visit_disks(put_back_disk) && left--)
		msleep(100);
}

static int disks_show(struct seq_file *m, void *unused)
{
	struct pvelv_disk *disk;

	seq_puts(m, "disk what before why\n");
	mutex_lock(&disks_lock);
	list_for_each_entry(disk, &disks, node)
		seq_printf(m, "%s %s %s %s\n", disk->name, what_names[disk->what],
			   disk->before, disk->why);
	mutex_unlock(&disks_lock);
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
 * pvelv_disks_came() - a disk came, which was seen to
 * @gd: the disk
 *
 * Context: any.
 */
void pvelv_disks_came(struct gendisk *gd)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&came_lock, flags);
	came[came_count++ % ARRAY_SIZE(came)] = disk_devt(gd);
	WRITE_ONCE(tries, 0);
	raw_spin_unlock_irqrestore(&came_lock, flags);
	schedule_delayed_work(&look_work, HZ / 4);
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

	/* those that just came are looked at once more */
	flush_delayed_work(&look_work);
	cancel_delayed_work_sync(&look_work);
	/* by a worker, as the switching was: rmmod's caller may not write to the files */
	schedule_work(&put_back_work);
	flush_work(&put_back_work);
	debugfs_remove_recursive(pvelv_dir);
	list_for_each_entry_safe(disk, next, &disks, node)
		kfree(disk);
}
