// SPDX-License-Identifier: GPL-2.0
/* Writes to the registers of a UART that wait for one batch. */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "serial_queue.h"

/* A slot in use: the offset and the value of a write. */
#define SLOT_USED		BIT(16)
#define SLOT_OFFSET		GENMASK(15, 8)
#define SLOT_VALUE		GENMASK(7, 0)

/* The value of a read that was not performed. No register of a byte has it. */
#define NOT_READ		U64_MAX

/* For so long a batch that is on its way is waited for. */
#define RUN_TIMEOUT_US		10000

/**
 * quiet_queue_init() - make an empty queue
 * @queue:	the queue
 * @client:	whose batch it is
 * @base:	the UART's first port
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int quiet_queue_init(struct quiet_queue *queue, struct pvio_client *client, u16 base)
{
	memset(queue, 0, sizeof(*queue));
	queue->base = base;
	queue->batch = pvio_batch_alloc(client, QUIET_QUEUE_SIZE + 1);
	return queue->batch ? 0 : -ENOMEM;
}

/**
 * quiet_queue_release() - undo quiet_queue_init()
 * @queue: an empty queue that nobody uses any more
 *
 * Context: may sleep.
 */
void quiet_queue_release(struct quiet_queue *queue)
{
	pvio_batch_free(queue->batch);
}

/**
 * quiet_queue_hold() - become the one who may use a queue
 * @queue: the queue
 *
 * Context: any, with interrupts off until quiet_queue_let_go().
 * Return: false if somebody else is, who may be stopped, or this CPU itself before an
 * interrupt that cannot be masked.
 */
bool quiet_queue_hold(struct quiet_queue *queue)
{
	return atomic_cmpxchg(&queue->state, QUIET_QUEUE_FREE, QUIET_QUEUE_HELD) ==
	       QUIET_QUEUE_FREE;
}

/**
 * quiet_queue_is_taken() - whether nothing will ever wait again
 * @queue: the queue
 *
 * Context: any.
 * Return: true since quiet_queue_take().
 */
bool quiet_queue_is_taken(const struct quiet_queue *queue)
{
	return atomic_read(&queue->state) == QUIET_QUEUE_TAKEN;
}

/* Returns false if the slot was empty. */
static bool empty_slot(struct quiet_queue *queue, unsigned int i, unsigned int *slot)
{
	*slot = atomic_xchg(&queue->slots[i], 0);
	return *slot;
}

static void write_slots(struct quiet_queue *queue)
{
	unsigned int i, slot;

	for (i = 0; i < QUIET_QUEUE_SIZE; i++) {
		if (empty_slot(queue, i, &slot))
			outb(FIELD_GET(SLOT_VALUE, slot),
			     queue->base + FIELD_GET(SLOT_OFFSET, slot));
	}
}

/* Whether the queue is still the holder's, which is in @from and wants to be in @to. */
static bool move_state(struct quiet_queue *queue, enum quiet_queue_state from,
		       enum quiet_queue_state to)
{
	return atomic_cmpxchg(&queue->state, from, to) == from;
}

/**
 * quiet_queue_let_go() - undo quiet_queue_hold()
 * @queue: the queue, held by the caller
 *
 * Context: as quiet_queue_hold().
 */
void quiet_queue_let_go(struct quiet_queue *queue)
{
	/* who took it may have looked at the slots before the last one was filled */
	if (!move_state(queue, QUIET_QUEUE_HELD, QUIET_QUEUE_FREE))
		write_slots(queue);
}

/**
 * quiet_queue_add() - have a write wait
 * @queue:	the queue, held by the caller; a full one is run first
 * @offset:	of the register
 * @value:	what to write
 *
 * Context: as quiet_queue_hold().
 */
void quiet_queue_add(struct quiet_queue *queue, unsigned int offset, u8 value)
{
	if (queue->count == QUIET_QUEUE_SIZE)
		quiet_queue_run(queue);
	atomic_set(&queue->slots[queue->count++],
		   SLOT_USED | FIELD_PREP(SLOT_OFFSET, offset) | value);
}

/* Moves the slots into the batch, in order. */
static void fill_batch(struct quiet_queue *queue)
{
	unsigned int i, slot;

	pvio_batch_reset(queue->batch);
	for (i = 0; i < queue->count; i++) {
		slot = atomic_read(&queue->slots[i]);
		if (slot)
			pvio_port_write(queue->batch,
					queue->base + FIELD_GET(SLOT_OFFSET, slot), 1,
					FIELD_GET(SLOT_VALUE, slot));
	}
}

/* The batch has performed what the slots hold. */
static void forget_slots(struct quiet_queue *queue)
{
	unsigned int i;

	for (i = 0; i < queue->count; i++)
		atomic_set(&queue->slots[i], 0);
	queue->count = 0;
}

/* Returns false if the queue was taken before the batch could run. */
static bool run_batch(struct quiet_queue *queue)
{
	if (!move_state(queue, QUIET_QUEUE_HELD, QUIET_QUEUE_RUNNING)) {
		write_slots(queue);
		queue->count = 0;
		return false;
	}
	pvio_batch_run(queue->batch);
	/* a CPU that takes the queue now sees by the empty slots that the batch has run */
	forget_slots(queue);
	move_state(queue, QUIET_QUEUE_RUNNING, QUIET_QUEUE_HELD);
	return true;
}

/**
 * quiet_queue_run() - perform the writes that wait
 * @queue: the queue, held by the caller
 *
 * Context: as quiet_queue_hold().
 */
void quiet_queue_run(struct quiet_queue *queue)
{
	if (!queue->count)
		return;
	fill_batch(queue);
	run_batch(queue);
}

/**
 * quiet_queue_run_and_read() - perform the writes that wait, then a read
 * @queue:	the queue, held by the caller
 * @offset:	of the register to read
 *
 * Context: as quiet_queue_hold().
 * Return: what was read.
 */
u8 quiet_queue_run_and_read(struct quiet_queue *queue, unsigned int offset)
{
	unsigned int read;

	fill_batch(queue);
	read = pvio_port_read(queue->batch, queue->base + offset, 1);
	queue->batch->ops[read].value = NOT_READ;
	if (!run_batch(queue))
		return inb(queue->base + offset);
	return pvio_batch_value(queue->batch, read);
}

/*
 * The batch of a CPU that has been stopped. Where its last operation is a read that has
 * a value, all before it has been performed. Without a read nobody can tell; those are
 * an interrupt handler's, of characters that the kernel did not say itself.
 */
static bool batch_has_run(const struct quiet_queue *queue)
{
	const struct pvio_batch *b = queue->batch;
	const struct pvio_op *last = &b->ops[b->count - 1];

	return !pvio_kind_is_read(last->kind) || READ_ONCE(last->value) != NOT_READ;
}

static bool slots_are_empty(struct quiet_queue *queue)
{
	return !atomic_read(&queue->slots[0]);
}

static void await_batch(struct quiet_queue *queue)
{
	unsigned int us;

	for (us = 0; us < RUN_TIMEOUT_US && !slots_are_empty(queue); us++)
		udelay(1);
}

/**
 * quiet_queue_take() - perform what waits, and never have a write wait again
 * @queue: the queue
 *
 * For a CPU that prints an oops or a panic, whoever holds the queue. Where the holder's
 * batch ends with a read, as the console's do, none of its writes is lost, and they are
 * performed twice if it takes longer than 10 ms to run it.
 *
 * Context: any.
 */
void quiet_queue_take(struct quiet_queue *queue)
{
	int state = atomic_xchg(&queue->state, QUIET_QUEUE_TAKEN);

	if (state == QUIET_QUEUE_TAKEN)
		return;
	if (state == QUIET_QUEUE_RUNNING) {
		await_batch(queue);
		if (batch_has_run(queue))
			return;
	}
	write_slots(queue);
}
