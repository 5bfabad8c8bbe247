// SPDX-License-Identifier: GPL-2.0
/*
 * pvquiet - no operation that means nothing in a virtual machine
 *
 * Each measure has a switch, the module's parameter of its name, that may be turned
 * at any time; a work does what it says. debugfs pvquiet/measures has a line for each,
 * when all that was asked for is done: its name, "on", "off" or the error with which it did
 * not start, and what it works on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <asm/cpufeature.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "measure.h"

/**
 * struct quiet_switch - a measure and how it is switched
 * @measure:	the measure
 * @client:	counts what it saves, while it is on
 * @error:	why it did not start, or 0
 * @wanted:	the switch
 * @turned:	it was, also to where it was before: what has come since is looked for
 *
 * @client and @error are under measures_lock. The last two are written under the kernel's
 * lock of this module's parameters, and read without.
 */
struct quiet_switch {
	const struct pvquiet_measure *measure;
	struct pvio_client *client;
	int error;
	bool wanted;
	bool turned;
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

/*
 * Held while measures are turned, which read and write files of sysfs: so it is taken by
 * nobody who is in such a file, as who turns a switch is.
 */
static DEFINE_MUTEX(measures_lock);
/* Switches have an effect: under the lock of parameters. */
static bool started;
static struct dentry *quiet_dir;

#define LOOK_INTERVAL	(5 * HZ)

static void look_at_measures(struct work_struct *work);
/* It wakes no idle CPU. */
static DECLARE_DEFERRABLE_WORK(look_work, look_at_measures);

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

static void apply_switch(struct quiet_switch *sw, bool on)
{
	stop_measure(sw);
	sw->error = on ? start_measure(sw) : 0;
}

static void look_at_measures(struct work_struct *work)
{
	struct quiet_switch *sw;

	mutex_lock(&measures_lock);
	for (sw = switches; sw < switches + ARRAY_SIZE(switches); sw++) {
		if (xchg(&sw->turned, false))
			apply_switch(sw, READ_ONCE(sw->wanted));
		else if (sw->client && sw->measure->look)
			sw->measure->look();
	}
	mutex_unlock(&measures_lock);
	schedule_delayed_work(&look_work, LOOK_INTERVAL);
}

static int set_switch(const char *value, const struct kernel_param *kp)
{
	struct quiet_switch *sw = kp->arg;
	bool wanted;
	int r = kstrtobool(value, &wanted);

	if (r)
		return r;
	WRITE_ONCE(sw->wanted, wanted);
	if (!started)
		return 0;
	/* the work's xchg() sees @wanted, too */
	smp_store_release(&sw->turned, true);
	mod_delayed_work(system_wq, &look_work, 0);
	return 0;
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

#define MEASURES_SIZE	512

static int describe_switch(const struct quiet_switch *sw, char *text, size_t size)
{
	int len = scnprintf(text, size, "%s ", sw->measure->name);

	if (sw->error)
		return len + scnprintf(text + len, size - len, "%d\n", sw->error);
	len += scnprintf(text + len, size - len, "%s", sw->client ? "on" : "off");
	if (sw->client)
		len += sw->measure->show(text + len, size - len);
	return len + scnprintf(text + len, size - len, "\n");
}

/* Not a seq_file, which holds a lock that those which measures read hold, too. */
static int measures_open(struct inode *inode, struct file *file)
{
	char *text = kzalloc(MEASURES_SIZE, GFP_KERNEL);
	const struct quiet_switch *sw;
	int len = 0;

	if (!text)
		return -ENOMEM;
	flush_delayed_work(&look_work);
	mutex_lock(&measures_lock);
	for (sw = switches; sw < switches + ARRAY_SIZE(switches); sw++)
		len += describe_switch(sw, text + len, MEASURES_SIZE - len);
	mutex_unlock(&measures_lock);
	file->private_data = text;
	return 0;
}

static ssize_t measures_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	const char *text = file->private_data;

	return simple_read_from_buffer(to, size, at, text, strlen(text));
}

static int measures_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations measures_fops = {
	.owner = THIS_MODULE,
	.open = measures_open,
	.read = measures_read,
	.release = measures_release,
};

static void let_switches_work(bool work)
{
	kernel_param_lock(THIS_MODULE);
	started = work;
	kernel_param_unlock(THIS_MODULE);
}

static void start_wanted(void)
{
	struct quiet_switch *sw;

	mutex_lock(&measures_lock);
	for (sw = switches; sw < switches + ARRAY_SIZE(switches); sw++)
		apply_switch(sw, READ_ONCE(sw->wanted));
	mutex_unlock(&measures_lock);
}

static void stop_all(void)
{
	struct quiet_switch *sw;

	mutex_lock(&measures_lock);
	for (sw = switches; sw < switches + ARRAY_SIZE(switches); sw++)
		apply_switch(sw, false);
	mutex_unlock(&measures_lock);
}

static int __init pvquiet_init(void)
{
	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR)) {
		pr_info("not in a virtual machine: everything stays as it is\n");
		return -ENODEV;
	}
	let_switches_work(true);
	start_wanted();
	schedule_delayed_work(&look_work, LOOK_INTERVAL);
	quiet_dir = debugfs_create_dir("pvquiet", NULL);
	debugfs_create_file("measures", 0444, quiet_dir, NULL, &measures_fops);
	return 0;
}

static void __exit pvquiet_exit(void)
{
	debugfs_remove_recursive(quiet_dir);
	let_switches_work(false);
	cancel_delayed_work_sync(&look_work);
	stop_all();
}

module_init(pvquiet_init);
module_exit(pvquiet_exit);

MODULE_DESCRIPTION("No operations that mean nothing in a virtual machine");
MODULE_AUTHOR("The pvio maintainers");
MODULE_VERSION(PVIO_VERSION);
MODULE_LICENSE("GPL");
