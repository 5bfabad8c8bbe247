// SPDX-License-Identifier: GPL-2.0
/*
 * pvio_host_deadline_grant() against guests of different habits, simulated in
 * nanoseconds: with a clock and without one, at several rates, with noise as the
 * host's scheduler makes it. And against one that asks for anything.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../../host-shim/deadline.h"

#define MS	1000000ULL
#define CAP	(10 * MS)
#define FIRES	20000

static int number, failed;

static void result(bool ok, const char *format, ...)
{
	va_list args;

	failed += !ok;
	printf("%s %d ", ok ? "ok" : "not ok", ++number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static __u64 noise(__u64 most)
{
	return most ? rand() % most : 0;
}

struct guest {
	const char *name;
	enum {
		CLOCK,		/* what it missed is skipped */
		COUNTS,		/* and is lost */
		BACKLOG,	/* and made up for, one interrupt each */
	} habit;
	__u64 tick;
	__u64 noise;
	__u64 slice;		/* of another vCPU's, in turn with its own */
};

struct course {
	__u64 elapsed;
	__u64 ticks;		/* that the guest has counted */
	__u64 worst;		/* delay */
	bool early;
	struct pvio_host_deadline d;
};

/* When the next tick is, for a guest that looks at its clock or has none. */
static __u64 next_tick(const struct guest *g, __u64 now, __u64 last)
{
	switch (g->habit) {
	case COUNTS:
		return now + g->tick;
	case BACKLOG:
		return last + g->tick;
	default:
		return now - now % g->tick + g->tick;
	}
}

static __u64 wait_for_cpu(const struct guest *g, __u64 now)
{
	__u64 into = g->slice ? now % (2 * g->slice) : 0;

	return into < g->slice ? now : now - into + 2 * g->slice;
}

static struct course run_guest(const struct guest *g, int fires)
{
	struct course c = { .ticks = 0 };
	__u64 now = 1000 * MS, start = now, asked = now;
	int i;

	for (i = 0; i < fires; i++) {
		__u64 granted;

		asked = next_tick(g, now, asked);
		/* the way from the guest's instruction to the host */
		now += noise(g->noise / 4 + 1);
		granted = pvio_host_deadline_grant(&c.d, now, asked, CAP, true);
		c.early |= granted < asked;
		if (granted != asked && granted - (asked > now ? asked : now) > c.worst)
			c.worst = granted - (asked > now ? asked : now);
		now = granted > now ? granted : now;
		now = wait_for_cpu(g, now) + noise(g->noise);
		c.ticks += 1;
	}
	c.elapsed = now - start;
	return c;
}

static void test_guest(const struct guest *g)
{
	struct course c = run_guest(g, FIRES);
	double rate = FIRES * 1e9 / c.elapsed;
	double lost = 1 - (double)c.ticks * g->tick / c.elapsed;
	bool capped = g->tick < CAP * 2 / 3 && g->habit == CLOCK;
	bool ok = !c.early && c.worst <= CAP;

	if (g->slice == g->tick)
		/* it cannot be told from one that counts: left alone */
		ok &= c.worst < g->tick;
	else if (g->habit == COUNTS)
		/* what noise loses is the guest's own; trials may add 1 in 1,000 */
		ok &= lost < 0.001 + 1.3 * g->noise / g->tick + 0.6 * !!g->slice;
	else if (g->habit == BACKLOG)
		ok &= lost < 0.001;
	else if (capped)
		ok &= rate < 105;
	else
		ok &= c.d.delays == 0;
	result(ok, "%s: %.1f interrupts a second, %.4f ticks lost, delays of up to %.2f ms",
	       g->name, rate, g->habit == CLOCK ? 0 : lost, c.worst / 1e6);
}

/* A guest that changes its habit, as each Linux does while it boots. */
static void test_change(void)
{
	struct guest g = { .habit = COUNTS, .tick = MS, .noise = MS / 50 };
	struct pvio_host_deadline d = { 0 };
	__u64 now = 1000 * MS, before = 0;
	int i;

	for (i = 0; i < 4000; i++) {
		__u64 asked = next_tick(&g, now, 0);

		now = pvio_host_deadline_grant(&d, now, asked, CAP, true) +
		      noise(g.noise);
		if (i == 1000)
			g.habit = CLOCK;
		if (i == 3000 - 1)
			before = now;
	}
	result(d.habit == PVIO_HOST_HABIT_CATCHES_UP && now - before > 950 * CAP,
	       "a guest that finds a clock: 1000 interrupts in %.2f s",
	       (now - before) / 1e9);
	g.habit = COUNTS;
	for (i = 0; i < 200; i++)
		now = pvio_host_deadline_grant(&d, now, next_tick(&g, now, 0), CAP,
					       true) + noise(g.noise);
	result(d.habit == PVIO_HOST_HABIT_COUNTS,
	       "a guest that loses its clock is known within 200 interrupts");
}

/* Idle, and once in a while a timer: it fires when it was meant to. */
static void test_lone_timers(void)
{
	struct pvio_host_deadline d = { 0 };
	__u64 now = 1000 * MS;
	int i, late = 0;

	for (i = 0; i < 1000; i++) {
		__u64 asked = now + 1 + noise(50 * MS);

		late += pvio_host_deadline_grant(&d, now, asked, CAP, true) != asked;
		now = asked + CAP + noise(20 * MS);
	}
	result(!late, "lone timers: %d of 1000 were late", late);
}

static __u64 random_time(__u64 now)
{
	static const __u64 edges[] = { 0, 1, 2, ~0ULL, ~0ULL - 1, 1ULL << 63, CAP };

	switch (rand() % 4) {
	case 0:
		return edges[rand() % (sizeof(edges) / sizeof(*edges))];
	case 1:
		return now + rand() % (2 * CAP);
	case 2:
		return now - rand() % (2 * CAP);
	default:
		return ((__u64)rand() << 33) ^ ((__u64)rand() << 11) ^ rand();
	}
}

static void test_anything(void)
{
	struct pvio_host_deadline d = { 0 };
	__u64 now = 0, early = 0, late = 0, revived = 0;
	int i;

	for (i = 0; i < 10000000; i++) {
		__u64 asked, granted;

		now = rand() % 8 ? now + rand() % CAP : random_time(now);
		asked = random_time(now);
		granted = pvio_host_deadline_grant(&d, now, asked, CAP, rand() & 1);
		early += granted < asked;
		revived += !asked && granted;
		late += granted != asked && granted - now > CAP;
	}
	result(!early && !late && !revived,
	       "anything: %llu early, %llu too late, %llu revived of 10000000",
	       early, late, revived);
}

int main(void)
{
	static const struct guest guests[] = {
		{ "1000 Hz with a clock", CLOCK, MS, 0, 0 },
		{ "1000 Hz with a clock, noise", CLOCK, MS, MS / 50, 0 },
		{ "1000 Hz with a clock, much noise", CLOCK, MS, MS / 3, 0 },
		{ "300 Hz with a clock, noise", CLOCK, 3333333, MS / 50, 0 },
		{ "250 Hz with a clock, noise", CLOCK, 4 * MS, MS / 50, 0 },
		{ "250 Hz with a clock, much noise", CLOCK, 4 * MS, MS, 0 },
		{ "120 Hz with a clock, noise", CLOCK, 8333333, MS / 50, 0 },
		{ "100 Hz with a clock", CLOCK, 10 * MS, MS / 50, 0 },
		{ "250 Hz with a clock, half a CPU", CLOCK, 4 * MS, MS / 20, 4 * MS },
		{ "250 Hz with a clock, quarters of half a CPU", CLOCK, 4 * MS, MS / 20, MS },
		{ "1000 Hz with a clock, half a CPU", CLOCK, MS, MS / 50, 4 * MS },
		{ "1000 Hz by counting, half a CPU", COUNTS, MS, MS / 50, 4 * MS },
		{ "250 Hz by counting, half a CPU", COUNTS, 4 * MS, MS / 50, 4 * MS },
		{ "1000 Hz, all ticks made up for", BACKLOG, MS, MS / 50, 0 },
		{ "250 Hz, all ticks made up for", BACKLOG, 4 * MS, MS / 50, 0 },
		{ "1000 Hz, all ticks made up for, half a CPU", BACKLOG, MS, MS / 50, 4 * MS },
		{ "1000 Hz by counting", COUNTS, MS, 0, 0 },
		{ "1000 Hz by counting, noise", COUNTS, MS, MS / 50, 0 },
		{ "1000 Hz by counting, more noise", COUNTS, MS, MS / 10, 0 },
		{ "250 Hz by counting, noise", COUNTS, 4 * MS, MS / 10, 0 },
	};
	const int n = sizeof(guests) / sizeof(*guests);
	int i;

	srand(1);
	printf("TAP version 13\n1..%d\n", n + 4);
	for (i = 0; i < n; i++)
		test_guest(&guests[i]);
	test_change();
	test_lone_timers();
	test_anything();
	return failed != 0;
}
