/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/irq_work.h> and <linux/preempt.h>. */
#ifndef PVIO_TEST_COMPAT_H
#define PVIO_TEST_COMPAT_H

#include <linux/irq_work.h>
#include <linux/preempt.h>

/* 5.11 */
#ifndef in_hardirq
#define in_hardirq()	in_irq()
#endif

/* 5.12 */
#ifndef IRQ_WORK_INIT_HARD
#define IRQ_WORK_INIT_HARD(function) \
	{ .flags = ATOMIC_INIT(IRQ_WORK_HARD_IRQ), .func = (function) }
#endif

#endif /* PVIO_TEST_COMPAT_H */
