// SPDX-License-Identifier: GPL-2.0
/* Devices in the host kernel, which answer on KVM's buses. */
#include <kvm/iodev.h>

#include "backend.h"
#include "bus.h"
#include "ring.h"
#include "vcpu.h"

static struct kvm_io_bus *find_bus(struct kvm_vcpu *vcpu, enum kvm_bus idx)
{
	/* KVM holds kvm->srcu while it handles an exit */
	return srcu_dereference(vcpu->kvm->buses[idx], &vcpu->kvm->srcu);
}

static struct kvm_io_bus *find_op_bus(struct kvm_vcpu *vcpu,
				      const struct pvio_op *op)
{
	return find_bus(vcpu, pvio_kind_is_mmio(op->kind) ? KVM_MMIO_BUS :
							    KVM_PIO_BUS);
}

/*
 * As kvm_io_bus_cmp() of virt/kvm/kvm_main.c: a range of length 0 answers an
 * access of any size at its address.
 */
static bool range_covers(const struct kvm_io_range *range, u64 addr,
			 unsigned int size)
{
	if (addr < range->addr)
		return false;
	if (!range->len)
		return addr == range->addr;
	return addr + size <= range->addr + range->len;
}

bool pvio_host_kernel_claims(struct pvio_host_batch *b,
			     const struct pvio_op *op)
{
	struct kvm_io_bus *bus = find_op_bus(pvio_host_batch_vcpu(b)->vcpu, op);
	int i;

	/* the bus is as long as user space made it, and searched for each op */
	cond_resched();
	for (i = 0; bus && i < bus->dev_count; i++) {
		if (range_covers(&bus->range[i], op->addr, op->size))
			return true;
	}
	return false;
}

int pvio_host_kernel_access(struct pvio_host_batch *b, struct pvio_op *op)
{
	struct kvm_vcpu *vcpu = pvio_host_batch_vcpu(b)->vcpu;
	struct kvm_io_bus *bus = find_op_bus(vcpu, op);
	bool read = pvio_kind_is_read(op->kind);
	u64 value = read ? 0 : op->value;
	int i, r = -EOPNOTSUPP;

	for (i = 0; bus && i < bus->dev_count && r; i++) {
		struct kvm_io_range *range = &bus->range[i];

		if (!range_covers(range, op->addr, op->size))
			continue;
		if (read)
			r = kvm_iodevice_read(vcpu, range->dev, op->addr,
					      op->size, &value);
		else
			r = kvm_iodevice_write(vcpu, range->dev, op->addr,
					       op->size, &value);
	}
	if (!r && read)
		op->value = value;
	return r;
}

/**
 * pvio_host_coalesced_ops() - what tells a coalesced zone from other devices
 * @vcpu: a vCPU of the VM
 *
 * KVM has a device for each zone of coalesced writes that user space registers,
 * all with the same operations (virt/kvm/coalesced_mmio.c).
 *
 * Context: handling an exit of @vcpu.
 * Return: the operations of the zone at the port that flushes the ring, or NULL
 *	   where user space has registered none there.
 */
const void *pvio_host_coalesced_ops(struct kvm_vcpu *vcpu)
{
	struct kvm_io_bus *bus = find_bus(vcpu, KVM_PIO_BUS);
	int i;

	for (i = 0; bus && i < bus->dev_count; i++) {
		if (range_covers(&bus->range[i], PVIO_HOST_FLUSH_PORT, 1))
			return bus->range[i].dev->ops;
	}
	return NULL;
}

/**
 * pvio_host_op_fills_gap() - whether an access lies between two coalesced zones
 * @vcpu: a vCPU of the VM
 * @op:	  an access to MMIO
 *
 * Context: handling an exit of @vcpu.
 * Return: true where one zone ends where @op begins, and another one begins where
 *	   it ends.
 */
bool pvio_host_op_fills_gap(struct kvm_vcpu *vcpu, const struct pvio_op *op)
{
	const void *ops = pvio_host_coalesced_ops(vcpu);
	struct kvm_io_bus *bus = find_bus(vcpu, KVM_MMIO_BUS);
	bool below = false, above = false;
	int i;

	for (i = 0; bus && i < bus->dev_count; i++) {
		const struct kvm_io_range *range = &bus->range[i];

		if (range->dev->ops != ops)
			continue;
		below |= range->addr + range->len == op->addr;
		above |= range->addr == op->addr + op->size;
	}
	return below && above;
}
