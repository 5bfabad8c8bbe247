// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest, or its virtual machine monitor, can get wrong on purpose: it
 * is refused, or does no harm to anybody else.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "vm_fixture.h"

TEST_F(vm, ring_index_is_hostile)
{
	static const uint32_t bad[] = { VMM_RING_ENTRIES, VMM_RING_ENTRIES + 1, 0x7fffffff,
					0xffffffff };
	struct vmm *v = &self->v;

	ASSERT_EQ(0, vmm_coalesce(v));
	for (unsigned int i = 0; i < 4; i++) {
		v->ring->first = 0;
		v->ring->last = bad[i];
		port_write(&self->ops[0], 0x1f2, 1, 0x42);
		vmm_batch(v, 1);
		EXPECT_PORT_EXIT(v, KVM_EXIT_IO_OUT, 0x1f2, 1);
		EXPECT_EQ(0x42, vmm_io_value(v));
		EXPECT_DONE(v, 1);
	}
	v->ring->first = 0xffffffff;
	v->ring->last = 0;
	vmm_batch(v, 1);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	v->ring->first = 1;
	EXPECT_DONE(v, 1);
}

/* What user space has not taken is never said to be done, however long it takes. */
TEST_F(vm, ring_is_not_emptied)
{
	struct vmm *v = &self->v;
	time_t end;
	unsigned int without = 0;

	ASSERT_EQ(0, vmm_coalesce(v));
	port_write(&self->ops[0], 0x1f2, 1, 1);
	port_read(&self->ops[1], 0x1f7, 1);
	vmm_batch(v, 2);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	end = time(NULL) + 3;
	do {
		EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
		ASSERT_EQ(1, vmm_ring_used(v));
	} while (time(NULL) < end);
	/* whatever was late, this one is far more than a second behind the write */
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0xcf8, 4);
	EXPECT_EQ(0x1f2, ring_take(v).phys_addr);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x1f7, 1);
	EXPECT_DONE(v, 2);
	/* without the ring for a while, and then with it again */
	for (vmm_batch(v, 1); vmm_run(v) == KVM_EXIT_IO; vmm_batch(v, 1)) {
		if (v->run->io.port == 0xcf8)
			break;
		EXPECT_EQ(0x1f2, v->run->io.port);
		EXPECT_DONE(v, 1);
		without++;
	}
	EXPECT_LT(0, without);
	EXPECT_EQ(1, vmm_ring_used(v));
	ring_take(v);
	EXPECT_DONE(v, 1);
}

TEST_F(vm, user_mode_is_refused)
{
	struct vmm *v = &self->v;

	port_write(&self->ops[0], 0x1f2, 1, 1);
	EXPECT_EQ(-PVIO_EPERM, vmm_user_call(v, PVIO_HC_BATCH, VMM_BATCH, 1));
	EXPECT_EQ(KVM_EXIT_SHUTDOWN, v->run->exit_reason);
	EXPECT_EQ(-PVIO_EPERM, vmm_user_call(v, PVIO_HC_QUERY, 0, 0));
	EXPECT_EQ(KVM_EXIT_SHUTDOWN, v->run->exit_reason);
}

TEST_F(vm, encrypted_guest_is_refused)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entry;
	} cpuid = {
		.head.nent = 1,
		.entry = { .function = 0x8000001f, .eax = 2 },
	};
	struct vmm v;

	/* a fresh vCPU: CPUID is fixed once it has run */
	ASSERT_EQ(0, vmm_create(&v));
	ASSERT_EQ(0, vmm_set_mode(&v, VMM_PROTECTED));
	ASSERT_EQ(0, ioctl(v.vcpu, KVM_SET_CPUID2, &cpuid));
	vmm_batch(&v, 1);
	EXPECT_DONE(&v, (uint32_t)-PVIO_EOPNOTSUPP);
	vmm_destroy(&v);
}

struct bad_batch {
	const char *what;
	uint64_t gpa, count, rdx;
	long error;
};

TEST_F(vm, bad_arguments)
{
	static const struct bad_batch bad[] = {
		{ "count", VMM_BATCH, PVIO_MAX_OPS + 1, 0, -PVIO_E2BIG },
		{ "count 64", VMM_BATCH, 1ull << 32, 0, -PVIO_E2BIG },
		{ "count max", VMM_BATCH, ~0ull, 0, -PVIO_E2BIG },
		{ "reserved", VMM_BATCH, 1, 1, -PVIO_EINVAL },
		{ "alignment", VMM_BATCH + 4, 1, 0, -PVIO_EINVAL },
		{ "page", VMM_BATCH + 32, PVIO_MAX_OPS, 0, -PVIO_EINVAL },
		{ "page end", VMM_BATCH + 4096 - 16, 1, 0, -PVIO_EINVAL },
		{ "no memory", 0x20000000, 1, 0, -PVIO_EFAULT },
		{ "beyond all", 0xfffffffffffff000, 1, 0, -PVIO_EFAULT },
		{ "memory end", VMM_MEMORY, 1, 0, -PVIO_EFAULT },
	};
	struct vmm *v = &self->v;

	port_write(&self->ops[0], 0x1f2, 1, 1);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		vmm_call(v, PVIO_HC_BATCH, bad[i].gpa, bad[i].count,
			 bad[i].rdx);
		EXPECT_DONE(v, bad[i].error) {
			TH_LOG("%s", bad[i].what);
		}
	}
}

TEST_F(vm, bad_operations)
{
	const struct pvio_op good = {
		.kind = PVIO_PORT_WRITE, .size = 1, .addr = 0x1f2,
	};
#define BAD(...) ({ struct pvio_op o = good; __VA_ARGS__; o; })
#define MMIO(a, s) o.kind = PVIO_MMIO_READ, o.addr = (a), o.size = (s)
	const struct pvio_op bad[] = {
		BAD(o.kind = 4), BAD(o.kind = 255),
		BAD(o.flags = 1), BAD(o.flags = 0x8000), BAD(o.reserved = 1),
		BAD(o.mask = 1), BAD(o.want = 1),
		BAD(o.kind = PVIO_PORT_READ, o.mask = 1, o.want = 2),
		BAD(o.size = 0), BAD(o.size = 3), BAD(o.size = 8),
		BAD(o.size = 255), BAD(o.addr = 0x10000),
		BAD(o.addr = 0xffff, o.size = 2), BAD(o.addr = 0xfffd, o.size = 4),
		BAD(o.addr = ~0ull), BAD(o.addr = 1ull << 32 | 0x1f2),
		BAD(o.addr = 0x7e), BAD(o.addr = 0x7f), BAD(o.addr = 0x7b, o.size = 4),
		BAD(MMIO(VMM_MMIO, 3)), BAD(MMIO(VMM_MMIO, 16)),
		BAD(MMIO(VMM_MMIO, 0)), BAD(MMIO(VMM_MMIO + 1, 2)),
		BAD(MMIO(VMM_MMIO + 0xffc, 8)), BAD(MMIO(0x5000, 4)),
		BAD(MMIO(VMM_MEMORY - 8, 8)), BAD(MMIO(0xfee00020, 4)),
		BAD(MMIO(0xffffffffffffff00, 4)), BAD(MMIO(1ull << 60, 4)),
	};
	struct vmm *v = &self->v;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		/* after a good one, which must not run either */
		self->ops[0] = good;
		self->ops[1] = bad[i];
		vmm_batch(v, 2);
		EXPECT_DONE(v, (long)-PVIO_EINVAL) {
			TH_LOG("operation %u", i);
		}
	}
}

/* The copy is what counts: a guest may rewrite its batch at any moment. */
TEST_F(vm, batch_is_copied_once)
{
	struct vmm *v = &self->v;

	port_read(&self->ops[0], 0x170, 1);
	port_write(&self->ops[1], 0x171, 1, 5);
	vmm_batch(v, 2);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 1);
	memset(self->ops, 0xff, 4096);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_OUT, 0x171, 1);
	EXPECT_EQ(5, vmm_io_value(v));
	EXPECT_DONE(v, 2);
}

TEST_F(vm, reset_in_mid_batch)
{
	struct vmm *v = &self->v;

	port_read(&self->ops[0], 0x170, 1);
	port_read(&self->ops[1], 0x171, 1);
	vmm_batch(v, 2);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 1);
	/* user space sets other registers: the batch is gone */
	ASSERT_EQ(0, vmm_reset(v));
	EXPECT_EQ(VMM_DONE, vmm_run(v));
	EXPECT_EQ(VMM_RESET_RAX, vmm_rax(v));
	vmm_batch(v, 0);
	EXPECT_DONE(v, 0);
}

/* The page turns read-only under a batch: the value comes in RAX. */
TEST_F(vm, value_cannot_be_stored)
{
	struct kvm_userspace_memory_region region = {
		.flags = KVM_MEM_READONLY,
		.memory_size = VMM_MEMORY,
		.userspace_addr = (uintptr_t)self->v.memory,
	};
	struct vmm *v = &self->v;

	ASSERT_EQ(0, vmm_set_mode(v, VMM_PROTECTED));
	port_read(&self->ops[0], 0x170, 2);
	port_read(&self->ops[1], 0x171, 1);
	vmm_batch(v, 2);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 2);
	ASSERT_EQ(0, ioctl(v->vm, KVM_SET_USER_MEMORY_REGION,
			   &(struct kvm_userspace_memory_region) {}));
	ASSERT_EQ(0, ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &region));
	vmm_io_answer(v, 0x1234);
	EXPECT_EQ(VMM_DONE, vmm_run(v));
	EXPECT_EQ(0x1234, vmm_rax(v));
	EXPECT_EQ(PVIO_HANDOVER | PVIO_HANDOVER_VALUE | 1, vmm_rdx(v));
}

/* The page goes away under a batch: its reads have nowhere to go. */
TEST_F(vm, memory_vanishes)
{
	struct kvm_userspace_memory_region region = { .memory_size = 0 };
	struct vmm *v = &self->v;

	ASSERT_EQ(0, vmm_set_mode(v, VMM_PROTECTED));
	port_read(&self->ops[0], 0x170, 1);
	port_read(&self->ops[1], 0x171, 1);
	vmm_batch(v, 2);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 1);
	ASSERT_EQ(0, ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &region));
	/* what comes next is KVM's answer to a guest without code */
	EXPECT_NE(KVM_EXIT_IO, vmm_run(v));
}

TEST_HARNESS_MAIN
