// SPDX-License-Identifier: GPL-2.0
/* Runs a batch with plain instructions: each is an exit, as ever. */
#include <linux/io.h>

#include "direct.h"

static u64 read_port(u16 port, u8 size)
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

static void write_port(u16 port, u8 size, u32 value)
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

static u64 read_mmio(void __iomem *at, u8 size)
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

static void write_mmio(void __iomem *at, u8 size, u64 value)
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

static void run_op_directly(struct pvio_op *op, void __iomem *at)
{
	switch (op->kind) {
	case PVIO_PORT_READ:
		op->value = read_port(op->addr, op->size);
		break;
	case PVIO_PORT_WRITE:
		write_port(op->addr, op->size, op->value);
		break;
	case PVIO_MMIO_READ:
		op->value = read_mmio(at, op->size);
		break;
	case PVIO_MMIO_WRITE:
		write_mmio(at, op->size, op->value);
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

		run_op_directly(op, b->mapped[i]);
		if (pvio_kind_is_read(op->kind) && pvio_op_stops(op, op->value))
			return i + 1;
	}
	return i;
}
