// SPDX-License-Identifier: GPL-2.0
/*
 * pvio_host - batches of port and MMIO operations for the guests of a KVM host
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "../pvio/pvio_abi.h"
#include "hook.h"
#include "hypercall.h"
#include "kvm_api.h"
#include "stats.h"
#include "timer.h"
#include "vcpu.h"

struct percpu_ref pvio_host_users;
static DECLARE_COMPLETION(users_gone);

static void signal_users_gone(struct percpu_ref *ref)
{
	complete(&users_gone);
}

/*
 * A vCPU that gave its reference back may still be on its last instructions
 * in the module. It does not sleep there, so one grace period of tasks later
 * it has left.
 */
static void wait_for_users(void)
{
	unsigned long patience = jiffies + 10 * HZ;
	pid_t pid;

	do {
		pid = pvio_host_hypercalls_hand_over();
		if (pid && time_after(jiffies, patience)) {
			pr_warn("waiting for the VM of process %d to go on with a batch: continue or end it\n",
				pid);
			patience = jiffies + 60 * HZ;
		}
	} while (!wait_for_completion_timeout(&users_gone, HZ / 50));
	synchronize_rcu_tasks();
}

static int __init pvio_host_init(void)
{
	int r;

	r = pvio_host_kvm_api_get();
	if (r)
		return r;
	r = percpu_ref_init(&pvio_host_users, signal_users_gone, 0, GFP_KERNEL);
	if (r)
		goto err_put_api;
	r = pvio_host_hook_vm_destruction();
	if (r)
		goto err_exit_users;
	r = pvio_host_hook_hypercalls();
	if (r)
		goto err_unhook_vm_destruction;
	pvio_host_timers_init();
	pvio_host_stats_create();
	pr_info("serving batches of up to %zu operations, ABI %d\n",
		PVIO_MAX_OPS, PVIO_ABI_VERSION);
	return 0;

err_unhook_vm_destruction:
	pvio_host_unhook_vm_destruction();
err_exit_users:
	percpu_ref_exit(&pvio_host_users);
err_put_api:
	pvio_host_kvm_api_put();
	return r;
}

static void __exit pvio_host_exit(void)
{
	pvio_host_stats_remove();
	pvio_host_timers_exit();
	percpu_ref_kill(&pvio_host_users);
	pvio_host_unhook_hypercalls();
	wait_for_users();
	pvio_host_unhook_vm_destruction();
	pvio_host_vms_free();
	percpu_ref_exit(&pvio_host_users);
	pvio_host_kvm_api_put();
}

module_init(pvio_host_init);
module_exit(pvio_host_exit);

MODULE_DESCRIPTION("Batched port and MMIO operations for KVM guests, host side");
MODULE_AUTHOR("The pvio maintainers");
MODULE_VERSION(PVIO_VERSION);
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: kvm");
