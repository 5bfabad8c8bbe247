// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the batch library inside the kernel. Reading one of these files in
 * debugfs pvio_test runs its tests and gives their KTAP:
 *	equal		batches do what instructions do, with or without a host
 *	hostile		hypercalls that the host must refuse; with a host only
 * and trigger.c has files to write to.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "test.h"

/* enough for all lines: seq_file would run the tests again for more room */
#define OUTPUT_SIZE	SZ_64K

struct pvio_client *pvio_test_client;
struct pvio_batch *pvio_test_batch;
u16 pvio_test_scratch;

static struct dentry *dir;
static DEFINE_MUTEX(running);

/**
 * pvio_test_differs() - compare, and tell the difference
 * @m:		where to
 * @what:	that is compared
 * @seen:	what it is
 * @expected:	what it should be
 *
 * Context: may sleep.
 * Return: true where they are not equal.
 */
bool pvio_test_differs(struct seq_file *m, const char *what, u64 seen,
		       u64 expected)
{
	if (seen == expected)
		return false;
	seq_printf(m, "# %s: %#llx, expected %#llx\n", what, seen, expected);
	return true;
}

/**
 * pvio_tests_show() - run tests
 * @m:		receives their KTAP
 * @tests:	the tests
 * @count:	their number
 *
 * Context: may sleep.
 */
void pvio_tests_show(struct seq_file *m, const struct pvio_test *tests,
		     unsigned int count)
{
	unsigned int i;
	int r;

	mutex_lock(&running);
	seq_printf(m, "KTAP version 1\n1..%u\n", count);
	for (i = 0; i < count; i++) {
		r = tests[i].run(m);
		seq_printf(m, "%sok %u %s%s\n", r && r != -ENODEV ? "not " : "",
			   i + 1, tests[i].name,
			   r == -ENODEV ? " # SKIP no such device" : "");
	}
	mutex_unlock(&running);
}

static int equal_show(struct seq_file *m, void *unused)
{
	pvio_equal_show(m);
	return 0;
}

static int equal_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, equal_show, NULL, OUTPUT_SIZE);
}

static int hostile_show(struct seq_file *m, void *unused)
{
	return pvio_hostile_show(m);
}

static int hostile_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, hostile_show, NULL, OUTPUT_SIZE);
}

static const struct file_operations equal_fops = {
	.owner = THIS_MODULE,
	.open = equal_open,
	.read = seq_read,
	.release = single_release,
};

static const struct file_operations hostile_fops = {
	.owner = THIS_MODULE,
	.open = hostile_open,
	.read = seq_read,
	.release = single_release,
};

/* BAR 4 of the PIIX3 IDE function: 8 bytes a channel, the PRD address at 4. */
static int find_scratch(void)
{
	struct pci_dev *ide = pci_get_device(PCI_VENDOR_ID_INTEL,
					     PCI_DEVICE_ID_INTEL_82371SB_1,
					     NULL);

	if (!ide)
		return -ENODEV;
	pvio_test_scratch = pci_resource_start(ide, 4) + 8 + 4;
	pci_dev_put(ide);
	return 0;
}

static int __init pvio_test_init(void)
{
	int r = find_scratch();

	if (r)
		return r;
	pvio_test_client = pvio_client_register("pvio_test");
	if (!pvio_test_client)
		return -ENOMEM;
	pvio_test_batch = pvio_batch_alloc(pvio_test_client, PVIO_MAX_OPS);
	if (!pvio_test_batch) {
		pvio_client_unregister(pvio_test_client);
		return -ENOMEM;
	}
	dir = debugfs_create_dir("pvio_test", NULL);
	debugfs_create_file("equal", 0400, dir, NULL, &equal_fops);
	debugfs_create_file("hostile", 0400, dir, NULL, &hostile_fops);
	pvio_trigger_create(dir);
	return 0;
}

static void __exit pvio_test_exit(void)
{
	debugfs_remove_recursive(dir);
	pvio_trigger_settle();
	pvio_batch_free(pvio_test_batch);
	pvio_client_unregister(pvio_test_client);
}

module_init(pvio_test_init);
module_exit(pvio_test_exit);

MODULE_DESCRIPTION("Tests of pvio");
MODULE_LICENSE("GPL");
