// SPDX-License-Identifier: GPL-2.0
/* Asks the host to cap the timer interrupts of this machine, if that is wanted. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>

#include "host.h"
#include "hypercall.h"
#include "pvio.h"
#include "timer.h"

/* Written under the kernel's lock of parameters. */
static unsigned int timer_rate;

static void ask_for_rate(unsigned int rate)
{
	long granted = pvio_hypercall_query(PVIO_QUERY_TIMER_RATE, rate);

	if (granted > 0)
		pr_info_ratelimited("timer interrupts come at most %ld times a second to each CPU\n",
				    granted);
	else if (rate)
		pr_info_ratelimited("the host lets no guest cap its timers\n");
}

static int set_timer_rate(const char *value, const struct kernel_param *kp)
{
	unsigned int rate;
	int r = kstrtouint(value, 0, &rate);

	if (r)
		return r;
	if (rate && !pvio_timer_rate_is_valid(rate))
		return -ERANGE;
	WRITE_ONCE(timer_rate, rate);
	if (pvio_host_serves())
		ask_for_rate(rate);
	return 0;
}

static const struct kernel_param_ops timer_rate_ops = {
	.set = set_timer_rate,
	.get = param_get_uint,
};

module_param_cb(timer_rate, &timer_rate_ops, &timer_rate, 0644);
MODULE_PARM_DESC(timer_rate, "ask the host for at most so many timer interrupts a second (default 0: do not ask)");

/**
 * pvio_timer_ask() - tell a host that has just been found
 *
 * Context: any.
 */
void pvio_timer_ask(void)
{
	unsigned int rate = READ_ONCE(timer_rate);

	if (rate)
		ask_for_rate(rate);
}

/**
 * pvio_timer_release() - take back what was asked for
 *
 * Context: module exit.
 */
void pvio_timer_release(void)
{
	if (timer_rate && pvio_host_serves())
		ask_for_rate(0);
}
