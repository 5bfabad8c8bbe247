// SPDX-License-Identifier: GPL-2.0
/*
 * Disks that come: each gets no scheduler by default, so that not even the requests
 * that look for its partitions pass one. Whoever wants a scheduler can still choose it.
 *
 * The seam is device_add_disk(), which drivers of every kind call but that of MMC: in
 * there the kernel chooses the scheduler, then makes the requests (block/genhd.c). A
 * notifier of the block class would come between the two on some kernels only, and the
 * buses that disks are on have none in common.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "added.h"
#include "choice.h"
#include "compat/blkdev.h"
#include "disks.h"

/* So many disks may be added at the same time; more are not seen to. */
#define PVELV_AT_ONCE	64

/**
 * struct pvelv_set - a set of tags whose disks get no scheduler just now
 * @tags:	the set
 * @disks:	of it that are being added; 0 if this is free
 *
 * Where the flag is one of the set, it is there as long as any such disk is being
 * added. A disk of the same set that is to keep the kernel's choice, and is added in
 * the same moment, gets none either: sets that have both are rare.
 */
struct pvelv_set {
	struct blk_mq_tag_set *tags;
	unsigned int disks;
};

static struct pvelv_set sets[PVELV_AT_ONCE];
static DEFINE_RAW_SPINLOCK(sets_lock);

/* Disks that are being added. */
static atomic_t under_way = ATOMIC_INIT(0);

static struct pvelv_set *find_set(struct blk_mq_tag_set *tags)
{
	struct pvelv_set *set, *free = NULL;

	for (set = sets; set < sets + ARRAY_SIZE(sets); set++) {
		if (set->disks && set->tags == tags)
			return set;
		if (!set->disks)
			free = set;
	}
	return free;
}

/* Returns false where the flag is the driver's own, which stays. */
static bool hold_set(struct request_queue *q)
{
	struct pvelv_set *set;
	unsigned long flags;
	bool own;

	raw_spin_lock_irqsave(&sets_lock, flags);
	/* there are as many as disks can be under way */
	set = find_set(q->tag_set);
	own = !set->disks && pvelv_has_no_default(q);
	if (!own) {
		set->tags = q->tag_set;
		set->disks++;
		pvelv_set_no_default(q);
	}
	raw_spin_unlock_irqrestore(&sets_lock, flags);
	return !own;
}

static void release_set(struct request_queue *q)
{
	struct pvelv_set *set;
	unsigned long flags;

	raw_spin_lock_irqsave(&sets_lock, flags);
	set = find_set(q->tag_set);
	if (!--set->disks)
		pvelv_clear_no_default(q);
	raw_spin_unlock_irqrestore(&sets_lock, flags);
}

/**
 * struct pvelv_adding - a disk that is being added
 * @disk:	the disk
 * @queue:	of it, if it gets no scheduler; else NULL
 */
struct pvelv_adding {
	struct gendisk *disk;
	struct request_queue *queue;
};

/* Returns 0 to be called at the end, too. */
static int begin_disk(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct pvelv_adding *adding = (struct pvelv_adding *)instance->data;
	struct device *parent = (struct device *)regs_get_kernel_argument(regs, 0);
	struct gendisk *disk = (struct gendisk *)regs_get_kernel_argument(regs, 1);
	struct request_queue *q = disk->queue;
	const char *why;

	if (!q || !queue_is_mq(q))
		return 1;
	adding->disk = disk;
	adding->queue = NULL;
	atomic_inc(&under_way);
	if (pvelv_needs_scheduler(q) || !pvelv_choice_of(disk->disk_name, parent, &why))
		return 0;
	if (!PVELV_SHARES_NO_DEFAULT)
		pvelv_set_no_default(q);
	else if (!hold_set(q))
		return 0;
	adding->queue = q;
	return 0;
}

/* The driver still has the queue, also where the disk was not added. */
static int end_disk(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct pvelv_adding *adding = (struct pvelv_adding *)instance->data;

	if (adding->queue && PVELV_SHARES_NO_DEFAULT)
		release_set(adding->queue);
	else if (adding->queue)
		pvelv_clear_no_default(adding->queue);
	pvelv_disks_came(adding->disk);
	atomic_dec(&under_way);
	return 0;
}

/* The scheduler was chosen, and here the file for another choice is made. */
static int allow_choice(struct kprobe *probe, struct pt_regs *regs)
{
	struct gendisk *disk = (struct gendisk *)regs_get_kernel_argument(regs, 0);

	if (disk->queue)
		pvelv_clear_no_default(disk->queue);
	return 0;
}

static struct kretprobe addition = {
	.kp.symbol_name = "device_add_disk",
	.entry_handler = begin_disk,
	.handler = end_disk,
	.data_size = sizeof(struct pvelv_adding),
	.maxactive = PVELV_AT_ONCE,
};

static struct kprobe registration = {
	.symbol_name = "blk_register_queue",
	.pre_handler = allow_choice,
};

/**
 * pvelv_added_init() - see to each disk that comes
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int pvelv_added_init(void)
{
	int r = 0;

	if (!PVELV_SHARES_NO_DEFAULT)
		r = register_kprobe(&registration);
	if (!r) {
		r = register_kretprobe(&addition);
		if (r && !PVELV_SHARES_NO_DEFAULT)
			unregister_kprobe(&registration);
	}
	if (r)
		pr_err("this kernel does not say when disks come: error %d of kprobes\n", r);
	return r;
}

/**
 * pvelv_added_exit() - undo pvelv_added_init()
 *
 * Context: may sleep. Waits until no disk is just being added.
 */
void pvelv_added_exit(void)
{
	/* no more begin; those that have begun still end */
	disable_kretprobe(&addition);
	/* the handlers run without preemption */
	synchronize_rcu();
	while (atomic_read(&under_way))
		msleep(20);
	unregister_kretprobe(&addition);
	if (!PVELV_SHARES_NO_DEFAULT)
		unregister_kprobe(&registration);
}
