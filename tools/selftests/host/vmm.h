/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtual machine monitor small enough to see every exit: the guest is one
 * hypercall instruction, its arguments are set in the registers, and the test
 * plays user space.
 */
#ifndef PVIO_SELFTEST_VMM_H
#define PVIO_SELFTEST_VMM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../pvio/pvio_abi.h"

#define VMM_MEMORY	0x10000		/* guest memory, from address 0 */
#define VMM_CODE	0x1000		/* the hypercall, then a write of a port */
#define VMM_DONE_PORT	0xf4		/* which says that it is over */
#define VMM_BATCH	0x4000		/* a page for the batch */
#define VMM_MMIO	0xd0000000ull	/* where no memory answers */

/*
 * At CPL 3 that write faults, and the fault of a guest without handlers resets
 * it: what the call returned is at VMM_RESULT by then.
 */
#define VMM_USER_CODE	0x1100
#define VMM_RESULT	0x5000

/* Entries of the coalesced ring, which shares a page with its indices. */
#define VMM_RING_ENTRIES ((4096 - sizeof(struct kvm_coalesced_mmio_ring)) / \
			  sizeof(struct kvm_coalesced_mmio))

#define VMM_RESET_RAX	77

/* What vmm_run() returns for that write, beside KVM's exit reasons. */
#define VMM_DONE	1000

enum vmm_mode {
	VMM_REAL,
	VMM_PROTECTED,
	VMM_LONG,
	VMM_USER,			/* protected mode at CPL 3 */
};

struct vmm {
	int kvm, vm, vcpu;
	uint8_t *memory;
	struct kvm_run *run;
	struct kvm_coalesced_mmio_ring *ring;
	size_t run_size;
};

/* Each returns 0, or -1 with errno set, where not said otherwise. */
int vmm_create(struct vmm *v);
void vmm_destroy(struct vmm *v);
int vmm_set_mode(struct vmm *v, enum vmm_mode mode);
int vmm_coalesce(struct vmm *v);	/* as QEMU does for port 0xcf8 */
int vmm_call(struct vmm *v, uint64_t nr, uint64_t a, uint64_t b, uint64_t rdx);
int32_t vmm_user_call(struct vmm *v, uint64_t nr, uint64_t a, uint64_t b);
int vmm_batch(struct vmm *v, uint64_t count);
int vmm_reset(struct vmm *v);		/* to behind the call, with VMM_RESET_RAX */
int vmm_run(struct vmm *v);		/* returns the exit reason, or -errno */
int vmm_signal(struct vmm *v, bool pending);	/* one that only KVM_RUN sees */
uint64_t vmm_rax(struct vmm *v);
uint64_t vmm_rdx(struct vmm *v);
struct pvio_op *vmm_ops(struct vmm *v);
unsigned int vmm_ring_used(struct vmm *v);

/* The value of a port exit, as user space reads or sets it. */
uint32_t vmm_io_value(struct vmm *v);
void vmm_io_answer(struct vmm *v, uint32_t value);

#endif /* PVIO_SELFTEST_VMM_H */
