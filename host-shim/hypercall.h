/* SPDX-License-Identifier: GPL-2.0 */
/* The hypercalls, from KVM's entry to the last completion. */
#ifndef PVIO_HOST_HYPERCALL_H
#define PVIO_HOST_HYPERCALL_H

#include <linux/percpu-refcount.h>
#include <linux/types.h>

struct kvm_vcpu;

/*
 * One reference for each vCPU inside the module, or in user space with the
 * module's completion pending. Killed first when the module goes.
 */
extern struct percpu_ref pvio_host_users;

bool pvio_host_hypercall_ours(struct kvm_vcpu *vcpu);
int pvio_host_hypercall(struct kvm_vcpu *vcpu);
pid_t pvio_host_hypercalls_hand_over(void);

#endif /* PVIO_HOST_HYPERCALL_H */
