// SPDX-License-Identifier: GPL-2.0
/* Finds the ports of PCI controllers, and tells when their drivers go. */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/notifier.h>
#include <linux/pci.h>

#include "controller.h"

static const struct pvblk_port_ops *port_ops;

/*
 * The module is being removed: attach no more ports. Read under the device lock
 * of the controller, which pvblk_controllers_end() takes after it has set this.
 */
static bool leaving;

/* pvblk_controllers_end() found a port with another module's operations on top. */
static bool covered;

static int attach_port(struct device *dev, void *unused)
{
	return port_ops->attach(dev);
}

static int detach_port(struct device *dev, void *unused)
{
	if (port_ops->detach(dev)) {
		covered = true;
		dev_warn_once(dev, "waiting for another module to take its operations off\n");
	}
	return 0;
}

static int release_port(struct device *dev, void *unused)
{
	if (port_ops->detach(dev))
		port_ops->abandon(dev);
	return 0;
}

typedef int (*visit_fn)(struct device *dev, void *unused);

static int visit_child(struct device *dev, void *fn)
{
	return device_for_each_child(dev, NULL, (visit_fn)fn);
}

static void visit_ports(struct device *controller, visit_fn fn)
{
	device_for_each_child(controller, fn, visit_child);
}

static int notify_bus_event(struct notifier_block *nb, unsigned long event,
			    void *data)
{
	struct device *dev = data;

	/* both come with the device lock held */
	if (event == BUS_NOTIFY_BOUND_DRIVER && !leaving)
		visit_ports(dev, attach_port);
	if (event == BUS_NOTIFY_UNBIND_DRIVER) {
		visit_ports(dev, release_port);
		port_ops->free();
	}
	return NOTIFY_OK;
}

static struct notifier_block bus_nb = {
	.notifier_call = notify_bus_event,
};

static int visit_controller(struct device *dev, void *fn)
{
	device_lock(dev);
	if (dev->driver)
		visit_ports(dev, (visit_fn)fn);
	device_unlock(dev);
	return 0;
}

/**
 * pvblk_controllers_begin() - attach every port there is and every one to come
 * @ops: what is done to a port
 *
 * Context: may sleep; of the module's init function.
 * Return: 0 or a negative error.
 */
int pvblk_controllers_begin(const struct pvblk_port_ops *ops)
{
	int r;

	port_ops = ops;
	r = bus_register_notifier(&pci_bus_type, &bus_nb);
	if (r)
		return r;
	bus_for_each_dev(&pci_bus_type, NULL, attach_port, visit_controller);
	return 0;
}

/**
 * pvblk_controllers_end() - detach all ports
 *
 * A module cannot refuse to go. This holds no lock while it waits, so that the
 * controllers can still be used, unbound or suspended.
 *
 * Context: may sleep; of the module's exit function.
 */
void pvblk_controllers_end(void)
{
	leaving = true;
	for (;;) {
		covered = false;
		bus_for_each_dev(&pci_bus_type, NULL, detach_port,
				 visit_controller);
		if (!covered)
			break;
		msleep(100);
	}
	bus_unregister_notifier(&pci_bus_type, &bus_nb);
}
