/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps arch/x86/kvm/lapic.h, which is not shipped with a kernel's headers. */
#ifndef PVIO_HOST_COMPAT_LAPIC_H
#define PVIO_HOST_COMPAT_LAPIC_H

#include <linux/hrtimer.h>
#include <linux/kvm_host.h>
#include <linux/version.h>

#include <asm/apicdef.h>
#include <kvm/iodev.h>

/*
 * How struct kvm_lapic begins, with struct kvm_timer in it. 5.10 has one field more
 * than later kernels. Nothing is written there, and nothing read before the pointer
 * to the vCPU, behind all that is of use, was found in its place.
 */
struct pvio_host_kvm_lapic {
	unsigned long base_address;
	struct kvm_io_device dev;
	struct hrtimer timer;
	s64 period;
	ktime_t target_expiration;
	u32 timer_mode;
	u32 timer_mode_mask;
	u64 tscdeadline;
	u64 expired_tscdeadline;
	union {
		struct {
			struct {
				u32 timer_advance_ns;
				atomic_t pending;
				bool hv_timer_in_use;
			} __aligned(8) rest_of_timer;
			u32 divide_count;
			struct kvm_vcpu *vcpu;
		} later;
		struct {
			struct {
				u32 timer_advance_ns;
				s64 advance_expire_delta;
				atomic_t pending;
				bool hv_timer_in_use;
			} rest_of_timer;
			u32 divide_count;
			struct kvm_vcpu *vcpu;
		} of_5_10;
	};
};

/* The part of struct kvm_lapic that is of use. */
struct pvio_host_kvm_apic_timer {
	bool one_shot;
	u64 unit;		/* of the initial count, in nanoseconds */
	/*
	 * KVM sets these to zero when it hands the interrupt to the vCPU
	 * (kvm_apic_inject_pending_timer_irqs() in arch/x86/kvm/lapic.c).
	 */
	u64 tsc_deadline;
	ktime_t target;		/* of a timer that counts down once */
};

/* How long a cycle of the APIC's bus is, which user space may set since 6.11. */
static inline u64 pvio_host_kvm_apic_cycle(const struct kvm *kvm)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
	return kvm->arch.apic_bus_cycle_ns;
#else
	return 1;
#endif
}

/* Returns false where KVM is built in another way. */
static inline bool pvio_host_kvm_read_apic_timer(const struct kvm_vcpu *vcpu,
						 struct pvio_host_kvm_apic_timer *timer)
{
	const struct pvio_host_kvm_lapic *apic = (const void *)vcpu->arch.apic;
	u32 divide_count;

	if (apic->later.vcpu == vcpu)
		divide_count = apic->later.divide_count;
	else if (apic->of_5_10.vcpu == vcpu)
		divide_count = apic->of_5_10.divide_count;
	else
		return false;
	if (!is_power_of_2(divide_count) || divide_count > 128)
		return false;
	timer->one_shot = apic->timer_mode == APIC_LVT_TIMER_ONESHOT;
	timer->tsc_deadline = READ_ONCE(apic->tscdeadline);
	timer->target = READ_ONCE(apic->target_expiration);
	timer->unit = pvio_host_kvm_apic_cycle(vcpu->kvm) * divide_count;
	return true;
}

#endif /* PVIO_HOST_COMPAT_LAPIC_H */
