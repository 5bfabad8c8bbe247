/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions of KVM that the module uses.
 *
 * kvm.ko exports them: all on 5.10 to 6.1, since 6.2 without kvm_require_cpl(),
 * and since 6.18 to kvm-amd.ko and kvm-intel.ko alone, so that a direct use
 * would not link. They are looked up by name at load time on every kernel,
 * which also pins kvm.ko; where they are not meant for others, only if the
 * administrator agrees.
 */
#ifndef PVIO_HOST_KVM_API_H
#define PVIO_HOST_KVM_API_H

#include "compat/kvm_host.h"

struct pvio_host_kvm_api {
	/* arch/x86/kvm/x86.c */
	typeof(&kvm_emulate_hypercall) emulate_hypercall;
	typeof(&kvm_skip_emulated_instruction) skip_emulated_instruction;
	typeof(&kvm_fast_pio) fast_pio;
	typeof(&kvm_get_linear_rip) get_linear_rip;
	typeof(&kvm_require_cpl) require_cpl;	/* NULL since 6.2 */
	typeof(&kvm_read_l1_tsc) read_l1_tsc;
	/* virt/kvm/kvm_main.c */
	typeof(&kvm_get_running_vcpu) get_running_vcpu;
	typeof(&kvm_vcpu_read_guest) vcpu_read_guest;
	typeof(&kvm_vcpu_write_guest) vcpu_write_guest;
};

extern struct pvio_host_kvm_api pvio_host_kvm;

int pvio_host_kvm_api_get(void);
void pvio_host_kvm_api_put(void);

#endif /* PVIO_HOST_KVM_API_H */
