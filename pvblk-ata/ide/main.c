// SPDX-License-Identifier: GPL-2.0
/*
 * pvblk_ide - emulated IDE disks with few VM exits, for drivers/ide
 *
 * Knows the ports of drivers/ide among the devices that controller.c finds, and has
 * port.c take over what it understands.
 */
#include <asm/cpufeature.h>
#include <linux/ide.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../controller.h"
#include "port.h"

bool pvblk_ide_force;
module_param_named(force, pvblk_ide_force, bool, 0444);
MODULE_PARM_DESC(force, "take over controllers other than QEMU's, and load outside a virtual machine: on real hardware the delays have a purpose");

/* By its name, as the class itself is not exported. */
static ide_hwif_t *find_port(struct device *dev)
{
	if (!dev->class || strcmp(dev->class->name, "ide_port"))
		return NULL;
	return dev_get_drvdata(dev);
}

static int attach_port(struct device *dev)
{
	ide_hwif_t *hwif = find_port(dev);

	return hwif ? pvblk_ide_port_attach(hwif) : 0;
}

static int detach_port(struct device *dev)
{
	ide_hwif_t *hwif = find_port(dev);

	return hwif ? pvblk_ide_port_detach(hwif) : 0;
}

static void abandon_port(struct device *dev)
{
	pvblk_ide_port_abandon(find_port(dev));
}

static const struct pvblk_port_ops port_ops = {
	.attach = attach_port,
	.detach = detach_port,
	.abandon = abandon_port,
	.free = pvblk_ide_ports_free,
};

static int __init pvblk_ide_init(void)
{
	int r;

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR) && !pvblk_ide_force)
		return -ENODEV;
	r = pvblk_ide_ports_init();
	if (r)
		return r;
	r = pvblk_controllers_begin(&port_ops);
	if (r)
		pvblk_ide_ports_exit();
	return r;
}

static void __exit pvblk_ide_exit(void)
{
	pvblk_controllers_end();
	pvblk_ide_ports_exit();
}

module_init(pvblk_ide_init);
module_exit(pvblk_ide_exit);

/* of the hooks for whichever driver a kernel has */
MODULE_ALIAS("pvblk");
MODULE_DESCRIPTION("Emulated IDE disks with few VM exits, for drivers/ide");
MODULE_AUTHOR("The pvio maintainers");
MODULE_VERSION(PVIO_VERSION);
MODULE_LICENSE("GPL");
