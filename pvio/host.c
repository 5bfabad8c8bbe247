// SPDX-License-Identifier: GPL-2.0
/*
 * Finds out what the host offers, notices when it no longer does (the module
 * was removed there, or the VM moved to another host), and when it does again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <asm/hypervisor.h>
#include <linux/cache.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "compat/processor.h"
#include "compat/cc_platform.h"
#include "host.h"
#include "hypercall.h"
#include "pvio.h"
#include "report.h"

#define PVIO_FEATURES_USED	(PVIO_FEATURE_PORT | PVIO_FEATURE_MMIO | \
				 PVIO_FEATURE_STOP)

static bool nohost;
module_param(nohost, bool, 0644);
MODULE_PARM_DESC(nohost, "run all batches in the guest, also on a host that serves them");

/*
 * @kvm never changes once set. The other two change in any context and
 * without a lock: @max_ops is one word that says all (0: batches are not
 * served), and a lost update of @next_probe costs one more probe.
 */
static struct {
	bool kvm;
	unsigned int max_ops;
	unsigned long next_probe;
} host_state __read_mostly;

#define PVIO_PROBE_INTERVAL	HZ

static unsigned int probe_host(void)
{
	long features = pvio_hypercall_query(PVIO_QUERY_FEATURES, 0);

	/* an error is less than any version; a later version is compatible */
	if (pvio_hypercall_query(PVIO_QUERY_VERSION, 0) < PVIO_ABI_VERSION ||
	    features < 0 ||
	    (features & PVIO_FEATURES_USED) != PVIO_FEATURES_USED)
		return 0;
	return clamp_t(long, pvio_hypercall_query(PVIO_QUERY_MAX_OPS, 0), 0,
		       PVIO_MAX_OPS);
}

static void probe_and_report(void)
{
	unsigned int max_ops = probe_host();

	WRITE_ONCE(host_state.next_probe, jiffies + PVIO_PROBE_INTERVAL);
	WRITE_ONCE(host_state.max_ops, max_ops);
	if (max_ops)
		pvio_report_found();
}

/**
 * pvio_host_max_ops() - the longest batch that the host takes now
 *
 * While it takes none, it is asked again once a second, and only when a batch
 * is about to run: an idle guest does not ask.
 *
 * Context: any.
 * Return: a number of operations, 0 while the host serves no batches.
 */
unsigned int pvio_host_max_ops(void)
{
	unsigned int max_ops = READ_ONCE(host_state.max_ops);

	if (READ_ONCE(nohost))
		return 0;
	if (likely(max_ops) || !host_state.kvm ||
	    time_before(jiffies, READ_ONCE(host_state.next_probe)))
		return max_ops;

	probe_and_report();
	return READ_ONCE(host_state.max_ops);
}

/**
 * pvio_host_lost() - the host does not know the batch call any more
 *
 * Context: any.
 */
void pvio_host_lost(void)
{
	WRITE_ONCE(host_state.next_probe, jiffies + PVIO_PROBE_INTERVAL);
	WRITE_ONCE(host_state.max_ops, 0);
	pvio_report_lost();
}

/**
 * pvio_host_serves() - whether batches go to the host at present
 *
 * A hint for drivers: one more operation in a batch is free on the host, and
 * an exit as an instruction. The answer may change at any moment.
 *
 * Context: any.
 * Return: true if the host served the last batch, or said that it would when
 * it was last asked.
 */
bool pvio_host_serves(void)
{
	return READ_ONCE(host_state.max_ops) && !READ_ONCE(nohost);
}
EXPORT_SYMBOL_GPL(pvio_host_serves);

/**
 * pvio_host_detect() - see whether the hypervisor is one to ask
 *
 * A hypercall instruction is executed under KVM only: others may answer it
 * with #UD. Where KVM plays Hyper-V for this guest, the calls are Hyper-V's
 * (kvm_emulate_hypercall() in arch/x86/kvm/x86.c). A guest whose memory is
 * encrypted cannot share batches.
 *
 * Context: module initialisation.
 */
void pvio_host_detect(void)
{
	if (!pvio_cpuid_base("KVMKVMKVM\0\0\0") ||
	    hypervisor_is_type(X86_HYPER_MS_HYPERV) ||
	    pvio_memory_encrypted()) {
		pr_info("no host to ask for batches\n");
		return;
	}
	host_state.kvm = true;
	probe_and_report();
	if (!host_state.max_ops)
		pr_info("this KVM host does not serve batches yet\n");
}
