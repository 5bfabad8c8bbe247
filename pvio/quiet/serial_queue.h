/* SPDX-License-Identifier: GPL-2.0 */
/* Writes to the registers of a UART that wait for one batch. */
#ifndef PVQUIET_SERIAL_QUEUE_H
#define PVQUIET_SERIAL_QUEUE_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "../pvio.h"

/* What a 16550A's transmitter takes at once, and a write that masks its interrupts */
#define QUIET_FIFO_SIZE		16
#define QUIET_QUEUE_SIZE	(QUIET_FIFO_SIZE + 1)

/* Whose a queue is. */
enum quiet_queue_state {
	QUIET_QUEUE_FREE,
	QUIET_QUEUE_HELD,	/* by a CPU that adds to it or empties it */
	QUIET_QUEUE_RUNNING,	/* likewise, and the batch is on its way */
	QUIET_QUEUE_TAKEN,	/* by a CPU that had to speak: for good */
};

/**
 * struct quiet_queue - writes that wait
 * @batch:	what performs them
 * @base:	the UART's first port
 * @state:	enum quiet_queue_state
 * @slots:	the writes: offset and value, 0 where there is none
 * @count:	slots in use
 *
 * The CPU that moved @state from FREE to HELD owns @batch, @count and the order of
 * @slots until it moves it back. It waits for nobody meanwhile, so others may wait for it.
 * A CPU that prints an oops or a panic does not wait, as the holder may have been stopped.
 * It moves @state to TAKEN, whatever it was, and performs what is in the slots. A slot is
 * always emptied by an exchange, so that each write is performed by one of the two.
 */
struct quiet_queue {
	struct pvio_batch *batch;
	u16 base;
	atomic_t state;
	atomic_t slots[QUIET_QUEUE_SIZE];
	unsigned int count;
};

int quiet_queue_init(struct quiet_queue *queue, struct pvio_client *client, u16 base);
void quiet_queue_release(struct quiet_queue *queue);
bool quiet_queue_hold(struct quiet_queue *queue);
bool quiet_queue_is_taken(const struct quiet_queue *queue);
void quiet_queue_let_go(struct quiet_queue *queue);
void quiet_queue_add(struct quiet_queue *queue, unsigned int offset, u8 value);
void quiet_queue_run(struct quiet_queue *queue);
u8 quiet_queue_run_and_read(struct quiet_queue *queue, unsigned int offset);
void quiet_queue_take(struct quiet_queue *queue);

#endif /* PVQUIET_SERIAL_QUEUE_H */
