// SPDX-License-Identifier: GPL-2.0
/*
 * The host module goes and comes while virtual machines use it: no batch is
 * lost or run twice, and nothing enters code that is gone.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "module.h"
#include "vmm.h"

/* In a process of its own: a removal that never ends fails the test. */
static pid_t start_unload(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(module_unload() ? errno : 0);
	return pid;
}

static int wait_status(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	return status;
}

FIXTURE(vm) {
	struct vmm v;
	struct pvio_op *ops;
};

FIXTURE_SETUP(vm)
{
	ASSERT_TRUE(!module_load() || errno == EEXIST) {
		TH_LOG("cannot load the host module: %s", strerror(errno));
	}
	ASSERT_EQ(0, vmm_create(&self->v));
	self->ops = vmm_ops(&self->v);
	for (int i = 0; i < 4; i++)
		self->ops[i] = (struct pvio_op) {
			.kind = PVIO_PORT_READ, .size = 1, .addr = 0x170 + i,
		};
}

FIXTURE_TEARDOWN(vm)
{
	vmm_destroy(&self->v);
	module_load();
}

TEST_F(vm, idle)
{
	ASSERT_EQ(0, module_unload());
	vmm_batch(&self->v, 0);
	EXPECT_EQ(VMM_DONE, vmm_run(&self->v));
	EXPECT_EQ(-1000l, vmm_rax(&self->v));
	ASSERT_EQ(0, module_load());
	vmm_batch(&self->v, 0);
	EXPECT_EQ(VMM_DONE, vmm_run(&self->v));
	EXPECT_EQ(0, vmm_rax(&self->v));
}

TEST_F(vm, read_pending)
{
	static const uint8_t sizes[] = { 1, 2, 4 };
	static const uint64_t values[] = { 0xdd, 0xccdd, 0xaabbccdd };
	struct vmm *v = &self->v;

	for (int i = 0; i < 3; i++) {
		self->ops[1].size = sizes[i];
		vmm_batch(v, 4);
		ASSERT_EQ(KVM_EXIT_IO, vmm_run(v));
		EXPECT_EQ(0x170, v->run->io.port);
		vmm_io_answer(v, 0x11);
		ASSERT_EQ(KVM_EXIT_IO, vmm_run(v));
		EXPECT_EQ(0x171, v->run->io.port);
		/* user space has not answered yet when the module goes */
		EXPECT_EQ(0, wait_status(start_unload()));
		vmm_io_answer(v, 0xaabbccdd);
		EXPECT_EQ(VMM_DONE, vmm_run(v));
		EXPECT_EQ(PVIO_HANDOVER | PVIO_HANDOVER_VALUE | 2, vmm_rdx(v));
		EXPECT_EQ(values[i], vmm_rax(v));
		EXPECT_EQ(0x11, self->ops[0].value);
		ASSERT_EQ(0, module_load());
	}
}

TEST_F(vm, write_pending)
{
	struct vmm *v = &self->v;

	for (int i = 0; i < 4; i++)
		self->ops[i].kind = PVIO_PORT_WRITE;
	vmm_batch(v, 4);
	ASSERT_EQ(KVM_EXIT_IO, vmm_run(v));
	ASSERT_EQ(KVM_EXIT_IO, vmm_run(v));
	EXPECT_EQ(0x171, v->run->io.port);
	EXPECT_EQ(0, wait_status(start_unload()));
	EXPECT_EQ(VMM_DONE, vmm_run(v));
	EXPECT_EQ(PVIO_HANDOVER | 2, vmm_rdx(v));
}

TEST_F(vm, flush_pending)
{
	struct vmm *v = &self->v;

	ASSERT_EQ(0, vmm_coalesce(v));
	for (int i = 0; i < 4; i++)
		self->ops[i].kind = PVIO_PORT_WRITE;
	vmm_batch(v, 4);
	ASSERT_EQ(KVM_EXIT_IO, vmm_run(v));
	EXPECT_EQ(0xcf8, v->run->io.port);
	EXPECT_EQ(0, wait_status(start_unload()));
	/* the writes are in the ring, user space performs them and goes on */
	EXPECT_EQ(4, vmm_ring_used(v));
	v->ring->first = v->ring->last;
	vmm_io_answer(v, 0x80000000);
	EXPECT_EQ(VMM_DONE, vmm_run(v));
	EXPECT_EQ(PVIO_HANDOVER | 4, vmm_rdx(v));
}

TEST_F(vm, mmio_write_pending)
{
	struct vmm *v = &self->v;

	self->ops[0] = (struct pvio_op) {
		.kind = PVIO_MMIO_WRITE, .size = 4, .addr = VMM_MMIO, .value = 5,
	};
	vmm_batch(v, 4);
	ASSERT_EQ(KVM_EXIT_MMIO, vmm_run(v));
	EXPECT_EQ(0, wait_status(start_unload()));
	EXPECT_EQ(VMM_DONE, vmm_run(v));
	EXPECT_EQ(PVIO_HANDOVER | 1, vmm_rdx(v));
}

/* User space has reset the vCPU before the module went, or does so afterwards. */
TEST_F(vm, reset_beside_handover)
{
	struct vmm *v = &self->v;

	for (int i = 0; i < 4; i++) {
		self->ops[0].kind = i & 1 ? PVIO_MMIO_WRITE : PVIO_PORT_READ;
		self->ops[0].addr = i & 1 ? VMM_MMIO : 0x170;
		vmm_batch(v, 1);
		ASSERT_EQ(i & 1 ? KVM_EXIT_MMIO : KVM_EXIT_IO, vmm_run(v));
		if (i & 2)
			ASSERT_EQ(0, vmm_reset(v));
		EXPECT_EQ(0, wait_status(start_unload()));
		if (!(i & 2))
			ASSERT_EQ(0, vmm_reset(v));
		/* no instruction there is skipped */
		EXPECT_EQ(VMM_DONE, vmm_run(v));
		EXPECT_EQ(VMM_RESET_RAX, vmm_rax(v));
		ASSERT_EQ(0, module_load());
	}
}

/* KVM cannot finish a read of MMIO on its own: the removal waits for user space. */
TEST_F(vm, mmio_read_pending)
{
	struct vmm *v = &self->v;
	int status;
	pid_t pid;

	self->ops[0] = (struct pvio_op) {
		.kind = PVIO_MMIO_READ, .size = 4, .addr = VMM_MMIO,
	};
	vmm_batch(v, 1);
	ASSERT_EQ(KVM_EXIT_MMIO, vmm_run(v));
	pid = start_unload();
	usleep(500000);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	memset(v->run->mmio.data, 0x77, 8);
	EXPECT_EQ(VMM_DONE, vmm_run(v));
	EXPECT_EQ(1, vmm_rax(v));
	EXPECT_EQ(0x77777777, self->ops[0].value);
	EXPECT_EQ(0, wait_status(pid));
}

TEST_F(vm, vm_ends_in_mid_batch)
{
	for (int i = 0; i < 20; i++) {
		struct vmm v;

		ASSERT_EQ(0, vmm_create(&v));
		memcpy(vmm_ops(&v), self->ops, 4 * sizeof(*self->ops));
		if (i % 2)
			vmm_ops(&v)[0] = (struct pvio_op) {
				.kind = PVIO_MMIO_READ, .size = 4,
				.addr = VMM_MMIO,
			};
		vmm_batch(&v, 4);
		vmm_run(&v);
		vmm_destroy(&v);
	}
	ASSERT_EQ(0, wait_status(start_unload()));
}

TEST_F(vm, vmm_is_killed_in_mid_batch)
{
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (!pid) {
			struct vmm v;

			if (vmm_create(&v))
				_exit(1);
			vmm_ops(&v)[0] = self->ops[0];
			vmm_batch(&v, 1);
			vmm_run(&v);
			raise(SIGKILL);
		}
		EXPECT_EQ(SIGKILL, wait_status(pid));
	}
	ASSERT_EQ(0, wait_status(start_unload()));
}

struct traffic {
	struct vmm v;
	atomic_bool stop;
	unsigned long rounds, handovers, refused;
	const char *wrong;
};

/*
 * A counter device: each read returns the next number, and each write must
 * bring the next number, so an operation lost or repeated shows.
 */
static void answer(struct traffic *t, uint32_t *reads, uint32_t *writes)
{
	struct kvm_run *run = t->v.run;

	if (run->io.direction == KVM_EXIT_IO_IN)
		vmm_io_answer(&t->v, (*reads)++);
	else if (vmm_io_value(&t->v) != (*writes)++)
		t->wrong = "a write was lost or repeated";
}

static void fill(struct traffic *t, unsigned int from, uint32_t writes)
{
	struct pvio_op *ops = vmm_ops(&t->v);

	for (unsigned int i = from; i < 8; i++)
		ops[i] = (struct pvio_op) {
			.kind = i & 1 ? PVIO_PORT_WRITE : PVIO_PORT_READ,
			.size = 4, .addr = 0x300, .value = writes + i / 2,
		};
}

/* Runs one batch; returns how many of its operations were done. */
static unsigned int one_batch(struct traffic *t, uint32_t *reads,
			      uint32_t *writes)
{
	uint64_t rax, rdx;

	vmm_batch(&t->v, 8);
	while (vmm_run(&t->v) == KVM_EXIT_IO)
		answer(t, reads, writes);
	rax = vmm_rax(&t->v);
	rdx = vmm_rdx(&t->v);
	if (rdx & PVIO_HANDOVER) {
		t->handovers++;
		return rdx & PVIO_HANDOVER_DONE;
	}
	if ((int64_t)rax == -PVIO_ENOSYS) {
		t->refused++;
		return 0;
	}
	return rax;
}

static void *make_traffic(void *arg)
{
	struct traffic *t = arg;
	uint32_t reads = 0, writes = 0;

	while (!t->stop && !t->wrong) {
		uint32_t done, before = reads + writes;

		fill(t, 0, writes);
		done = one_batch(t, &reads, &writes);
		if (reads + writes - before != done)
			t->wrong = "the count is not what was done";
		/* both directions start at the next batch where they stopped */
		if (reads < writes)
			reads = writes;
		writes = reads;
		t->rounds++;
	}
	return NULL;
}

TEST_F(vm, removed_under_traffic)
{
	struct traffic t[2] = {};
	pthread_t threads[2];

	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, vmm_create(&t[i].v));
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, make_traffic,
					    &t[i]));
	}
	for (int i = 0; i < 8; i++) {
		usleep(100000);
		EXPECT_EQ(0, wait_status(start_unload()));
		usleep(20000);
		EXPECT_EQ(0, module_load());
	}
	for (int i = 0; i < 2; i++) {
		t[i].stop = true;
		pthread_join(threads[i], NULL);
		EXPECT_EQ(NULL, t[i].wrong) {
			TH_LOG("%s", t[i].wrong);
		}
		EXPECT_LT(0, t[i].refused);
		TH_LOG("%lu batches, %lu handed over, %lu refused", t[i].rounds,
		       t[i].handovers, t[i].refused);
		vmm_destroy(&t[i].v);
	}
}

TEST_HARNESS_MAIN
