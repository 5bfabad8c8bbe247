/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/kvm_host.h>. */
#ifndef PVIO_HOST_COMPAT_KVM_HOST_H
#define PVIO_HOST_COMPAT_KVM_HOST_H

#include <linux/kvm_host.h>
#include <linux/version.h>

/*
 * Between 6.12 and 7.3 these moved to arch/x86/kvm/x86.h, which is not shipped
 * with a kernel's headers. Where the shipped header has them, the compiler
 * refuses a difference.
 */
int kvm_emulate_hypercall(struct kvm_vcpu *vcpu);
int kvm_skip_emulated_instruction(struct kvm_vcpu *vcpu);
int kvm_fast_pio(struct kvm_vcpu *vcpu, int size, unsigned short port, int in);
unsigned long kvm_get_linear_rip(struct kvm_vcpu *vcpu);
bool kvm_require_cpl(struct kvm_vcpu *vcpu, int required_cpl);
u64 kvm_read_l1_tsc(struct kvm_vcpu *vcpu, u64 host_tsc);

/*
 * Since 6.18 kvm.ko exports its functions to kvm-amd.ko and kvm-intel.ko alone
 * (EXPORT_SYMBOL_FOR_MODULES).
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define PVIO_HOST_KVM_EXPORTS_RESTRICTED	1
#else
#define PVIO_HOST_KVM_EXPORTS_RESTRICTED	0
#endif

/*
 * The RIP that get_linear_rip() has read from the guest is kept among the other
 * registers, or in 7.3 beside them, which Kbuild finds out.
 */
static inline unsigned long pvio_host_kvm_rip(struct kvm_vcpu *vcpu)
{
#ifdef PVIO_HOST_KVM_RIP_APART
	return vcpu->arch.rip;
#else
	return vcpu->arch.regs[VCPU_REGS_RIP];
#endif
}

/* As kvm_rip_write() of arch/x86/kvm/kvm_cache_regs.h or regs.h. */
static inline void pvio_host_kvm_set_rip(struct kvm_vcpu *vcpu, unsigned long rip)
{
#ifdef PVIO_HOST_KVM_RIP_APART
	vcpu->arch.rip = rip;
	__set_bit(VCPU_REG_RIP, vcpu->arch.regs_dirty);
#else
	vcpu->arch.regs[VCPU_REGS_RIP] = rip;
	__set_bit(VCPU_REGS_RIP, (unsigned long *)&vcpu->arch.regs_dirty);
#endif
}

/* Whether KVM cannot see the guest's registers: SEV-ES, which 5.11 brought. */
static inline bool pvio_host_kvm_state_protected(const struct kvm_vcpu *vcpu)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return vcpu->arch.guest_state_protected;
#else
	return false;
#endif
}

/* Whether dirty pages are logged in a ring of limited size, since 5.11. */
static inline bool pvio_host_kvm_dirty_ring(const struct kvm *kvm)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return kvm->dirty_ring_size;
#else
	return false;
#endif
}

/*
 * Whether user space wants KVM_RUN to return at once. Its name warns KVM's
 * authors since 6.11 that user space may change it at any moment; here that
 * does no harm.
 */
static inline bool pvio_host_kvm_immediate_exit(const struct kvm_run *run)
{
#ifdef HINT_UNSAFE_IN_KVM
	return READ_ONCE(run->HINT_UNSAFE_IN_KVM(immediate_exit));
#else
	return READ_ONCE(run->immediate_exit);
#endif
}

/*
 * kvm_emulate_hypercall() tries Xen's and Hyper-V's calls before it reads RAX
 * as a number of KVM's own; the predicates that it uses are private to KVM.
 * 5.12 brought Xen's calls as an option, 6.8 made Hyper-V's one, too.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0) || IS_ENABLED(CONFIG_KVM_HYPERV)
static inline bool pvio_host_kvm_hyperv_hypercalls(const struct kvm *kvm)
{
	return kvm->arch.hyperv.hv_guest_os_id;
}
#else
static inline bool pvio_host_kvm_hyperv_hypercalls(const struct kvm *kvm)
{
	return false;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0) || !IS_ENABLED(CONFIG_KVM_XEN)
static inline bool pvio_host_kvm_xen_hypercalls(const struct kvm *kvm)
{
	return false;
}
#else
/* 6.15 gathered what KVM keeps of Xen in one place */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#define pvio_host_kvm_xen_config(kvm)	(&(kvm)->arch.xen.hvm_config)
#else
#define pvio_host_kvm_xen_config(kvm)	(&(kvm)->arch.xen_hvm_config)
#endif

static inline bool pvio_host_kvm_xen_hypercalls(const struct kvm *kvm)
{
	return pvio_host_kvm_xen_config(kvm)->flags &
	       KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL;
}
#endif

#endif /* PVIO_HOST_COMPAT_KVM_HOST_H */
