// SPDX-License-Identifier: GPL-2.0
/*
 * The timer cap: virtual machines whose timer interrupts come at most so many
 * times a second. The parameter "timer_cap" takes "pid=1234:100" for the VM of a
 * process, and "pid=1234:off"; several with commas. It may be written at any time.
 *
 * KVM is entered only while there is a cap. What the guest sets is replaced by a
 * later time (deadline.c) before KVM sees it, so whatever KVM makes of it (an
 * hrtimer, the preemption timer of VMX, a saved state) is as if the guest had
 * asked for that. So a cap that ends, with the module or without, leaves at most
 * one interrupt late, and none is lost.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hashtable.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/kvm_host.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../pvio/pvio_abi.h"
#include "deadline.h"
#include "hook.h"
#include "kvm_api.h"
#include "timer.h"

#include "compat/lapic.h"

static bool guest_timer_cap;
module_param(guest_timer_cap, bool, 0644);
MODULE_PARM_DESC(guest_timer_cap, "guests may ask for a cap of their own timers (default: no)");

/**
 * struct vcpu_timers - the timers of a vCPU
 * @vcpu:	the vCPU whose they are; NULL before it has set one
 * @tsc:	TSC deadline, in cycles of the guest's TSC
 * @apic:	that which counts down once, in nanoseconds of the host's clock
 *
 * They belong to whoever holds vcpu->mutex.
 */
struct vcpu_timers {
	struct kvm_vcpu *vcpu;
	struct pvio_host_deadline tsc;
	struct pvio_host_deadline apic;
};

/**
 * struct timer_cap - the cap of a virtual machine
 * @node:	in timer_caps
 * @process:	that runs the VM
 * @rate:	so many interrupts a second; 0 for any number, which only a guest asks
 *		for: it cannot have the hooks come and go
 * @by_guest:	the guest has asked for it, and may change it; under timer_caps_lock
 * @kvm:	the VM: of several in one process, the first that sets a timer
 * @timers:	of each vCPU, by its index in the VM
 */
struct timer_cap {
	struct hlist_node node;
	struct pid *process;
	unsigned int rate;
	bool by_guest;
	struct kvm *kvm;
	struct vcpu_timers timers[KVM_MAX_VCPUS];
};

/*
 * Changed under timer_caps_lock, read under RCU by the hooks. As long as there is
 * a cap, the hooks are there.
 */
static DEFINE_HASHTABLE(timer_caps, 6);
static DEFINE_MUTEX(timer_caps_lock);
static bool serving;

static struct timer_cap *find_cap(struct pid *process)
{
	struct timer_cap *cap;

	hash_for_each_possible_rcu(timer_caps, cap, node, (unsigned long)process,
				   lockdep_is_held(&timer_caps_lock)) {
		if (cap->process == process)
			return cap;
	}
	return NULL;
}

static bool cap_is_for(struct timer_cap *cap, struct kvm *kvm)
{
	struct kvm *its = READ_ONCE(cap->kvm);

	if (!its)
		its = cmpxchg(&cap->kvm, NULL, kvm) ?: kvm;
	return its == kvm;
}

/* The vCPU's timers and, in @rate, the cap; NULL where it has none. */
static struct vcpu_timers *find_timers(struct kvm_vcpu *vcpu, unsigned int *rate)
{
	struct timer_cap *cap = find_cap(task_tgid(current));
	struct vcpu_timers *timers;

	if (!cap || vcpu->vcpu_idx >= KVM_MAX_VCPUS || !cap_is_for(cap, vcpu->kvm))
		return NULL;
	*rate = READ_ONCE(cap->rate);
	if (!*rate)
		return NULL;
	timers = &cap->timers[vcpu->vcpu_idx];
	if (timers->vcpu != vcpu) {
		memset(timers, 0, sizeof(*timers));
		WRITE_ONCE(timers->vcpu, vcpu);
	}
	return timers;
}

static u64 grant_tsc_deadline(struct vcpu_timers *timers, u64 asked,
			      unsigned int rate)
{
	struct kvm_vcpu *vcpu = timers->vcpu;
	u64 now = pvio_host_kvm.read_l1_tsc(vcpu, rdtsc());
	u64 period = vcpu->arch.virtual_tsc_khz * 1000ULL / rate;
	struct pvio_host_kvm_apic_timer timer;
	bool fired;

	if (pvio_host_kvm_read_apic_timer(vcpu, &timer))
		fired = !timer.tsc_deadline;
	else
		fired = now >= timers->tsc.granted;
	return pvio_host_deadline_grant(&timers->tsc, now, asked, period, fired);
}

/**
 * pvio_host_timer_set_tsc_deadline() - a vCPU's TSC deadline is set
 * @vcpu:	the vCPU
 * @asked:	what the guest wrote to IA32_TSC_DEADLINE; 0 stops the timer
 *
 * Context: the ftrace callback of kvm_set_lapic_tscdeadline_msr(), which may run
 * with interrupts off, with vcpu->mutex held; must not sleep.
 * Return: what KVM shall take in its place.
 */
u64 pvio_host_timer_set_tsc_deadline(struct kvm_vcpu *vcpu, u64 asked)
{
	struct vcpu_timers *timers;
	u64 granted = asked;
	unsigned int rate;

	rcu_read_lock();
	timers = find_timers(vcpu, &rate);
	if (timers)
		granted = grant_tsc_deadline(timers, asked, rate);
	rcu_read_unlock();
	return granted;
}

/* When the local APIC's timer shall fire, in the place of @asked units from now. */
static u32 grant_apic_count(struct vcpu_timers *timers,
			    const struct pvio_host_kvm_apic_timer *timer,
			    u32 asked, unsigned int rate)
{
	u64 now = ktime_get_ns();
	u64 deadline = 0, granted;

	if (asked && check_add_overflow(now, asked * timer->unit, &deadline))
		deadline = U64_MAX;
	granted = pvio_host_deadline_grant(&timers->apic, now, deadline,
					   NSEC_PER_SEC / rate, !timer->target);
	if (granted == deadline)
		return asked;
	/* the unit may be longer than what 32 bits hold */
	return min_t(u64, div64_u64(granted - now + timer->unit - 1, timer->unit),
		     U32_MAX);
}

/**
 * pvio_host_timer_set_apic_count() - a vCPU's local APIC timer is set
 * @apic:	the struct kvm_lapic of the vCPU
 * @asked:	what the guest wrote to the initial count register; 0 stops the timer
 *
 * A timer that counts again and again is left alone: whoever uses that takes each
 * interrupt for one tick.
 *
 * Context: the ftrace callback of kvm_lapic_reg_write(), with vcpu->mutex held and
 * the vCPU loaded; must not sleep.
 * Return: what KVM shall take in its place.
 */
u32 pvio_host_timer_set_apic_count(const void *apic, u32 asked)
{
	struct kvm_vcpu *vcpu = pvio_host_kvm.get_running_vcpu();
	struct pvio_host_kvm_apic_timer timer;
	struct vcpu_timers *timers;
	u32 granted = asked;
	unsigned int rate;

	if (!vcpu || vcpu->arch.apic != apic)
		return asked;
	rcu_read_lock();
	timers = find_timers(vcpu, &rate);
	if (timers && pvio_host_kvm_read_apic_timer(vcpu, &timer) && timer.one_shot)
		granted = grant_apic_count(timers, &timer, asked, rate);
	rcu_read_unlock();
	return granted;
}

/* Under timer_caps_lock. */
static void remove_cap(struct timer_cap *cap)
{
	hash_del_rcu(&cap->node);
	if (hash_empty(timer_caps))
		pvio_host_unhook_timers();
	/* hooks that ftrace keeps find no cap any more */
	synchronize_rcu();
	put_pid(cap->process);
	kvfree(cap);
}

/*
 * Takes the reference of @process over. @kvm is the VM whose guest has asked, NULL
 * where the administrator has. Under timer_caps_lock.
 */
static int add_cap(struct pid *process, unsigned int rate, struct kvm *kvm)
{
	struct timer_cap *cap = kvzalloc(sizeof(*cap), GFP_KERNEL_ACCOUNT);
	int r = cap ? 0 : -ENOMEM;

	if (!r && hash_empty(timer_caps))
		r = pvio_host_hook_timers();
	if (r) {
		kvfree(cap);
		put_pid(process);
		return r;
	}
	cap->process = process;
	cap->rate = rate;
	cap->kvm = kvm;
	cap->by_guest = kvm;
	hash_add_rcu(timer_caps, &cap->node, (unsigned long)process);
	return 0;
}

static bool process_is_alive(struct pid *process)
{
	bool alive;

	rcu_read_lock();
	alive = pid_task(process, PIDTYPE_TGID);
	rcu_read_unlock();
	return alive;
}

/* Under timer_caps_lock. */
static void remove_caps(bool of_the_living)
{
	struct hlist_node *next;
	struct timer_cap *cap;
	int bucket;

	hash_for_each_safe(timer_caps, bucket, next, cap, node) {
		if (of_the_living || !process_is_alive(cap->process))
			remove_cap(cap);
	}
}

/* A cap without a process would keep the hooks until somebody looks at the caps. */
static void remove_dead_caps(struct work_struct *work)
{
	mutex_lock(&timer_caps_lock);
	remove_caps(false);
	mutex_unlock(&timer_caps_lock);
}

static DECLARE_DELAYED_WORK(dead_caps_work, remove_dead_caps);

/* None of the VM's vCPUs runs: the next one may have its address, not its timers. */
static void forget_vm(struct timer_cap *cap)
{
	unsigned int i;

	for (i = 0; i < KVM_MAX_VCPUS; i++)
		WRITE_ONCE(cap->timers[i].vcpu, NULL);
	/* pairs with cmpxchg() of whoever takes the cap for another VM */
	smp_store_release(&cap->kvm, NULL);
	/* the process goes on for a moment, if this is its end */
	schedule_delayed_work(&dead_caps_work, 10 * HZ);
}

/**
 * pvio_host_timers_forget() - a VM ends
 * @kvm: the VM: none of its vCPUs will run again
 *
 * Its process may make another one, which the cap is for then.
 *
 * Context: the ftrace callback of kvm_arch_destroy_vm(); does not sleep.
 */
void pvio_host_timers_forget(struct kvm *kvm)
{
	struct timer_cap *cap;
	int bucket;

	rcu_read_lock();
	hash_for_each_rcu(timer_caps, bucket, cap, node) {
		if (READ_ONCE(cap->kvm) == kvm)
			forget_vm(cap);
	}
	rcu_read_unlock();
}

/* @rate: 0 for none. */
static int set_cap(pid_t pid, unsigned int rate)
{
	struct pid *process = find_get_pid(pid);
	struct timer_cap *cap = find_cap(process);

	if (!process || !process_is_alive(process)) {
		put_pid(process);
		pr_err("timer_cap: there is no process %d\n", pid);
		return -ESRCH;
	}
	if (rate && !cap)
		return add_cap(process, rate, NULL);
	if (rate) {
		WRITE_ONCE(cap->rate, rate);
		cap->by_guest = false;
	} else if (cap) {
		remove_cap(cap);
	}
	put_pid(process);
	return 0;
}

static int parse_cap(const char *word, pid_t *pid, unsigned int *rate)
{
	char text[8];
	int length = 0;

	if (sscanf(word, "pid=%d:%7s%n", pid, text, &length) != 2 || word[length] ||
	    *pid < 1)
		return -EINVAL;
	*rate = 0;
	if (!strcmp(text, "off"))
		return 0;
	if (kstrtouint(text, 10, rate) || !pvio_timer_rate_is_valid(*rate))
		return -EINVAL;
	return 0;
}

static int set_caps(char *words)
{
	unsigned int rate;
	char *word;
	pid_t pid;
	int r;

	while ((word = strsep(&words, ","))) {
		if (parse_cap(word, &pid, &rate)) {
			pr_err("timer_cap: '%s' is neither pid=NUMBER:RATE, with a rate of %u to %u a second, nor pid=NUMBER:off\n",
			       word, PVIO_LOWEST_TIMER_RATE, PVIO_HIGHEST_TIMER_RATE);
			return -EINVAL;
		}
		r = set_cap(pid, rate);
		if (r)
			return r;
	}
	return 0;
}

static int set_timer_cap(const char *value, const struct kernel_param *kp)
{
	char *text = kstrdup(value, GFP_KERNEL);
	int r = -EBUSY;

	if (!text)
		return -ENOMEM;
	mutex_lock(&timer_caps_lock);
	remove_caps(false);
	if (serving)
		r = set_caps(strim(text));
	else
		pr_err("timer_cap: to be set once the module is loaded\n");
	mutex_unlock(&timer_caps_lock);
	kfree(text);
	return r;
}

static int get_timer_cap(char *buffer, const struct kernel_param *kp)
{
	struct timer_cap *cap;
	int bucket, len = 0;

	mutex_lock(&timer_caps_lock);
	remove_caps(false);
	hash_for_each(timer_caps, bucket, cap, node) {
		if (cap->rate)
			len += sysfs_emit_at(buffer, len, "%spid=%d:%u",
					     len ? "," : "",
					     pid_vnr(cap->process), cap->rate);
	}
	mutex_unlock(&timer_caps_lock);
	return len + sysfs_emit_at(buffer, len, "\n");
}

static const struct kernel_param_ops timer_cap_ops = {
	.set = set_timer_cap,
	.get = get_timer_cap,
};

module_param_cb(timer_cap, &timer_cap_ops, NULL, 0644);
MODULE_PARM_DESC(timer_cap, "timer interrupts a second that VMs get at most: a list of pid=NUMBER:RATE, pid=NUMBER:off");

/* What all timers of a VM did. */
struct timer_sum {
	u64 asks;
	u64 fires;
	u64 delays;
	unsigned int counting;
};

static void add_figures(struct timer_sum *sum,
			const struct pvio_host_deadline *d)
{
	sum->asks += READ_ONCE(d->asks);
	sum->fires += READ_ONCE(d->fires);
	sum->delays += READ_ONCE(d->delays);
	sum->counting += READ_ONCE(d->habit) == PVIO_HOST_HABIT_COUNTS;
}

static void show_cap(struct seq_file *m, const struct timer_cap *cap)
{
	struct timer_sum sum = { 0 };
	unsigned int i, vcpus = 0;

	for (i = 0; i < KVM_MAX_VCPUS; i++) {
		const struct vcpu_timers *timers = &cap->timers[i];

		if (!READ_ONCE(timers->vcpu))
			continue;
		vcpus++;
		add_figures(&sum, &timers->tsc);
		add_figures(&sum, &timers->apic);
	}
	seq_printf(m, "%d %u %u %llu %llu %llu %u\n", pid_vnr(cap->process),
		   cap->rate, vcpus, sum.asks, sum.fires, sum.delays, sum.counting);
}

/**
 * pvio_host_timers_show() - print the caps and what their VMs' timers did
 * @m: where to: a line with the names, and one for each VM
 *
 * Context: may sleep.
 */
void pvio_host_timers_show(struct seq_file *m)
{
	struct timer_cap *cap;
	int bucket;

	seq_puts(m, "vm rate vcpus asked fired delayed counting\n");
	mutex_lock(&timer_caps_lock);
	remove_caps(false);
	hash_for_each(timer_caps, bucket, cap, node)
		show_cap(m, cap);
	mutex_unlock(&timer_caps_lock);
}

/*
 * What a guest gets changed is the rate of its own cap, of its own VM. Where KVM
 * cannot be entered, one that tries again and again shall not fill the kernel log.
 */
static void grant_wish(struct kvm *kvm, unsigned int rate)
{
	struct timer_cap *cap = find_cap(task_tgid(current));
	static bool failed;

	if (cap && cap->by_guest && cap_is_for(cap, kvm))
		WRITE_ONCE(cap->rate, rate);
	if (cap || !rate || failed)
		return;
	failed = add_cap(get_pid(task_tgid(current)), rate, kvm);
}

static unsigned int rate_that_holds(struct kvm *kvm)
{
	struct kvm *its = NULL;
	struct timer_cap *cap;
	unsigned int rate = 0;

	rcu_read_lock();
	cap = find_cap(task_tgid(current));
	if (cap)
		its = READ_ONCE(cap->kvm);
	if (cap && (!its || its == kvm))
		rate = READ_ONCE(cap->rate);
	rcu_read_unlock();
	return rate;
}

/**
 * pvio_host_timers_ask() - the guest of the calling thread asks for a cap
 * @kvm:	its VM
 * @rate:	as RCX of PVIO_QUERY_TIMER_RATE
 *
 * Context: a hypercall, may sleep.
 * Return: the cap that holds; 0 for none.
 */
unsigned int pvio_host_timers_ask(struct kvm *kvm, unsigned long rate)
{
	if (!READ_ONCE(guest_timer_cap) || (rate && !pvio_timer_rate_is_valid(rate)) ||
	    rate == rate_that_holds(kvm) || mutex_lock_killable(&timer_caps_lock))
		return rate_that_holds(kvm);
	if (serving)
		grant_wish(kvm, rate);
	mutex_unlock(&timer_caps_lock);
	return rate_that_holds(kvm);
}

/**
 * pvio_host_timers_init() - let timers be capped
 *
 * Context: module initialisation, when pvio_host_kvm is filled in; may sleep.
 */
void pvio_host_timers_init(void)
{
	mutex_lock(&timer_caps_lock);
	serving = true;
	mutex_unlock(&timer_caps_lock);
}

/**
 * pvio_host_timers_exit() - take all caps away
 *
 * Context: module exit, may sleep. No function of KVM is entered any more for the
 * sake of a timer when it returns.
 */
void pvio_host_timers_exit(void)
{
	mutex_lock(&timer_caps_lock);
	serving = false;
	remove_caps(true);
	mutex_unlock(&timer_caps_lock);
	/* the removal does not end where ftrace has failed, see hook.c */
	while (!pvio_host_unhook_timers())
		schedule_timeout_idle(HZ);
	cancel_delayed_work_sync(&dead_caps_work);
}
