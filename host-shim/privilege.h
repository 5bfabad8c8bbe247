/* SPDX-License-Identifier: GPL-2.0 */
/* The privilege level of who makes a hypercall. */
#ifndef PVIO_HOST_PRIVILEGE_H
#define PVIO_HOST_PRIVILEGE_H

#include <linux/types.h>

struct kvm_vcpu;

bool pvio_host_caller_is_at_cpl0(struct kvm_vcpu *vcpu);

#endif /* PVIO_HOST_PRIVILEGE_H */
