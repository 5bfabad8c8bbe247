// SPDX-License-Identifier: GPL-2.0
/*
 * pvquiet - no operation that means nothing in a virtual machine
 *
 * Each measure has a switch, the module's parameter of its name, that may be turned
 * at any time. debugfs pvquiet/measures has a line for each: its name, "on", "off" or
 * the error with which it did not start, and what it works on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <asm/cpufeature.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/seq_file.h>
#include <linux/workqueue.h>

#include "measure.h"

/**
 * struct quiet_switch - a measure and how it is switched
 * @measure:	the measure
 * @client:	counts what it saves, while it is on
 * @wanted:	the switch
 * @error:	why it did not start, or 0
 *
 * All but @measure is under the kernel's lock of this module's parameters.
 */
struct quiet_switch {
	const struct pvquiet_measure *measure;
	struct pvio_client *client;
	bool wanted;
	int error;
};

enum {
	SWITCH_CLOCKSOURCE,
	SWITCH_CURSOR,
	SWITCH_SERIAL,
};

static struct quiet_switch switches[] = {
	[SWITCH_CLOCKSOURCE] = { .measure = &pvquiet_clocksource, .wanted = true },
	[SWITCH_CURSOR] = { .measure = &pvquiet_cursor, .wanted = true },
	[SWITCH_SERIAL] = { .measure = &pvquiet_serial, .wanted = true },
};

/* Measures may be on: from the module's start to its end, under the same lock. */
static bool started;
static struct dentry *quiet_dir;

static int start_measure(struct quiet_switch *sw)
{
	int r;

	sw->client = pvio_client_register(sw->measure->client);
	if (!sw->client)
		return -ENOMEM;
	r = sw->measure->start(sw->client);
	if (r) {
		pvio_client_unregister(sw->client);
		sw->client = NULL;
	}
	return r;
}

static void stop_measure(struct quiet_switch *sw)
{
	if (!sw->client)
		return;
	sw->measure->stop();
	pvio_client_unregister(sw->client);
	sw->client = NULL;
}

/* As the switch says; on again looks for what has come since. */
static void apply_switch(struct quiet_switch *sw)
{
	stop_measure(sw);
	sw->error = started && sw->wanted ? start_measure(sw) : 0;
}

static int set_switch(const char *value, const struct kernel_param *kp)
{
	struct quiet_switch *sw = kp->arg;
	int r = kstrtobool(value, &sw->wanted);

	if (r)
		return r;
	apply_switch(sw);
	return sw->error;
}

static int get_switch(char *buffer, const struct kernel_param *kp)
{
	const struct quiet_switch *sw = kp->arg;

	return sysfs_emit(buffer, "%c\n", sw->wanted ? 'Y' : 'N');
}

static const struct kernel_param_ops switch_ops = {
	.set = set_switch,
	.get = get_switch,
};

module_param_cb(clocksource, &switch_ops, &switches[SWITCH_CLOCKSOURCE], 0644);
MODULE_PARM_DESC(clocksource, "no checks of a TSC that is not in use, kvm-clock instead of acpi_pm and hpet (default Y)");
module_param_cb(cursor, &switch_ops, &switches[SWITCH_CURSOR], 0644);
MODULE_PARM_DESC(cursor, "no blinking cursor on framebuffers (default Y)");
module_param_cb(serial, &switch_ops, &switches[SWITCH_SERIAL], 0644);
MODULE_PARM_DESC(serial, "characters to serial ports in bursts (default Y)");

static int measures_show(struct seq_file *file, void *unused)
{
	const struct quiet_switch *sw;

	kernel_param_lock(THIS_MODULE);
	for (sw = switches; sw < switches + ARRAY_SIZE(switches); sw++) {
		seq_printf(file, "%s ", sw->measure->name);
		if (sw->error)
			seq_printf(file, "%d", sw->error);
		else
			seq_puts(file, sw->client ? "on" : "off");
		if (sw->client)
			sw->measure->show(file);
		seq_putc(file, '\n');
	}
	kernel_param_unlock(THIS_MODULE);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(measures);

#define LOOK_INTERVAL	(5 * HZ)

static void look_for_new(struct work_struct *work);
/* It wakes no idle CPU. */
static DECLARE_DEFERRABLE_WORK(look_work, look_for_new);

static void look_for_new(struct work_struct *work)
{
	struct quiet_switch *sw;

	kernel_param_lock(THIS_MODULE);
	for (sw = switches; sw < switches + ARRAY_SIZE(switches); sw++) {
		if (sw->client && sw->measure->look)
			sw->measure->look();
	}
	kernel_param_unlock(THIS_MODULE);
	schedule_delayed_work(&look_work, LOOK_INTERVAL);
}

static void apply_all(bool start)
{
	struct quiet_switch *sw;

	kernel_param_lock(THIS_MODULE);
	started = start;
	for (sw = switches; sw < switches + ARRAY_SIZE(switches); sw++)
		apply_switch(sw);
	kernel_param_unlock(THIS_MODULE);
}

static int __init pvquiet_init(void)
{
	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR)) {
		pr_info("not in a virtual machine: everything stays as it is\n");
		return -ENODEV;
	}
	quiet_dir = debugfs_create_dir("pvquiet", NULL);
	debugfs_create_file("measures", 0444, quiet_dir, NULL, &measures_fops);
	apply_all(true);
	schedule_delayed_work(&look_work, LOOK_INTERVAL);
	return 0;
}

static void __exit pvquiet_exit(void)
{
	debugfs_remove_recursive(quiet_dir);
	cancel_delayed_work_sync(&look_work);
	apply_all(false);
}

module_init(pvquiet_init);
module_exit(pvquiet_exit);

MODULE_DESCRIPTION("No operations that mean nothing in a virtual machine");
MODULE_AUTHOR("The pvio maintainers");
MODULE_VERSION(PVIO_VERSION);
MODULE_LICENSE("GPL");
