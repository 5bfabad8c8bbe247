/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/kvm_host.h>. */
#ifndef PVIO_COMPAT_KVM_HOST_H
#define PVIO_COMPAT_KVM_HOST_H

#include <linux/kvm_host.h>
#include <linux/version.h>

/* 5.11: the registers of an SEV-ES guest are out of reach */
static inline bool pvio_kvm_state_protected(const struct kvm_vcpu *vcpu)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return vcpu->arch.guest_state_protected;
#else
	return false;
#endif
}

/*
 * kvm_emulate_hypercall() tries these two before it reads RAX as one of KVM's
 * own numbers; the predicates that it uses are private to KVM. 6.8 made
 * CONFIG_KVM_HYPERV and CONFIG_KVM_XEN optional.
 */
static inline bool pvio_kvm_foreign_hypercalls(const struct kvm_vcpu *vcpu)
{
	const struct kvm_arch *arch = &vcpu->kvm->arch;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0) || IS_ENABLED(CONFIG_KVM_HYPERV)
	if (arch->hyperv.hv_guest_os_id)
		return true;
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0) || IS_ENABLED(CONFIG_KVM_XEN)
	if (arch->xen_hvm_config.flags & KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL)
		return true;
#endif
	return false;
}

#endif /* PVIO_COMPAT_KVM_HOST_H */
