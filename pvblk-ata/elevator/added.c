// SPDX-License-Identifier: GPL-2.0
/*
 * Disks that come: each gets no scheduler by default, so that not even the requests
 * that look for its partitions pass one. Whoever wants a scheduler can still choose it.
 *
 * The seam is the entry of device_add_disk(), which drivers of every kind call, on all
 * kernels: behind it the kernel chooses the scheduler, then makes the requests (block/
 * genhd.c). A notifier of the block class would come between the two on some kernels
 * only, and the buses that disks are on have none in common.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>

#include "added.h"
#include "choice.h"
#include "compat/blkdev.h"
#include "disks.h"

/* Disks between the two probes. It counts up for ever where the first one suffices. */
static atomic_t under_way = ATOMIC_INIT(0);

/*
 * A set of tags may be shared: by the disks of a SCSI host. The flag is there for all
 * of them, so one that is not to be touched takes it away again. Nobody but this module
 * sets it for such disks. The kernel sets other flags of the set, and if ours is lost by
 * that the disk has the kernel's default.
 */
static int prepare_disk(struct kprobe *probe, struct pt_regs *regs)
{
	struct device *parent = (struct device *)regs_get_kernel_argument(regs, 0);
	struct gendisk *disk = (struct gendisk *)regs_get_kernel_argument(regs, 1);
	struct request_queue *q = disk->queue;
	const char *why;

	if (!q || !queue_is_mq(q) || pvelv_needs_scheduler(q))
		return 0;
	if (!pvelv_choice_of(disk->disk_name, parent, &why)) {
		if (pvelv_choice_is_scsi(parent))
			pvelv_clear_no_default(q);
		return 0;
	}
	pvelv_set_no_default(q);
	atomic_inc(&under_way);
	pvelv_disks_came(disk->disk_name);
	return 0;
}

/* The scheduler was chosen, and here the file for another choice is made. */
static int release_disk(struct kprobe *probe, struct pt_regs *regs)
{
	struct gendisk *disk = (struct gendisk *)regs_get_kernel_argument(regs, 0);

	if (pvelv_clear_no_default(disk->queue))
		atomic_dec(&under_way);
	return 0;
}

static struct kprobe add = {
	.symbol_name = "device_add_disk",
	.pre_handler = prepare_disk,
};

static struct kprobe registration = {
	.symbol_name = "blk_register_queue",
	.pre_handler = release_disk,
};

/**
 * pvelv_added_init() - see to each disk that comes
 *
 * Context: may sleep.
 * Return: 0 or a negative error, -ENOENT if the kernel has no such function.
 */
int pvelv_added_init(void)
{
	int r;

	if (!PVELV_HAS_NO_DEFAULT_FLAG) {
		r = register_kprobe(&registration);
		if (r)
			return r;
	}
	r = register_kprobe(&add);
	if (r && !PVELV_HAS_NO_DEFAULT_FLAG)
		unregister_kprobe(&registration);
	return r;
}

/**
 * pvelv_added_exit() - undo pvelv_added_init()
 *
 * Context: may sleep. Waits for disks that are just coming; one that the kernel gives
 * up in between never arrives, hence the limit.
 */
void pvelv_added_exit(void)
{
	unsigned int tries = 100;

	unregister_kprobe(&add);
	if (PVELV_HAS_NO_DEFAULT_FLAG)
		return;
	while (atomic_read(&under_way) && tries--)
		msleep(100);
	unregister_kprobe(&registration);
}
