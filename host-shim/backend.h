/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What batch.c needs of a virtual machine. access.c, bus.c and ring.c
 * provide it on KVM, the fuzzer (tools/selftests/fuzz) in user space.
 *
 * Functions return 0 or a negative error where nothing else is said.
 */
#ifndef PVIO_HOST_BACKEND_H
#define PVIO_HOST_BACKEND_H

#include "batch.h"

/* Guest memory; @len bytes at @gpa do not cross a page. */
int pvio_host_guest_read(struct pvio_host_batch *b, __u64 gpa, void *to,
			 unsigned int len);
int pvio_host_guest_write(struct pvio_host_batch *b, __u64 gpa,
			  const void *from, unsigned int len);

/* Whether MMIO at @op->addr would reach a device and nothing else. */
bool pvio_host_mmio_allowed(struct pvio_host_batch *b,
			    const struct pvio_op *op);

/* Whether a device in the host kernel may answer @op. */
bool pvio_host_kernel_claims(struct pvio_host_batch *b,
			     const struct pvio_op *op);

/* Have that device perform @op, and store in it what a read returns. */
int pvio_host_kernel_access(struct pvio_host_batch *b, struct pvio_op *op);

/* Queue a write in the coalesced ring, if it may wait there. */
int pvio_host_ring_push(struct pvio_host_batch *b, const struct pvio_op *op);

/* Whether user space has taken all that this batch queued. */
bool pvio_host_ring_drained(struct pvio_host_batch *b);

/* User space was asked to empty the ring, and did not. */
void pvio_host_ring_undrained(struct pvio_host_batch *b);

/*
 * Prepare an exit in which user space performs @op, or empties the ring.
 * False where no exit is needed: the host kernel performed the access at once
 * and has moved the RIP past the hypercall. A read's value is in @op then.
 * After an exit, pvio_host_user_value() has it when the batch continues.
 */
bool pvio_host_user_access(struct pvio_host_batch *b, struct pvio_op *op);
bool pvio_host_user_flush(struct pvio_host_batch *b);
__u64 pvio_host_user_value(struct pvio_host_batch *b, const struct pvio_op *op);

/*
 * Whether user space wants the vCPU back: what it asked for next, such as a
 * pause, a reset or a migration, must not see operations behind the one that
 * it has just performed.
 */
bool pvio_host_user_interrupts(struct pvio_host_batch *b);

#endif /* PVIO_HOST_BACKEND_H */
