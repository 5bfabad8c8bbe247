// SPDX-License-Identifier: GPL-2.0
/* The ring of coalesced writes, which KVM shares with the VM's user space. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/nospec.h>

#include "backend.h"
#include "ring.h"
#include "vcpu.h"

static bool ring_is_usable(struct pvio_host_vcpu *pv)
{
	const struct pvio_op conf_mem = {
		.kind = PVIO_PORT_WRITE,
		.size = 1,
		.addr = PVIO_HOST_FLUSH_PORT,
	};

	return pv->vcpu->kvm->coalesced_mmio_ring &&
	       time_after_eq(jiffies, READ_ONCE(pv->vm->distrusted_until)) &&
	       pvio_host_kernel_claims(&pv->batch, &conf_mem);
}

/*
 * Whether a write must not be queued. User space performs queued writes on
 * whichever of its threads empties the ring, perhaps inside another access.
 * That is wrong for ports that act on the CPU which writes to them.
 */
static bool op_concerns_cpu(const struct pvio_op *op)
{
	static const struct {
		u16 first;
		u16 last;
	} ports[] = {
		{ 0x64, 0x64 },		/* keyboard controller: reset */
		{ 0x92, 0x92 },		/* fast A20 gate: reset */
		{ 0xb2, 0xb3 },		/* SMI and ACPI commands */
		{ 0xcf8, 0xcff },	/* PCI configuration and reset */
		{ 0x5658, 0x5659 },	/* VMware's back door */
	};
	int i;

	if (pvio_kind_is_mmio(op->kind))
		return false;
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		if (op->addr <= ports[i].last &&
		    op->addr + op->size > ports[i].first)
			return true;
	}
	return false;
}

int pvio_host_ring_push(struct pvio_host_batch *b, const struct pvio_op *op)
{
	struct pvio_host_vcpu *pv = pvio_host_batch_vcpu(b);
	struct kvm *kvm = pv->vcpu->kvm;
	struct kvm_coalesced_mmio_ring *ring = kvm->coalesced_mmio_ring;
	struct kvm_coalesced_mmio *entry;
	u32 last, next;
	int r = -ENOSPC;

	/* what is usable for one write is so for those behind it */
	if (op_concerns_cpu(op) || (!b->unflushed && !ring_is_usable(pv)))
		return -EOPNOTSUPP;

	spin_lock(&kvm->ring_lock);
	/* user space maps the ring: each index is read once and checked */
	last = READ_ONCE(ring->last);
	if (last >= KVM_COALESCED_MMIO_MAX)
		goto out;
	last = array_index_nospec(last, KVM_COALESCED_MMIO_MAX);
	next = (last + 1) % KVM_COALESCED_MMIO_MAX;
	if (next == READ_ONCE(ring->first))
		goto out;

	entry = &ring->coalesced_mmio[last];
	entry->phys_addr = op->addr;
	entry->len = op->size;
	entry->pio = !pvio_kind_is_mmio(op->kind);
	memcpy(entry->data, &op->value, op->size);
	/* as coalesced_mmio_write(): the entry is whole before it is seen */
	smp_wmb();
	WRITE_ONCE(ring->last, next);
	pv->ring_mark = last;
	pv->queued_at = jiffies;
	r = 0;
out:
	spin_unlock(&kvm->ring_lock);
	return r;
}

bool pvio_host_ring_drained(struct pvio_host_batch *b)
{
	struct pvio_host_vcpu *pv = pvio_host_batch_vcpu(b);
	struct kvm_coalesced_mmio_ring *ring =
		pv->vcpu->kvm->coalesced_mmio_ring;
	u32 first, last;

	last = READ_ONCE(ring->last) % KVM_COALESCED_MMIO_MAX;
	/* in this order, see ring.h */
	smp_rmb();
	first = READ_ONCE(ring->first) % KVM_COALESCED_MMIO_MAX;
	return pvio_host_ring_passed(pv->ring_mark, last, first,
				     KVM_COALESCED_MMIO_MAX);
}

/*
 * A VM whose user space leaves a write in the ring for so long goes without the
 * ring for a while, so that no other of its vCPUs has to wait.
 */
#define RING_PATIENCE	HZ
#define RING_DISTRUST	(10 * HZ)

void pvio_host_ring_undrained(struct pvio_host_batch *b)
{
	struct pvio_host_vcpu *pv = pvio_host_batch_vcpu(b);
	struct pvio_host_vm *vm = pv->vm;

	if (time_before(jiffies, pv->queued_at + RING_PATIENCE))
		return;
	if (time_after_eq(jiffies, READ_ONCE(vm->distrusted_until)))
		pr_warn_ratelimited("VM of process %d does not empty its coalesced ring: going without\n",
				    vm->kvm->userspace_pid);
	WRITE_ONCE(vm->distrusted_until, jiffies + RING_DISTRUST);
}
