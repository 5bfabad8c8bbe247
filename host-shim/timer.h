/* SPDX-License-Identifier: GPL-2.0 */
/* Which virtual machines' timers are capped, and their timers. */
#ifndef PVIO_HOST_TIMER_H
#define PVIO_HOST_TIMER_H

#include <linux/types.h>

struct kvm;
struct kvm_vcpu;
struct seq_file;

void pvio_host_timers_init(void);
void pvio_host_timers_exit(void);
void pvio_host_timers_show(struct seq_file *m);
unsigned int pvio_host_timers_ask(struct kvm *kvm, unsigned long rate);
u64 pvio_host_timer_set_tsc_deadline(struct kvm_vcpu *vcpu, u64 asked);
u32 pvio_host_timer_set_apic_count(const void *apic, u32 asked);
void pvio_host_timers_forget(struct kvm *kvm);

#endif /* PVIO_HOST_TIMER_H */
