// SPDX-License-Identifier: GPL-2.0
/* The only place that executes vmcall or vmmcall. */
#include <asm/asm.h>
#include <asm/kvm_para.h>

#include "hypercall.h"

/*
 * The VM may have been migrated to a hypervisor that raises #UD at this
 * instruction: the exception table turns that into -PVIO_ENOSYS.
 */
static long execute_hypercall(unsigned long nr, unsigned long a,
			      unsigned long b, u32 *note)
{
	unsigned long rdx = 0;
	unsigned int fault = 1;
	long ret = nr;

	asm volatile("1: " KVM_HYPERCALL "\n\t"
		     "xorl %[fault], %[fault]\n"
		     "2:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : "+a" (ret), "+d" (rdx), [fault] "+r" (fault)
		     : "b" (a), "c" (b)
		     : "memory", "cc");
	*note = rdx;
	return fault ? -PVIO_ENOSYS : ret;
}

/**
 * pvio_hypercall_query() - ask the host what it serves
 * @item:	what to ask
 * @argument:	what more the item wants, else zero
 *
 * Context: any, on a hypervisor known to be KVM.
 * Return: the answer, or a negative error: -PVIO_ENOSYS from a host without
 * the module.
 */
long pvio_hypercall_query(enum pvio_query item, unsigned long argument)
{
	u32 note;

	return execute_hypercall(PVIO_HC_QUERY, item, argument, &note);
}

/**
 * pvio_hypercall_batch() - have the host run a batch
 * @gpa:	guest-physical address of the operations, inside one page
 * @count:	their number
 * @note:	receives zero, or the note of PVIO_HANDOVER
 *
 * Context: any, on a hypervisor known to be KVM.
 * Return: operations done, or a negative error and nothing done; if @note is
 * not zero, what PVIO_HANDOVER says.
 */
long pvio_hypercall_batch(phys_addr_t gpa, unsigned int count, u32 *note)
{
	return execute_hypercall(PVIO_HC_BATCH, gpa, count, note);
}
