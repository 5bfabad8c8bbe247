/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/cc_platform.h>, which 5.16 put in the place of mem_encrypt.h. */
#ifndef PVIO_COMPAT_CC_PLATFORM_H
#define PVIO_COMPAT_CC_PLATFORM_H

#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
#include <linux/cc_platform.h>

static inline bool pvio_memory_encrypted(void)
{
	return cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT);
}
#else
#include <linux/mem_encrypt.h>

static inline bool pvio_memory_encrypted(void)
{
	return mem_encrypt_active();
}
#endif

#endif /* PVIO_COMPAT_CC_PLATFORM_H */
