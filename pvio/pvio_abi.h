/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * pvio_abi.h - the wire between a guest and the batch hypercall of its host
 *
 * The guest library, the host module and the tests in user space share this
 * file, so it includes nothing but <linux/types.h>.
 *
 * Calls are KVM hypercalls (vmcall or vmmcall):
 *
 *	RAX	in: call number, out: result (>= 0) or a negative error
 *	RBX	in: first argument
 *	RCX	in: second argument
 *	RDX	in: zero, out: zero or a hand-over note (PVIO_HANDOVER)
 *
 * A caller outside 64-bit mode uses the low halves of the registers; every
 * result and error fits in them. Only the value of an 8-byte read that comes
 * with a note (PVIO_HANDOVER_VALUE) loses its upper half there.
 *
 * A KVM without the host module answers -PVIO_ENOSYS to all calls, so a guest
 * may probe safely once CPUID says that the hypervisor is KVM.
 */
#ifndef PVIO_ABI_H
#define PVIO_ABI_H

#include <linux/types.h>

#define PVIO_ABI_VERSION	1

/*
 * Call numbers: "pv" in the high half keeps clear of KVM's own, which count
 * up from 1 (Documentation/virt/kvm/x86/hypercalls.rst).
 */
#define PVIO_HC_FIRST		0x70760000u
#define PVIO_HC_QUERY		0x70760000u	/* RBX: enum pvio_query, RCX: see there */
#define PVIO_HC_BATCH		0x70760001u	/* RBX: address, RCX: count */
#define PVIO_HC_LAST		0x70760001u

/*
 * A host answers 0 for what it does not know, so a newer guest may ask it. RCX is
 * zero where nothing is said of it.
 *
 * With PVIO_QUERY_TIMER_RATE the guest asks that the timer of each of its CPUs fire
 * at most RCX times a second, or 0: whenever it is set to. Any other value of RCX
 * asks for nothing. A host may leave the decision to its administrator.
 */
enum pvio_query {
	PVIO_QUERY_VERSION	= 0,	/* PVIO_ABI_VERSION of the host */
	PVIO_QUERY_FEATURES	= 1,	/* PVIO_FEATURE_* that it serves */
	PVIO_QUERY_MAX_OPS	= 2,	/* longest batch that it takes */
	PVIO_QUERY_TIMER_RATE	= 3,	/* the cap that holds now; 0: none */
};

#define PVIO_LOWEST_TIMER_RATE	10u
#define PVIO_HIGHEST_TIMER_RATE	1000u

#define PVIO_FEATURE_PORT	0x1u	/* port reads and writes */
#define PVIO_FEATURE_MMIO	0x2u	/* MMIO reads and writes */
#define PVIO_FEATURE_STOP	0x4u	/* conditional stop */

enum pvio_kind {
	PVIO_PORT_READ		= 0,
	PVIO_PORT_WRITE		= 1,
	PVIO_MMIO_READ		= 2,
	PVIO_MMIO_WRITE		= 3,
};

/**
 * struct pvio_op - one operation of a batch
 * @kind:	enum pvio_kind
 * @size:	bytes: 1, 2 or 4 for a port, 1, 2, 4 or 8 for MMIO
 * @flags:	zero
 * @mask:	not zero makes a read a conditional stop, which looks at these
 *		bits of @value; zero for a write
 * @addr:	port, or guest-physical address, a multiple of @size
 * @value:	written by a write, stored by a read (zero-extended)
 * @want:	what these bits must be, or the batch ends after this operation;
 *		zero outside @mask
 * @reserved:	zero
 *
 * A batch is an array of these, 8-byte aligned, inside one page of guest
 * memory. It runs in order, as if the CPU had executed each instruction now.
 * The result of PVIO_HC_BATCH is the number of operations done. If it is less
 * than asked for, the last of them was a conditional stop that ended the batch,
 * or the host could not go on and the guest runs the rest itself. What is
 * counted has been done and must not be repeated. On an error nothing was done.
 */
struct pvio_op {
	__u8	kind;
	__u8	size;
	__u16	flags;
	__u32	mask;
	__u64	addr;
	__u64	value;
	__u32	want;
	__u32	reserved;
};

#define PVIO_PAGE_SIZE		4096u
#define PVIO_MAX_OPS		(PVIO_PAGE_SIZE / sizeof(struct pvio_op))

/*
 * What PVIO_HC_BATCH leaves in RDX. Zero: RAX is the result. Otherwise RDX is a
 * hand-over note, and RAX is not the result:
 *
 *	bit 31		set: this is a note
 *	bit 30		set: the last operation done is a read, whose value is
 *			in the low bytes of RAX and not in memory
 *			clear: RAX says nothing
 *	bits 29 to 16	zero
 *	bits 15 to 0	number of operations done
 *
 * There are two reasons for a note. The host module was removed while the batch
 * waited for user space, and KVM finished the one access that it waited for; where
 * that was a write of MMIO, the CPU makes the call once more, with 0 in RAX, which
 * KVM refuses. Or the host could not store the value of a read. Either way the
 * batch goes on as after a result that is less than asked for.
 */
#define PVIO_HANDOVER		0x80000000u
#define PVIO_HANDOVER_VALUE	0x40000000u
#define PVIO_HANDOVER_DONE	0xffffu

/* Errors, with KVM's values (include/uapi/linux/kvm_para.h). */
#define PVIO_EPERM		1	/* not CPL 0, or a nested guest */
#define PVIO_E2BIG		7	/* more operations than a page holds */
#define PVIO_ENOMEM		12	/* the host has no memory left */
#define PVIO_EFAULT		14	/* the batch is not in guest memory */
#define PVIO_EINVAL		22	/* a field holds what it must not */
#define PVIO_EOPNOTSUPP		95	/* the guest's memory is encrypted */
#define PVIO_ENOSYS		1000	/* no such call */

static inline int pvio_timer_rate_is_valid(unsigned long rate)
{
	return rate >= PVIO_LOWEST_TIMER_RATE && rate <= PVIO_HIGHEST_TIMER_RATE;
}

static inline int pvio_kind_is_read(__u8 kind)
{
	return kind == PVIO_PORT_READ || kind == PVIO_MMIO_READ;
}

static inline int pvio_kind_is_mmio(__u8 kind)
{
	return kind == PVIO_MMIO_READ || kind == PVIO_MMIO_WRITE;
}

/* Whether @value, just read by @op, ends the batch. */
static inline int pvio_op_stops(const struct pvio_op *op, __u64 value)
{
	return op->mask && ((__u32)value & op->mask) != op->want;
}

#if !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct pvio_op) == 32, "the wire format is fixed");
_Static_assert(PVIO_MAX_OPS == 128, "a page holds the longest batch");
#endif

#endif /* PVIO_ABI_H */
