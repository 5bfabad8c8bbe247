/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/hrtimer.h>. */
#ifndef PVE1000_COMPAT_HRTIMER_H
#define PVE1000_COMPAT_HRTIMER_H

#include <linux/hrtimer.h>
#include <linux/version.h>

/* 6.13: hrtimer_setup(), which also sets the function, for hrtimer_init() */
static inline void
pve1000_hrtimer_setup(struct hrtimer *timer,
		      enum hrtimer_restart (*fn)(struct hrtimer *),
		      clockid_t clock, enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, fn, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
#endif
}

#endif /* PVE1000_COMPAT_HRTIMER_H */
