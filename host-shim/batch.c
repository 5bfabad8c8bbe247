// SPDX-License-Identifier: GPL-2.0
/*
 * Copy, check and run a batch.
 *
 * Writes go into the coalesced ring, and one read of a port that flushes it
 * has user space perform them all, in order. A read, a write that a device in
 * the host kernel may answer, and the end of the batch need the ring empty
 * first. What cannot be queued goes to user space on its own.
 */
#ifdef __KERNEL__
#include <linux/stddef.h>
#else
#include <stddef.h>
#endif

#include "backend.h"
#include "batch.h"

/*
 * QEMU's vapic device (hw/i386/kvmvapic.c) has these two ports, and looks at
 * the RIP when they are written to. KVM moves the RIP before an exit for the
 * first, not after it as for any other port (KVM_X86_QUIRK_OUT_7E_INC_RIP). In
 * a batch the device would see the RIP of the hypercall.
 */
#define VAPIC_FIRST_PORT	0x7e
#define VAPIC_LAST_PORT		0x7f

const struct pvio_host_refusal_info pvio_host_refusals[PVIO_HOST_REFUSALS] = {
	[PVIO_HOST_ACCEPTED]	      = { "accepted",	0 },
	[PVIO_HOST_REFUSED_PRIVILEGE] = { "privilege",	-PVIO_EPERM },
	[PVIO_HOST_REFUSED_NESTED]    = { "nested",	-PVIO_EPERM },
	[PVIO_HOST_REFUSED_ENCRYPTED] = { "encrypted",	-PVIO_EOPNOTSUPP },
	[PVIO_HOST_REFUSED_NOMEM]     = { "nomem",	-PVIO_ENOMEM },
	[PVIO_HOST_REFUSED_ARGUMENT]  = { "argument",	-PVIO_EINVAL },
	[PVIO_HOST_REFUSED_COUNT]     = { "count",	-PVIO_E2BIG },
	[PVIO_HOST_REFUSED_PAGE]      = { "page",	-PVIO_EINVAL },
	[PVIO_HOST_REFUSED_MEMORY]    = { "memory",	-PVIO_EFAULT },
	[PVIO_HOST_REFUSED_KIND]      = { "kind",	-PVIO_EINVAL },
	[PVIO_HOST_REFUSED_SIZE]      = { "size",	-PVIO_EINVAL },
	[PVIO_HOST_REFUSED_PORT]      = { "port",	-PVIO_EINVAL },
	[PVIO_HOST_REFUSED_ADDRESS]   = { "address",	-PVIO_EINVAL },
};

static enum pvio_host_refusal check_port(const struct pvio_op *op)
{
	if (op->size != 1 && op->size != 2 && op->size != 4)
		return PVIO_HOST_REFUSED_SIZE;
	if (op->addr > 0x10000 - op->size)
		return PVIO_HOST_REFUSED_PORT;
	if (!pvio_kind_is_read(op->kind) && op->addr <= VAPIC_LAST_PORT &&
	    op->addr + op->size > VAPIC_FIRST_PORT)
		return PVIO_HOST_REFUSED_PORT;
	return PVIO_HOST_ACCEPTED;
}

static enum pvio_host_refusal check_mmio(struct pvio_host_batch *b,
					 const struct pvio_op *op)
{
	if (op->size != 1 && op->size != 2 && op->size != 4 && op->size != 8)
		return PVIO_HOST_REFUSED_SIZE;
	/* an aligned access does not cross a page */
	if (op->addr & (op->size - 1) || !pvio_host_mmio_allowed(b, op))
		return PVIO_HOST_REFUSED_ADDRESS;
	return PVIO_HOST_ACCEPTED;
}

static enum pvio_host_refusal check_op(struct pvio_host_batch *b,
				       const struct pvio_op *op)
{
	if (op->kind > PVIO_MMIO_WRITE || op->flags || op->reserved)
		return PVIO_HOST_REFUSED_KIND;
	if (op->want & ~op->mask || (op->mask && !pvio_kind_is_read(op->kind)))
		return PVIO_HOST_REFUSED_KIND;
	return pvio_kind_is_mmio(op->kind) ? check_mmio(b, op) : check_port(op);
}

/**
 * pvio_host_batch_begin() - copy a batch out of guest memory and check it
 * @b:		receives the batch
 * @gpa:	guest-physical address of its operations, as the guest gave it
 * @count:	their number, likewise
 *
 * The guest may rewrite its memory at any moment, so what is checked and run
 * is the copy.
 *
 * Context: in a hypercall; may sleep.
 * Return: PVIO_HOST_ACCEPTED, or why nothing of it will run.
 */
enum pvio_host_refusal pvio_host_batch_begin(struct pvio_host_batch *b,
					     __u64 gpa, __u64 count)
{
	enum pvio_host_refusal refusal;
	unsigned int i, len;

	b->gpa = gpa;
	b->count = 0;
	b->done = 0;
	b->unflushed = 0;
	b->unstored = false;
	b->wait = PVIO_HOST_WAIT_NONE;
	b->user_exits = 0;

	if (count > PVIO_MAX_OPS)
		return PVIO_HOST_REFUSED_COUNT;
	len = count * sizeof(struct pvio_op);
	if (gpa & 7 || (gpa & (PVIO_PAGE_SIZE - 1)) + len > PVIO_PAGE_SIZE)
		return PVIO_HOST_REFUSED_PAGE;
	if (count && pvio_host_guest_read(b, gpa, b->ops, len))
		return PVIO_HOST_REFUSED_MEMORY;

	for (i = 0; i < count; i++) {
		refusal = check_op(b, &b->ops[i]);
		if (refusal)
			return refusal;
	}
	b->count = count;
	return PVIO_HOST_ACCEPTED;
}

/* ops[done] was performed. Returns whether the batch goes on. */
static bool complete_op(struct pvio_host_batch *b)
{
	struct pvio_op *op = &b->ops[b->done];
	__u64 at = b->gpa + b->done * sizeof(*op) + offsetof(struct pvio_op, value);

	b->done++;
	if (!pvio_kind_is_read(op->kind))
		return true;
	/* now, as the module may be removed before the batch is over */
	b->unstored = pvio_host_guest_write(b, at, &op->value, sizeof(op->value));
	return !b->unstored && !pvio_op_stops(op, op->value);
}

/* @exits: whether the backend prepared an exit, see backend.h */
static enum pvio_host_next leave_for_user(struct pvio_host_batch *b,
					  enum pvio_host_wait wait, bool exits)
{
	if (!exits)
		return PVIO_HOST_NEXT_SKIPPED;
	b->wait = wait;
	b->user_exits++;
	return PVIO_HOST_NEXT_EXIT;
}

static enum pvio_host_next flush_in_user(struct pvio_host_batch *b)
{
	return leave_for_user(b, PVIO_HOST_WAIT_FLUSH, pvio_host_user_flush(b));
}

static enum pvio_host_next access_in_user(struct pvio_host_batch *b,
					  struct pvio_op *op)
{
	enum pvio_host_next next = leave_for_user(b, PVIO_HOST_WAIT_ACCESS,
						  pvio_host_user_access(b, op));

	if (next == PVIO_HOST_NEXT_SKIPPED)
		complete_op(b);
	return next;
}

/**
 * pvio_host_batch_step() - run a batch as far as it goes without user space
 * @b: the batch
 *
 * Context: in a hypercall or the completion of one; may sleep.
 * Return: whether it is finished or needs an exit, which is prepared then.
 */
enum pvio_host_next pvio_host_batch_step(struct pvio_host_batch *b)
{
	while (b->done < b->count) {
		struct pvio_op *op = &b->ops[b->done];
		bool kernel = pvio_host_kernel_claims(b, op);

		if (!kernel && !pvio_kind_is_read(op->kind) &&
		    !pvio_host_ring_push(b, op)) {
			b->unflushed++;
			b->done++;
			continue;
		}
		if (b->unflushed)
			return flush_in_user(b);
		if (!kernel || pvio_host_kernel_access(b, op))
			return access_in_user(b, op);
		if (!complete_op(b))
			return PVIO_HOST_NEXT_FINISH;
	}
	return b->unflushed ? flush_in_user(b) : PVIO_HOST_NEXT_FINISH;
}

/* What user space performed is over; it gets no more where it asked for that. */
static enum pvio_host_next step_unless_interrupted(struct pvio_host_batch *b)
{
	if (pvio_host_user_interrupts(b))
		return PVIO_HOST_NEXT_FINISH;
	return pvio_host_batch_step(b);
}

/*
 * QEMU does nothing when it is asked to empty the ring while another of its
 * threads is at it (kvm_flush_coalesced_mmio_buffer(), accel/kvm/kvm-all.c), so
 * it is asked again, as long as it takes: it has the writes and may perform them
 * at any moment. Until then nothing may be performed behind them, and the guest
 * must not be told that they are done. What waits is this vCPU, as for a device
 * that does not answer; its thread is in user space each time.
 */
static enum pvio_host_next continue_after_flush(struct pvio_host_batch *b)
{
	if (!pvio_host_ring_drained(b)) {
		pvio_host_ring_undrained(b);
		return flush_in_user(b);
	}
	b->unflushed = 0;
	return step_unless_interrupted(b);
}

/**
 * pvio_host_batch_continue() - go on after user space did what it was asked for
 * @b: the batch
 *
 * Where user space interrupts the vCPU, the batch ends short, and the guest
 * runs the rest; only writes that are still in the ring are flushed before.
 *
 * Context: as pvio_host_batch_step().
 * Return: as pvio_host_batch_step().
 */
enum pvio_host_next pvio_host_batch_continue(struct pvio_host_batch *b)
{
	struct pvio_op *op = &b->ops[b->done];
	enum pvio_host_wait wait = b->wait;

	b->wait = PVIO_HOST_WAIT_NONE;
	if (wait == PVIO_HOST_WAIT_FLUSH)
		return continue_after_flush(b);
	if (pvio_kind_is_read(op->kind))
		op->value = pvio_host_user_value(b, op);
	if (!complete_op(b))
		return PVIO_HOST_NEXT_FINISH;
	return step_unless_interrupted(b);
}

/**
 * pvio_host_batch_result() - what a finished batch returns
 * @b: the batch
 *
 * Context: any.
 * Return: the value for RAX.
 */
__u64 pvio_host_batch_result(const struct pvio_host_batch *b)
{
	return b->unstored ? b->ops[b->done - 1].value : b->done;
}

/**
 * pvio_host_batch_note() - what to tell the guest beside the result
 * @b: a batch that is finished, or waits for user space and may never go on
 *
 * Context: any.
 * Return: the value for RDX, see PVIO_HANDOVER.
 */
__u32 pvio_host_batch_note(const struct pvio_host_batch *b)
{
	if (b->unstored)
		return PVIO_HANDOVER | PVIO_HANDOVER_VALUE | b->done;
	if (b->wait == PVIO_HOST_WAIT_NONE)
		return 0;
	if (b->wait == PVIO_HOST_WAIT_FLUSH)
		return PVIO_HANDOVER | b->done;
	if (pvio_kind_is_read(b->ops[b->done].kind))
		return PVIO_HANDOVER | PVIO_HANDOVER_VALUE | (b->done + 1);
	return PVIO_HANDOVER | (b->done + 1);
}
