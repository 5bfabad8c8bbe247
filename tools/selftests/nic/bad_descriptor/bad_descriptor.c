// SPDX-License-Identifier: GPL-2.0
/*
 * Plays a hostile device: of the descriptors that the card has completed, the
 * first that each poll would look at is written over, in memory, as a device
 * could. The parameter "kind" says with what; 0 with nothing.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

#include "../../../../pve1000/pve1000.h"

enum bad_kind {
	BAD_NOTHING,
	BAD_LONG,	/* longer than its buffer */
	BAD_EMPTY,	/* no byte */
	BAD_ENDLESS,	/* its frame does not end */
	BAD_ERRORS,	/* all errors at once */
	BAD_NOISE,	/* anything at all, still complete */
};

static unsigned int kind;
module_param(kind, uint, 0644);
MODULE_PARM_DESC(kind, "what is written: 1 long, 2 empty, 3 endless, 4 errors, 5 noise");

static unsigned long written;
module_param(written, ulong, 0444);
MODULE_PARM_DESC(written, "how many descriptors were written over");

static void spoil_descriptor(struct pve1000_rx_desc *desc)
{
	static u32 noise = 1;

	switch (READ_ONCE(kind)) {
	case BAD_LONG:
		desc->length = cpu_to_le16(0xffff);
		break;
	case BAD_EMPTY:
		desc->length = 0;
		break;
	case BAD_ENDLESS:
		desc->status &= ~RXD_STAT_EOP;
		break;
	case BAD_ERRORS:
		desc->errors = 0xff;
		break;
	case BAD_NOISE:
		noise = noise * 1664525 + 1013904223;
		desc->length = cpu_to_le16(noise >> 16);
		desc->csum = cpu_to_le16(noise);
		desc->status = noise >> 8 | RXD_STAT_DD;
		desc->errors = noise >> 20;
		desc->special = cpu_to_le16(noise >> 4);
		break;
	}
}

static int before_poll(struct kprobe *probe, struct pt_regs *regs)
{
	struct pve1000 *card = (struct pve1000 *)regs_get_kernel_argument(regs, 0);
	struct pve1000_rx_desc *desc = &card->rx.desc[card->rx.clean];

	if (READ_ONCE(kind) && desc->status & RXD_STAT_DD) {
		spoil_descriptor(desc);
		written++;
	}
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "pve1000_rx_poll",
	.pre_handler = before_poll,
};

static int __init bad_descriptor_init(void)
{
	return register_kprobe(&probe);
}
module_init(bad_descriptor_init);

static void __exit bad_descriptor_exit(void)
{
	unregister_kprobe(&probe);
}
module_exit(bad_descriptor_exit);

MODULE_DESCRIPTION("Writes bad receive descriptors, for tests");
MODULE_LICENSE("GPL");
