// SPDX-License-Identifier: GPL-2.0
/*
 * Enters KVM through ftrace: hypercalls with the module's numbers go to the
 * module, the end of a VM is seen, and while there is a timer cap, so is what
 * timers are set to. Nothing of KVM is changed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include <asm/apicdef.h>

#include "allow.h"
#include "hook.h"
#include "hypercall.h"
#include "kvm_api.h"
#include "timer.h"
#include "vcpu.h"

#include "compat/ftrace.h"

/*
 * PERMANENT keeps kernel.ftrace_enabled=0 from taking the hooks away behind
 * the module's back: it would miss the end of a VM and keep its address.
 */
#define HOOK_FLAGS	(FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_PERMANENT | \
			 PVIO_HOST_FTRACE_RECURSION)

static void notrace redirect_hypercall(unsigned long ip,
				       unsigned long parent_ip,
				       struct ftrace_ops *op,
				       struct pvio_host_ftrace_regs *fregs)
{
	struct pt_regs *regs = pvio_host_ftrace_pt_regs(fregs);
	struct kvm_vcpu *vcpu = (struct kvm_vcpu *)regs->di;

	/* whom the module does not serve, KVM answers: -KVM_ENOSYS */
	if (!pvio_host_hypercall_ours(vcpu) || !pvio_host_caller_allowed())
		return;
	/* and so during removal */
	if (!percpu_ref_tryget_live(&pvio_host_users))
		return;
	regs->ip = (unsigned long)pvio_host_hypercall;
}

static void notrace note_vm_destruction(unsigned long ip,
					unsigned long parent_ip,
					struct ftrace_ops *op,
					struct pvio_host_ftrace_regs *fregs)
{
	struct pt_regs *regs = pvio_host_ftrace_pt_regs(fregs);
	struct kvm *kvm = (struct kvm *)regs->di;
	unsigned int waiting = pvio_host_vm_forget(kvm);

	if (waiting)
		percpu_ref_put_many(&pvio_host_users, waiting);
	pvio_host_timers_forget(kvm);
}

/* kvm_set_lapic_tscdeadline_msr(vcpu, data) */
static void notrace delay_tsc_deadline(unsigned long ip, unsigned long parent_ip,
				       struct ftrace_ops *op,
				       struct pvio_host_ftrace_regs *fregs)
{
	struct pt_regs *regs = pvio_host_ftrace_pt_regs(fregs);

	regs->si = pvio_host_timer_set_tsc_deadline((struct kvm_vcpu *)regs->di,
						    regs->si);
}

/* kvm_lapic_reg_write(apic, reg, val) */
static void notrace delay_apic_timer(unsigned long ip, unsigned long parent_ip,
				     struct ftrace_ops *op,
				     struct pvio_host_ftrace_regs *fregs)
{
	struct pt_regs *regs = pvio_host_ftrace_pt_regs(fregs);

	if ((u32)regs->si == APIC_TMICT)
		regs->dx = pvio_host_timer_set_apic_count((void *)regs->di, regs->dx);
}

static struct ftrace_ops hypercall_ops = {
	.func = redirect_hypercall,
	.flags = HOOK_FLAGS | FTRACE_OPS_FL_IPMODIFY,
};

static struct ftrace_ops vm_destruction_ops = {
	.func = note_vm_destruction,
	.flags = HOOK_FLAGS,
};

static struct ftrace_ops tsc_deadline_ops = {
	.func = delay_tsc_deadline,
	.flags = HOOK_FLAGS,
};

static struct ftrace_ops apic_timer_ops = {
	.func = delay_apic_timer,
	.flags = HOOK_FLAGS,
};

static int register_hook(struct ftrace_ops *ops, const char *function)
{
	char name[KSYM_NAME_LEN];
	int r;

	strscpy(name, function, sizeof(name));
	r = ftrace_set_filter(ops, name, strlen(name), 1);
	if (!r)
		r = register_ftrace_function(ops);
	if (r) {
		pr_err("cannot trace %s: %d%s\n", name, r,
		       r == -EBUSY ? ", kernel.ftrace_enabled is 0" : "");
		pvio_host_ftrace_free_filter(ops);
	}
	return r;
}

/*
 * Where ftrace has failed, a warning in the kernel log says so, it takes no hook
 * away any more, and may go on calling it.
 */
static bool try_to_unregister_hook(struct ftrace_ops *ops)
{
	int r = unregister_ftrace_function(ops);

	if (r)
		pr_crit_once("ftrace has failed (%d) and keeps this module: reboot when you can\n",
			     r);
	else
		pvio_host_ftrace_free_filter(ops);
	return !r;
}

/* Then the module must not be freed: its removal does not end, which harms nobody else. */
static void unregister_hook(struct ftrace_ops *ops)
{
	if (try_to_unregister_hook(ops))
		return;
	while (true)
		schedule_timeout_idle(HZ);
}

/**
 * pvio_host_hook_vm_destruction() - be told of the end of a VM
 *
 * Context: may sleep.
 * Return: 0, or an error of ftrace's: -EINVAL where the function is missing,
 * -EBUSY while tracing of functions is switched off.
 */
int pvio_host_hook_vm_destruction(void)
{
	return register_hook(&vm_destruction_ops, "kvm_arch_destroy_vm");
}

/**
 * pvio_host_unhook_vm_destruction() - undo pvio_host_hook_vm_destruction()
 *
 * Context: may sleep. When it returns, the callback has left the module.
 */
void pvio_host_unhook_vm_destruction(void)
{
	unregister_hook(&vm_destruction_ops);
}

/**
 * pvio_host_hook_hypercalls() - start serving hypercalls
 *
 * Context: may sleep.
 * Return: 0, or an error of ftrace's: -EBUSY where a live patch, or another
 * module, already redirects kvm_emulate_hypercall().
 */
int pvio_host_hook_hypercalls(void)
{
	unsigned long function = (unsigned long)pvio_host_kvm.emulate_hypercall;
	int r;

	r = ftrace_set_filter_ip(&hypercall_ops, function, 0, 1);
	if (!r)
		r = register_ftrace_function(&hypercall_ops);
	if (r) {
		pr_err("cannot redirect kvm_emulate_hypercall: %d%s\n", r,
		       r == -EBUSY ? ", another module or a live patch has it" : "");
		pvio_host_ftrace_free_filter(&hypercall_ops);
	}
	return r;
}

/**
 * pvio_host_unhook_hypercalls() - undo pvio_host_hook_hypercalls()
 *
 * Context: may sleep. Calls redirected earlier may still be under way; each
 * has its reference in pvio_host_users.
 */
void pvio_host_unhook_hypercalls(void)
{
	unregister_hook(&hypercall_ops);
}

/* Under the lock of the caps. They stay where ftrace has failed. */
static struct {
	bool tsc_deadline;
	bool apic_timer;
} hooked;

/**
 * pvio_host_hook_timers() - see and replace what guests set timers to
 *
 * A compiler may have given the second function, which is static since 6.1,
 * another name: then one-shot timers of the local APIC are left alone.
 *
 * Context: may sleep; the caller sees to it that nobody else is here.
 * Return: 0, or an error of ftrace's, as pvio_host_hook_vm_destruction().
 */
int pvio_host_hook_timers(void)
{
	int r = 0;

	if (!hooked.tsc_deadline)
		r = register_hook(&tsc_deadline_ops, "kvm_set_lapic_tscdeadline_msr");
	if (r)
		return r;
	hooked.tsc_deadline = true;
	if (!hooked.apic_timer)
		hooked.apic_timer = !register_hook(&apic_timer_ops,
						   "kvm_lapic_reg_write");
	return 0;
}

/**
 * pvio_host_unhook_timers() - undo pvio_host_hook_timers()
 *
 * Context: may sleep; the caller sees to it that nobody else is here. When it
 * returns true, the callbacks have left the module.
 * Return: false where ftrace has failed and may go on calling.
 */
bool pvio_host_unhook_timers(void)
{
	if (hooked.apic_timer)
		hooked.apic_timer = !try_to_unregister_hook(&apic_timer_ops);
	if (hooked.tsc_deadline)
		hooked.tsc_deadline = !try_to_unregister_hook(&tsc_deadline_ops);
	return !hooked.apic_timer && !hooked.tsc_deadline;
}
