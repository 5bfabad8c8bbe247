// SPDX-License-Identifier: GPL-2.0
/*
 * The parameter "timer_cap" of the host module: when the timer of a virtual
 * machine fires. The test sets the timer as user space may, which takes the same
 * way through KVM as the guest's own instruction, and reads back what KVM has.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "module.h"
#include "vm_fixture.h"

#define PARAMETER	MODULE_PARAMETERS "timer_cap"
#define WISHES		MODULE_PARAMETERS "guest_timer_cap"
#define FIGURES		"/sys/kernel/debug/pvio_host/timers"

#define MSR_TSC		0x10
#define MSR_DEADLINE	0x6e0
#define MSR_X2APIC_TMICT	0x838

/* Registers of the local APIC and their bits, Intel SDM vol. 3, 11.4, 11.5, 11.12. */
#define APIC_SPIV	0xf0
#define APIC_SPIV_ON	0x1ff
#define APIC_LVTT	0x320
#define LVTT_ONE_SHOT	0x00040
#define LVTT_PERIODIC	0x20040
#define LVTT_DEADLINE	0x40040
#define APIC_TDCR	0x3e0
#define TDCR_BY_4	1
#define APIC_BASE_X2APIC	0x400

#define RATE		100

/* @rate: a number, or "off" */
static int cap(pid_t pid, const char *rate)
{
	char text[64];

	snprintf(text, sizeof(text), "pid=%d:%s", pid, rate);
	return file_write(PARAMETER, text);
}

static void set_apic(struct vmm *v, uint32_t reg, uint32_t value)
{
	struct kvm_lapic_state apic;

	ioctl(v->vcpu, KVM_GET_LAPIC, &apic);
	memcpy(apic.regs + reg, &value, sizeof(value));
	ioctl(v->vcpu, KVM_SET_LAPIC, &apic);
}

static uint64_t msr(struct vmm *v, unsigned long request, uint32_t index, uint64_t value)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = {
		.head.nmsrs = 1,
		.entry = { .index = index, .data = value },
	};

	return ioctl(v->vcpu, request, &msrs) == 1 ? msrs.entry.data : 0;
}

static uint64_t now(struct vmm *v)
{
	return msr(v, KVM_GET_MSRS, MSR_TSC, 0);
}

/* Returns what KVM has then. */
static uint64_t set_deadline(struct vmm *v, uint64_t asked)
{
	msr(v, KVM_SET_MSRS, MSR_DEADLINE, asked);
	return msr(v, KVM_GET_MSRS, MSR_DEADLINE, 0);
}

static void run(struct vmm *v)
{
	vmm_call(v, PVIO_HC_QUERY, PVIO_QUERY_VERSION, 0, 0);
	vmm_run(v);
}

/* KVM has no deadline any more when it has handed the interrupt over. */
static void run_until_it_fires(struct vmm *v)
{
	do
		run(v);
	while (msr(v, KVM_GET_MSRS, MSR_DEADLINE, 0));
}

struct machine {
	struct vmm v;
	uint64_t tick, period;	/* in cycles of the TSC: 1 ms, and that of the cap */
};

FIXTURE(timer) {
	struct machine m;
};

static void use_deadlines(struct vmm *v)
{
	set_apic(v, APIC_SPIV, APIC_SPIV_ON);
	set_apic(v, APIC_LVTT, LVTT_DEADLINE);
}

FIXTURE_SETUP(timer)
{
	ASSERT_EQ(0, vmm_create(&self->m.v));
	use_deadlines(&self->m.v);
	self->m.tick = ioctl(self->m.v.vcpu, KVM_GET_TSC_KHZ, 0);
	self->m.period = self->m.tick * 1000 / RATE;
	ASSERT_LT(1000, self->m.tick);
	/* the timer is there, and nobody changes it */
	ASSERT_EQ(~0ull - 1, set_deadline(&self->m.v, ~0ull - 1));
}

FIXTURE_TEARDOWN(timer)
{
	cap(getpid(), "off");
	EXPECT_STREQ("\n", file_read(PARAMETER));
	vmm_destroy(&self->m.v);
}

struct course {
	unsigned int early, late, delayed;
	uint64_t cycles;
};

/* What a guest does that ticks a thousand times a second, with a clock or without */
static struct course tick(struct machine *m, unsigned int fires, bool counts)
{
	struct course c = { .early = 0 };
	struct vmm *v = &m->v;
	uint64_t start = now(v);

	while (fires--) {
		uint64_t t = now(v);
		uint64_t asked = counts ? t + m->tick : t - t % m->tick + m->tick;
		uint64_t granted = set_deadline(v, asked);

		c.early += granted < asked;
		t = now(v);
		c.late += granted > (asked > t ? asked : t) + m->period;
		c.delayed += granted != asked;
		run_until_it_fires(v);
	}
	c.cycles = now(v) - start;
	return c;
}

TEST_F(timer, not_without_a_cap)
{
	EXPECT_EQ(0, tick(&self->m, 50, false).delayed);
	EXPECT_EQ(0, cap(getppid(), "100"));
	EXPECT_EQ(0, tick(&self->m, 50, false).delayed);
	EXPECT_EQ(0, cap(getppid(), "off"));
}

TEST_F(timer, is_capped)
{
	struct course c;

	EXPECT_EQ(0, cap(getpid(), "100"));
	tick(&self->m, 50, false);
	c = tick(&self->m, 100, false);
	EXPECT_EQ(0, c.early);
	EXPECT_EQ(0, c.late);
	EXPECT_LT(60, c.delayed);
	EXPECT_LT(60 * self->m.period, c.cycles);
	/* and not for longer than wanted */
	EXPECT_EQ(0, cap(getpid(), "off"));
	EXPECT_EQ(0, tick(&self->m, 50, false).delayed);
}

TEST_F(timer, guest_that_counts)
{
	struct course c;

	EXPECT_EQ(0, cap(getpid(), "100"));
	tick(&self->m, 50, true);
	c = tick(&self->m, 50, true);
	EXPECT_EQ(0, c.delayed);
	EXPECT_NE(NULL, strstr(file_read(FIGURES), " 1\n"));
}

TEST_F(timer, lone_timer_is_on_time)
{
	struct vmm *v = &self->m.v;

	EXPECT_EQ(0, cap(getpid(), "100"));
	tick(&self->m, 50, false);
	for (int i = 0; i < 20; i++) {
		uint64_t asked = now(v) + 2 * self->m.period;

		EXPECT_EQ(asked, set_deadline(v, asked));
		run_until_it_fires(v);
	}
}

/* Stopped timers stay so, and set ones fire at last: KVM has what was granted. */
TEST_F(timer, stopped)
{
	struct vmm *v = &self->m.v;

	EXPECT_EQ(0, cap(getpid(), "100"));
	tick(&self->m, 50, false);
	EXPECT_EQ(0, set_deadline(v, 0));
	EXPECT_EQ(~0ull, set_deadline(v, ~0ull));
	EXPECT_EQ(0, set_deadline(v, 0));
}

TEST_F(timer, clock_set_back)
{
	struct vmm *v = &self->m.v;
	uint64_t asked;

	/* far ahead: KVM takes small changes for an attempt to set all vCPUs alike */
	msr(v, KVM_SET_MSRS, MSR_TSC, 1ull << 50);
	EXPECT_EQ(0, cap(getpid(), "100"));
	tick(&self->m, 50, false);
	msr(v, KVM_SET_MSRS, MSR_TSC, 1ull << 40);
	ASSERT_GT(1ull << 45, now(v));
	asked = now(v) + self->m.tick;
	EXPECT_EQ(asked, set_deadline(v, asked));
}

TEST_F(timer, rate_is_changed)
{
	struct course c;

	EXPECT_EQ(0, cap(getpid(), "100"));
	tick(&self->m, 50, false);
	EXPECT_EQ(0, cap(getpid(), "50"));
	tick(&self->m, 5, false);
	c = tick(&self->m, 20, false);
	EXPECT_LT(15 * 2 * self->m.period, c.cycles);
}

/* Of two VMs in a process it is the first; the other one when that is gone. */
TEST_F(timer, second_vm_of_the_process)
{
	struct vmm first = self->m.v;

	EXPECT_EQ(0, cap(getpid(), "100"));
	tick(&self->m, 20, false);
	ASSERT_EQ(0, vmm_create(&self->m.v));
	use_deadlines(&self->m.v);
	EXPECT_EQ(0, tick(&self->m, 50, false).delayed);
	vmm_destroy(&first);
	tick(&self->m, 50, false);
	EXPECT_LT(10, tick(&self->m, 20, false).delayed);
}

TEST_F(timer, process_that_ends)
{
	char text[64];
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	EXPECT_EQ(0, cap(pid, "100"));
	snprintf(text, sizeof(text), "pid=%d:100\n", pid);
	EXPECT_STREQ(text, file_read(PARAMETER));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_STREQ("\n", file_read(PARAMETER));
	EXPECT_EQ(-ESRCH, cap(pid, "100"));
}

TEST_F(timer, bad_values)
{
	static const char * const bad[] = {
		"\n", "off", "100", "pid=1", "pid=1:", "pid=:100", "pid=-1:100", "pid=0:100",
		"pid=1:9", "pid=1:1001", "pid=1:-100", "pid=1:100x", "pid=1:1e2", "pid=1:off,",
		"uid=1:100", "pid=1:0", "pid=1:000000100", "pid=1:offside", "pid=2147483648:100",
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		EXPECT_GT(0, file_write(PARAMETER, bad[i])) {
			TH_LOG("'%s'", bad[i]);
		}
	}
	EXPECT_EQ(-ESRCH, cap(0x3fffffff, "100"));
	EXPECT_STREQ("\n", file_read(PARAMETER));
}

static uint64_t host_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* The local APIC's own timer, whose registers KVM lets user space write as MSRs. */
static void use_counts(struct vmm *v, uint32_t mode)
{
	struct kvm_sregs sregs;

	ioctl(v->vcpu, KVM_GET_SREGS, &sregs);
	sregs.apic_base |= APIC_BASE_X2APIC;
	ioctl(v->vcpu, KVM_SET_SREGS, &sregs);
	set_apic(v, APIC_SPIV, APIC_SPIV_ON);
	set_apic(v, APIC_LVTT, mode);
	set_apic(v, APIC_TDCR, TDCR_BY_4);
}

/* A guest that ticks a thousand times a second, by counts of 4 ns. */
static struct course tick_by_counts(struct vmm *v, unsigned int fires)
{
	const uint64_t tick = 1000000, unit = 4;
	struct course c = { .early = 0 };
	uint64_t start = host_time();

	while (fires--) {
		uint64_t now = host_time();
		uint64_t asked = (tick - now % tick + unit) / unit, granted;

		msr(v, KVM_SET_MSRS, MSR_X2APIC_TMICT, asked);
		granted = msr(v, KVM_GET_MSRS, MSR_X2APIC_TMICT, 0);
		c.early += granted < asked;
		c.late += (granted - asked) * unit > tick * 1000 / RATE;
		c.delayed += granted != asked;
		/* somewhat longer: the timer of a slow host fires late */
		while (host_time() < now + granted * unit + tick / 2)
			run(v);
	}
	c.cycles = host_time() - start;
	return c;
}

TEST_F(timer, local_apic)
{
	struct vmm *v = &self->m.v;
	struct course c;

	use_counts(v, LVTT_ONE_SHOT);
	EXPECT_EQ(0, tick_by_counts(v, 50).delayed);
	EXPECT_EQ(0, cap(getpid(), "100"));
	tick_by_counts(v, 50);
	c = tick_by_counts(v, 100);
	EXPECT_EQ(0, c.early);
	EXPECT_EQ(0, c.late);
	EXPECT_LT(60, c.delayed);
	EXPECT_LT(60 * 10000000ull, c.cycles);
	msr(v, KVM_SET_MSRS, MSR_X2APIC_TMICT, 0);
	EXPECT_EQ(0, msr(v, KVM_GET_MSRS, MSR_X2APIC_TMICT, 0));
	/* one that goes on by itself is left alone */
	use_counts(v, LVTT_PERIODIC);
	EXPECT_EQ(0, tick_by_counts(v, 50).delayed);
}

TEST_F(timer, module_removed_under_a_cap)
{
	EXPECT_EQ(0, cap(getpid(), "100"));
	tick(&self->m, 50, false);
	EXPECT_EQ(0, module_unload());
	EXPECT_EQ(0, tick(&self->m, 50, false).delayed);
	ASSERT_EQ(0, module_load());
	EXPECT_EQ(0, tick(&self->m, 50, false).delayed);
}

static uint64_t ask(struct machine *m, uint64_t rate)
{
	vmm_call(&m->v, PVIO_HC_QUERY, PVIO_QUERY_TIMER_RATE, rate, 0);
	vmm_run(&m->v);
	return vmm_rax(&m->v);
}

TEST_F(timer, guest_asks)
{
	struct machine *m = &self->m;

	EXPECT_EQ(0, ask(m, 100));
	EXPECT_EQ(0, file_write(WISHES, "Y"));
	EXPECT_EQ(0, ask(m, 0));
	EXPECT_EQ(0, ask(m, 9));
	EXPECT_EQ(0, ask(m, ~0ull));
	EXPECT_EQ(100, ask(m, 100));
	tick(m, 50, false);
	EXPECT_LT(10, tick(m, 20, false).delayed);
	EXPECT_EQ(100, ask(m, 1001));
	EXPECT_EQ(0, ask(m, 0));
	EXPECT_EQ(0, tick(m, 50, false).delayed);
	EXPECT_STREQ("\n", file_read(PARAMETER));
	EXPECT_EQ(50, ask(m, 50));
	/* the administrator's word holds */
	EXPECT_EQ(0, cap(getpid(), "100"));
	EXPECT_EQ(100, ask(m, 50));
	EXPECT_EQ(100, ask(m, 0));
	EXPECT_EQ(0, file_write(WISHES, "N"));
	EXPECT_EQ(0, cap(getpid(), "off"));
	EXPECT_EQ(0, ask(m, 100));
}

struct ticker {
	struct machine *machine;
	atomic_bool stop;
	struct course sum;
};

static void *keep_ticking(void *arg)
{
	struct ticker *ticker = arg;

	while (!atomic_load(&ticker->stop)) {
		struct course c = tick(ticker->machine, 5, false);

		ticker->sum.early += c.early;
		ticker->sum.late += c.late;
		ticker->sum.delayed += c.delayed;
	}
	return NULL;
}

/* Caps, figures and the module come and go under a timer that is being set. */
TEST_F(timer, changes_under_load)
{
	struct ticker ticker = { .machine = &self->m };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, keep_ticking, &ticker));
	for (int i = 0; i < 20; i++) {
		EXPECT_EQ(0, cap(getpid(), i & 1 ? "100" : "200"));
		file_read(FIGURES);
		usleep(100000);
		EXPECT_EQ(0, cap(getpid(), "off"));
		EXPECT_EQ(0, cap(getpid(), "100"));
		if (i % 5)
			continue;
		EXPECT_EQ(0, module_unload());
		ASSERT_EQ(0, module_load());
	}
	atomic_store(&ticker.stop, true);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, ticker.sum.early);
	EXPECT_EQ(0, ticker.sum.late);
	EXPECT_LT(0, ticker.sum.delayed);
}

TEST_HARNESS_MAIN
