// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of pvio_abi.h as a virtual machine monitor sees them: which exits
 * a batch makes, in which order, and what it leaves in the guest.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vm_fixture.h"

TEST_F(vm, query)
{
	struct vmm *v = &self->v;

	vmm_call(v, PVIO_HC_QUERY, PVIO_QUERY_VERSION, 0, 0);
	EXPECT_DONE(v, PVIO_ABI_VERSION);
	vmm_call(v, PVIO_HC_QUERY, PVIO_QUERY_FEATURES, 0, 0);
	EXPECT_DONE(v, PVIO_FEATURE_PORT | PVIO_FEATURE_MMIO |
		    PVIO_FEATURE_STOP);
	vmm_call(v, PVIO_HC_QUERY, PVIO_QUERY_MAX_OPS, 0, 0);
	EXPECT_DONE(v, PVIO_MAX_OPS);
	/* a question from the future */
	vmm_call(v, PVIO_HC_QUERY, 1000, 0, 0);
	EXPECT_DONE(v, 0);
	vmm_call(v, PVIO_HC_QUERY, ~0ull, 0, 0);
	EXPECT_DONE(v, 0);
}

TEST_F(vm, other_calls_are_kvms)
{
	struct vmm *v = &self->v;

	vmm_call(v, 1 /* KVM_HC_VAPIC_POLL_IRQ */, 0, 0, 7);
	EXPECT_EQ(VMM_DONE, vmm_run(v));
	EXPECT_EQ(0, vmm_rax(v));
	EXPECT_EQ(7, vmm_rdx(v));
	vmm_call(v, PVIO_HC_LAST + 1, 0, 0, 0);
	EXPECT_DONE(v, -1000l);
	vmm_call(v, PVIO_HC_FIRST - 1, 0, 0, 0);
	EXPECT_DONE(v, -1000l);
	/* in long mode the number is all 64 bits of RAX */
	vmm_call(v, PVIO_HC_QUERY | 1ull << 32, 0, 0, 0);
	EXPECT_DONE(v, -1000l);
}

TEST_F(vm, empty_batch)
{
	vmm_batch(&self->v, 0);
	EXPECT_DONE(&self->v, 0);
}

TEST_F(vm, writes_one_by_one_without_ring)
{
	struct vmm *v = &self->v;
	static const uint8_t sizes[] = { 1, 2, 4 };
	static const uint32_t masks[] = { 0xff, 0xffff, 0xffffffff };

	for (int i = 0; i < 3; i++)
		port_write(&self->ops[i], 0x170 + i, sizes[i], 0x89abcdef);
	vmm_batch(v, 3);
	for (int i = 0; i < 3; i++) {
		EXPECT_PORT_EXIT(v, KVM_EXIT_IO_OUT, 0x170 + i, sizes[i]);
		EXPECT_EQ(0x89abcdef & masks[i], vmm_io_value(v));
	}
	EXPECT_DONE(v, 3);
}

TEST_F(vm, writes_in_one_exit_with_ring)
{
	struct vmm *v = &self->v;

	ASSERT_EQ(0, vmm_coalesce(v));
	for (unsigned int n = 1; n <= PVIO_MAX_OPS; n++) {
		for (unsigned int i = 0; i < n; i++)
			port_write(&self->ops[i], 0x1f0 + i % 4, 1 << i % 3,
				   0x1000 + i);
		vmm_batch(v, n);
		EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
		ASSERT_EQ(n, vmm_ring_used(v));
		for (unsigned int i = 0; i < n; i++) {
			struct kvm_coalesced_mmio e = ring_take(v);
			uint32_t value = 0;

			memcpy(&value, e.data, e.len);
			EXPECT_EQ(0x1f0 + i % 4, e.phys_addr);
			EXPECT_EQ(1 << i % 3, e.len);
			EXPECT_EQ(1, e.pio);
			EXPECT_EQ((0x1000 + i) & (0xffffffffu >> (32 - 8 * e.len)),
				  value);
		}
		vmm_io_answer(v, 0x80001234);
		EXPECT_DONE(v, n);
	}
}

TEST_F(vm, reads_store_zero_extended)
{
	struct vmm *v = &self->v;
	static const uint8_t sizes[] = { 1, 2, 4 };
	static const uint32_t want[] = { 0xef, 0xcdef, 0x89abcdef };

	for (int i = 0; i < 3; i++)
		port_read(&self->ops[i], 0x170 + i, sizes[i]);
	vmm_batch(v, 3);
	for (int i = 0; i < 3; i++) {
		EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170 + i, sizes[i]);
		vmm_io_answer(v, 0x89abcdef);
	}
	EXPECT_DONE(v, 3);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(want[i], self->ops[i].value);
}

TEST_F(vm, read_follows_queued_writes)
{
	struct vmm *v = &self->v;

	ASSERT_EQ(0, vmm_coalesce(v));
	port_write(&self->ops[0], 0x1f6, 1, 0xa0);
	port_write(&self->ops[1], 0x1f2, 1, 8);
	port_read(&self->ops[2], 0x1f7, 1);
	port_write(&self->ops[3], 0x1f7, 1, 0xc8);
	vmm_batch(v, 4);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	EXPECT_EQ(2, vmm_ring_used(v));
	EXPECT_EQ(0x1f6, ring_take(v).phys_addr);
	EXPECT_EQ(0x1f2, ring_take(v).phys_addr);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x1f7, 1);
	EXPECT_EQ(0, vmm_ring_used(v));
	vmm_io_answer(v, 0x50);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	EXPECT_EQ(0x1f7, ring_take(v).phys_addr);
	EXPECT_DONE(v, 4);
	EXPECT_EQ(0x50, self->ops[2].value);
}

TEST_F(vm, conditional_stop)
{
	struct vmm *v = &self->v;

	for (int i = 0; i < 3; i++)
		port_read(&self->ops[i], 0x170 + i, 1);
	self->ops[1].mask = 0x84;
	self->ops[1].want = 0x04;

	vmm_batch(v, 3);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 1);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x171, 1);
	vmm_io_answer(v, 0x7f);		/* masked, it is what is wanted */
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x172, 1);
	EXPECT_DONE(v, 3);

	vmm_batch(v, 3);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 1);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x171, 1);
	vmm_io_answer(v, 0x84);
	EXPECT_DONE(v, 2);
	EXPECT_EQ(0x84, self->ops[1].value);
}

TEST_F(vm, mmio_reads_and_writes)
{
	struct vmm *v = &self->v;

	for (int i = 0; i < 4; i++) {
		mmio(&self->ops[2 * i], PVIO_MMIO_WRITE, VMM_MMIO + 8 * i,
		     1 << i, 0x8877665544332211);
		mmio(&self->ops[2 * i + 1], PVIO_MMIO_READ,
		     VMM_MMIO + 0x100 + 8 * i, 1 << i, 0);
	}
	vmm_batch(v, 8);
	for (int i = 0; i < 4; i++) {
		uint64_t value = 0;

		ASSERT_EQ(KVM_EXIT_MMIO, vmm_run(v));
		EXPECT_EQ(1, v->run->mmio.is_write);
		EXPECT_EQ(VMM_MMIO + 8 * i, v->run->mmio.phys_addr);
		EXPECT_EQ(1 << i, v->run->mmio.len);
		memcpy(&value, v->run->mmio.data, 1 << i);
		EXPECT_EQ(0x8877665544332211 & (~0ull >> (64 - (8 << i))), value);

		ASSERT_EQ(KVM_EXIT_MMIO, vmm_run(v));
		EXPECT_EQ(0, v->run->mmio.is_write);
		EXPECT_EQ(VMM_MMIO + 0x100 + 8 * i, v->run->mmio.phys_addr);
		EXPECT_EQ(1 << i, v->run->mmio.len);
		memset(v->run->mmio.data, 0xa5, 8);
	}
	EXPECT_DONE(v, 8);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(0xa5a5a5a5a5a5a5a5 >> (64 - (8 << i)),
			  self->ops[2 * i + 1].value);
}

/* Another device's write goes to user space on its own, behind what is queued. */
static void expect_own_exit(struct __test_metadata *_metadata, struct vmm *v,
			    const struct pvio_op *op)
{
	struct pvio_op *ops = vmm_ops(v);

	port_write(&ops[0], 0x1f2, 1, 1);
	ops[1] = *op;
	vmm_batch(v, 2);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	EXPECT_EQ(0x1f2, ring_take(v).phys_addr);
	if (op->kind == PVIO_PORT_WRITE) {
		EXPECT_PORT_EXIT(v, KVM_EXIT_IO_OUT, op->addr, op->size);
	} else {
		ASSERT_EQ(KVM_EXIT_MMIO, vmm_run(v));
		EXPECT_EQ(op->addr, v->run->mmio.phys_addr);
	}
	EXPECT_EQ(0, vmm_ring_used(v));
	EXPECT_DONE(v, 2);
}

/* Nor does MMIO, but for what user space has KVM itself coalesce. */
TEST_F(vm, mmio_does_not_wait)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = VMM_MMIO + 8, .size = 8 };
	struct vmm *v = &self->v;
	struct pvio_op op;

	ASSERT_EQ(0, vmm_coalesce(v));
	ASSERT_EQ(0, ioctl(v->vm, KVM_REGISTER_COALESCED_MMIO, &zone));
	for (int size = 1; size <= 8; size *= 2) {
		mmio(&op, PVIO_MMIO_WRITE, VMM_MMIO, size, 7);
		expect_own_exit(_metadata, v, &op);
	}
	mmio(&self->ops[0], PVIO_MMIO_WRITE, VMM_MMIO + 8, 4, 7);
	vmm_batch(v, 1);
	EXPECT_DONE(v, 1);
	ASSERT_EQ(1, vmm_ring_used(v));
	EXPECT_EQ(VMM_MMIO + 8, ring_take(v).phys_addr);
}

/* Command, status and descriptors of both channels of a bus master. */
TEST_F(vm, bus_master_writes_wait_in_the_ring)
{
	static const uint8_t sizes[] = { [0] = 1, [2] = 1, [4] = 4 };
	struct vmm *v = &self->v;
	int n = 0;

	ASSERT_EQ(0, vmm_coalesce(v));
	for (int i = 0; i < 16; i += 2) {
		if (i % 8 != 6)
			port_write(&self->ops[n++], 0xc040 + i, sizes[i % 8], 0);
	}
	vmm_batch(v, n);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	EXPECT_EQ(n, vmm_ring_used(v));
	v->ring->first = v->ring->last;
	EXPECT_DONE(v, n);
}

/* Devices in the host kernel answer as they answer the instruction. */
TEST_F(vm, kernel_devices)
{
	struct kvm_pit_config pit = {};
	struct kvm_ioeventfd ioev = {
		.addr = 0xc070, .len = 2, .datamatch = 3,
		.flags = KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH,
	};
	struct vmm *v = &self->v;
	uint64_t kicks = 0;

	ASSERT_EQ(0, ioctl(v->vm, KVM_CREATE_PIT2, &pit));
	ioev.fd = eventfd(0, EFD_NONBLOCK);
	ASSERT_EQ(0, ioctl(v->vm, KVM_IOEVENTFD, &ioev));
	ASSERT_EQ(0, vmm_coalesce(v));

	port_write(&self->ops[0], 0x21, 1, 0x5a);	/* PIC mask */
	port_read(&self->ops[1], 0x21, 1);
	port_write(&self->ops[2], 0xc070, 2, 3);	/* a kick */
	port_write(&self->ops[3], 0x43, 1, 0xb6);	/* PIT channel 2 */
	port_write(&self->ops[4], 0x42, 1, 0x34);
	port_write(&self->ops[5], 0x42, 1, 0x12);
	port_write(&self->ops[6], 0x43, 1, 0xe8);	/* read back its status */
	port_read(&self->ops[7], 0x42, 1);
	vmm_batch(v, 8);
	EXPECT_DONE(v, 8);
	EXPECT_EQ(0x5a, self->ops[1].value);
	EXPECT_EQ(0x36, self->ops[7].value & 0x3f);
	EXPECT_EQ(8, read(ioev.fd, &kicks, sizeof(kicks)));
	EXPECT_EQ(1, kicks);

	/* what the event does not match goes to user space */
	port_write(&self->ops[0], 0xc070, 2, 4);
	vmm_batch(v, 1);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_OUT, 0xc070, 2);
	EXPECT_EQ(4, vmm_io_value(v));
	EXPECT_DONE(v, 1);

	/* queued writes come before what the kernel does */
	port_write(&self->ops[0], 0x1f2, 1, 1);
	port_write(&self->ops[1], 0xc070, 2, 3);
	vmm_batch(v, 2);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	EXPECT_EQ(-1, read(ioev.fd, &kicks, sizeof(kicks)));
	ring_take(v);
	EXPECT_DONE(v, 2);
	EXPECT_EQ(8, read(ioev.fd, &kicks, sizeof(kicks)));
	close(ioev.fd);
}

TEST_F(vm, ring_runs_full)
{
	struct vmm *v = &self->v;

	ASSERT_EQ(0, vmm_coalesce(v));
	v->ring->first = 10;
	v->ring->last = 7;		/* two slots are free, one of them usable */
	for (int i = 0; i < 4; i++)
		port_write(&self->ops[i], 0x170 + i, 1, i);
	vmm_batch(v, 4);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	EXPECT_EQ(9, v->ring->last);
	EXPECT_EQ(0x171, v->ring->coalesced_mmio[8].phys_addr);
	v->ring->first = v->ring->last;
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	EXPECT_EQ(0x172, ring_take(v).phys_addr);
	EXPECT_EQ(0x173, ring_take(v).phys_addr);
	EXPECT_DONE(v, 4);
}

TEST_F(vm, processor_modes)
{
	static const enum vmm_mode modes[] = { VMM_REAL, VMM_PROTECTED,
					       VMM_LONG };
	struct vmm *v = &self->v;

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, vmm_set_mode(v, modes[i]));
		port_read(&self->ops[0], 0x170, 4);
		vmm_batch(v, 1);
		EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 4);
		vmm_io_answer(v, 0xfedcba98);
		EXPECT_DONE(v, 1);
		EXPECT_EQ(0xfedcba98, self->ops[0].value);
	}
	/* outside long mode errors are 32 bits, and upper halves are ignored */
	ASSERT_EQ(0, vmm_set_mode(v, VMM_PROTECTED));
	vmm_call(v, PVIO_HC_BATCH, VMM_BATCH, PVIO_MAX_OPS + 1, 0);
	EXPECT_DONE(v, (uint32_t)-PVIO_E2BIG);
	vmm_call(v, PVIO_HC_QUERY | 5ull << 32, PVIO_QUERY_VERSION | 1ull << 40,
		 0, 0);
	EXPECT_DONE(v, PVIO_ABI_VERSION);
}

/* The guest runs the rest. */
TEST_F(vm, immediate_exit_ends_a_batch)
{
	struct vmm *v = &self->v;

	for (int i = 0; i < 3; i++)
		port_read(&self->ops[i], 0x170 + i, 1);
	vmm_batch(v, 3);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 1);
	vmm_io_answer(v, 0x50);
	/* what QEMU does before it stops a vCPU */
	v->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vmm_run(v));
	EXPECT_EQ(1, vmm_rax(v));
	EXPECT_EQ(0x50, self->ops[0].value);
	v->run->immediate_exit = 0;
	EXPECT_DONE(v, 1);
}

TEST_F(vm, signal_ends_a_batch)
{
	struct vmm *v = &self->v;

	for (int i = 0; i < 3; i++)
		port_write(&self->ops[i], 0x170 + i, 1, i);
	vmm_batch(v, 3);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_OUT, 0x170, 1);
	ASSERT_EQ(0, vmm_signal(v, true));
	EXPECT_EQ(-EINTR, vmm_run(v));
	EXPECT_EQ(1, vmm_rax(v));
	ASSERT_EQ(0, vmm_signal(v, false));
	EXPECT_DONE(v, 1);
}

/* What is queued already is as good as done, and so is flushed first. */
TEST_F(vm, immediate_exit_flushes)
{
	struct vmm *v = &self->v;

	ASSERT_EQ(0, vmm_coalesce(v));
	port_write(&self->ops[0], 0x170, 1, 0);
	port_write(&self->ops[1], 0x171, 1, 0);
	port_read(&self->ops[2], 0x172, 1);
	vmm_batch(v, 3);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	v->run->immediate_exit = 1;
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	v->ring->first = v->ring->last;
	EXPECT_EQ(-EINTR, vmm_run(v));
	EXPECT_EQ(2, vmm_rax(v));
	v->run->immediate_exit = 0;
	EXPECT_DONE(v, 2);
}

/* A saved state may be that of another call of the same instruction. */
TEST_F(vm, other_registers_abandon_a_batch)
{
	struct vmm *v = &self->v;

	for (int i = 0; i < 3; i++)
		port_read(&self->ops[i], 0x170 + i, 1);
	vmm_batch(v, 3);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 1);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x171, 1);
	vmm_batch(v, 3);
	for (int i = 0; i < 3; i++)
		EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170 + i, 1);
	EXPECT_DONE(v, 3);
}

/* A debugger of user space steps over the hypercall as over any instruction. */
TEST_F(vm, single_step)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};
	struct vmm *v = &self->v;

	port_read(&self->ops[0], 0x170, 1);
	vmm_batch(v, 1);
	ASSERT_EQ(0, ioctl(v->vcpu, KVM_SET_GUEST_DEBUG, &debug));
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 1);
	vmm_io_answer(v, 0x50);
	EXPECT_EQ(KVM_EXIT_DEBUG, vmm_run(v));
	EXPECT_EQ(VMM_CODE + 3, v->run->debug.arch.pc);
	EXPECT_EQ(1, vmm_rax(v));
	EXPECT_EQ(0x50, self->ops[0].value);
	debug.control = 0;
	ASSERT_EQ(0, ioctl(v->vcpu, KVM_SET_GUEST_DEBUG, &debug));
	EXPECT_DONE(v, 1);
}

/* A guest that steps itself gets its #DB behind the hypercall, and not within. */
TEST_F(vm, trap_flag)
{
	struct vmm *v = &self->v;
	struct kvm_vcpu_events events;
	struct kvm_regs regs;

	port_read(&self->ops[0], 0x170, 1);
	vmm_batch(v, 1);
	ASSERT_EQ(0, ioctl(v->vcpu, KVM_GET_REGS, &regs));
	regs.rflags |= 0x100;
	ASSERT_EQ(0, ioctl(v->vcpu, KVM_SET_REGS, &regs));
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 1);
	ASSERT_EQ(0, ioctl(v->vcpu, KVM_GET_VCPU_EVENTS, &events));
	EXPECT_EQ(0, events.exception.injected);
	vmm_io_answer(v, 0x50);
	v->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vmm_run(v));
	v->run->immediate_exit = 0;
	EXPECT_EQ(1, vmm_rax(v));
	ASSERT_EQ(0, ioctl(v->vcpu, KVM_GET_VCPU_EVENTS, &events));
	EXPECT_EQ(1, events.exception.injected);
	EXPECT_EQ(1, events.exception.nr);
}

TEST_F(vm, other_ports_do_not_wait)
{
	static const struct { uint16_t port; uint8_t size; } other[] = {
		/* about the CPU that writes, or the machine */
		{ 0x64, 1 }, { 0x92, 1 }, { 0xb2, 1 }, { 0xcf8, 4 }, { 0xcfc, 4 },
		{ 0x5658, 4 },
		/* beside IDE's */
		{ 0x1ef, 1 }, { 0x1ef, 2 }, { 0x1f6, 4 }, { 0x1f8, 1 },
		{ 0x16f, 1 }, { 0x178, 1 }, { 0x3f5, 1 }, { 0x3f5, 2 }, { 0x3f6, 2 },
		{ 0x3f7, 1 }, { 0x375, 1 }, { 0x377, 1 },
		/* no registers of a bus master */
		{ 0xc041, 1 }, { 0xc043, 1 }, { 0xc044, 1 }, { 0xc046, 1 },
		{ 0xc040, 2 }, { 0xc042, 2 }, { 0xc044, 2 }, { 0xc040, 4 },
		{ 0xbff8, 1 }, { 0xbffc, 4 }, { 0, 1 }, { 4, 4 },
	};
	struct vmm *v = &self->v;
	struct pvio_op op;

	ASSERT_EQ(0, vmm_coalesce(v));
	for (unsigned int i = 0; i < sizeof(other) / sizeof(*other); i++) {
		port_write(&op, other[i].port, other[i].size, 2);
		expect_own_exit(_metadata, v, &op);
	}
}

TEST_HARNESS_MAIN
