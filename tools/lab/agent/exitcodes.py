# SPDX-License-Identifier: GPL-2.0
"""Names of VM exits (arch/x86/include/uapi/asm/svm.h, vmx.h) and of exits to user space."""

SVM = {
    0x40: "db", 0x43: "bp", 0x46: "ud", 0x47: "nm", 0x4d: "gp", 0x4e: "pf", 0x51: "ac", 0x52: "mc",
    0x60: "intr", 0x61: "nmi", 0x62: "smi", 0x63: "init", 0x64: "vintr", 0x65: "cr0_sel_write",
    0x66: "idtr_read", 0x6e: "rdtsc", 0x6f: "rdpmc", 0x70: "pushf", 0x71: "popf", 0x72: "cpuid",
    0x73: "rsm", 0x74: "iret", 0x75: "swint", 0x76: "invd", 0x77: "pause", 0x78: "hlt",
    0x79: "invlpg", 0x7a: "invlpga", 0x7b: "ioio", 0x7c: "msr", 0x7d: "task_switch",
    0x7e: "ferr_freeze", 0x7f: "shutdown", 0x80: "vmrun", 0x81: "vmmcall", 0x82: "vmload",
    0x83: "vmsave", 0x84: "stgi", 0x85: "clgi", 0x86: "skinit", 0x87: "rdtscp", 0x88: "icebp",
    0x89: "wbinvd", 0x8a: "monitor", 0x8b: "mwait", 0x8d: "xsetbv", 0x8e: "rdpru",
    0x8f: "efer_write_trap", 0x400: "npf", 0x401: "avic_incomplete_ipi",
    0x402: "avic_unaccelerated_access", 0x403: "vmgexit", 0xffffffff: "err",
    **{number: f"cr{number}_read" for number in range(16)},
    **{0x10 + number: f"cr{number}_write" for number in range(16)},
    **{0x20 + number: f"dr{number}_read" for number in range(16)},
    **{0x30 + number: f"dr{number}_write" for number in range(16)},
}

VMX = {
    0: "exception_nmi", 1: "external_interrupt", 2: "triple_fault", 3: "init", 4: "sipi",
    7: "interrupt_window", 8: "nmi_window", 9: "task_switch", 10: "cpuid", 12: "hlt", 13: "invd",
    14: "invlpg", 15: "rdpmc", 16: "rdtsc", 18: "vmcall", 19: "vmclear", 20: "vmlaunch",
    21: "vmptrld", 22: "vmptrst", 23: "vmread", 24: "vmresume", 25: "vmwrite", 26: "vmoff",
    27: "vmon", 28: "cr_access", 29: "dr_access", 30: "io_instruction", 31: "msr_read",
    32: "msr_write", 33: "invalid_state", 34: "msr_load_fail", 36: "mwait", 37: "monitor_trap",
    39: "monitor", 40: "pause", 41: "mce_during_vmentry", 43: "tpr_below_threshold",
    44: "apic_access", 45: "eoi_induced", 46: "gdtr_idtr", 47: "ldtr_tr", 48: "ept_violation",
    49: "ept_misconfig", 50: "invept", 51: "rdtscp", 52: "preemption_timer", 53: "invvpid",
    54: "wbinvd", 55: "xsetbv", 56: "apic_write", 57: "rdrand", 58: "invpcid", 59: "vmfunc",
    60: "encls", 61: "rdseed", 62: "pml_full", 63: "xsaves", 64: "xrstors", 67: "umwait",
    68: "tpause", 74: "bus_lock", 75: "notify",
}

USERSPACE = {
    0: "unknown", 1: "exception", 2: "io", 3: "hypercall", 4: "debug", 5: "hlt", 6: "mmio",
    7: "irq_window_open", 8: "shutdown", 9: "fail_entry", 10: "intr", 11: "set_tpr",
    12: "tpr_access", 16: "nmi", 17: "internal_error", 24: "system_event", 26: "ioapic_eoi",
    27: "hyperv", 29: "x86_rdmsr", 30: "x86_wrmsr", 31: "dirty_ring_full", 33: "x86_bus_lock",
    34: "xen", 37: "notify", 39: "memory_fault",
}


def vm_exit(intel, code):
    # A bit above the VMX reason says that the entry failed; it is not part of the reason.
    return VMX.get(code & 0xffff, hex(code)) if intel else SVM.get(code, hex(code))


def userspace_exit(reason, errno):
    if errno:
        return "intr" if errno == -4 else "error"   # the reason is stale then
    return USERSPACE.get(reason, str(reason))
