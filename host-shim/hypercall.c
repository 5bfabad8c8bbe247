// SPDX-License-Identifier: GPL-2.0
/*
 * Takes a hypercall from KVM, runs it, and gives the vCPU back to KVM.
 *
 * While a batch waits for user space, RAX and RDX already hold what the guest
 * must find if the batch is never continued: when the module is removed, KVM
 * finishes the pending exit in the place of the module, and the note in RDX tells
 * the guest how far its batch came. So no operation is lost or repeated, and a
 * stopped VM holds the removal up only where a read of MMIO is pending, which KVM
 * cannot finish.
 */
#include "hypercall.h"
#include "kvm_api.h"
#include "privilege.h"
#include "timer.h"
#include "vcpu.h"

#include "compat/kvm_host.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define SERVED_FEATURES	(PVIO_FEATURE_PORT | PVIO_FEATURE_MMIO | \
			 PVIO_FEATURE_STOP)

/* AMD APM vol. 3, Fn8000_001F EAX: bit 1 SEV, 3 SEV-ES, 4 SEV-SNP */
#define CPUID_ENCRYPTION	0x8000001f
#define CPUID_ENCRYPTION_GUEST	(BIT(1) | BIT(3) | BIT(4))

/*
 * Outside long mode the upper halves of registers mean nothing. Compatibility
 * mode at CPL 0 is taken for long mode: no kernel makes hypercalls from there.
 */
static unsigned long read_argument(struct kvm_vcpu *vcpu, enum kvm_reg reg)
{
	unsigned long value = vcpu->arch.regs[reg];

	return vcpu->arch.efer & EFER_LMA ? value : (u32)value;
}

/* What the guest finds in RAX and RDX when it runs on. */
static void set_result(struct kvm_vcpu *vcpu, long result, u32 note)
{
	bool long_mode = vcpu->arch.efer & EFER_LMA;

	vcpu->arch.regs[VCPU_REGS_RAX] = long_mode ? result : (u32)result;
	vcpu->arch.regs[VCPU_REGS_RDX] = note;
}

/**
 * pvio_host_hypercall_ours() - whether a hypercall is for this module
 * @vcpu: the vCPU that made it
 *
 * Context: the ftrace callback of kvm_emulate_hypercall(); must not sleep.
 * Return: true for the numbers of pvio_abi.h, unless the guest talks to KVM
 * in Xen's or Hyper-V's way, where RAX means something else.
 */
bool pvio_host_hypercall_ours(struct kvm_vcpu *vcpu)
{
	unsigned long nr = read_argument(vcpu, VCPU_REGS_RAX);

	return nr >= PVIO_HC_FIRST && nr <= PVIO_HC_LAST &&
	       !pvio_host_kvm_xen_hypercalls(vcpu->kvm) &&
	       !pvio_host_kvm_hyperv_hypercalls(vcpu->kvm);
}

static bool guest_is_encrypted(struct kvm_vcpu *vcpu)
{
	int i;

	if (pvio_host_kvm_state_protected(vcpu))
		return true;
	for (i = 0; i < vcpu->arch.cpuid_nent; i++) {
		if (vcpu->arch.cpuid_entries[i].function == CPUID_ENCRYPTION)
			return vcpu->arch.cpuid_entries[i].eax &
			       CPUID_ENCRYPTION_GUEST;
	}
	return false;
}

static enum pvio_host_refusal check_caller(struct kvm_vcpu *vcpu)
{
	if (guest_is_encrypted(vcpu))
		return PVIO_HOST_REFUSED_ENCRYPTED;
	if (vcpu->arch.hflags & HF_GUEST_MASK)
		return PVIO_HOST_REFUSED_NESTED;
	if (!pvio_host_caller_is_at_cpl0(vcpu))
		return PVIO_HOST_REFUSED_PRIVILEGE;
	if (read_argument(vcpu, VCPU_REGS_RDX))
		return PVIO_HOST_REFUSED_ARGUMENT;
	return PVIO_HOST_ACCEPTED;
}

/*
 * Ends a hypercall; @r is what KVM returned when it skipped the instruction.
 * Nothing of the module may be touched afterwards.
 */
static int leave_hypercall(struct kvm_vcpu *vcpu, int r)
{
	vcpu->stat.hypercalls++;
	percpu_ref_put(&pvio_host_users);
	return r;
}

static int finish_hypercall(struct kvm_vcpu *vcpu, long result, u32 note)
{
	int r;

	set_result(vcpu, result, note);
	r = pvio_host_kvm.skip_emulated_instruction(vcpu);
	return leave_hypercall(vcpu, r);
}

static int refuse_hypercall(struct kvm_vcpu *vcpu, struct pvio_host_vcpu *pv,
			    enum pvio_host_refusal refusal)
{
	if (pv)
		pv->stats.refused[refusal]++;
	trace_pvio_host_refuse(vcpu, pvio_host_refusals[refusal].name);
	return finish_hypercall(vcpu, pvio_host_refusals[refusal].error, 0);
}

static void record_batch(struct pvio_host_vcpu *pv)
{
	pv->stats.batches++;
	pv->stats.operations += pv->batch.done;
	pv->stats.user_exits += pv->batch.user_exits;
	trace_pvio_host_batch(pv->vcpu, pv->batch.count, pv->batch.done,
			      pv->batch.user_exits);
}

static int complete_user_exit(struct kvm_vcpu *vcpu);

static struct pvio_host_registers read_registers(struct kvm_vcpu *vcpu)
{
	/* which has KVM read the RIP from the guest's state */
	pvio_host_kvm.get_linear_rip(vcpu);
	return (struct pvio_host_registers) {
		.rip = pvio_host_kvm_rip(vcpu),
		.rax = vcpu->arch.regs[VCPU_REGS_RAX],
		.rbx = vcpu->arch.regs[VCPU_REGS_RBX],
		.rcx = vcpu->arch.regs[VCPU_REGS_RCX],
		.rdx = vcpu->arch.regs[VCPU_REGS_RDX],
	};
}

static int wait_for_user_exit(struct pvio_host_vcpu *pv)
{
	struct kvm_vcpu *vcpu = pv->vcpu;

	set_result(vcpu, 0, pvio_host_batch_note(&pv->batch));
	pv->planted = read_registers(vcpu);
	vcpu->arch.complete_userspace_io = complete_user_exit;
	WRITE_ONCE(pv->waiting, true);
	return 0;
}

static int follow_batch_step(struct pvio_host_vcpu *pv,
			     enum pvio_host_next next)
{
	struct pvio_host_batch *b = &pv->batch;
	struct kvm_vcpu *vcpu = pv->vcpu;

	if (next == PVIO_HOST_NEXT_EXIT)
		return wait_for_user_exit(pv);

	record_batch(pv);
	if (next == PVIO_HOST_NEXT_FINISH)
		return finish_hypercall(vcpu, pvio_host_batch_result(b),
					pvio_host_batch_note(b));

	/* KVM has moved the RIP: the batch ends here, as a short one */
	set_result(vcpu, pvio_host_batch_result(b), pvio_host_batch_note(b));
	return leave_hypercall(vcpu, pv->skip_result);
}

static int continue_batch(struct kvm_vcpu *vcpu)
{
	struct pvio_host_vcpu *pv = pvio_host_vcpu_find(vcpu);
	struct pvio_host_registers now = read_registers(vcpu);
	enum pvio_host_next next;

	WRITE_ONCE(pv->waiting, false);
	/* as KVM's own completions do: the port access is over */
	vcpu->arch.pio.count = 0;
	/*
	 * User space has moved the vCPU elsewhere, by a reset for one, or to
	 * another call of the same instruction, as in a saved state.
	 */
	if (memcmp(&now, &pv->planted, sizeof(now))) {
		pv->stats.abandoned++;
		percpu_ref_put(&pvio_host_users);
		return 1;
	}
	next = pvio_host_batch_continue(&pv->batch);
	return follow_batch_step(pv, next);
}

/*
 * User space did what the exit asked for, and entered KVM_RUN again; the
 * thread may be another one, and the VM may have been reset in between.
 */
static int complete_user_exit(struct kvm_vcpu *vcpu)
{
	struct kvm *kvm = vcpu->kvm;
	int idx, r;

	/* KVM_RUN holds it for exits, but for completions only since 5.17 */
	idx = srcu_read_lock(&kvm->srcu);
	r = continue_batch(vcpu);
	srcu_read_unlock(&kvm->srcu, idx);
	return r;
}

static int run_batch(struct kvm_vcpu *vcpu)
{
	enum pvio_host_refusal refusal = check_caller(vcpu);
	struct pvio_host_vcpu *pv = pvio_host_vcpu_find(vcpu);
	unsigned long gpa = read_argument(vcpu, VCPU_REGS_RBX);
	unsigned long count = read_argument(vcpu, VCPU_REGS_RCX);

	/* nothing is allocated for whom nothing will be run */
	if (!pv && !refusal) {
		pv = pvio_host_vcpu_add(vcpu);
		if (!pv)
			refusal = PVIO_HOST_REFUSED_NOMEM;
	}
	if (!refusal)
		refusal = pvio_host_batch_begin(&pv->batch, gpa, count);
	if (refusal)
		return refuse_hypercall(vcpu, pv, refusal);

	pv->stored = 0;
	return follow_batch_step(pv, pvio_host_batch_step(&pv->batch));
}

static long look_up_query(struct kvm *kvm, unsigned long item,
			  unsigned long argument)
{
	switch (item) {
	case PVIO_QUERY_VERSION:
		return PVIO_ABI_VERSION;
	case PVIO_QUERY_FEATURES:
		return SERVED_FEATURES;
	case PVIO_QUERY_MAX_OPS:
		return PVIO_MAX_OPS;
	case PVIO_QUERY_TIMER_RATE:
		return pvio_host_timers_ask(kvm, argument);
	default:
		return 0;
	}
}

static int run_query(struct kvm_vcpu *vcpu)
{
	unsigned long item = read_argument(vcpu, VCPU_REGS_RBX);
	unsigned long argument = read_argument(vcpu, VCPU_REGS_RCX);
	enum pvio_host_refusal refusal = check_caller(vcpu);
	struct pvio_host_vcpu *pv = pvio_host_vcpu_find(vcpu);

	if (refusal)
		return refuse_hypercall(vcpu, pv, refusal);
	return finish_hypercall(vcpu, look_up_query(vcpu->kvm, item, argument), 0);
}

/**
 * pvio_host_hypercall() - serve a hypercall in the place of KVM
 * @vcpu: the vCPU that made it
 *
 * Entered from the ftrace callback instead of kvm_emulate_hypercall(), with a
 * reference in pvio_host_users.
 *
 * Context: KVM_RUN, with vcpu->mutex and kvm->srcu held; may sleep.
 * Return: as kvm_emulate_hypercall(): 1 to enter the guest, 0 to leave for
 * user space, or a negative error of KVM's.
 */
int pvio_host_hypercall(struct kvm_vcpu *vcpu)
{
	if (read_argument(vcpu, VCPU_REGS_RAX) == PVIO_HC_BATCH)
		return run_batch(vcpu);
	return run_query(vcpu);
}

/*
 * Where KVM has no completion, the guest makes the hypercall again, with RAX 0:
 * KVM refuses that number, changes RAX alone, and the guest finds the note.
 *
 * A flush is handed over on trust: user space empties the ring in this exit. Where
 * another thread of it is at that just now, it may answer a moment too early. To
 * wait for the ring would let a stopped VM hold the removal up.
 */
static void hand_over_vcpu(struct pvio_host_vcpu *pv)
{
	struct kvm_vcpu *vcpu = pv->vcpu;

	/* if it is taken, the vCPU is in KVM_RUN and completes by itself */
	if (!mutex_trylock(&vcpu->mutex))
		return;
	if (pv->waiting && pv->hands_over) {
		vcpu->arch.complete_userspace_io = pv->kvm_complete;
		pv->waiting = false;
		pv->stats.handed_over++;
		record_batch(pv);
		percpu_ref_put(&pvio_host_users);
	}
	mutex_unlock(&vcpu->mutex);
}

/**
 * pvio_host_hypercalls_hand_over() - leave pending completions to KVM
 *
 * To be repeated until pvio_host_users is empty: a vCPU that is being served
 * may yet go to user space, and KVM has no completion of its own for a read of
 * MMIO, which has to be waited for.
 *
 * Context: module exit, after pvio_host_users was killed.
 * Return: the process of a VM that has to be waited for, or 0.
 */
pid_t pvio_host_hypercalls_hand_over(void)
{
	struct pvio_host_vcpu *pv;
	struct pvio_host_vm *vm;
	pid_t waiting = 0;

	/* as long as a VM is in the list, its vCPUs exist */
	raw_spin_lock(&pvio_host_vms_lock);
	list_for_each_entry(vm, &pvio_host_vms, node) {
		list_for_each_entry(pv, &vm->vcpus, node) {
			if (READ_ONCE(pv->waiting))
				hand_over_vcpu(pv);
			if (READ_ONCE(pv->waiting))
				waiting = vm->kvm->userspace_pid;
		}
	}
	raw_spin_unlock(&pvio_host_vms_lock);
	return waiting;
}
