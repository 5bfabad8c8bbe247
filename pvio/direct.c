// SPDX-License-Identifier: GPL-2.0
/* Runs a batch with plain instructions: each is an exit, as ever. */
#include <linux/io.h>

#include "direct.h"

static u64 port_read(u16 port, u8 size)
{
	switch (size) {
	case 1:
		return inb(port);
	case 2:
		return inw(port);
	default:
		return inl(port);
	}
}

static void port_write(u16 port, u8 size, u32 value)
{
	switch (size) {
	case 1:
		outb(value, port);
		break;
	case 2:
		outw(value, port);
		break;
	default:
		outl(value, port);
	}
}

static u64 mmio_read(void __iomem *at, u8 size)
{
	switch (size) {
	case 1:
		return readb(at);
	case 2:
		return readw(at);
	case 4:
		return readl(at);
	default:
		return readq(at);
	}
}

static void mmio_write(void __iomem *at, u8 size, u64 value)
{
	switch (size) {
	case 1:
		writeb(value, at);
		break;
	case 2:
		writew(value, at);
		break;
	case 4:
		writel(value, at);
		break;
	default:
		writeq(value, at);
	}
}

static void run_op(struct pvio_op *op, void __iomem *at)
{
	switch (op->kind) {
	case PVIO_PORT_READ:
		op->value = port_read(op->addr, op->size);
		break;
	case PVIO_PORT_WRITE:
		port_write(op->addr, op->size, op->value);
		break;
	case PVIO_MMIO_READ:
		op->value = mmio_read(at, op->size);
		break;
	case PVIO_MMIO_WRITE:
		mmio_write(at, op->size, op->value);
		break;
	}
}

/**
 * pvio_direct_run() - run the rest of a batch as instructions
 * @b:		the batch
 * @from:	its first operation that was not done yet
 *
 * Context: any, serialised by the caller.
 * Return: operations done, those before @from included.
 */
unsigned int pvio_direct_run(struct pvio_batch *b, unsigned int from)
{
	unsigned int i;

	for (i = from; i < b->count; i++) {
		struct pvio_op *op = &b->ops[i];

		run_op(op, b->mapped[i]);
		if (pvio_kind_is_read(op->kind) && pvio_op_stops(op, op->value))
			return i + 1;
	}
	return i;
}
