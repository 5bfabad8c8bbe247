/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <asm/processor.h>. */
#ifndef PVIO_COMPAT_PROCESSOR_H
#define PVIO_COMPAT_PROCESSOR_H

#include <asm/cpufeature.h>
#include <asm/processor.h>
#include <linux/version.h>

/* 6.16: hypervisor_cpuid_base() has a new name, in <asm/cpuid/api.h> */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#include <asm/cpuid/api.h>
#define pvio_hypervisor_cpuid_base	cpuid_base_hypervisor
#else
#define pvio_hypervisor_cpuid_base	hypervisor_cpuid_base
#endif

/* The CPUID leaf where a hypervisor signs with these 12 bytes, else 0. */
static inline u32 pvio_cpuid_base(const char *signature)
{
	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR))
		return 0;
	return pvio_hypervisor_cpuid_base(signature, 0);
}

#endif /* PVIO_COMPAT_PROCESSOR_H */
