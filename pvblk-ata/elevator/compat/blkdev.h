/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/blkdev.h> and <linux/blk-mq.h>. */
#ifndef PVELV_COMPAT_BLKDEV_H
#define PVELV_COMPAT_BLKDEV_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
#include <linux/genhd.h>
#endif

/* 5.15: a flag of the tag set has the kernel choose no scheduler by itself */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
#define PVELV_HAS_NO_DEFAULT_FLAG 1

static inline void pvelv_set_no_default(struct request_queue *q)
{
	q->tag_set->flags |= BLK_MQ_F_NO_SCHED_BY_DEFAULT;
}

/* Returns whether it was set. */
static inline bool pvelv_clear_no_default(struct request_queue *q)
{
	if (!(q->tag_set->flags & BLK_MQ_F_NO_SCHED_BY_DEFAULT))
		return false;
	q->tag_set->flags &= ~BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	return true;
}
#else
#define PVELV_HAS_NO_DEFAULT_FLAG 0

/* Which no scheduler has: elevator_init_mq() finds none for such a queue then. */
#define PVELV_FEATURE_OF_NONE	BIT(31)

static inline void pvelv_set_no_default(struct request_queue *q)
{
	q->required_elevator_features = PVELV_FEATURE_OF_NONE;
}

static inline bool pvelv_clear_no_default(struct request_queue *q)
{
	if (q->required_elevator_features != PVELV_FEATURE_OF_NONE)
		return false;
	q->required_elevator_features = 0;
	return true;
}
#endif

/* Until 6.11 a zoned disk asked for a scheduler that writes in order. */
static inline bool pvelv_needs_scheduler(struct request_queue *q)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	if (q->required_elevator_features)
		return true;
#endif
	return blk_queue_is_zoned(q);
}

/* 5.15: what tells one disk from another that had its number before */
static inline u64 pvelv_disk_sequence(const struct gendisk *disk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
	return disk->diskseq;
#else
	return 0;
#endif
}

/* A disk that is never added, and how it goes again. */
static inline struct gendisk *pvelv_alloc_disk(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	struct gendisk *disk = blk_alloc_disk(NULL, NUMA_NO_NODE);

	return IS_ERR(disk) ? NULL : disk;
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
	return blk_alloc_disk(NUMA_NO_NODE);
#else
	return alloc_disk(1);
#endif
}

static inline void pvelv_free_disk(struct gendisk *disk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0) && \
	LINUX_VERSION_CODE < KERNEL_VERSION(6, 0, 0)
	blk_cleanup_disk(disk);
#else
	put_disk(disk);
#endif
}

#endif /* PVELV_COMPAT_BLKDEV_H */
