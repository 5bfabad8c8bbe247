// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs pvio_host/stats: a column for each counter, a line for each VM (by
 * the process id of its user space) and one for the total since loading.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "stats.h"
#include "vcpu.h"

static struct dentry *host_dir;

static void show_stats_header(struct seq_file *m)
{
	unsigned int i;

	seq_puts(m, "vm vcpus batches operations user_exits abandoned handed_over");
	for (i = PVIO_HOST_ACCEPTED + 1; i < PVIO_HOST_REFUSALS; i++)
		seq_printf(m, " refused_%s", pvio_host_refusals[i].name);
	seq_putc(m, '\n');
}

static void show_stats_counters(struct seq_file *m,
				const struct pvio_host_stats *s)
{
	unsigned int i;

	seq_printf(m, " %llu %llu %llu %llu %llu", s->batches, s->operations,
		   s->user_exits, s->abandoned, s->handed_over);
	for (i = PVIO_HOST_ACCEPTED + 1; i < PVIO_HOST_REFUSALS; i++)
		seq_printf(m, " %llu", s->refused[i]);
	seq_putc(m, '\n');
}

static int host_stats_show(struct seq_file *m, void *unused)
{
	struct pvio_host_stats total;
	unsigned int vcpus = 0;
	struct pvio_host_vm *vm;

	show_stats_header(m);
	raw_spin_lock(&pvio_host_vms_lock);
	total = pvio_host_retired;
	list_for_each_entry(vm, &pvio_host_vms, node) {
		struct pvio_host_stats sum = {};
		struct pvio_host_vcpu *pv;
		unsigned int n = 0;

		list_for_each_entry(pv, &vm->vcpus, node) {
			pvio_host_stats_add(&sum, &pv->stats);
			n++;
		}
		pvio_host_stats_add(&total, &sum);
		vcpus += n;
		seq_printf(m, "%d %u", vm->kvm->userspace_pid, n);
		show_stats_counters(m, &sum);
	}
	raw_spin_unlock(&pvio_host_vms_lock);
	seq_printf(m, "total %u", vcpus);
	show_stats_counters(m, &total);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(host_stats);

/**
 * pvio_host_stats_create() - show the counters
 *
 * Context: may sleep. Without debugfs nothing is shown.
 */
void pvio_host_stats_create(void)
{
	host_dir = debugfs_create_dir("pvio_host", NULL);
	debugfs_create_file("stats", 0444, host_dir, NULL, &host_stats_fops);
}

/**
 * pvio_host_stats_remove() - undo pvio_host_stats_create()
 *
 * Context: may sleep; waits for readers.
 */
void pvio_host_stats_remove(void)
{
	debugfs_remove_recursive(host_dir);
}
