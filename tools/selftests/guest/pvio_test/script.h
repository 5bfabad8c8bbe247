/* SPDX-License-Identifier: GPL-2.0 */
/* A list of accesses, done by instructions and by a batch, and compared. */
#ifndef PVIO_TEST_SCRIPT_H
#define PVIO_TEST_SCRIPT_H

#include "test.h"

/**
 * struct pvio_step - one access
 * @kind:	enum pvio_kind
 * @size:	bytes
 * @addr:	port, or offset into the device memory
 * @value:	to write, or to expect under @known
 * @known:	bits of a read that must be @value
 * @varies:	two runs may find the other bits different
 */
struct pvio_step {
	u8 kind;
	u8 size;
	u32 addr;
	u64 value;
	u64 known;
	bool varies;
};

#define OUT(addr, size, value) { PVIO_PORT_WRITE, size, addr, value }
#define IN(addr, size) { PVIO_PORT_READ, size, addr }
#define IN_IS(addr, size, value) { PVIO_PORT_READ, size, addr, value, ~0ull }
#define IN_BITS(addr, size, value, known) \
	{ PVIO_PORT_READ, size, addr, value, known, true }
#define WR(offset, size, value) { PVIO_MMIO_WRITE, size, offset, value }
#define RD(offset, size) { PVIO_MMIO_READ, size, offset }
#define RD_IS(offset, size, value) \
	{ PVIO_MMIO_READ, size, offset, value, ~0ull }

int pvio_script_compare(struct seq_file *m, const struct pvio_step *steps,
			unsigned int count, const struct pvio_region *region);

#endif /* PVIO_TEST_SCRIPT_H */
