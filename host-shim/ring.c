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
 * Which writes may wait in the ring. User space performs them on whichever of its
 * threads empties it, and inside whatever that thread does there: QEMU 8.1 and
 * newer then drop a write to a device that is at work already ("Blocked re-entrant
 * IO", system/memory.c), older ones perform it. IDE controllers and serial ports cope
 * with that, as they empty no ring (hw/ide/core.c, hw/ide/pci.c, hw/char/serial.c). Any
 * other write is an exit of its own; those that user space has KVM itself coalesce, such
 * as e1000's, are claimed by the kernel, and never come here.
 */

/*
 * The registers of a bus master, of two channels (Programming Interface for Bus
 * Master IDE Controller, revision 1.0, section 2): command and status, a byte
 * each, and the address of the descriptors. Firmware for QEMU's i440fx gives
 * PCI devices the ports from 0xc000 on.
 *
 * A guest can put another device's ports there. The host cannot know, and the
 * guest could do so with the registers of IDE itself.
 */
#define PCI_PORTS		0xc000

static bool port_is_bus_master(const struct pvio_op *op)
{
	if (op->addr < PCI_PORTS)
		return false;
	switch (op->addr & 7) {
	case 0:
	case 2:
		return op->size == 1;
	case 4:
		return op->size == 4;
	default:
		return false;
	}
}

static bool port_is_ide(const struct pvio_op *op)
{
	static const struct {
		u16 first;
		u16 last;
	} ports[] = {
		{ 0x1f0, 0x1f7 }, { 0x3f6, 0x3f6 },
		{ 0x170, 0x177 }, { 0x376, 0x376 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		if (op->addr >= ports[i].first &&
		    op->addr + op->size - 1 <= ports[i].last)
			return true;
	}
	return false;
}

/*
 * The transmitter and the interrupt mask of the serial ports that every PC has: what
 * is written in bursts. QEMU's device empties no ring (hw/char/serial.c). The others of
 * its registers change how these two are understood, and whether it takes a burst.
 */
static bool port_is_uart(const struct pvio_op *op)
{
	static const u16 bases[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
	int i;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		if (op->addr - bases[i] <= 1)
			return op->size == 1;
	}
	return false;
}

static bool port_may_wait(const struct pvio_op *op)
{
	return port_is_ide(op) || port_is_bus_master(op) || port_is_uart(op);
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
	if (pvio_kind_is_mmio(op->kind) || !port_may_wait(op) ||
	    (!b->unflushed && !ring_is_usable(pv)))
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
