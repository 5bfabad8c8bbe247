// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

/* vmmcall (AMD) or vmcall (Intel), then out %al,$VMM_DONE_PORT */
static const uint8_t code_amd[] = { 0x0f, 0x01, 0xd9, 0xe6, VMM_DONE_PORT };
static const uint8_t code_intel[] = { 0x0f, 0x01, 0xc1, 0xe6, VMM_DONE_PORT };

/* the same, but mov %eax,VMM_RESULT instead of the port write, then hlt */
static const uint8_t code_user[] = {
	0xa3, VMM_RESULT & 0xff, VMM_RESULT >> 8, 0x00, 0x00, 0xf4,
};

static bool on_amd(void)
{
	return access("/sys/module/kvm_amd", F_OK) == 0;
}

static int add_memory(struct vmm *v)
{
	struct kvm_userspace_memory_region region = {
		.memory_size = VMM_MEMORY,
	};

	v->memory = mmap(NULL, VMM_MEMORY, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (v->memory == MAP_FAILED)
		return -1;
	memcpy(v->memory + VMM_CODE, on_amd() ? code_amd : code_intel,
	       sizeof(code_amd));
	memcpy(v->memory + VMM_USER_CODE, v->memory + VMM_CODE, 3);
	memcpy(v->memory + VMM_USER_CODE + 3, code_user, sizeof(code_user));
	region.userspace_addr = (uintptr_t)v->memory;
	return ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

/* CPUID.01H:ECX, Intel SDM vol. 2A: KVM has it, and user space shows it. */
#define CPUID_TSC_DEADLINE	0x01000000

/* The CPU that the host has: enough for long mode. */
static int set_cpuid(struct vmm *v)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid = { .head.nent = 256 };

	if (ioctl(v->kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) < 0)
		return -1;
	/* not an encrypted guest, whatever the host could give */
	for (unsigned int i = 0; i < cpuid.head.nent; i++) {
		if (cpuid.entries[i].function == 0x8000001f)
			cpuid.entries[i].eax = 0;
		if (cpuid.entries[i].function == 1)
			cpuid.entries[i].ecx |= CPUID_TSC_DEADLINE;
	}
	return ioctl(v->vcpu, KVM_SET_CPUID2, &cpuid);
}

int vmm_create(struct vmm *v)
{
	memset(v, 0, sizeof(*v));
	v->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (v->kvm < 0)
		return -1;
	v->vm = ioctl(v->kvm, KVM_CREATE_VM, 0);
	if (v->vm < 0 || ioctl(v->vm, KVM_SET_TSS_ADDR, 0xfffbd000) < 0 ||
	    ioctl(v->vm, KVM_CREATE_IRQCHIP, 0) < 0 || add_memory(v) < 0)
		return -1;
	v->vcpu = ioctl(v->vm, KVM_CREATE_VCPU, 0);
	v->run_size = ioctl(v->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	v->run = mmap(NULL, v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      v->vcpu, 0);
	if (v->run == MAP_FAILED)
		return -1;
	v->ring = (void *)v->run + KVM_COALESCED_MMIO_PAGE_OFFSET * 4096;
	return set_cpuid(v) < 0 ? -1 : vmm_set_mode(v, VMM_LONG);
}

void vmm_destroy(struct vmm *v)
{
	munmap(v->run, v->run_size);
	close(v->vcpu);
	close(v->vm);
	close(v->kvm);
	munmap(v->memory, VMM_MEMORY);
}

static void flat_segment(struct kvm_segment *s, uint8_t type, uint8_t dpl,
			 bool lng)
{
	*s = (struct kvm_segment) {
		.limit = 0xffffffff,
		.selector = 8 | dpl,
		.type = type,
		.present = 1,
		.dpl = dpl,
		.db = !lng,
		.s = 1,
		.l = lng,
		.g = 1,
	};
}

/* One 1 GiB page at address 0, its tables in pages 2 and 3. */
static void long_mode(struct vmm *v, struct kvm_sregs *s)
{
	uint64_t *pml4 = (void *)(v->memory + 0x2000);
	uint64_t *pdpt = (void *)(v->memory + 0x3000);

	pml4[0] = 0x3000 | 7;
	pdpt[0] = 0x83 | 4;
	s->cr3 = 0x2000;
	s->cr4 = 1 << 5;			/* PAE */
	s->cr0 = 0x80000011;			/* PG, ET, PE */
	s->efer = 0x500;			/* LMA, LME */
}

int vmm_set_mode(struct vmm *v, enum vmm_mode mode)
{
	uint8_t dpl = mode == VMM_USER ? 3 : 0;
	struct kvm_sregs s;

	if (ioctl(v->vcpu, KVM_GET_SREGS, &s) < 0)
		return -1;
	s.cr0 = 0x10;
	s.cr3 = 0;
	s.cr4 = 0;
	s.efer = 0;
	if (mode == VMM_REAL) {
		s.cs = s.ds;
		s.cs.base = 0;
		s.cs.selector = 0;
		s.cs.type = 11;
		s.ss = s.ds;
	} else {
		flat_segment(&s.cs, 11, dpl, mode == VMM_LONG);
		flat_segment(&s.ss, 3, dpl, false);
		flat_segment(&s.ds, 3, dpl, false);
		s.cr0 = 0x11;
	}
	if (mode == VMM_LONG)
		long_mode(v, &s);
	return ioctl(v->vcpu, KVM_SET_SREGS, &s);
}

int vmm_coalesce(struct vmm *v)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = 0xcf8,
		.size = 1,
		.pio = 1,
	};

	return ioctl(v->vm, KVM_REGISTER_COALESCED_MMIO, &zone);
}

static int call_at(struct vmm *v, uint64_t rip, uint64_t nr, uint64_t a,
		   uint64_t b, uint64_t rdx)
{
	struct kvm_regs regs = {
		.rax = nr,
		.rbx = a,
		.rcx = b,
		.rdx = rdx,
		.rip = rip,
		.rflags = 2,
	};

	return ioctl(v->vcpu, KVM_SET_REGS, &regs);
}

int vmm_call(struct vmm *v, uint64_t nr, uint64_t a, uint64_t b, uint64_t rdx)
{
	return call_at(v, VMM_CODE, nr, a, b, rdx);
}

int32_t vmm_user_call(struct vmm *v, uint64_t nr, uint64_t a, uint64_t b)
{
	int32_t result = 0;

	if (vmm_set_mode(v, VMM_USER) || call_at(v, VMM_USER_CODE, nr, a, b, 0))
		return 0;
	vmm_run(v);
	memcpy(&result, v->memory + VMM_RESULT, sizeof(result));
	return result;
}

int vmm_batch(struct vmm *v, uint64_t count)
{
	return vmm_call(v, PVIO_HC_BATCH, VMM_BATCH, count, 0);
}

int vmm_reset(struct vmm *v)
{
	return call_at(v, VMM_CODE + 3, VMM_RESET_RAX, 0, 0, 0);
}

int vmm_run(struct vmm *v)
{
	if (ioctl(v->vcpu, KVM_RUN, 0) < 0)
		return -errno;
	if (v->run->exit_reason == KVM_EXIT_IO &&
	    v->run->io.port == VMM_DONE_PORT)
		return VMM_DONE;
	return v->run->exit_reason;
}

/* SIGUSR1 is blocked; it is sent, or taken back. */
int vmm_signal(struct vmm *v, bool pending)
{
	struct {
		struct kvm_signal_mask head;
		uint8_t sigset[8];	/* all signals get through */
	} mask = { .head.len = 8 };
	sigset_t usr1;
	int number;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	if (!pending)
		return sigwait(&usr1, &number);
	if (sigprocmask(SIG_BLOCK, &usr1, NULL) < 0 ||
	    ioctl(v->vcpu, KVM_SET_SIGNAL_MASK, &mask) < 0)
		return -1;
	return raise(SIGUSR1);
}

static struct kvm_regs get_regs(struct vmm *v)
{
	struct kvm_regs regs;

	if (ioctl(v->vcpu, KVM_GET_REGS, &regs) < 0)
		memset(&regs, 0xee, sizeof(regs));
	return regs;
}

uint64_t vmm_rax(struct vmm *v)
{
	return get_regs(v).rax;
}

uint64_t vmm_rdx(struct vmm *v)
{
	return get_regs(v).rdx;
}

struct pvio_op *vmm_ops(struct vmm *v)
{
	return (struct pvio_op *)(v->memory + VMM_BATCH);
}

unsigned int vmm_ring_used(struct vmm *v)
{
	return (v->ring->last + VMM_RING_ENTRIES - v->ring->first) %
	       VMM_RING_ENTRIES;
}

static void *io_data(struct vmm *v)
{
	return (void *)v->run + v->run->io.data_offset;
}

uint32_t vmm_io_value(struct vmm *v)
{
	uint32_t value = 0;

	memcpy(&value, io_data(v), v->run->io.size);
	return value;
}

void vmm_io_answer(struct vmm *v, uint32_t value)
{
	memcpy(io_data(v), &value, v->run->io.size);
}
