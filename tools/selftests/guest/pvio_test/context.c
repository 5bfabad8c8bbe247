// SPDX-License-Identifier: GPL-2.0
/* Batches in contexts that cannot sleep. */
#include <linux/interrupt.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "test.h"

#define ROUNDS	8

/**
 * struct result - what a context found
 * @right:	it was the context that it should be
 * @done:	operations done
 * @wrong:	values that were not those written
 */
struct result {
	bool right;
	unsigned int done;
	unsigned int wrong;
};

static struct result result;

static void exercise(bool right)
{
	struct pvio_batch *b = pvio_test_batch;
	u16 p = pvio_test_scratch;
	unsigned int i;

	pvio_batch_reset(b);
	for (i = 0; i < ROUNDS; i++) {
		pvio_port_write(b, p, 4, 0x1000 + i * 4);
		pvio_port_read(b, p, 4);
	}
	result = (struct result) { .right = right, .done = pvio_batch_run(b) };
	for (i = 0; i < ROUNDS; i++)
		result.wrong += pvio_batch_value(b, 2 * i + 1) != 0x1000 + i * 4;
}

static int judge(struct seq_file *m)
{
	return pvio_test_differs(m, "in that context", result.right, true) ||
	       pvio_test_differs(m, "operations", result.done, 2 * ROUNDS) ||
	       pvio_test_differs(m, "wrong values", result.wrong, 0) ? -EIO : 0;
}

/**
 * pvio_test_under_spinlock() - a batch as libata issues it
 * @m: receives the differences
 *
 * Context: may sleep.
 * Return: 0 or an error.
 */
int pvio_test_under_spinlock(struct seq_file *m)
{
	static DEFINE_SPINLOCK(lock);
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	exercise(irqs_disabled());
	spin_unlock_irqrestore(&lock, flags);
	return judge(m);
}

static void in_tasklet(struct tasklet_struct *unused)
{
	exercise(in_serving_softirq() && !in_hardirq());
}

/**
 * pvio_test_in_softirq() - a batch in a tasklet
 * @m: receives the differences
 *
 * Context: may sleep.
 * Return: 0 or an error.
 */
int pvio_test_in_softirq(struct seq_file *m)
{
	struct tasklet_struct tasklet;

	result = (struct result) {};
	tasklet_setup(&tasklet, in_tasklet);
	tasklet_schedule(&tasklet);
	tasklet_kill(&tasklet);
	return judge(m);
}

static void in_irq_work(struct irq_work *unused)
{
	exercise(in_hardirq());
}

/**
 * pvio_test_in_hardirq() - a batch in a hard interrupt
 * @m: receives the differences
 *
 * Context: may sleep.
 * Return: 0 or an error.
 */
int pvio_test_in_hardirq(struct seq_file *m)
{
	struct irq_work work = IRQ_WORK_INIT_HARD(in_irq_work);

	result = (struct result) {};
	irq_work_queue(&work);
	irq_work_sync(&work);
	return judge(m);
}
