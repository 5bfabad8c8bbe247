/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pvio.h - batches of port and MMIO operations for guest drivers
 *
 * A driver owns its batches: it allocates one where it may sleep, then fills
 * and runs it from any context, under whatever lock serialises its use of the
 * device. Running allocates nothing, takes no lock and prints nothing.
 *
 * The contract is that of the plain instructions: the operations take effect
 * in order, on this CPU, before pvio_batch_run() returns, and memory that was
 * written before it is visible to the device. On a host that serves batches
 * they cost one VM exit together, elsewhere one each.
 */
#ifndef PVIO_H
#define PVIO_H

#include <linux/bug.h>
#include <linux/types.h>

#include "pvio_abi.h"

struct pvio_client;

/**
 * struct pvio_batch - a batch of operations
 * @client:	whose it is, for the statistics
 * @ops:	the operations, inside one page
 * @mapped:	for each MMIO operation, where the guest has mapped it
 * @gpa:	guest-physical address of @ops
 * @count:	operations filled in
 * @max:	room in @ops
 * @overfull:	there was no room for an operation: it must not run
 * @refused:	the host refused it, and is not asked again before @ask_again
 * @ask_again:	in jiffies
 */
struct pvio_batch {
	struct pvio_client *client;
	struct pvio_op *ops;
	void __iomem **mapped;
	phys_addr_t gpa;
	unsigned int count;
	unsigned int max;
	bool overfull;
	bool refused;
	unsigned long ask_again;
};

/**
 * struct pvio_region - device memory that a batch can reach
 * @mapped:	as ioremap() returned it
 * @phys:	its guest-physical address
 */
struct pvio_region {
	void __iomem *mapped;
	phys_addr_t phys;
};

struct pvio_client *pvio_client_register(const char *name);
void pvio_client_unregister(struct pvio_client *client);
void pvio_client_avoided(struct pvio_client *client, unsigned int exits);

struct pvio_batch *pvio_batch_alloc(struct pvio_client *client,
				    unsigned int max);
void pvio_batch_free(struct pvio_batch *b);
unsigned int pvio_batch_run(struct pvio_batch *b);

bool pvio_host_serves(void);

void pvio_port_write(struct pvio_batch *b, u16 port, u8 size, u32 value);
unsigned int pvio_port_read(struct pvio_batch *b, u16 port, u8 size);
void pvio_mmio_write(struct pvio_batch *b, const struct pvio_region *region,
		     unsigned long offset, u8 size, u64 value);
unsigned int pvio_mmio_read(struct pvio_batch *b,
			    const struct pvio_region *region,
			    unsigned long offset, u8 size);

/**
 * pvio_batch_reset() - empty a batch
 * @b: the batch
 *
 * Context: any, serialised by the caller.
 */
static inline void pvio_batch_reset(struct pvio_batch *b)
{
	b->count = 0;
	b->overfull = false;
}

/**
 * pvio_stop_unless() - end the batch here unless the last read finds a value
 * @b:		the batch, whose newest operation is a read
 * @mask:	the bits to look at, not zero
 * @want:	what they must be
 *
 * Context: any, serialised by the caller.
 */
static inline void pvio_stop_unless(struct pvio_batch *b, u32 mask, u32 want)
{
	if (WARN_ON_ONCE(!b->count))
		return;
	b->ops[b->count - 1].mask = mask;
	b->ops[b->count - 1].want = want;
}

/**
 * pvio_batch_value() - what an operation read
 * @b:		a batch that was run
 * @index:	of the read, less than what pvio_batch_run() returned
 *
 * Context: any, serialised by the caller.
 * Return: the value, zero-extended.
 */
static inline u64 pvio_batch_value(const struct pvio_batch *b,
				   unsigned int index)
{
	return b->ops[index].value;
}

#endif /* PVIO_H */
