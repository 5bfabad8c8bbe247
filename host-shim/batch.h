/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One batch on its way through the host. It knows nothing of KVM: what it
 * needs of a virtual machine is in backend.h.
 */
#ifndef PVIO_HOST_BATCH_H
#define PVIO_HOST_BATCH_H

#include "../pvio/pvio_abi.h"

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#endif

/* Why a batch was refused; pvio_host_refusals[] has the names and errors. */
enum pvio_host_refusal {
	PVIO_HOST_ACCEPTED,
	PVIO_HOST_REFUSED_PRIVILEGE,	/* caller not at CPL 0 */
	PVIO_HOST_REFUSED_NESTED,	/* caller is a nested guest */
	PVIO_HOST_REFUSED_ENCRYPTED,	/* memory or registers encrypted */
	PVIO_HOST_REFUSED_NOMEM,
	PVIO_HOST_REFUSED_ARGUMENT,	/* a reserved register is not zero */
	PVIO_HOST_REFUSED_COUNT,	/* longer than a page */
	PVIO_HOST_REFUSED_PAGE,		/* not aligned, or crosses a page */
	PVIO_HOST_REFUSED_MEMORY,	/* not in guest memory */
	PVIO_HOST_REFUSED_KIND,		/* no such kind, or reserved bits set */
	PVIO_HOST_REFUSED_SIZE,
	PVIO_HOST_REFUSED_PORT,		/* beyond the last port, or vapic's */
	PVIO_HOST_REFUSED_ADDRESS,	/* misaligned, or memory answers there */
	PVIO_HOST_REFUSALS,
};

struct pvio_host_refusal_info {
	const char *name;
	int error;
};

extern const struct pvio_host_refusal_info
pvio_host_refusals[PVIO_HOST_REFUSALS];

/* What a batch waits for while its vCPU is in user space. */
enum pvio_host_wait {
	PVIO_HOST_WAIT_NONE,
	PVIO_HOST_WAIT_FLUSH,	/* user space empties the coalesced ring */
	PVIO_HOST_WAIT_ACCESS,	/* user space performs ops[done] */
};

enum pvio_host_next {
	PVIO_HOST_NEXT_FINISH,	/* pvio_host_batch_result() has the result */
	PVIO_HOST_NEXT_EXIT,	/* leave for user space, then continue */
	PVIO_HOST_NEXT_SKIPPED,	/* finished, and KVM has moved the RIP */
};

/**
 * struct pvio_host_batch - a batch being run
 * @ops:	the one copy of what the guest asked for, checked
 * @gpa:	where @ops came from, and values go back to
 * @count:	operations asked for
 * @done:	operations performed, or queued in the ring
 * @unflushed:	writes in the ring that user space may not have seen
 * @unstored:	the value of the last operation could not be stored
 * @wait:	what the vCPU is in user space for
 * @user_exits:	how often it went there for this batch
 *
 * Owned by the thread that runs the vCPU, under vcpu->mutex.
 */
struct pvio_host_batch {
	struct pvio_op ops[PVIO_MAX_OPS];
	__u64 gpa;
	__u16 count;
	__u16 done;
	__u16 unflushed;
	bool unstored;
	enum pvio_host_wait wait;
	unsigned int user_exits;
};

enum pvio_host_refusal pvio_host_batch_begin(struct pvio_host_batch *b,
					     __u64 gpa, __u64 count);
enum pvio_host_next pvio_host_batch_step(struct pvio_host_batch *b);
enum pvio_host_next pvio_host_batch_continue(struct pvio_host_batch *b);
__u64 pvio_host_batch_result(const struct pvio_host_batch *b);
__u32 pvio_host_batch_note(const struct pvio_host_batch *b);

#endif /* PVIO_HOST_BATCH_H */
