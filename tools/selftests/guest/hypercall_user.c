// SPDX-License-Identifier: GPL-2.0
/*
 * Hypercalls from user mode, each of which must be refused: whoever could make
 * them would have every port of the machine.
 */
#include <stdio.h>
#include <string.h>

#include "../../../pvio/pvio_abi.h"

static int intel(void)
{
	unsigned int a = 0, b, c = 0, d;

	asm volatile("cpuid" : "+a" (a), "=b" (b), "+c" (c), "=d" (d));
	return !memcmp(&b, "Genu", 4);
}

static long hypercall(unsigned long rax, unsigned long rbx, unsigned long rcx)
{
	unsigned long rdx = 0;

	if (intel())
		asm volatile("vmcall" : "+a" (rax), "+d" (rdx)
			     : "b" (rbx), "c" (rcx) : "memory");
	else
		asm volatile("vmmcall" : "+a" (rax), "+d" (rdx)
			     : "b" (rbx), "c" (rcx) : "memory");
	return rax;
}

static int refused(const char *name, unsigned long call, unsigned long rbx,
		   unsigned long rcx)
{
	long r = hypercall(call, rbx, rcx);

	if (r == -PVIO_EPERM)
		return 1;
	printf("%s from user mode: %ld, expected %d\n", name, r, -PVIO_EPERM);
	return 0;
}

int main(void)
{
	int ok = 1;

	ok &= refused("a query", PVIO_HC_QUERY, PVIO_QUERY_VERSION, 0);
	ok &= refused("an empty batch", PVIO_HC_BATCH, 0x1000, 0);
	ok &= refused("a batch", PVIO_HC_BATCH, 0x1000, 1);
	return !ok;
}
