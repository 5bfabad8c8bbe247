/* SPDX-License-Identifier: GPL-2.0 */
/* A hypercall with any registers, past the library. */
#ifndef PVIO_TEST_RAW_H
#define PVIO_TEST_RAW_H

#include <asm/kvm_para.h>

static inline long pvio_test_hypercall(unsigned long rax, unsigned long rbx,
				       unsigned long rcx, unsigned long rdx)
{
	asm volatile(KVM_HYPERCALL
		     : "+a" (rax), "+d" (rdx)
		     : "b" (rbx), "c" (rcx)
		     : "memory", "cc");
	return rax;
}

#endif /* PVIO_TEST_RAW_H */
