// SPDX-License-Identifier: GPL-2.0
/* Looks KVM's functions up, and lets go of them. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "kvm_api.h"

struct pvio_host_kvm_api pvio_host_kvm __read_mostly;

static const struct {
	const char *name;
	size_t at;
} kvm_symbols[] = {
#define SYMBOL(field) \
	{ "kvm_" #field, offsetof(struct pvio_host_kvm_api, field) }
	SYMBOL(emulate_hypercall),
	SYMBOL(skip_emulated_instruction),
	SYMBOL(fast_pio),
	SYMBOL(get_linear_rip),
	SYMBOL(require_cpl),
	SYMBOL(vcpu_read_guest),
	SYMBOL(vcpu_write_guest),
#undef SYMBOL
};

static void put_kvm_symbols(unsigned int n)
{
	while (n--)
		__symbol_put(kvm_symbols[n].name);
}

/**
 * pvio_host_kvm_api_get() - fill in pvio_host_kvm
 *
 * Context: module initialisation, may sleep. Pins kvm.ko.
 * Return: 0, or -ENOENT where KVM is not loaded or lacks a function.
 */
int pvio_host_kvm_api_get(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kvm_symbols); i++) {
		void *symbol = __symbol_get(kvm_symbols[i].name);

		if (!symbol) {
			pr_err("%s not found: load kvm-amd or kvm-intel first, or this kernel is not supported\n",
			       kvm_symbols[i].name);
			put_kvm_symbols(i);
			return -ENOENT;
		}
		*(void **)((char *)&pvio_host_kvm + kvm_symbols[i].at) = symbol;
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
	put_kvm_symbols(ARRAY_SIZE(kvm_symbols));
}
