/* SPDX-License-Identifier: GPL-2.0 */
/* A virtual machine for each test, its batch, and what is expected of a run. */
#ifndef PVIO_SELFTEST_VM_FIXTURE_H
#define PVIO_SELFTEST_VM_FIXTURE_H

#include "harness.h"
#include "vmm.h"

FIXTURE(vm) {
	struct vmm v;
	struct pvio_op *ops;
};

FIXTURE_SETUP(vm)
{
	ASSERT_EQ(0, vmm_create(&self->v));
	self->ops = vmm_ops(&self->v);
}

FIXTURE_TEARDOWN(vm)
{
	vmm_destroy(&self->v);
}

static inline void port_write(struct pvio_op *op, uint16_t port, uint8_t size,
			      uint32_t value)
{
	*op = (struct pvio_op) {
		.kind = PVIO_PORT_WRITE, .size = size,
		.addr = port, .value = value,
	};
}

static inline void port_read(struct pvio_op *op, uint16_t port, uint8_t size)
{
	*op = (struct pvio_op) {
		.kind = PVIO_PORT_READ, .size = size, .addr = port,
		.value = 0xdeadbeefdeadbeef,
	};
}

static inline void mmio(struct pvio_op *op, uint8_t kind, uint64_t addr, uint8_t size,
			uint64_t value)
{
	*op = (struct pvio_op) {
		.kind = kind, .size = size, .addr = addr, .value = value,
	};
}

/* Takes the oldest write out of the coalesced ring. */
static inline struct kvm_coalesced_mmio ring_take(struct vmm *v)
{
	struct kvm_coalesced_mmio e = v->ring->coalesced_mmio[v->ring->first];

	v->ring->first = (v->ring->first + 1) % VMM_RING_ENTRIES;
	return e;
}

/* The hypercall is over, with nothing more for user space to do. */
static inline bool expect_done(struct __test_metadata *_metadata, struct vmm *v,
			       uint64_t result)
{
	int reason = vmm_run(v);
	uint64_t rax = vmm_rax(v);
	uint64_t rdx = vmm_rdx(v);

	EXPECT_EQ(VMM_DONE, reason);
	EXPECT_EQ(0, rdx);
	EXPECT_EQ(result, rax);
	return reason == VMM_DONE && !rdx && rax == result;
}

#define EXPECT_DONE(v, result) EXPECT_TRUE(expect_done(_metadata, v, result))

static inline void expect_port_exit(struct __test_metadata *_metadata, struct vmm *v,
				    int direction, int port, int size)
{
	ASSERT_EQ(KVM_EXIT_IO, vmm_run(v));
	EXPECT_EQ(direction, v->run->io.direction);
	EXPECT_EQ(port, v->run->io.port);
	EXPECT_EQ(size, v->run->io.size);
	EXPECT_EQ(1, v->run->io.count);
}

#define EXPECT_PORT_EXIT(v, direction, port, size) \
	expect_port_exit(_metadata, v, direction, port, size)

#endif /* PVIO_SELFTEST_VM_FIXTURE_H */
