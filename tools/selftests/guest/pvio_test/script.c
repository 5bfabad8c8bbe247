// SPDX-License-Identifier: GPL-2.0
/* Runs a script both ways. The instructions here are the test's own. */
#include <linux/io.h>
#include <linux/slab.h>

#include "script.h"

static u64 do_port(const struct pvio_step *s)
{
	if (s->kind == PVIO_PORT_READ)
		return s->size == 1 ? inb(s->addr) :
		       s->size == 2 ? inw(s->addr) : inl(s->addr);
	if (s->size == 1)
		outb(s->value, s->addr);
	else if (s->size == 2)
		outw(s->value, s->addr);
	else
		outl(s->value, s->addr);
	return 0;
}

static u64 do_mmio(const struct pvio_step *s, void __iomem *at)
{
	if (s->kind == PVIO_MMIO_READ)
		return s->size == 1 ? readb(at) : s->size == 2 ? readw(at) :
		       s->size == 4 ? readl(at) : readq(at);
	if (s->size == 1)
		writeb(s->value, at);
	else if (s->size == 2)
		writew(s->value, at);
	else if (s->size == 4)
		writel(s->value, at);
	else
		writeq(s->value, at);
	return 0;
}

static void run_instructions(const struct pvio_step *steps, unsigned int count,
			     const struct pvio_region *region, u64 *values)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (pvio_kind_is_mmio(steps[i].kind))
			values[i] = do_mmio(&steps[i],
					    region->mapped + steps[i].addr);
		else
			values[i] = do_port(&steps[i]);
	}
}

static void fill_batch(struct pvio_batch *b, const struct pvio_step *s,
		       unsigned int count, const struct pvio_region *region)
{
	pvio_batch_reset(b);
	for (; count--; s++) {
		switch (s->kind) {
		case PVIO_PORT_READ:
			pvio_port_read(b, s->addr, s->size);
			break;
		case PVIO_PORT_WRITE:
			pvio_port_write(b, s->addr, s->size, s->value);
			break;
		case PVIO_MMIO_READ:
			pvio_mmio_read(b, region, s->addr, s->size);
			break;
		case PVIO_MMIO_WRITE:
			pvio_mmio_write(b, region, s->addr, s->size, s->value);
			break;
		}
	}
}

static int compare_step(struct seq_file *m, const struct pvio_step *s,
			unsigned int number, u64 direct, u64 batched)
{
	u64 alike = s->varies ? s->known : ~0ull;
	char what[48];

	if (!pvio_kind_is_read(s->kind))
		return 0;
	snprintf(what, sizeof(what), "step %u, %u bytes at %#x, device",
		 number, s->size, s->addr);
	if (s->known &&
	    pvio_test_differs(m, what, direct & s->known, s->value & s->known))
		return -EIO;
	snprintf(what, sizeof(what), "step %u, %u bytes at %#x, batch",
		 number, s->size, s->addr);
	if (pvio_test_differs(m, what, batched & alike, direct & alike))
		return -EIO;
	return 0;
}

/**
 * pvio_script_compare() - do a script both ways and compare what was read
 * @m:		receives the differences
 * @steps:	the script, which starts by bringing the device into one state
 * @count:	its length, up to PVIO_MAX_OPS
 * @region:	device memory for its MMIO, or NULL
 *
 * Interrupts are off, since others use the same ports.
 *
 * Context: may sleep.
 * Return: 0 or an error.
 */
int pvio_script_compare(struct seq_file *m, const struct pvio_step *steps,
			unsigned int count, const struct pvio_region *region)
{
	struct pvio_batch *b = pvio_test_batch;
	unsigned int i, done;
	unsigned long flags;
	u64 *direct;
	int r = 0;

	direct = kcalloc(count, sizeof(*direct), GFP_KERNEL);
	if (!direct)
		return -ENOMEM;
	fill_batch(b, steps, count, region);
	local_irq_save(flags);
	run_instructions(steps, count, region, direct);
	done = pvio_batch_run(b);
	local_irq_restore(flags);

	if (pvio_test_differs(m, "operations done", done, count))
		r = -EIO;
	for (i = 0; i < count && !r; i++)
		r = compare_step(m, &steps[i], i, direct[i],
				 pvio_batch_value(b, i));
	kfree(direct);
	return r;
}
