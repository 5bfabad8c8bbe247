/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions of KVM that the module uses.
 *
 * All are exported by kvm.ko; since Linux 6.18 to kvm-amd.ko and kvm-intel.ko
 * alone, so that a direct use would not link. They are looked up by name at
 * load time on every kernel, which also pins kvm.ko.
 */
#ifndef PVIO_HOST_KVM_API_H
#define PVIO_HOST_KVM_API_H

#include <linux/kvm_host.h>

struct pvio_host_kvm_api {
	/* arch/x86/kvm/x86.c */
	int (*emulate_hypercall)(struct kvm_vcpu *vcpu);
	int (*skip_emulated_instruction)(struct kvm_vcpu *vcpu);
	int (*fast_pio)(struct kvm_vcpu *vcpu, int size, unsigned short port,
			int in);
	unsigned long (*get_linear_rip)(struct kvm_vcpu *vcpu);
	bool (*require_cpl)(struct kvm_vcpu *vcpu, int required_cpl);
	/* virt/kvm/kvm_main.c */
	int (*vcpu_read_guest)(struct kvm_vcpu *vcpu, gpa_t gpa, void *data,
			       unsigned long len);
	int (*vcpu_write_guest)(struct kvm_vcpu *vcpu, gpa_t gpa,
				const void *data, unsigned long len);
};

extern struct pvio_host_kvm_api pvio_host_kvm;

int pvio_host_kvm_api_get(void);
void pvio_host_kvm_api_put(void);

#endif /* PVIO_HOST_KVM_API_H */
