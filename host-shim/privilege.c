// SPDX-License-Identifier: GPL-2.0
/*
 * Finds out at which privilege level a hypercall was made. KVM knows it from
 * kvm_x86_ops.get_cpl(), which it exports to nobody, so it is asked in one of two
 * ways. kvm_require_cpl() is exported up to 6.1, and costs nearly nothing.
 */
#include "kvm_api.h"
#include "privilege.h"

#include "compat/kvm_host.h"

/* A number that neither KVM nor the module has. */
#define NO_HYPERCALL	0xffffffff

/* kvm_require_cpl() queues a #GP at any other level; the call fails instead. */
static bool require_cpl0(struct kvm_vcpu *vcpu)
{
	bool cpl0 = pvio_host_kvm.require_cpl(vcpu, 0);

	if (!cpl0)
		vcpu->arch.exception.pending = false;
	return cpl0;
}

/*
 * kvm_emulate_hypercall() looks at the level before the number: it answers
 * -KVM_EPERM at any but CPL 0, and else -KVM_ENOSYS to a number it does not have.
 * What the guest or user space would see of it is undone: it counts the call, and
 * skips the instruction, which queues a #DB where the guest steps itself. The
 * rest (interrupt shadow, RF, DR6, an exit for a debugger) comes about again when
 * the instruction is skipped at the end. What stays: the guest's PMU counts one
 * instruction more, and the trace event kvm_hypercall shows the call.
 */
static bool ask_for_cpl0(struct kvm_vcpu *vcpu)
{
	unsigned long *regs = vcpu->arch.regs;
	unsigned long rax = regs[VCPU_REGS_RAX];
	unsigned long rip;
	bool cpl0;

	/* which has KVM read the RIP from the guest's state */
	pvio_host_kvm.get_linear_rip(vcpu);
	rip = pvio_host_kvm_rip(vcpu);
	regs[VCPU_REGS_RAX] = NO_HYPERCALL;
	pvio_host_kvm.emulate_hypercall(vcpu);
	cpl0 = (s32)regs[VCPU_REGS_RAX] == -KVM_ENOSYS;

	/* Hyper-V's calls, if the guest turned them on just now, may want an exit */
	vcpu->arch.complete_userspace_io = NULL;
	vcpu->stat.hypercalls--;
	vcpu->arch.exception.pending = false;
	regs[VCPU_REGS_RAX] = rax;
	pvio_host_kvm_set_rip(vcpu, rip);
	return cpl0;
}

/**
 * pvio_host_caller_is_at_cpl0() - whether the guest's kernel made a hypercall
 * @vcpu: the vCPU, in the hypercall
 *
 * Context: KVM_RUN, with kvm->srcu held.
 * Return: false for user mode.
 */
bool pvio_host_caller_is_at_cpl0(struct kvm_vcpu *vcpu)
{
	return pvio_host_kvm.require_cpl ? require_cpl0(vcpu) : ask_for_cpl0(vcpu);
}
