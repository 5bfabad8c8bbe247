// SPDX-License-Identifier: GPL-2.0
/*
 * pvblk_ata - emulated IDE disks with few VM exits
 *
 * Finds the libata ports of PCI controllers, those there already and those to
 * come, and has port.c take over what it understands.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <asm/cpufeature.h>
#include <linux/delay.h>
#include <linux/libata.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <scsi/scsi_host.h>

#include "port.h"

bool pvblk_force;
module_param_named(force, pvblk_force, bool, 0444);
MODULE_PARM_DESC(force, "take over controllers other than QEMU's, and load outside a virtual machine: on real hardware the delays have a purpose");

/*
 * The module is being removed: attach no more ports. Read under the device lock
 * of the controller, which pvblk_exit() takes after it has set this.
 */
static bool leaving;

static int visit_scsi_host(struct device *dev, void *fn)
{
	int (*port_fn)(struct ata_port *ap) = fn;
	struct Scsi_Host *shost;

	if (!scsi_is_host_device(dev))
		return 0;
	shost = dev_to_shost(dev);
	if (shost->hostt->queuecommand != ata_scsi_queuecmd)
		return 0;
	return port_fn(ata_shost_to_port(shost));
}

/* A controller's children are ports, whose children are SCSI hosts. */
static int visit_port_device(struct device *dev, void *fn)
{
	return device_for_each_child(dev, fn, visit_scsi_host);
}

static void visit_ports(struct device *dev, int (*fn)(struct ata_port *ap))
{
	device_for_each_child(dev, fn, visit_port_device);
}

/* pvblk_exit() found a port with another module's operations on top. */
static bool covered;

static int detach_port(struct ata_port *ap)
{
	if (pvblk_port_detach(ap)) {
		covered = true;
		pr_warn_once("waiting for another module to take its operations off ata%u\n",
			     ap->print_id);
	}
	return 0;
}

static int release_port(struct ata_port *ap)
{
	if (pvblk_port_detach(ap))
		pvblk_port_abandon(ap);
	return 0;
}

static int notify_bus_event(struct notifier_block *nb, unsigned long event,
			    void *data)
{
	struct device *dev = data;

	/* both come with the device lock held */
	if (event == BUS_NOTIFY_BOUND_DRIVER && !leaving)
		visit_ports(dev, pvblk_port_attach);
	if (event == BUS_NOTIFY_UNBIND_DRIVER) {
		visit_ports(dev, release_port);
		pvblk_ports_free();
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
		visit_ports(dev, fn);
	device_unlock(dev);
	return 0;
}

static int __init pvblk_init(void)
{
	int r;

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR) && !pvblk_force)
		return -ENODEV;
	r = pvblk_ports_init();
	if (r)
		return r;
	r = bus_register_notifier(&pci_bus_type, &bus_nb);
	if (r) {
		pvblk_ports_exit();
		return r;
	}
	bus_for_each_dev(&pci_bus_type, NULL, pvblk_port_attach,
			 visit_controller);
	return 0;
}

static void __exit pvblk_exit(void)
{
	leaving = true;
	/*
	 * A module cannot refuse to go. It holds no lock while it waits, so that
	 * the controller can still be used, unbound or suspended.
	 */
	for (;;) {
		covered = false;
		bus_for_each_dev(&pci_bus_type, NULL, detach_port,
				 visit_controller);
		if (!covered)
			break;
		msleep(100);
	}
	bus_unregister_notifier(&pci_bus_type, &bus_nb);
	pvblk_ports_exit();
}

module_init(pvblk_init);
module_exit(pvblk_exit);

MODULE_DESCRIPTION("Emulated IDE disks with few VM exits");
MODULE_AUTHOR("The pvio maintainers");
MODULE_VERSION(PVIO_VERSION);
MODULE_LICENSE("GPL");
