// SPDX-License-Identifier: GPL-2.0
/* Devices in the host kernel, which answer on KVM's buses. */
#include <kvm/iodev.h>

#include "backend.h"
#include "vcpu.h"

static struct kvm_io_bus *find_op_bus(struct kvm_vcpu *vcpu,
				      const struct pvio_op *op)
{
	enum kvm_bus idx = pvio_kind_is_mmio(op->kind) ? KVM_MMIO_BUS :
							 KVM_PIO_BUS;

	/* KVM holds kvm->srcu while it handles an exit */
	return srcu_dereference(vcpu->kvm->buses[idx], &vcpu->kvm->srcu);
}

/*
 * As kvm_io_bus_cmp() of virt/kvm/kvm_main.c: a range of length 0 answers an
 * access of any size at its address.
 */
static bool range_covers_op(const struct kvm_io_range *range,
			    const struct pvio_op *op)
{
	if (op->addr < range->addr)
		return false;
	if (!range->len)
		return op->addr == range->addr;
	return op->addr + op->size <= range->addr + range->len;
}

bool pvio_host_kernel_claims(struct pvio_host_batch *b,
			     const struct pvio_op *op)
{
	struct kvm_io_bus *bus = find_op_bus(pvio_host_batch_vcpu(b)->vcpu, op);
	int i;

	/* the bus is as long as user space made it, and searched for each op */
	cond_resched();
	for (i = 0; bus && i < bus->dev_count; i++) {
		if (range_covers_op(&bus->range[i], op))
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

		if (!range_covers_op(range, op))
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
