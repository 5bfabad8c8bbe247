/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PVIO_HOST_BUS_H
#define PVIO_HOST_BUS_H

#include <linux/types.h>

struct kvm_vcpu;
struct pvio_op;

const void *pvio_host_coalesced_ops(struct kvm_vcpu *vcpu);
bool pvio_host_op_fills_gap(struct kvm_vcpu *vcpu, const struct pvio_op *op);

#endif /* PVIO_HOST_BUS_H */
