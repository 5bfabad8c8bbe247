// SPDX-License-Identifier: GPL-2.0
/*
 * Makes page pools fail while the parameter "fail" is set, as they do under
 * memory pressure. Distributions' kernels have no fault injection.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

#include "../../../../pve1000/compat/page_pool.h"

static bool fail;
module_param(fail, bool, 0644);
MODULE_PARM_DESC(fail, "no page pool gives pages");

static unsigned long failed;
module_param(failed, ulong, 0444);
MODULE_PARM_DESC(failed, "how often that was so");

static int note_pool(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	*(struct page_pool **)instance->data =
		(struct page_pool *)regs_get_kernel_argument(regs, 0);
	return 0;
}

static int take_page(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct page_pool *pool = *(struct page_pool **)instance->data;
	struct page *page = (struct page *)regs_return_value(regs);

	if (!READ_ONCE(fail) || !page)
		return 0;
	page_pool_put_full_page(pool, page, false);
	regs_set_return_value(regs, 0);
	failed++;
	return 0;
}

static struct kretprobe probe = {
	.kp.symbol_name = "page_pool_alloc_pages",
	.entry_handler = note_pool,
	.handler = take_page,
	.data_size = sizeof(struct page_pool *),
};

static int __init pool_fault_init(void)
{
	return register_kretprobe(&probe);
}
module_init(pool_fault_init);

static void __exit pool_fault_exit(void)
{
	unregister_kretprobe(&probe);
}
module_exit(pool_fault_exit);

MODULE_DESCRIPTION("Lets page pools fail, for tests");
MODULE_LICENSE("GPL");
