// SPDX-License-Identifier: GPL-2.0
/*
 * The host module's batch engine (host-shim/batch.c) under libFuzzer and the
 * address and undefined-behaviour sanitizers. The input decides what is in the
 * batch and all that is not the engine's to decide: what memory, devices in the
 * kernel, the ring and user space do, and when the module is removed.
 *
 * What is checked: each operation is performed at most once, in order, by the
 * way it may take; the guest is told exactly how far the batch came, and gets the
 * value of each read; nothing is begun behind a stop or an interruption.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../host-shim/backend.h"

#define CHECK(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,	\
			#condition);					\
		abort();						\
	}								\
} while (0)

#define BATCH_GPA	0x12345000ull

/* Nothing is allocated here, and the search for leaks dies under a tracer. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* The input, of which each decision takes a byte. */

static const uint8_t *input;
static size_t input_left;

static uint8_t take_byte(void)
{
	if (!input_left)
		return 0;
	input_left--;
	return *input++;
}

static uint64_t take_bytes(unsigned int count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | take_byte();
	return value;
}

/* Never happens at the end of the input, so that every batch comes to its end. */
static bool happens(unsigned int one_in)
{
	uint8_t byte = take_byte();

	return byte && byte % one_in == 0;
}

/* What became of the batch */

static struct {
	struct pvio_host_batch batch;
	uint8_t page[PVIO_PAGE_SIZE];	/* guest memory */
	unsigned int performed;		/* operations, in order */
	unsigned int queued;		/* behind them, in the ring */
	bool halted;			/* the batch ends behind what was done */
	bool interrupted;		/* user space wants its CPU back */
	uint64_t value[PVIO_MAX_OPS];	/* what devices answered */
	bool stored[PVIO_MAX_OPS];	/* and the guest finds in its memory */
} course;

static unsigned int op_index(const struct pvio_op *op)
{
	ptrdiff_t index = op - course.batch.ops;

	CHECK(index >= 0 && index < course.batch.count);
	return index;
}

/* An operation that may be performed is the next one, and sound. */
static void begin(const struct pvio_op *op)
{
	CHECK(!course.halted && !course.interrupted);
	CHECK(op_index(op) == course.performed + course.queued);
	CHECK(op->kind <= PVIO_MMIO_WRITE && !op->flags && !op->reserved);
	CHECK(!(op->want & ~op->mask));
	if (pvio_kind_is_mmio(op->kind)) {
		CHECK(op->size && op->size <= 8 && !(op->size & (op->size - 1)));
		CHECK(!(op->addr & (op->size - 1)));
	} else {
		CHECK(op->size == 1 || op->size == 2 || op->size == 4);
		CHECK(op->addr + op->size <= 0x10000);
		/* the vapic's */
		CHECK(op->kind == PVIO_PORT_READ || op->addr > 0x7f ||
		      op->addr + op->size <= 0x7e);
	}
}

static void perform(const struct pvio_op *op)
{
	unsigned int index = op_index(op);
	uint64_t value = take_bytes(2);

	CHECK(!course.queued);
	if (pvio_kind_is_read(op->kind)) {
		course.value[index] = value;
		course.halted = op->mask && (value & op->mask) != op->want;
	}
	course.performed++;
}

static void drain_ring(unsigned int count)
{
	CHECK(count <= course.queued);
	course.queued -= count;
	course.performed += count;
}

/* backend.h */

int pvio_host_guest_read(struct pvio_host_batch *b, __u64 gpa, void *to,
			 unsigned int len)
{
	CHECK((gpa & (PVIO_PAGE_SIZE - 1)) + len <= PVIO_PAGE_SIZE);
	if (happens(200))
		return -1;
	memcpy(to, course.page + (gpa & (PVIO_PAGE_SIZE - 1)), len);
	return 0;
}

int pvio_host_guest_write(struct pvio_host_batch *b, __u64 gpa,
			  const void *from, unsigned int len)
{
	unsigned int index = course.performed - 1;
	const struct pvio_op *op = &b->ops[index];

	CHECK(pvio_kind_is_read(op->kind) && !course.stored[index]);
	CHECK(gpa == b->gpa + index * sizeof(*op) + offsetof(struct pvio_op, value));
	CHECK(len == sizeof(op->value));
	CHECK(!memcmp(from, &course.value[index], len));
	/* the guest may write there at the same time */
	if (happens(50))
		memset(course.page, take_byte(), sizeof(course.page));
	if (happens(50)) {
		course.halted = true;
		return -1;
	}
	course.stored[index] = true;
	return 0;
}

bool pvio_host_mmio_allowed(struct pvio_host_batch *b, const struct pvio_op *op)
{
	CHECK(!(op->addr & (op->size - 1)));
	return op->addr >> 52 == 0;
}

bool pvio_host_kernel_claims(struct pvio_host_batch *b,
			     const struct pvio_op *op)
{
	CHECK(op_index(op) == course.performed + course.queued);
	return happens(6);
}

int pvio_host_kernel_access(struct pvio_host_batch *b, struct pvio_op *op)
{
	begin(op);
	if (happens(3))
		return -1;
	perform(op);
	if (pvio_kind_is_read(op->kind))
		op->value = course.value[op_index(op)];
	return 0;
}

int pvio_host_ring_push(struct pvio_host_batch *b, const struct pvio_op *op)
{
	begin(op);
	CHECK(!pvio_kind_is_read(op->kind));
	if (happens(10))
		return -1;
	course.queued++;
	return 0;
}

bool pvio_host_ring_drained(struct pvio_host_batch *b)
{
	return !course.queued;
}

void pvio_host_ring_undrained(struct pvio_host_batch *b)
{
	CHECK(course.queued && b->unflushed);
}

bool pvio_host_user_access(struct pvio_host_batch *b, struct pvio_op *op)
{
	begin(op);
	CHECK(!course.queued);
	if (!happens(40))
		return true;
	/* a device in the kernel took it after all */
	perform(op);
	if (pvio_kind_is_read(op->kind))
		op->value = course.value[op_index(op)];
	return false;
}

bool pvio_host_user_flush(struct pvio_host_batch *b)
{
	CHECK(course.queued);
	return true;
}

__u64 pvio_host_user_value(struct pvio_host_batch *b, const struct pvio_op *op)
{
	return course.value[op_index(op)];
}

bool pvio_host_user_interrupts(struct pvio_host_batch *b)
{
	return course.interrupted;
}

/* User space and the guest */

/*
 * Whatever user space was left for, it does; it may leave writes in the ring, and
 * want its CPU back.
 */
static void run_user_space(const struct pvio_host_batch *b, bool drains_all)
{
	if (b->wait == PVIO_HOST_WAIT_ACCESS) {
		perform(&b->ops[b->done]);
	} else {
		CHECK(b->wait == PVIO_HOST_WAIT_FLUSH);
		drain_ring(drains_all || !happens(4) ? course.queued :
			   take_byte() % (course.queued + 1));
	}
	course.interrupted |= happens(10);
}

/* What the guest makes of RAX and RDX is what was done. */
static void check_answer(uint64_t rax, uint32_t rdx)
{
	uint64_t done = rax;
	unsigned int i;

	if (rdx) {
		CHECK(rdx & PVIO_HANDOVER);
		CHECK(!(rdx & ~(PVIO_HANDOVER | PVIO_HANDOVER_VALUE | PVIO_HANDOVER_DONE)));
		done = rdx & PVIO_HANDOVER_DONE;
	}
	CHECK(done == course.performed && !course.queued);
	for (i = 0; i < done; i++) {
		if (!pvio_kind_is_read(course.batch.ops[i].kind) || course.stored[i])
			continue;
		CHECK(rdx & PVIO_HANDOVER_VALUE && i == done - 1);
		CHECK(rax == course.value[i]);
	}
}

/*
 * The module is removed: KVM finishes the exit, and puts what is read into RAX.
 * A flush is handed over on trust, see hand_over_vcpu().
 */
static void hand_over(const struct pvio_host_batch *b)
{
	uint32_t note = pvio_host_batch_note(b);
	uint64_t rax = 0;

	run_user_space(b, true);
	if (course.performed)
		rax = course.value[course.performed - 1];
	check_answer(rax, note);
}

static void run_batch(struct pvio_host_batch *b)
{
	enum pvio_host_next next = pvio_host_batch_step(b);

	while (next == PVIO_HOST_NEXT_EXIT) {
		if (happens(30)) {
			hand_over(b);
			return;
		}
		run_user_space(b, false);
		next = pvio_host_batch_continue(b);
	}
	check_answer(pvio_host_batch_result(b), pvio_host_batch_note(b));
	/* short only for a reason */
	CHECK(next == PVIO_HOST_NEXT_SKIPPED || course.halted ||
	      course.interrupted || b->done == b->count);
}

/* Sound but for what the input says, as most batches must get past the checks. */
static void fill_op(struct pvio_op *op, uint64_t value)
{
	static const uint16_t ports[] = {
		0x1f0, 0x1f7, 0xc000, 0xfffc, 0xfffe, 0xffff, 0x7b, 0x7e,
	};

	op->kind = take_byte() % 4;
	op->size = 1 << take_byte() % 3;
	op->addr = ports[take_byte() % 8];
	op->value = value;
	if (pvio_kind_is_mmio(op->kind))
		op->addr = 0xfeb00000 + take_byte() * 8;
	if (pvio_kind_is_read(op->kind) && happens(4)) {
		op->mask = take_byte();
		op->want = take_byte() & op->mask;
	}
	if (happens(100))
		((uint8_t *)op)[take_byte() % sizeof(*op)] = take_byte();
}

static void fill_page(unsigned int count)
{
	struct pvio_op *ops = (struct pvio_op *)course.page;
	unsigned int i;

	if (happens(16)) {
		for (i = 0; i < sizeof(course.page) && input_left; i++)
			course.page[i] = take_byte();
		return;
	}
	for (i = 0; i < count && i < PVIO_MAX_OPS; i++)
		fill_op(&ops[i], i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum pvio_host_refusal refusal;
	uint64_t gpa = BATCH_GPA, count;

	memset(&course, 0, sizeof(course));
	input = data;
	input_left = size;
	/* most are short, which is faster and makes as many decisions */
	count = take_byte() % (happens(8) ? PVIO_MAX_OPS + 2 : 16);
	if (happens(50))
		count = take_bytes(8);
	if (happens(20))
		gpa += take_bytes(2);
	fill_page(count);

	refusal = pvio_host_batch_begin(&course.batch, gpa, count);
	CHECK(refusal < PVIO_HOST_REFUSALS);
	if (refusal) {
		CHECK(pvio_host_refusals[refusal].error < 0);
		CHECK(!course.performed && !course.queued);
		return 0;
	}
	CHECK(course.batch.count == count && count <= PVIO_MAX_OPS);
	run_batch(&course.batch);
	return 0;
}
