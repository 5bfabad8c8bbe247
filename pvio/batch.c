// SPDX-License-Identifier: GPL-2.0
/* Builds batches and runs them: on a host that serves them, else here. */
#include <asm/barrier.h>
#include <linux/bug.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "direct.h"
#include "host.h"
#include "hypercall.h"
#include "pvio.h"
#include "report.h"
#include "stats.h"

/* For so long the host is not asked for a batch again that it has refused. */
#define PVIO_REFUSED_INTERVAL	HZ

/**
 * pvio_batch_alloc() - make a batch
 * @client:	whose it is
 * @max:	the most operations that it will hold, up to PVIO_MAX_OPS
 *
 * Context: may sleep.
 * Return: the empty batch, or NULL without memory.
 */
struct pvio_batch *pvio_batch_alloc(struct pvio_client *client,
				    unsigned int max)
{
	struct pvio_batch *b;

	if (WARN_ON_ONCE(!max || max > PVIO_MAX_OPS))
		return NULL;
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return NULL;
	/*
	 * kmalloc() aligns a power of two to itself, so this crosses no page
	 * (Documentation/core-api/memory-allocation.rst).
	 */
	b->ops = kcalloc(roundup_pow_of_two(max), sizeof(*b->ops), GFP_KERNEL);
	b->mapped = kcalloc(max, sizeof(*b->mapped), GFP_KERNEL);
	if (!b->ops || !b->mapped) {
		pvio_batch_free(b);
		return NULL;
	}
	b->client = client;
	b->gpa = virt_to_phys(b->ops);
	b->max = max;
	return b;
}
EXPORT_SYMBOL_GPL(pvio_batch_alloc);

/**
 * pvio_batch_free() - free a batch
 * @b: the batch, not running, or NULL
 *
 * Context: any but NMI.
 */
void pvio_batch_free(struct pvio_batch *b)
{
	if (!b)
		return;
	kfree(b->mapped);
	kfree(b->ops);
	kfree(b);
}
EXPORT_SYMBOL_GPL(pvio_batch_free);

static unsigned int add_op(struct pvio_batch *b, enum pvio_kind kind, u64 addr,
			   u8 size, u64 value, void __iomem *mapped)
{
	unsigned int i = b->count;

	/* a driver's mistake: what was asked for does not run in part */
	if (WARN_ON_ONCE(i >= b->max)) {
		b->overfull = true;
		return b->max - 1;
	}
	b->ops[i] = (struct pvio_op) {
		.kind = kind,
		.size = size,
		.addr = addr,
		.value = value,
	};
	b->mapped[i] = mapped;
	b->count = i + 1;
	return i;
}

/**
 * pvio_port_write() - add a port write to a batch
 * @b:		the batch
 * @port:	the port
 * @size:	1, 2 or 4 bytes
 * @value:	what to write
 *
 * Context: any, serialised by the caller.
 */
void pvio_port_write(struct pvio_batch *b, u16 port, u8 size, u32 value)
{
	add_op(b, PVIO_PORT_WRITE, port, size, value, NULL);
}
EXPORT_SYMBOL_GPL(pvio_port_write);

/**
 * pvio_port_read() - add a port read to a batch
 * @b:		the batch
 * @port:	the port
 * @size:	1, 2 or 4 bytes
 *
 * Context: any, serialised by the caller.
 * Return: the index to ask pvio_batch_value() for.
 */
unsigned int pvio_port_read(struct pvio_batch *b, u16 port, u8 size)
{
	return add_op(b, PVIO_PORT_READ, port, size, 0, NULL);
}
EXPORT_SYMBOL_GPL(pvio_port_read);

/**
 * pvio_mmio_write() - add an MMIO write to a batch
 * @b:		the batch
 * @region:	the device memory
 * @offset:	into it, a multiple of @size
 * @size:	1, 2, 4 or 8 bytes
 * @value:	what to write
 *
 * Context: any, serialised by the caller.
 */
void pvio_mmio_write(struct pvio_batch *b, const struct pvio_region *region,
		     unsigned long offset, u8 size, u64 value)
{
	add_op(b, PVIO_MMIO_WRITE, region->phys + offset, size, value,
	       region->mapped + offset);
}
EXPORT_SYMBOL_GPL(pvio_mmio_write);

/**
 * pvio_mmio_read() - add an MMIO read to a batch
 * @b:		the batch
 * @region:	the device memory
 * @offset:	into it, a multiple of @size
 * @size:	1, 2, 4 or 8 bytes
 *
 * Context: any, serialised by the caller.
 * Return: the index to ask pvio_batch_value() for.
 */
unsigned int pvio_mmio_read(struct pvio_batch *b,
			    const struct pvio_region *region,
			    unsigned long offset, u8 size)
{
	return add_op(b, PVIO_MMIO_READ, region->phys + offset, size, 0,
		      region->mapped + offset);
}
EXPORT_SYMBOL_GPL(pvio_mmio_read);

static u64 keep_low_bytes(u64 value, u8 size)
{
	return value & GENMASK_ULL(size * 8 - 1, 0);
}

/*
 * Takes a note of PVIO_HANDOVER, with @value from RAX, for the operations from
 * @from on. Returns the operations done, those before @from included.
 */
static unsigned int apply_handover(struct pvio_batch *b, unsigned int from,
				   u64 value, u32 note)
{
	unsigned int done = from + (note & PVIO_HANDOVER_DONE);

	done = clamp(done, from, b->count);
	if (note & PVIO_HANDOVER_VALUE && done > from)
		b->ops[done - 1].value =
			keep_low_bytes(value, b->ops[done - 1].size);
	return done;
}

/*
 * What the host refuses once, it will refuse again: for what is in the batch,
 * or for what the guest is.
 */
static void note_refusal(struct pvio_batch *b, long error)
{
	if (!b->refused)
		pvio_report_refused(error);
	b->refused = true;
	b->ask_again = jiffies + PVIO_REFUSED_INTERVAL;
}

/* Returns the operations done, those before @from included. */
static unsigned int run_ops_on_host(struct pvio_batch *b, unsigned int from,
				    unsigned int count)
{
	u32 note;
	long r;

	r = pvio_hypercall_batch(b->gpa + from * sizeof(*b->ops), count, &note);
	if (note & PVIO_HANDOVER)
		return apply_handover(b, from, r, note);
	if (likely(r >= 0)) {
		b->refused = false;
		return from + min_t(long, r, count);
	}
	if (r == -PVIO_ENOSYS)
		pvio_host_lost();
	else
		note_refusal(b, r);
	return from;
}

static bool batch_was_stopped(const struct pvio_batch *b, unsigned int done)
{
	const struct pvio_op *last = done ? &b->ops[done - 1] : NULL;

	return last && pvio_kind_is_read(last->kind) &&
	       pvio_op_stops(last, last->value);
}

/* The longest piece of a batch that the host takes now. */
static unsigned int max_ops_on_host(const struct pvio_batch *b)
{
	if (b->refused && time_before(jiffies, b->ask_again))
		return 0;
	return pvio_host_max_ops();
}

/**
 * pvio_batch_run() - run a batch
 * @b: the batch, which may be run again afterwards
 *
 * Context: any, serialised by the caller; migration to another CPU in the
 * middle does no harm.
 * Return: how many operations were done. It is less than asked for where a
 * conditional stop ended the batch, and 0 where more was asked for than there
 * is room in it.
 */
unsigned int pvio_batch_run(struct pvio_batch *b)
{
	unsigned int max = max_ops_on_host(b);
	unsigned int done = 0, chunk, calls = 0;

	if (unlikely(b->overfull))
		return 0;
	/* as outl() and writel(): what the device will read is in memory */
	dma_wmb();
	/* one operation is one exit anyway, and cheaper as an instruction */
	while (max && b->count - done > 1) {
		chunk = min(max, b->count - done);
		calls++;
		chunk += done;
		done = run_ops_on_host(b, done, chunk - done);
		if (done < chunk || batch_was_stopped(b, done))
			break;
	}
	pvio_client_count(b->client, b->count, calls, done);

	if (done < b->count && !batch_was_stopped(b, done))
		done = pvio_direct_run(b, done);
	return done;
}
EXPORT_SYMBOL_GPL(pvio_batch_run);
