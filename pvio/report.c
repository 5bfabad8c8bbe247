// SPDX-License-Identifier: GPL-2.0
/*
 * Says what batches met. A batch may run under a lock that the console takes as well: what
 * there is to say is said from an interrupt of this CPU, when no such lock is held.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/irq_work.h>
#include <linux/printk.h>

#include "host.h"
#include "report.h"
#include "timer.h"

enum {
	REPORT_FOUND,
	REPORT_LOST,
	REPORT_REFUSED,
};

/* Bits of what is still to be said. */
static unsigned long pending;
/* Of the latest refusal. */
static long refused_error;

/* It may be gone again by now. */
static void say_found(void)
{
	unsigned int max_ops = pvio_host_max_ops();

	if (!max_ops)
		return;
	pr_info_ratelimited("the host serves batches of up to %u operations\n", max_ops);
	pvio_timer_ask();
}

static void say_pending(struct irq_work *work)
{
	if (test_and_clear_bit(REPORT_LOST, &pending))
		pr_info_ratelimited("the host no longer serves batches: running them here\n");
	if (test_and_clear_bit(REPORT_REFUSED, &pending))
		pr_warn_ratelimited("the host refused a batch: error %ld\n",
				    READ_ONCE(refused_error));
	if (test_and_clear_bit(REPORT_FOUND, &pending))
		say_found();
}

static DEFINE_IRQ_WORK(report_work, say_pending);

static void report(unsigned int what)
{
	set_bit(what, &pending);
	irq_work_queue(&report_work);
}

/**
 * pvio_report_found() - the host serves batches, from now on
 *
 * Context: any.
 */
void pvio_report_found(void)
{
	report(REPORT_FOUND);
}

/**
 * pvio_report_lost() - the host does not know the batch call any more
 *
 * Context: any.
 */
void pvio_report_lost(void)
{
	report(REPORT_LOST);
}

/**
 * pvio_report_refused() - the host will not run a batch
 * @error: what it returned
 *
 * Context: any.
 */
void pvio_report_refused(long error)
{
	WRITE_ONCE(refused_error, error);
	report(REPORT_REFUSED);
}

/**
 * pvio_report_finish() - wait until all is said
 *
 * Context: module exit, when no batch is left.
 */
void pvio_report_finish(void)
{
	irq_work_sync(&report_work);
}
