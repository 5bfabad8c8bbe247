// SPDX-License-Identifier: GPL-2.0
/* pvio - batches of port and MMIO operations for the drivers of a guest */
#include <linux/module.h>

#include "host.h"
#include "report.h"
#include "stats.h"
#include "timer.h"

static int __init pvio_init(void)
{
	pvio_host_detect();
	pvio_stats_create();
	return 0;
}

static void __exit pvio_exit(void)
{
	pvio_report_finish();
	pvio_timer_release();
	pvio_stats_remove();
}

module_init(pvio_init);
module_exit(pvio_exit);

MODULE_DESCRIPTION("Batched port and MMIO operations for KVM guests");
MODULE_AUTHOR("The pvio maintainers");
MODULE_VERSION(PVIO_VERSION);
MODULE_LICENSE("GPL");
