// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of a guest that is broken or hostile: random bytes, good batches with some bits
 * turned over, addresses and counts from anywhere. Each call ends, after as many exits
 * as its operations may take, with a result or an error of the ABI, and writes nothing
 * but the values of reads.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "harness.h"
#include "vmm.h"

#define ROUNDS		10000
#define DEBUG_ROUNDS	100000	/* on a kernel that notices more */

static unsigned int pick(unsigned int n)
{
	return random() % n;
}

static uint64_t random64(void)
{
	return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ random();
}

static void fill_at_random(void *at, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)at)[i] = random();
}

static uint64_t random_port(void)
{
	static const uint16_t known[] = { 0x1f0, 0x3f6, 0x170, 0xc000, 0xcf8, 0x80 };

	if (pick(8))
		return known[pick(6)] + pick(8);
	return pick(0x10000);
}

static void good_op(struct pvio_op *op)
{
	memset(op, 0, sizeof(*op));
	op->kind = pick(4);
	op->value = random64();
	if (pvio_kind_is_mmio(op->kind)) {
		op->size = 1 << pick(4);
		op->addr = VMM_MMIO + pick(64) * 8;
	} else {
		op->size = 1 << pick(3);
		op->addr = random_port();
	}
	if (pvio_kind_is_read(op->kind) && !pick(8)) {
		op->mask = 1 << pick(8);
		op->want = op->mask;
	}
}

/* By a write of that port a guest of vmm.c says that it is over. */
static void spare_done_port(struct pvio_op *op)
{
	if (!pvio_kind_is_mmio(op->kind) && op->addr == VMM_DONE_PORT)
		op->addr++;
}

static void make_batch(struct pvio_op *ops)
{
	for (unsigned int i = 0; i < PVIO_MAX_OPS; i++)
		good_op(&ops[i]);
	switch (pick(4)) {
	case 0:
		fill_at_random(&ops[pick(PVIO_MAX_OPS)], sizeof(*ops));
		break;
	case 1:
		fill_at_random(ops, PVIO_PAGE_SIZE);
		break;
	case 2:
		for (unsigned int flips = 1 + pick(3); flips; flips--)
			((uint8_t *)ops)[pick(24 * sizeof(*ops))] ^= 1 << pick(8);
		break;
	}
	for (unsigned int i = 0; i < PVIO_MAX_OPS; i++)
		spare_done_port(&ops[i]);
}

static uint64_t random_address(void)
{
	switch (pick(16)) {
	case 0:
		return VMM_BATCH + pick(PVIO_PAGE_SIZE);
	case 1:
		return VMM_MEMORY - pick(2 * PVIO_PAGE_SIZE);
	case 2:
		return VMM_MMIO + 32 * pick(256);
	case 3:
		return random64();
	}
	return VMM_BATCH;
}

static uint64_t random_count(void)
{
	switch (pick(16)) {
	case 0:
		return pick(2 * PVIO_MAX_OPS);
	case 1:
		return random64();
	}
	return pick(24);
}

/* Returns the exits to user space that the call took. */
static uint64_t run_call(struct vmm *v, uint64_t limit)
{
	struct kvm_run *run = v->run;
	uint64_t exits = 0;
	int reason;

	while ((reason = vmm_run(v)) != VMM_DONE && exits <= limit) {
		if (reason == KVM_EXIT_IO && run->io.port == 0xcf8)
			v->ring->first = v->ring->last;
		if (reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_IN)
			vmm_io_answer(v, random());
		else if (reason == KVM_EXIT_MMIO)
			fill_at_random(run->mmio.data, sizeof(run->mmio.data));
		else if (reason != KVM_EXIT_IO)
			return ~0ull;
		exits++;
	}
	return exits;
}

static bool is_error(int64_t result)
{
	switch (-result) {
	case PVIO_E2BIG:
	case PVIO_EFAULT:
	case PVIO_EINVAL:
		return true;
	}
	return false;
}

/*
 * Returns where memory has changed but for what @done operations at @address have
 * read, or VMM_MEMORY.
 */
static size_t find_change(struct vmm *v, uint8_t *before, uint64_t address, int64_t done)
{
	struct pvio_op *ops = (struct pvio_op *)(before + address);
	struct pvio_op *now = (struct pvio_op *)(v->memory + address);
	size_t at = 0;

	for (int64_t i = 0; i < done; i++) {
		if (pvio_kind_is_read(ops[i].kind))
			ops[i].value = now[i].value;
	}
	if (!memcmp(before, v->memory, VMM_MEMORY))
		return VMM_MEMORY;
	while (before[at] == v->memory[at])
		at++;
	return at;
}

FIXTURE(garbage) {
	struct vmm v;
	uint8_t before[VMM_MEMORY];
};

FIXTURE_SETUP(garbage)
{
	ASSERT_EQ(0, vmm_create(&self->v));
	ASSERT_EQ(0, vmm_coalesce(&self->v));
}

FIXTURE_TEARDOWN(garbage)
{
	vmm_destroy(&self->v);
}

static unsigned int count_rounds(void)
{
	struct utsname kernel;

	uname(&kernel);
	return strstr(kernel.release, "debug") ? DEBUG_ROUNDS : ROUNDS;
}

TEST_F(garbage, is_refused_or_run)
{
	unsigned int rounds = count_rounds(), run = 0, refused = 0;
	struct vmm *v = &self->v;

	/* KVM writes the hypercall instruction of this CPU over the other vendor's */
	vmm_call(v, PVIO_HC_QUERY, PVIO_QUERY_VERSION, 0, 0);
	ASSERT_EQ(0, run_call(v, 0));
	srandom(1);
	for (unsigned int round = 0; round < rounds; round++) {
		uint64_t address = random_address(), count = random_count();
		uint64_t exits, limit = count > PVIO_MAX_OPS ? 0 : 2 * count + 1;
		int64_t result;

		make_batch(vmm_ops(v));
		memcpy(self->before, v->memory, VMM_MEMORY);
		vmm_call(v, PVIO_HC_BATCH, address, count, pick(16) ? 0 : random64());
		exits = run_call(v, limit);
		result = vmm_rax(v);
		ASSERT_LE(exits, limit) {
			TH_LOG("round %u, %llu operations at %llx", round,
			       (unsigned long long)count, (unsigned long long)address);
		}
		ASSERT_EQ(0, vmm_rdx(v));
		ASSERT_TRUE(is_error(result) || (uint64_t)result <= count) {
			TH_LOG("round %u: %lld", round, (long long)result);
		}
		run += result > 0;
		refused += result < 0;
		ASSERT_EQ(VMM_MEMORY, find_change(v, self->before, address,
						  result > 0 ? result : 0)) {
			TH_LOG("round %u: %lld of %llu at %llx", round, (long long)result,
			       (unsigned long long)count, (unsigned long long)address);
		}
	}
	TH_LOG("%u batches ran, %u were refused", run, refused);
	EXPECT_LE(rounds / 10, run);
	EXPECT_LE(rounds / 10, refused);
}

TEST_HARNESS_MAIN
