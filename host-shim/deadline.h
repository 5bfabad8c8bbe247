/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a timer of a guest may fire, where its VM's timers are capped. It knows
 * nothing of KVM, and no unit of time: all times of one timer are in the same.
 */
#ifndef PVIO_HOST_DEADLINE_H
#define PVIO_HOST_DEADLINE_H

#ifndef __KERNEL__
#include <stdbool.h>
#endif
#include <linux/types.h>

/* What a guest makes of an interrupt of its timer that comes late. */
enum pvio_host_habit {
	PVIO_HOST_HABIT_UNKNOWN,	/* being found out */
	PVIO_HOST_HABIT_CATCHES_UP,	/* it looks at a clock */
	PVIO_HOST_HABIT_COUNTS,		/* it takes each for one tick */
};

/**
 * struct pvio_host_deadline - a timer that fires once each time it is set
 * @granted:	when it fires; 0 where it is not set
 * @fired:	when it last fired; 0 where it never has
 * @seen:	the time when it was last set
 * @tried:	what the guest asked for, from then on, when the present deadline
 *		was chosen to find out its habit; 0 where it was not
 * @retry_at:	when a guest that counts is looked at again
 * @retry_after: how long that was; 0 where it does not count
 * @asks:	how often the guest has set it
 * @fires:	how often it has fired
 * @delays:	how often it was set later than the guest asked for
 * @habit:	of the guest, enum pvio_host_habit
 * @trials:	so far, where the habit is not known
 * @counted:	in how many of them the guest looked as if it counted
 * @spoilt:	trials that told nothing, as the guest could not run in time
 * @since_trial: times that it has fired since the last trial
 * @doubts:	trials in a row that may have told that the guest counts after all
 * @backlog:	times in a row that it asked for what had passed already
 *
 * Zeroed is how it begins. It belongs to whoever runs the vCPU; others may read
 * the counters and the habit.
 */
struct pvio_host_deadline {
	__u64 granted;
	__u64 fired;
	__u64 seen;
	__u64 tried;
	__u64 retry_at;
	__u64 retry_after;
	__u64 asks;
	__u64 fires;
	__u64 delays;
	__u8 habit;
	__u8 trials;
	__u8 counted;
	__u8 spoilt;
	__u8 since_trial;
	__u8 doubts;
	__u8 backlog;
};

__u64 pvio_host_deadline_grant(struct pvio_host_deadline *d, __u64 now,
			       __u64 asked, __u64 period, bool fired);

#endif /* PVIO_HOST_DEADLINE_H */
