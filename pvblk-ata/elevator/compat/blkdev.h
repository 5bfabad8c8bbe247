/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/blkdev.h> and <linux/blk-mq.h>. */
#ifndef PVELV_COMPAT_BLKDEV_H
#define PVELV_COMPAT_BLKDEV_H

#include <linux/bitops.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
#include <linux/genhd.h>
#endif

/*
 * How a queue is kept from the scheduler that the kernel would choose for it.
 * Until 6.9 the queue asks for a feature that no scheduler has (block/elevator.c:
 * elevator_init_mq()). It has to stop that before anybody can choose one.
 * 6.10 has no such features any more; there it is a flag of the set of tags, which the
 * disks of one host share. Some drivers set the flag themselves (since 5.15).
 */
static inline bool pvelv_has_no_default(const struct request_queue *q)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
	return q->tag_set->flags & BLK_MQ_F_NO_SCHED_BY_DEFAULT;
#else
	return false;
#endif
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define PVELV_SHARES_NO_DEFAULT	0
#define PVELV_FEATURE_OF_NONE	BIT(31)

static inline void pvelv_set_no_default(struct request_queue *q)
{
	q->required_elevator_features = PVELV_FEATURE_OF_NONE;
}

static inline void pvelv_clear_no_default(struct request_queue *q)
{
	if (q->required_elevator_features == PVELV_FEATURE_OF_NONE)
		q->required_elevator_features = 0;
}

/* A zoned disk asks for a scheduler that writes in order. */
static inline bool pvelv_needs_scheduler(struct request_queue *q)
{
	return q->required_elevator_features;
}
#else
#define PVELV_SHARES_NO_DEFAULT	1

/* The kernel changes other flags of the word, which must not be lost by this. */
static inline void pvelv_set_no_default(struct request_queue *q)
{
	set_mask_bits(&q->tag_set->flags, 0, BLK_MQ_F_NO_SCHED_BY_DEFAULT);
}

static inline void pvelv_clear_no_default(struct request_queue *q)
{
	set_mask_bits(&q->tag_set->flags, BLK_MQ_F_NO_SCHED_BY_DEFAULT, 0);
}

static inline bool pvelv_needs_scheduler(struct request_queue *q)
{
	return false;
}
#endif

/*
 * While a disk is locked and live its driver is there, and with it the device that the
 * disk was added to: del_gendisk() takes the same lock to end its life.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
static inline bool pvelv_lock_live_disk(struct gendisk *disk)
{
	mutex_lock(&disk->open_mutex);
	if (disk_live(disk))
		return true;
	mutex_unlock(&disk->open_mutex);
	return false;
}

static inline void pvelv_unlock_disk(struct gendisk *disk)
{
	mutex_unlock(&disk->open_mutex);
}

/* It tells a disk from another one that had its number before. */
static inline u64 pvelv_disk_sequence(const struct gendisk *disk)
{
	return disk->diskseq;
}
#else
static inline bool pvelv_lock_live_disk(struct gendisk *disk)
{
	down_read(&disk->lookup_sem);
	if (disk->flags & GENHD_FL_UP)
		return true;
	up_read(&disk->lookup_sem);
	return false;
}

static inline void pvelv_unlock_disk(struct gendisk *disk)
{
	up_read(&disk->lookup_sem);
}

/* The best that there is. */
static inline u64 pvelv_disk_sequence(const struct gendisk *disk)
{
	return (unsigned long)disk;
}
#endif

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
