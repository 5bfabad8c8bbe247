// SPDX-License-Identifier: GPL-2.0
/*
 * pvelv - no I/O scheduler in a virtual machine
 *
 * The host schedules each request again that a guest's scheduler has sorted. Since
 * Linux 5.0 the kernel parameter elevator= does nothing, and a rule of udev comes after
 * the first requests: here disks have none from their first request on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <asm/cpufeature.h>
#include <linux/module.h>

#include "added.h"
#include "choice.h"
#include "disks.h"
#include "scheduler.h"

static char *disks;
module_param(disks, charp, 0444);
MODULE_PARM_DESC(disks, "patterns of names, the first that fits decides: sda,vd* get no scheduler whatever they are, !sdb keeps its own; a disk that none fits gets no scheduler if it is a hypervisor's own");

static int __init pvelv_init(void)
{
	int r;

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR)) {
		pr_info("not in a virtual machine: schedulers stay as they are\n");
		return -ENODEV;
	}
	r = pvelv_choice_init(disks);
	if (r) {
		pr_err("disks=: %s\n", r == -E2BIG ? "16 patterns at most" : "no memory");
		return r;
	}
	r = pvelv_scheduler_init();
	if (r)
		goto err_choice;
	r = pvelv_disks_init();
	if (r)
		goto err_scheduler;
	r = pvelv_added_init();
	if (r)
		goto err_disks;
	pvelv_disks_switch();
	return 0;

err_disks:
	pvelv_disks_exit();
err_scheduler:
	pvelv_scheduler_exit();
err_choice:
	pvelv_choice_exit();
	return r;
}

static void __exit pvelv_exit(void)
{
	pvelv_added_exit();
	pvelv_disks_exit();
	pvelv_scheduler_exit();
	pvelv_choice_exit();
}

module_init(pvelv_init);
module_exit(pvelv_exit);

MODULE_DESCRIPTION("No I/O scheduler in a virtual machine");
MODULE_AUTHOR("The pvio maintainers");
MODULE_VERSION(PVIO_VERSION);
MODULE_LICENSE("GPL");
