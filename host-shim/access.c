// SPDX-License-Identifier: GPL-2.0
/* Guest memory, and the exits in which user space performs an operation. */
#include <linux/sched/signal.h>

#include "backend.h"
#include "kvm_api.h"
#include "ring.h"
#include "vcpu.h"

#include "compat/kvm_host.h"

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

	return exit_for_port(pvio_host_batch_vcpu(b), PVIO_HOST_FLUSH_PORT,
			     PVIO_HOST_FLUSH_SIZE, true, &ignored);
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
