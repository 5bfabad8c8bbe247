// SPDX-License-Identifier: GPL-2.0
/* Looks KVM's functions up, and lets go of them. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "kvm_api.h"

struct pvio_host_kvm_api pvio_host_kvm __read_mostly;

static bool restricted_symbols;
module_param(restricted_symbols, bool, 0444);
MODULE_PARM_DESC(restricted_symbols, "use functions that KVM keeps for its own modules, on Linux 6.18 and newer (default: no)");

static const struct {
	const char *name;
	void **place;
	bool optional;
} kvm_symbols[] = {
#define SYMBOL(field, ...) \
	{ "kvm_" #field, (void **)&pvio_host_kvm.field, __VA_ARGS__ }
	SYMBOL(emulate_hypercall),
	SYMBOL(skip_emulated_instruction),
	SYMBOL(fast_pio),
	SYMBOL(get_linear_rip),
	SYMBOL(require_cpl, .optional = true),
	SYMBOL(read_l1_tsc),
	SYMBOL(get_running_vcpu),
	SYMBOL(vcpu_read_guest),
	SYMBOL(vcpu_write_guest),
#undef SYMBOL
};

/**
 * pvio_host_kvm_api_get() - fill in pvio_host_kvm
 *
 * Context: module initialisation, may sleep. Pins kvm.ko.
 * Return: 0, -ENOENT where KVM is not loaded or lacks a function, or -EPERM
 * where the administrator has to agree first.
 */
int pvio_host_kvm_api_get(void)
{
	unsigned int i;

	if (PVIO_HOST_KVM_EXPORTS_RESTRICTED && !restricted_symbols) {
		pr_err("this kernel keeps KVM's functions for KVM's own modules: restricted_symbols=1 uses them all the same\n");
		return -EPERM;
	}
	for (i = 0; i < ARRAY_SIZE(kvm_symbols); i++) {
		void *symbol = __symbol_get(kvm_symbols[i].name);

		if (!symbol && !kvm_symbols[i].optional) {
			pr_err("%s not found: load kvm-amd or kvm-intel first, or this kernel is not supported\n",
			       kvm_symbols[i].name);
			pvio_host_kvm_api_put();
			return -ENOENT;
		}
		*kvm_symbols[i].place = symbol;
	}
	return 0;
}

/**
 * pvio_host_kvm_api_put() - undo pvio_host_kvm_api_get()
 *
 * Context: module exit, may sleep. No function of pvio_host_kvm may be called
 * after.
 */
void pvio_host_kvm_api_put(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kvm_symbols); i++) {
		if (*kvm_symbols[i].place)
			__symbol_put(kvm_symbols[i].name);
		*kvm_symbols[i].place = NULL;
	}
}
