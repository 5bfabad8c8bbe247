// SPDX-License-Identifier: GPL-2.0
/* The VMs and vCPUs known to the module: creation, look-up, counters, end. */
#include <linux/hashtable.h>
#include <linux/slab.h>

#include "vcpu.h"

LIST_HEAD(pvio_host_vms);
DEFINE_RAW_SPINLOCK(pvio_host_vms_lock);

/* Counters of VMs that are gone, under pvio_host_vms_lock. */
static struct pvio_host_stats retired;

/* Changed under pvio_host_vms_lock, read under RCU. */
static DEFINE_HASHTABLE(vcpu_table, 8);

/**
 * pvio_host_vcpu_find() - the module's state of a vCPU
 * @vcpu: the vCPU, which the caller keeps alive
 *
 * Context: any.
 * Return: the state, or NULL where the vCPU has sent no batch yet.
 */
struct pvio_host_vcpu *pvio_host_vcpu_find(struct kvm_vcpu *vcpu)
{
	struct pvio_host_vcpu *pv;

	rcu_read_lock();
	hash_for_each_possible_rcu(vcpu_table, pv, hash, (unsigned long)vcpu) {
		if (pv->vcpu == vcpu)
			goto out;
	}
	pv = NULL;
out:
	rcu_read_unlock();
	return pv;
}

static struct pvio_host_vm *find_vm(struct kvm *kvm)
{
	struct pvio_host_vm *vm;

	list_for_each_entry(vm, &pvio_host_vms, node) {
		if (vm->kvm == kvm)
			return vm;
	}
	return NULL;
}

/**
 * pvio_host_vcpu_add() - make the module's state of a vCPU, which has none yet
 * @vcpu: the vCPU that the calling thread runs
 *
 * Context: in a hypercall; may sleep.
 * Return: the state, or NULL without memory.
 */
struct pvio_host_vcpu *pvio_host_vcpu_add(struct kvm_vcpu *vcpu)
{
	struct pvio_host_vcpu *pv = kzalloc(sizeof(*pv), GFP_KERNEL_ACCOUNT);
	struct pvio_host_vm *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	struct pvio_host_vm *vm;

	if (!pv || !new) {
		kfree(pv);
		kfree(new);
		return NULL;
	}
	new->distrusted_until = jiffies;

	/* only this thread adds this vCPU, but others may add the VM */
	raw_spin_lock(&pvio_host_vms_lock);
	vm = find_vm(vcpu->kvm);
	if (!vm) {
		vm = new;
		new = NULL;
		vm->kvm = vcpu->kvm;
		INIT_LIST_HEAD(&vm->vcpus);
		list_add_tail(&vm->node, &pvio_host_vms);
	}
	pv->vcpu = vcpu;
	pv->vm = vm;
	list_add_tail(&pv->node, &vm->vcpus);
	hash_add_rcu(vcpu_table, &pv->hash, (unsigned long)vcpu);
	raw_spin_unlock(&pvio_host_vms_lock);

	kfree(new);
	return pv;
}

static void add_stats(struct pvio_host_stats *to,
		      const struct pvio_host_stats *from)
{
	const u64 *f = (const u64 *)from;
	u64 *t = (u64 *)to;
	unsigned int i;

	BUILD_BUG_ON(sizeof(*to) % sizeof(*t));
	for (i = 0; i < sizeof(*to) / sizeof(*t); i++)
		t[i] += READ_ONCE(f[i]);
}

static void count_vm(struct pvio_host_vm *vm, struct pvio_host_vm_stats *stats)
{
	struct pvio_host_vcpu *pv;

	memset(stats, 0, sizeof(*stats));
	stats->pid = vm->kvm->userspace_pid;
	list_for_each_entry(pv, &vm->vcpus, node) {
		add_stats(&stats->sum, &pv->stats);
		stats->vcpus++;
	}
}

/**
 * pvio_host_vms_count() - add up what is counted
 * @stats:	receives the counters of the first VMs
 * @room:	for so many
 * @total:	receives the sum over all VMs, those that are gone included
 *
 * Context: any but interrupts; does not sleep.
 * Return: how many VMs there are, which may be more than @room.
 */
unsigned int pvio_host_vms_count(struct pvio_host_vm_stats *stats,
				 unsigned int room,
				 struct pvio_host_vm_stats *total)
{
	struct pvio_host_vm_stats one;
	struct pvio_host_vm *vm;
	unsigned int n = 0;

	memset(total, 0, sizeof(*total));
	raw_spin_lock(&pvio_host_vms_lock);
	total->sum = retired;
	list_for_each_entry(vm, &pvio_host_vms, node) {
		count_vm(vm, &one);
		total->vcpus += one.vcpus;
		add_stats(&total->sum, &one.sum);
		if (n < room)
			stats[n] = one;
		n++;
	}
	raw_spin_unlock(&pvio_host_vms_lock);
	return n;
}

static unsigned int forget_vm(struct pvio_host_vm *vm)
{
	struct pvio_host_vcpu *pv, *next;
	unsigned int waiting = 0;

	list_for_each_entry_safe(pv, next, &vm->vcpus, node) {
		add_stats(&retired, &pv->stats);
		waiting += pv->waiting;
		hash_del_rcu(&pv->hash);
		kfree_rcu(pv, rcu);
	}
	list_del(&vm->node);
	kfree_rcu(vm, rcu);
	return waiting;
}

/**
 * pvio_host_vm_forget() - drop what is kept of a VM
 * @kvm: a VM that KVM is about to free: none of its vCPUs will run again
 *
 * Context: any but interrupts; does not sleep.
 * Return: how many of its vCPUs waited for user space and never will return.
 */
unsigned int pvio_host_vm_forget(struct kvm *kvm)
{
	unsigned int waiting = 0;
	struct pvio_host_vm *vm;

	raw_spin_lock(&pvio_host_vms_lock);
	vm = find_vm(kvm);
	if (vm)
		waiting = forget_vm(vm);
	raw_spin_unlock(&pvio_host_vms_lock);
	return waiting;
}

/**
 * pvio_host_vms_free() - drop what is kept of every VM
 *
 * Context: module exit, when nothing enters the module any more.
 */
void pvio_host_vms_free(void)
{
	struct pvio_host_vm *vm, *next;

	raw_spin_lock(&pvio_host_vms_lock);
	list_for_each_entry_safe(vm, next, &pvio_host_vms, node)
		forget_vm(vm);
	raw_spin_unlock(&pvio_host_vms_lock);
}
