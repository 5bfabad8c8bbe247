/* SPDX-License-Identifier: GPL-2.0 */
/* What the module keeps for each VM and vCPU that ever sent it a batch. */
#ifndef PVIO_HOST_VCPU_H
#define PVIO_HOST_VCPU_H

#include <linux/kvm_host.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "batch.h"

/* Written by the owner of the vCPU alone; sums of them may be a little old. */
struct pvio_host_stats {
	u64 batches;
	u64 operations;
	u64 user_exits;
	u64 abandoned;
	u64 handed_over;
	u64 refused[PVIO_HOST_REFUSALS];
};

/**
 * struct pvio_host_vm - a VM that has sent a batch
 * @kvm:	the VM: alive as long as this is in pvio_host_vms
 * @vcpus:	its struct pvio_host_vcpu
 * @node:	in pvio_host_vms
 * @distrusted_until: in jiffies; nothing is queued in the coalesced ring before,
 *		because user space does not empty it
 * @rcu:	for freeing
 *
 * Lists change under pvio_host_vms_lock. A VM leaves them at the entry of
 * kvm_arch_destroy_vm(): KVM has freed its buses and its coalesced ring by then
 * (kvm_destroy_vm() in virt/kvm/kvm_main.c), but not its vCPUs nor struct kvm,
 * which whoever holds the lock may use. It is a raw spinlock, because ftrace
 * calls the module there with preemption disabled, and a spinlock_t sleeps on
 * PREEMPT_RT.
 */
struct pvio_host_vm {
	struct kvm *kvm;
	struct list_head vcpus;
	struct list_head node;
	unsigned long distrusted_until;
	struct rcu_head rcu;
};

/* By which a batch that waits for user space is known again. */
struct pvio_host_registers {
	unsigned long rip;
	unsigned long rax;
	unsigned long rbx;
	unsigned long rcx;
	unsigned long rdx;
};

/**
 * struct pvio_host_vcpu - a vCPU that has sent a batch
 * @vcpu:	the vCPU, and the key in the hash table
 * @vm:		its VM
 * @hash:	in the hash table, read under RCU
 * @node:	in pvio_host_vm.vcpus
 * @rcu:	for freeing
 * @planted:	what its registers hold while the batch waits for user space
 * @hands_over:	a removal of the module can leave the exit under way to KVM
 * @kvm_complete: KVM's own completion of it; NULL where it needs none
 * @ring_mark:	the slot of its newest write in the coalesced ring
 * @queued_at:	when that was, in jiffies
 * @stored:	values stored in guest memory for this hypercall
 * @waiting:	vcpu->arch.complete_userspace_io is ours, and holds one
 *		reference in pvio_host_users
 * @skip_result:	what KVM returned where it moved the RIP past the hypercall
 * @stats:	counters
 * @batch:	the batch being run
 *
 * @planted to @batch belong to whoever holds vcpu->mutex: the thread in KVM_RUN
 * or the removal of the module.
 */
struct pvio_host_vcpu {
	struct kvm_vcpu *vcpu;
	struct pvio_host_vm *vm;
	struct hlist_node hash;
	struct list_head node;
	struct rcu_head rcu;
	struct pvio_host_registers planted;
	bool hands_over;
	int (*kvm_complete)(struct kvm_vcpu *vcpu);
	u32 ring_mark;
	unsigned long queued_at;
	unsigned int stored;
	bool waiting;
	int skip_result;
	struct pvio_host_stats stats;
	struct pvio_host_batch batch;
};

extern struct list_head pvio_host_vms;
extern raw_spinlock_t pvio_host_vms_lock;

/* The counters of a VM, or of all that ever were. */
struct pvio_host_vm_stats {
	pid_t pid;
	unsigned int vcpus;
	struct pvio_host_stats sum;
};

static inline struct pvio_host_vcpu *
pvio_host_batch_vcpu(struct pvio_host_batch *b)
{
	return container_of(b, struct pvio_host_vcpu, batch);
}

struct pvio_host_vcpu *pvio_host_vcpu_find(struct kvm_vcpu *vcpu);
struct pvio_host_vcpu *pvio_host_vcpu_add(struct kvm_vcpu *vcpu);
unsigned int pvio_host_vms_count(struct pvio_host_vm_stats *stats,
				 unsigned int room,
				 struct pvio_host_vm_stats *total);
unsigned int pvio_host_vm_forget(struct kvm *kvm);
void pvio_host_vms_free(void);

#endif /* PVIO_HOST_VCPU_H */
