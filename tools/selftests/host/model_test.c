// SPDX-License-Identifier: GPL-2.0
/*
 * Random batches against a model: devices of registers whose reads depend on
 * all that was written before, so that an operation lost, repeated, changed
 * or out of order shows in the values and in the final state.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "harness.h"
#include "vmm.h"

#define ROUNDS	10000
#define REGS	64

/* Every access mixes into one state; a read returns part of it. */
struct device {
	uint64_t state;
	uint64_t accesses;
};

static void mix(struct device *d, uint64_t value)
{
	d->state = (d->state ^ value) * 0x9e3779b97f4a7c15 + 0x632be59bd9b4e019;
	d->state ^= d->state >> 29;
	d->accesses++;
}

static uint64_t low(uint64_t value, unsigned int size)
{
	return value & (~0ull >> (64 - 8 * size));
}

static void dev_write(struct device *d, uint64_t addr, unsigned int size,
		      uint64_t value)
{
	mix(d, addr * 8 + size);
	mix(d, low(value, size));
}

static uint64_t dev_read(struct device *d, uint64_t addr, unsigned int size)
{
	mix(d, addr * 16 + size);
	return low(d->state, size);
}

static unsigned int pick(unsigned int n)
{
	return random() % n;
}

static void random_op(struct pvio_op *op)
{
	op->kind = pick(4);
	op->flags = 0;
	op->reserved = 0;
	op->value = (uint64_t)random() << 33 ^ random();
	op->mask = 0;
	op->want = 0;
	if (pvio_kind_is_mmio(op->kind)) {
		op->size = 1 << pick(4);
		op->addr = VMM_MMIO + pick(REGS) * 8;
	} else {
		op->size = 1 << pick(3);
		op->addr = (pick(4) ? 0x1f0 : 0x200) + pick(4);
	}
	if (pvio_kind_is_read(op->kind) && !pick(12)) {
		op->mask = 1u << pick(op->size * 8 > 32 ? 32 : op->size * 8);
		op->want = pick(2) ? op->mask : 0;
	}
}

/* What must happen: returns the operations done. */
static unsigned int model(struct device *d, struct pvio_op *ops, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!pvio_kind_is_read(ops[i].kind)) {
			dev_write(d, ops[i].addr, ops[i].size, ops[i].value);
			continue;
		}
		ops[i].value = dev_read(d, ops[i].addr, ops[i].size);
		if (pvio_op_stops(&ops[i], ops[i].value))
			return i + 1;
	}
	return n;
}

static void drain(struct vmm *v, struct device *d, unsigned int most)
{
	while (most-- && v->ring->first != v->ring->last) {
		struct kvm_coalesced_mmio *e =
			&v->ring->coalesced_mmio[v->ring->first];
		uint64_t value = 0;

		memcpy(&value, e->data, e->len);
		dev_write(d, e->phys_addr, e->len, value);
		v->ring->first = (v->ring->first + 1) % VMM_RING_ENTRIES;
	}
}

static void serve_port(struct vmm *v, struct device *d, bool restless)
{
	struct kvm_run *run = v->run;

	/* the rest when it is asked for again */
	if (run->io.port == 0xcf8)
		drain(v, d, restless && pick(2) ? pick(8) : VMM_RING_ENTRIES);
	else if (run->io.direction == KVM_EXIT_IO_IN)
		vmm_io_answer(v, dev_read(d, run->io.port, run->io.size));
	else
		dev_write(d, run->io.port, run->io.size, vmm_io_value(v));
}

static void serve_mmio(struct vmm *v, struct device *d)
{
	struct kvm_run *run = v->run;
	uint64_t value = 0;

	if (run->mmio.is_write) {
		memcpy(&value, run->mmio.data, run->mmio.len);
		dev_write(d, run->mmio.phys_addr, run->mmio.len, value);
	} else {
		value = dev_read(d, run->mmio.phys_addr, run->mmio.len);
		memcpy(run->mmio.data, &value, 8);
	}
}

static void *run_in_thread(void *v)
{
	return (void *)(long)vmm_run(v);
}

static int run_elsewhere(struct vmm *v)
{
	pthread_t thread;
	void *reason = NULL;

	if (pthread_create(&thread, NULL, run_in_thread, v))
		return -EAGAIN;
	pthread_join(thread, &reason);
	return (long)reason;
}

/* As QEMU does where it synchronizes its state of a vCPU: the same values again. */
static void rewrite_registers(struct vmm *v)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (!ioctl(v->vcpu, KVM_GET_REGS, &regs) &&
	    !ioctl(v->vcpu, KVM_GET_SREGS, &sregs)) {
		ioctl(v->vcpu, KVM_SET_REGS, &regs);
		ioctl(v->vcpu, KVM_SET_SREGS, &sregs);
	}
}

/* What is behind the indices belongs to nobody. */
static void scribble_on_free_slots(struct vmm *v)
{
	for (uint32_t i = v->ring->last; i != (v->ring->first + VMM_RING_ENTRIES - 1) %
	     VMM_RING_ENTRIES; i = (i + 1) % VMM_RING_ENTRIES)
		memset(&v->ring->coalesced_mmio[i], random(),
		       sizeof(v->ring->coalesced_mmio[i]));
}

/* User space that has other things to do than to run its vCPU. */
static int run_restlessly(struct vmm *v)
{
	int reason;

	switch (pick(64)) {
	case 0 ... 7:
		v->run->immediate_exit = 1;
		reason = vmm_run(v);
		v->run->immediate_exit = 0;
		return reason;
	case 8 ... 15:
		rewrite_registers(v);
		break;
	case 16 ... 23:
		scribble_on_free_slots(v);
		break;
	case 24:
		/* for which KVM waits for all CPUs */
		return run_elsewhere(v);
	}
	return vmm_run(v);
}

/* Returns the exits to user space that the batch took, or -1. */
static int run_batch(struct vmm *v, struct device *d, bool restless)
{
	int exits = 0, reason;

	while ((reason = restless ? run_restlessly(v) : vmm_run(v)) != VMM_DONE) {
		if (reason == KVM_EXIT_IO)
			serve_port(v, d, restless);
		else if (reason == KVM_EXIT_MMIO)
			serve_mmio(v, d);
		else if (reason != -EINTR)
			return -1;
		exits++;
	}
	return exits;
}

/*
 * As the guest's library: a batch that ends early is gone on with. That has a reason
 * only where user space is restless.
 */
static unsigned int run_to_the_end(struct vmm *v, struct device *d, unsigned int n,
				   bool restless, int *exits)
{
	const struct pvio_op *ops = vmm_ops(v);
	unsigned int done = 0, last;

	*exits = 0;
	do {
		int r;

		vmm_call(v, PVIO_HC_BATCH, VMM_BATCH + done * sizeof(*ops), n - done, 0);
		r = run_batch(v, d, restless);
		if (r < 0 || vmm_rax(v) > n - done)
			return ~0;
		*exits += r;
		done += vmm_rax(v);
		last = done ? done - 1 : 0;
	} while (restless && done < n && !(done && pvio_kind_is_read(ops[last].kind) &&
			       pvio_op_stops(&ops[last], ops[last].value)));
	return done;
}

/* What may wait: writes to IDE's ports. */
static bool may_wait(const struct pvio_op *op)
{
	return op->kind == PVIO_PORT_WRITE && op->addr < 0x200;
}

/*
 * With the ring: one exit for each operation that may not wait there, and one
 * before each if any waits in front of it, and one at the end.
 */
static int fewest_exits(const struct pvio_op *ops, unsigned int done)
{
	int exits = 0;
	bool queued = false;

	for (unsigned int i = 0; i < done; i++) {
		if (may_wait(&ops[i])) {
			queued = true;
		} else {
			exits += 1 + queued;
			queued = false;
		}
	}
	return exits + queued;
}

FIXTURE(model) {
	struct vmm v;
};

FIXTURE_VARIANT(model) {
	bool ring;
	bool restless;
};

FIXTURE_VARIANT_ADD(model, ring) { .ring = true };
FIXTURE_VARIANT_ADD(model, no_ring) { .ring = false };
FIXTURE_VARIANT_ADD(model, restless_user_space) { .ring = true, .restless = true };

FIXTURE_SETUP(model)
{
	ASSERT_EQ(0, vmm_create(&self->v));
	if (variant->ring)
		ASSERT_EQ(0, vmm_coalesce(&self->v));
}

FIXTURE_TEARDOWN(model)
{
	vmm_destroy(&self->v);
}

TEST_F(model, random_batches)
{
	struct pvio_op want[PVIO_MAX_OPS], *ops = vmm_ops(&self->v);
	struct device real = {}, ideal = {};
	unsigned int seed = 1, rounds = ROUNDS;

	if (getenv("PVIO_SEED"))
		seed = atoi(getenv("PVIO_SEED"));
	srandom(seed);
	if (!variant->ring || variant->restless)
		rounds /= 10;
	TH_LOG("seed %u", seed);
	for (unsigned int round = 0; round < rounds; round++) {
		unsigned int n = 1 + pick(round % 50 ? 24 : PVIO_MAX_OPS);
		unsigned int done;
		int exits;

		for (unsigned int i = 0; i < n; i++)
			random_op(&ops[i]);
		memcpy(want, ops, n * sizeof(*ops));
		done = model(&ideal, want, n);

		ASSERT_EQ(done, run_to_the_end(&self->v, &real, n, variant->restless,
					       &exits));
		ASSERT_EQ(0, memcmp(want, ops, n * sizeof(*ops)));
		ASSERT_EQ(ideal.state, real.state);
		if (variant->ring && !variant->restless)
			ASSERT_EQ(fewest_exits(want, done), exits);
	}
	EXPECT_EQ(ideal.accesses, real.accesses);
}

TEST_HARNESS_MAIN
