// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs files of pvio_test to write to:
 *	writes		"COUNT LOOPS": LOOPS batches of COUNT writes of a port
 *	refused		"COUNT LOOPS": LOOPS runs of a batch of COUNT writes that
 *			the host refuses
 *	hold_irq	"IRQ MS": keeps an interrupt from the CPU, at most so long;
 *			"0 0" lets it go
 * and one to read:
 *	held_irq	the interrupt that is kept, or 0
 */
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "test.h"

/* The sector count of the second IDE channel, where there is no drive. */
#define UNUSED_PORT	0x172

static u32 held_irq;

static void let_go(struct work_struct *unused)
{
	if (held_irq)
		enable_irq(held_irq);
	held_irq = 0;
}

static DECLARE_DELAYED_WORK(let_go_work, let_go);

static int hold_irq(unsigned int irq, unsigned int ms)
{
	if (!irq) {
		mod_delayed_work(system_wq, &let_go_work, 0);
		return 0;
	}
	if (held_irq || ms > 60000)
		return -EINVAL;
	held_irq = irq;
	disable_irq(irq);
	schedule_delayed_work(&let_go_work, msecs_to_jiffies(ms));
	return 0;
}

static void fill(struct pvio_batch *b, unsigned int count)
{
	pvio_batch_reset(b);
	while (count--)
		pvio_port_write(b, UNUSED_PORT, 1, 0);
}

static int writes(unsigned int count, unsigned int loops)
{
	if (!count || count > PVIO_MAX_OPS)
		return -EINVAL;
	fill(pvio_test_batch, count);
	while (loops--) {
		if (pvio_batch_run(pvio_test_batch) != count)
			return -EIO;
	}
	return 0;
}

/* Memory is no device for the host; here, it can be written to like one. */
static int run_refused(struct pvio_batch *b, u32 *word, unsigned int loops)
{
	struct pvio_region region = {
		.mapped = (void __iomem __force *)word,
		.phys = virt_to_phys(word),
	};
	unsigned int i;

	for (i = 1; i <= b->max; i++)
		pvio_mmio_write(b, &region, 0, sizeof(*word), i);
	while (loops--) {
		*word = 0;
		if (pvio_batch_run(b) != b->max || *word != b->max)
			return -EIO;
	}
	return 0;
}

static int refused(unsigned int count, unsigned int loops)
{
	struct pvio_batch *b = pvio_batch_alloc(pvio_test_client, count);
	u32 *word = kzalloc(sizeof(*word), GFP_KERNEL);
	int r = -ENOMEM;

	if (b && word)
		r = run_refused(b, word, loops);
	kfree(word);
	pvio_batch_free(b);
	return r;
}

/* The file's private data is which of the above it is for. */
static ssize_t trigger_write(struct file *file, const char __user *from,
			     size_t len, loff_t *pos)
{
	int (*run)(unsigned int a, unsigned int b) = file->private_data;
	unsigned int a, b;
	char text[32];
	ssize_t r;

	r = simple_write_to_buffer(text, sizeof(text) - 1, pos, from, len);
	if (r < 0)
		return r;
	text[r] = '\0';
	if (sscanf(text, "%u %u", &a, &b) != 2)
		return -EINVAL;
	return run(a, b) ?: len;
}

static const struct file_operations trigger_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = trigger_write,
};

/**
 * pvio_trigger_create() - make the files
 * @dir: where
 *
 * Context: may sleep.
 */
void pvio_trigger_create(struct dentry *dir)
{
	debugfs_create_file("writes", 0200, dir, writes, &trigger_fops);
	debugfs_create_file("refused", 0200, dir, refused, &trigger_fops);
	debugfs_create_file("hold_irq", 0200, dir, hold_irq, &trigger_fops);
	debugfs_create_u32("held_irq", 0400, dir, &held_irq);
}

/**
 * pvio_trigger_settle() - wait for what was triggered to be over
 *
 * Context: may sleep.
 */
void pvio_trigger_settle(void)
{
	flush_delayed_work(&let_go_work);
}
