// SPDX-License-Identifier: GPL-2.0
/* What a batch does to a VM: backend.h on KVM. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kvm/iodev.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>

#include "backend.h"
#include "kvm_api.h"
#include "ring.h"
#include "vcpu.h"

#include "compat/kvm_host.h"

/*
 * QEMU registers the PCI configuration address as a coalesced port, so it
 * empties the ring before it answers a read of it (hw/pci-host/i440fx.c,
 * hw/pci-host/q35.c: memory_region_add_coalescing(&phb->conf_mem, 0, 4)).
 * KVM is told of the first byte only: the reset control register of the south
 * bridge, 0xcf9, lies over the second.
 */
#define FLUSH_PORT		0xcf8
#define FLUSH_SIZE		4

int pvio_host_guest_read(struct pvio_host_batch *b, u64 gpa, void *to,
			 unsigned int len)
{
	struct kvm_vcpu *vcpu = pvio_host_batch_vcpu(b)->vcpu;

	return pvio_host_kvm.vcpu_read_guest(vcpu, gpa, to, len);
}

/*
 * Where dirty pages are logged in a ring, each store takes an entry of it. KVM
 * has user space empty the ring only before it enters the guest, and keeps 64
 * entries in reserve until then (KVM_DIRTY_RING_RSVD_ENTRIES,
 * virt/kvm/dirty_ring.c). A hypercall may take half of them.
 */
#define DIRTY_RING_STORES	32

int pvio_host_guest_write(struct pvio_host_batch *b, u64 gpa, const void *from,
			  unsigned int len)
{
	struct pvio_host_vcpu *pv = pvio_host_batch_vcpu(b);

	if (pvio_host_kvm_dirty_ring(pv->vcpu->kvm) &&
	    pv->stored++ >= DIRTY_RING_STORES)
		return -EAGAIN;
	return pvio_host_kvm.vcpu_write_guest(pv->vcpu, gpa, from, len);
}

bool pvio_host_mmio_allowed(struct pvio_host_batch *b, const struct pvio_op *op)
{
	struct kvm_vcpu *vcpu = pvio_host_batch_vcpu(b)->vcpu;
	gfn_t gfn = gpa_to_gfn(op->addr);

	/* what user space wrote into CPUID, which may be anything */
	if (op->addr >> min(vcpu->arch.maxphyaddr, 63))
		return false;
	/* the local APIC answers its own CPU before any bus is asked */
	if (gfn == gpa_to_gfn(vcpu->arch.apic_base))
		return false;
	return !__gfn_to_memslot(kvm_vcpu_memslots(vcpu), gfn);
}

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

static bool ring_is_usable(struct pvio_host_vcpu *pv)
{
	const struct pvio_op conf_mem = {
		.kind = PVIO_PORT_WRITE,
		.size = 1,
		.addr = FLUSH_PORT,
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

/*
 * kvm_fast_pio() (arch/x86/kvm/x86.c) writes what is in RAX, and puts there what
 * it reads. It prepares an exit with a completion of KVM's own, which is kept
 * for a removal of the module. Where a device in the host kernel answers at
 * once, pio.count stays 0 and the RIP is moved.
 */
static bool exit_for_port(struct pvio_host_vcpu *pv, u16 port, u8 size,
			  bool read, u64 *value)
{
	unsigned long *rax = &pv->vcpu->arch.regs[VCPU_REGS_RAX];

	*rax = read ? 0 : *value;
	pv->skip_result = pvio_host_kvm.fast_pio(pv->vcpu, size, port, read);
	if (!pv->vcpu->arch.pio.count) {
		*value = *rax;
		return false;
	}
	pv->hands_over = true;
	pv->kvm_complete = pv->vcpu->arch.complete_userspace_io;
	return true;
}

static bool exit_for_mmio(struct pvio_host_vcpu *pv, const struct pvio_op *op)
{
	struct kvm_run *run = pv->vcpu->run;

	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = op->addr;
	run->mmio.len = op->size;
	run->mmio.is_write = !pvio_kind_is_read(op->kind);
	memset(run->mmio.data, 0, sizeof(run->mmio.data));
	if (run->mmio.is_write)
		memcpy(run->mmio.data, &op->value, op->size);
	/*
	 * KVM's completion of MMIO expects its emulator, which did not run. After
	 * a write it is not needed.
	 */
	pv->hands_over = run->mmio.is_write;
	pv->kvm_complete = NULL;
	return true;
}

bool pvio_host_user_access(struct pvio_host_batch *b, struct pvio_op *op)
{
	struct pvio_host_vcpu *pv = pvio_host_batch_vcpu(b);

	if (pvio_kind_is_mmio(op->kind))
		return exit_for_mmio(pv, op);
	return exit_for_port(pv, op->addr, op->size,
			     pvio_kind_is_read(op->kind), &op->value);
}

bool pvio_host_user_flush(struct pvio_host_batch *b)
{
	u64 ignored;

	return exit_for_port(pvio_host_batch_vcpu(b), FLUSH_PORT, FLUSH_SIZE,
			     true, &ignored);
}

u64 pvio_host_user_value(struct pvio_host_batch *b, const struct pvio_op *op)
{
	struct kvm_vcpu *vcpu = pvio_host_batch_vcpu(b)->vcpu;
	u64 value = 0;

	memcpy(&value, pvio_kind_is_mmio(op->kind) ?
	       (void *)vcpu->run->mmio.data : vcpu->arch.pio_data, op->size);
	return value;
}

/*
 * Documentation/virt/kvm/api.rst, section 5, on the exits that are completed by
 * the next KVM_RUN: with an unmasked signal pending, or immediate_exit set, it
 * completes them "without allowing further instructions to be executed".
 */
bool pvio_host_user_interrupts(struct pvio_host_batch *b)
{
	struct kvm_run *run = pvio_host_batch_vcpu(b)->vcpu->run;

	return pvio_host_kvm_immediate_exit(run) || signal_pending(current);
}
