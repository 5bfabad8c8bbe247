// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs pvio_host/stats: a column for each counter, a line for each VM (by
 * the process id of its user space) and one for the total since loading.
 * pvio_host/timers: a line for each VM whose timers are capped.
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "stats.h"
#include "timer.h"
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

static void show_stats(struct seq_file *m, const struct pvio_host_vm_stats *s)
{
	const struct pvio_host_stats *sum = &s->sum;
	unsigned int i;

	seq_printf(m, " %u %llu %llu %llu %llu %llu", s->vcpus, sum->batches,
		   sum->operations, sum->user_exits, sum->abandoned,
		   sum->handed_over);
	for (i = PVIO_HOST_ACCEPTED + 1; i < PVIO_HOST_REFUSALS; i++)
		seq_printf(m, " %llu", sum->refused[i]);
	seq_putc(m, '\n');
}

static int host_stats_show(struct seq_file *m, void *unused)
{
	struct pvio_host_vm_stats total, *stats = NULL;
	unsigned int i, n, room = 0;

	/* VMs may come until there is room for them */
	while ((n = pvio_host_vms_count(stats, room, &total)) > room) {
		kvfree(stats);
		room = n + n / 4 + 1;
		stats = kvmalloc_array(room, sizeof(*stats), GFP_KERNEL);
		if (!stats)
			return -ENOMEM;
	}
	show_stats_header(m);
	for (i = 0; i < n; i++) {
		seq_printf(m, "%d", stats[i].pid);
		show_stats(m, &stats[i]);
	}
	seq_puts(m, "total");
	show_stats(m, &total);
	kvfree(stats);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(host_stats);

static int host_timers_show(struct seq_file *m, void *unused)
{
	pvio_host_timers_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(host_timers);

/**
 * pvio_host_stats_create() - show the counters
 *
 * Context: may sleep. Without debugfs nothing is shown.
 */
void pvio_host_stats_create(void)
{
	host_dir = debugfs_create_dir("pvio_host", NULL);
	debugfs_create_file("stats", 0444, host_dir, NULL, &host_stats_fops);
	debugfs_create_file("timers", 0444, host_dir, NULL, &host_timers_fops);
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
