// SPDX-License-Identifier: GPL-2.0
/*
 * Suspends devices as a suspend of the system does (drivers/base/power/main.c),
 * but only these, and resumes them: the lab's guests have their root on a device
 * that does not survive one. Write their names to the parameter "cycle", in the
 * order in which they are to be suspended, as sysfs has them below the PCI bus:
 * "0000:00:01.1/ata1 0000:00:01.1".
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#define MAX_DEVICES 4

static unsigned int seconds = 1;
module_param(seconds, uint, 0644);
MODULE_PARM_DESC(seconds, "how long they stay suspended");

/* in the order of device_suspend() */
static const struct dev_pm_ops *pm_of_device(const struct device *dev)
{
	static const struct dev_pm_ops none;

	if (dev->type && dev->type->pm)
		return dev->type->pm;
	if (dev->bus && dev->bus->pm)
		return dev->bus->pm;
	return &none;
}

typedef int (*pm_step)(struct device *dev);

static int run_step(struct device *dev, pm_step step)
{
	int r = 0;

	device_lock(dev);
	if (step)
		r = step(dev);
	device_unlock(dev);
	if (r)
		dev_err(dev, "%ps: error %d\n", step, r);
	return r;
}

/* The bus of drivers/ide still has these. */
static int suspend_by_bus(struct device *dev)
{
	return dev->bus->suspend(dev, PMSG_SUSPEND);
}

static int suspend_device(struct device *dev)
{
	const struct dev_pm_ops *pm = pm_of_device(dev);
	bool by_bus = !pm->suspend && dev->bus && dev->bus->suspend;
	int r = run_step(dev, by_bus ? suspend_by_bus : pm->suspend);

	if (r)
		return r;
	r = run_step(dev, pm->suspend_noirq);
	if (r)
		run_step(dev, pm->resume);
	return r;
}

static int resume_device(struct device *dev)
{
	const struct dev_pm_ops *pm = pm_of_device(dev);
	bool by_bus = !pm->resume && dev->bus && dev->bus->resume;
	int r = run_step(dev, pm->resume_noirq);

	return run_step(dev, by_bus ? dev->bus->resume : pm->resume) ?: r;
}

static struct device *find_device(char *path)
{
	struct device *dev, *child;
	const char *name;

	dev = bus_find_device_by_name(&pci_bus_type, NULL, strsep(&path, "/"));
	while (dev && (name = strsep(&path, "/"))) {
		child = device_find_child_by_name(dev, name);
		put_device(dev);
		dev = child;
	}
	return dev;
}

static int cycle_devices(struct device **devs, unsigned int count)
{
	unsigned int suspended;
	int r = 0, err;

	for (suspended = 0; suspended < count; suspended++) {
		r = suspend_device(devs[suspended]);
		if (r)
			break;
	}
	if (!r)
		ssleep(seconds);
	while (suspended--) {
		err = resume_device(devs[suspended]);
		r = r ?: err;
	}
	return r;
}

static int set_cycle(const char *text, const struct kernel_param *unused)
{
	struct device *devs[MAX_DEVICES];
	unsigned int count = 0;
	char *copy, *rest, *name;
	int r = 0;

	copy = kstrdup(text, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	rest = strim(copy);
	while ((name = strsep(&rest, " ")) && !r) {
		if (count == MAX_DEVICES) {
			r = -E2BIG;
			break;
		}
		devs[count] = find_device(name);
		if (!devs[count])
			r = -ENODEV;
		else
			count++;
	}
	if (!r)
		r = cycle_devices(devs, count);
	while (count--)
		put_device(devs[count]);
	kfree(copy);
	return r;
}

static const struct kernel_param_ops cycle_ops = {
	.set = set_cycle,
};
module_param_cb(cycle, &cycle_ops, NULL, 0200);
MODULE_PARM_DESC(cycle, "suspend these devices, and resume them");

MODULE_DESCRIPTION("Suspends single devices, for tests");
MODULE_LICENSE("GPL");
