// SPDX-License-Identifier: GPL-2.0
/*
 * Lets a timer fire once in a period, and finds out whether its guest bears that.
 *
 * A guest with a clock sets its next tick on the grid of ticks, wherever that is
 * from now, and makes up for those that it missed. A guest without one (Linux with
 * clocksource=jiffies, for one) sets it one tick from now, and has lost time. So an
 * interrupt is delayed by a part of a tick: if the next one is asked for as far
 * ahead as this one was, the guest counts, and its timer is left alone.
 */
#include "deadline.h"

/* Guests that tick little faster than the cap are not worth it. */
#define WORTHWHILE(period)	((period) * 2 / 3)

/* What is asked for so shortly ahead cannot be told from the noise. */
#define SHORTEST_TRIAL(period)	((period) / 128)

#define TRIALS			8
#define MOST_SPOILT_TRIALS	24
#define FIRES_PER_TRIAL		32

/* Where it is known that a guest catches up: so many doubts in a row end that. */
#define MOST_DOUBTS		4

/* In periods: ten milliseconds at 100 a second, so 1.3 s to 11 minutes. */
#define FIRST_RETRY		128
#define LAST_RETRY		65536

static void start_trials(struct pvio_host_deadline *d)
{
	d->habit = PVIO_HOST_HABIT_UNKNOWN;
	d->trials = 0;
	d->counted = 0;
	d->spoilt = 0;
	d->doubts = 0;
}

static void note_fired(struct pvio_host_deadline *d, __u64 now)
{
	d->fired = d->granted < now ? d->granted : now;
	d->fires++;
}

/* The guest has set its clock back, as it does when it starts anew. */
static void forget_past(struct pvio_host_deadline *d)
{
	d->granted = 0;
	d->fired = 0;
	d->retry_after = 0;
	start_trials(d);
}

static void leave_alone(struct pvio_host_deadline *d, __u64 now, __u64 period)
{
	d->habit = PVIO_HOST_HABIT_COUNTS;
	if (!d->retry_after)
		d->retry_after = FIRST_RETRY * period;
	else if (d->retry_after < LAST_RETRY * period)
		d->retry_after *= 2;
	d->retry_at = now + d->retry_after;
}

static void conclude_trials(struct pvio_host_deadline *d, __u64 now, __u64 period)
{
	if (d->trials < TRIALS || d->counted > TRIALS / 2) {
		leave_alone(d, now, period);
		return;
	}
	d->habit = PVIO_HOST_HABIT_CATCHES_UP;
	d->since_trial = 0;
	d->doubts = 0;
	d->backlog = 0;
}

static void judge_trial(struct pvio_host_deadline *d, __u64 tried,
			__u64 ahead, __u64 now, __u64 period)
{
	__u64 difference = ahead > tried ? ahead - tried : tried - ahead;
	bool counted = difference <= tried / 8;

	/*
	 * A vCPU that has to wait for a CPU sets its timer when the host's scheduler
	 * lets it, which may be in step with its ticks: then it only looks alike.
	 */
	if (counted && now - d->fired > tried / 8) {
		if (d->habit == PVIO_HOST_HABIT_CATCHES_UP) {
			if (++d->doubts == MOST_DOUBTS)
				start_trials(d);
		} else if (++d->spoilt == MOST_SPOILT_TRIALS) {
			conclude_trials(d, now, period);
		}
		return;
	}
	d->trials++;
	d->counted += counted;
	if (d->habit == PVIO_HOST_HABIT_CATCHES_UP) {
		d->doubts = 0;
		d->retry_after = 0;
		if (counted)
			start_trials(d);
	} else if (d->trials == TRIALS) {
		conclude_trials(d, now, period);
	}
}

/*
 * A guest may make up for each tick by one more interrupt. It asks for times that
 * have passed when it does, which a guest that skips what it missed never has to.
 */
static void judge_backlog(struct pvio_host_deadline *d, __u64 now, __u64 asked,
			  __u64 period)
{
	if (d->habit != PVIO_HOST_HABIT_CATCHES_UP)
		return;
	if (asked > d->fired)
		d->backlog = 0;
	else if (++d->backlog == MOST_DOUBTS)
		leave_alone(d, now, period);
}

/* Two different parts, as one may happen to be a whole number of ticks. */
static __u64 choose_part(const struct pvio_host_deadline *d, __u64 ahead)
{
	return ahead / (2 + (d->trials & 1));
}

static __u64 delay_deadline(struct pvio_host_deadline *d, __u64 asked,
			    __u64 ahead, bool trial, __u64 period)
{
	__u64 earliest = d->fired + period;

	switch (d->habit) {
	case PVIO_HOST_HABIT_UNKNOWN:
		if (!trial)
			return asked;
		d->tried = ahead;
		return asked + choose_part(d, ahead);
	case PVIO_HOST_HABIT_CATCHES_UP:
		if (!trial || ++d->since_trial < FIRES_PER_TRIAL)
			return earliest;
		d->since_trial = 0;
		d->tried = ahead;
		return earliest - choose_part(d, ahead);
	default:
		return asked;
	}
}

static bool comes_too_soon(const struct pvio_host_deadline *d, __u64 now,
			   __u64 asked, __u64 period)
{
	return d->fired && now - d->fired < period &&
	       asked < d->fired + WORTHWHILE(period);
}

/**
 * pvio_host_deadline_grant() - decide when a timer fires
 * @d:		the timer
 * @now:	the time
 * @asked:	when the guest wants it to fire; 0 to stop it
 * @period:	that shall lie between two interrupts, at least 128 units
 * @fired:	whether the timer has fired since it was last set
 *
 * Context: any; whoever calls owns @d.
 * Return: @asked, or a later time: at most @period from now.
 */
__u64 pvio_host_deadline_grant(struct pvio_host_deadline *d, __u64 now,
			       __u64 asked, __u64 period, bool fired)
{
	__u64 ahead = asked > now ? asked - now : 0;
	__u64 tried = d->tried;
	__u64 granted;

	if (now < d->seen) {
		forget_past(d);
		tried = 0;
	}
	d->seen = now;
	fired = fired && d->granted;
	if (fired)
		note_fired(d, now);
	d->tried = 0;
	d->granted = 0;
	if (!asked)
		return 0;
	d->granted = ahead ? asked : now;
	d->asks++;
	if (!comes_too_soon(d, now, asked, period))
		return asked;
	if (fired && tried)
		judge_trial(d, tried, ahead, now, period);
	if (fired)
		judge_backlog(d, now, asked, period);
	if (d->habit == PVIO_HOST_HABIT_COUNTS && now >= d->retry_at)
		start_trials(d);
	granted = delay_deadline(d, asked, ahead,
				 fired && ahead >= SHORTEST_TRIAL(period), period);
	/* left alone, or a sum has overflown as the guest's clock is near its end */
	if (granted <= asked)
		return asked;
	d->granted = granted;
	d->delays++;
	return granted;
}
