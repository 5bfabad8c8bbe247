// SPDX-License-Identifier: GPL-2.0
/*
 * pvblk_ata - emulated IDE disks with few VM exits
 *
 * Knows the libata ports among the devices that controller.c finds, and has port.c
 * take over what it understands.
 */
#include <asm/cpufeature.h>
#include <linux/libata.h>
#include <linux/module.h>
#include <scsi/scsi_host.h>

#include "controller.h"
#include "port.h"

bool pvblk_force;
module_param_named(force, pvblk_force, bool, 0444);
MODULE_PARM_DESC(force, "take over controllers other than QEMU's, and load outside a virtual machine: on real hardware the delays have a purpose");

static struct ata_port *find_port(struct device *dev)
{
	struct Scsi_Host *shost;

	if (!scsi_is_host_device(dev))
		return NULL;
	shost = dev_to_shost(dev);
	if (shost->hostt->queuecommand != ata_scsi_queuecmd)
		return NULL;
	return ata_shost_to_port(shost);
}

static int attach_port(struct device *dev)
{
	struct ata_port *ap = find_port(dev);

	return ap ? pvblk_port_attach(ap) : 0;
}

static int detach_port(struct device *dev)
{
	struct ata_port *ap = find_port(dev);

	return ap ? pvblk_port_detach(ap) : 0;
}

static void abandon_port(struct device *dev)
{
	pvblk_port_abandon(find_port(dev));
}

static const struct pvblk_port_ops port_ops = {
	.attach = attach_port,
	.detach = detach_port,
	.abandon = abandon_port,
	.free = pvblk_ports_free,
};

static int __init pvblk_init(void)
{
	int r;

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR) && !pvblk_force)
		return -ENODEV;
	r = pvblk_ports_init();
	if (r)
		return r;
	r = pvblk_controllers_begin(&port_ops);
	if (r)
		pvblk_ports_exit();
	return r;
}

static void __exit pvblk_exit(void)
{
	pvblk_controllers_end();
	pvblk_ports_exit();
}

module_init(pvblk_init);
module_exit(pvblk_exit);

/* of the hooks for whichever driver a kernel has */
MODULE_ALIAS("pvblk");
MODULE_DESCRIPTION("Emulated IDE disks with few VM exits");
MODULE_AUTHOR("The pvio maintainers");
MODULE_VERSION(PVIO_VERSION);
MODULE_LICENSE("GPL");
