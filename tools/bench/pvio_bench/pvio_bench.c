// SPDX-License-Identifier: GPL-2.0
/*
 * Times what a batch costs: debugfs pvio_bench/run takes "WHAT COUNT LOOPS"
 * and pvio_bench/ns has the nanoseconds that the loops took. WHAT is
 *	direct		COUNT port writes as instructions
 *	batch		COUNT port writes as a batch
 *	empty		a batch of none, sent to the host all the same
 *	hypercall	a hypercall that KVM does nothing for
 */
#include <linux/debugfs.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/kvm_para.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../../../pvio/pvio.h"

/* The sector count of the second IDE channel, where there is no drive. */
#define BENCH_PORT	0x172

static struct pvio_client *client;
static struct pvio_batch *batch;
static struct dentry *dir;
static u64 ns;

static void run_direct(unsigned int count)
{
	while (count--)
		outb(0, BENCH_PORT);
}

static void run_batch(unsigned int count)
{
	pvio_batch_reset(batch);
	while (count--)
		pvio_port_write(batch, BENCH_PORT, 1, 0);
	pvio_batch_run(batch);
}

static void run_empty(unsigned int count)
{
	kvm_hypercall3(PVIO_HC_BATCH, batch->gpa, 0, 0);
}

static void run_hypercall(unsigned int count)
{
	kvm_hypercall3(KVM_HC_VAPIC_POLL_IRQ, 0, 0, 0);
}

static const struct {
	const char *name;
	void (*run)(unsigned int count);
} kinds[] = {
	{ "direct", run_direct },
	{ "batch", run_batch },
	{ "empty", run_empty },
	{ "hypercall", run_hypercall },
};

static int bench(const char *name, unsigned int count, unsigned int loops)
{
	unsigned int i;
	u64 start;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(name, kinds[i].name))
			continue;
		start = ktime_get_ns();
		while (loops--)
			kinds[i].run(count);
		ns = ktime_get_ns() - start;
		return 0;
	}
	return -EINVAL;
}

static ssize_t run_write(struct file *file, const char __user *from, size_t len,
			 loff_t *pos)
{
	unsigned int count, loops;
	char text[64], name[16];
	ssize_t r;

	r = simple_write_to_buffer(text, sizeof(text) - 1, pos, from, len);
	if (r < 0)
		return r;
	text[r] = '\0';
	if (sscanf(text, "%15s %u %u", name, &count, &loops) != 3 ||
	    !count || count > PVIO_MAX_OPS || !loops || loops > 100000)
		return -EINVAL;
	return bench(name, count, loops) ?: len;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.write = run_write,
};

static int __init pvio_bench_init(void)
{
	client = pvio_client_register("pvio_bench");
	if (!client)
		return -ENOMEM;
	batch = pvio_batch_alloc(client, PVIO_MAX_OPS);
	if (!batch) {
		pvio_client_unregister(client);
		return -ENOMEM;
	}
	dir = debugfs_create_dir("pvio_bench", NULL);
	debugfs_create_file("run", 0200, dir, NULL, &run_fops);
	debugfs_create_u64("ns", 0400, dir, &ns);
	return 0;
}

static void __exit pvio_bench_exit(void)
{
	debugfs_remove_recursive(dir);
	pvio_batch_free(batch);
	pvio_client_unregister(client);
}

module_init(pvio_bench_init);
module_exit(pvio_bench_exit);

MODULE_DESCRIPTION("What a batch of port writes costs");
MODULE_LICENSE("GPL");
