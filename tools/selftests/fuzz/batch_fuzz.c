// SPDX-License-Identifier: GPL-2.0
/*
 * The host module's batch engine (host-shim/batch.c) outside the kernel, under
 * the address and undefined-behaviour sanitizers. Batches are random bytes, and
 * so is whether the backend fails, claims an access or has a full ring.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../host-shim/backend.h"

#define CHECK(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "seed %u: %s\n", seed, #condition);	\
		abort();						\
	}								\
} while (0)

/* Nothing is allocated here, and the search for leaks dies under a tracer. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static unsigned int seed;
static uint8_t page[PVIO_PAGE_SIZE];
static unsigned int performed, exits, in_ring;
static bool faulty;
static bool interrupted;	/* nothing may be performed any more */

static bool chance(unsigned int n)
{
	return !(random() % n);
}

int pvio_host_guest_read(struct pvio_host_batch *b, __u64 gpa, void *to,
			 unsigned int len)
{
	CHECK((gpa & (PVIO_PAGE_SIZE - 1)) + len <= PVIO_PAGE_SIZE);
	if (faulty && chance(8))
		return -1;
	memcpy(to, page + (gpa & (PVIO_PAGE_SIZE - 1)), len);
	return 0;
}

int pvio_host_guest_write(struct pvio_host_batch *b, __u64 gpa,
			  const void *from, unsigned int len)
{
	CHECK((gpa & (PVIO_PAGE_SIZE - 1)) + len <= PVIO_PAGE_SIZE);
	if (faulty && chance(16))
		return -1;
	memcpy(page + (gpa & (PVIO_PAGE_SIZE - 1)), from, len);
	/* the guest may write there at the same time */
	if (faulty)
		memset(page, random(), sizeof(page));
	return 0;
}

bool pvio_host_mmio_allowed(struct pvio_host_batch *b, const struct pvio_op *op)
{
	CHECK(!(op->addr & (op->size - 1)));
	return !chance(50);
}

/* Whatever is performed must be something that may be. */
static void check_performed(const struct pvio_op *op)
{
	CHECK(!interrupted);
	CHECK(op->kind <= PVIO_MMIO_WRITE && !op->flags && !op->reserved);
	if (pvio_kind_is_mmio(op->kind))
		CHECK(op->size && op->size <= 8 && !(op->size & (op->size - 1)));
	else
		CHECK(op->size && op->size <= 4 && op->addr + op->size <= 0x10000);
}

bool pvio_host_kernel_claims(struct pvio_host_batch *b,
			     const struct pvio_op *op)
{
	check_performed(op);
	return chance(6);
}

int pvio_host_kernel_access(struct pvio_host_batch *b, struct pvio_op *op)
{
	CHECK(!b->unflushed);
	if (chance(3))
		return -1;
	performed++;
	op->value = random();
	return 0;
}

int pvio_host_ring_push(struct pvio_host_batch *b, const struct pvio_op *op)
{
	check_performed(op);
	CHECK(!pvio_kind_is_read(op->kind));
	if (chance(10))
		return -1;
	in_ring++;
	return 0;
}

bool pvio_host_ring_drained(struct pvio_host_batch *b)
{
	if (chance(5))
		return false;
	performed += in_ring;
	in_ring = 0;
	return true;
}

void pvio_host_ring_undrained(struct pvio_host_batch *b)
{
	CHECK(in_ring && b->unflushed);
}

bool pvio_host_user_access(struct pvio_host_batch *b, struct pvio_op *op)
{
	CHECK(!b->unflushed && !in_ring);
	check_performed(op);
	exits++;
	performed++;
	op->value = random();
	return !chance(40);
}

bool pvio_host_user_flush(struct pvio_host_batch *b)
{
	CHECK(b->unflushed);
	exits++;
	return true;
}

__u64 pvio_host_user_value(struct pvio_host_batch *b, const struct pvio_op *op)
{
	return random();
}

bool pvio_host_user_interrupts(struct pvio_host_batch *b)
{
	interrupted = chance(10);
	return interrupted;
}

/* Mostly sound operations, so that they get past the checks. */
static void random_page(void)
{
	struct pvio_op *ops = (struct pvio_op *)page;

	for (unsigned int i = 0; i < sizeof(page); i += 4)
		*(uint32_t *)(page + i) = random();
	if (chance(4))
		return;
	for (unsigned int i = 0; i < PVIO_MAX_OPS; i++) {
		ops[i].kind = random() % 4;
		ops[i].size = 1 << random() % 3;
		ops[i].flags = chance(2000);
		ops[i].reserved = chance(2000);
		ops[i].addr = random() & 0xfff8;
		ops[i].mask = 0;
		if (pvio_kind_is_read(ops[i].kind) && chance(8))
			ops[i].mask = random();
		ops[i].want &= ops[i].mask;
	}
}

static void one_batch(void)
{
	static struct pvio_host_batch b;
	enum pvio_host_refusal refusal;
	enum pvio_host_next next;
	__u64 count = chance(20) ? (__u64)random() << 20 : random() % 140;
	__u64 gpa = (__u64)random() << 12;

	random_page();
	faulty = chance(3);
	interrupted = false;
	performed = 0;
	exits = 0;
	in_ring = 0;
	if (chance(5))
		gpa += random() % PVIO_PAGE_SIZE;

	refusal = pvio_host_batch_begin(&b, gpa, count);
	CHECK(refusal < PVIO_HOST_REFUSALS);
	if (refusal) {
		CHECK(pvio_host_refusals[refusal].error < 0);
		CHECK(!performed && !exits && !in_ring);
		return;
	}
	CHECK(b.count == count && count <= PVIO_MAX_OPS);
	next = pvio_host_batch_step(&b);
	while (next == PVIO_HOST_NEXT_EXIT) {
		__u32 note = pvio_host_batch_note(&b);

		CHECK(note & PVIO_HANDOVER);
		CHECK((note & PVIO_HANDOVER_DONE) <= count);
		next = pvio_host_batch_continue(&b);
	}
	CHECK(b.done <= count);
	CHECK(performed == b.done && !in_ring);
	CHECK(b.user_exits <= exits);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 200000;

	printf("TAP version 13\n1..1\n");
	for (seed = 1; seed <= rounds; seed++) {
		srandom(seed);
		one_batch();
	}
	printf("ok 1 %u random batches\n", rounds);
	return 0;
}
