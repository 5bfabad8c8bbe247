// SPDX-License-Identifier: GPL-2.0
/*
 * Puts operations on top of those of every port of drivers/ide that has a device, as a
 * tracing module may: a copy of what is there, whose exec_command counts before it
 * passes on.
 */
#include <linux/delay.h>
#include <linux/ide.h>
#include <linux/module.h>

#define MAX_PORTS 4

static unsigned long issued;
module_param(issued, ulong, 0444);
MODULE_PARM_DESC(issued, "commands that went through the operations on top");

/* hwif->lock guards what belongs to a port once it is covered. */
static struct covered_port {
	ide_hwif_t *hwif;
	const struct ide_tp_ops *below;
	struct ide_tp_ops ops;
} covered[MAX_PORTS];
static unsigned int covered_count;

static void count_and_execute(ide_hwif_t *hwif, u8 command)
{
	unsigned int i;

	for (i = 0; i < covered_count; i++) {
		if (covered[i].hwif == hwif)
			break;
	}
	if (WARN_ON(i == covered_count))
		return;
	issued++;
	covered[i].below->exec_command(hwif, command);
}

static int cover_port(struct device *dev, void *unused)
{
	ide_hwif_t *hwif = to_ide_device(dev)->hwif;
	struct covered_port *port = &covered[covered_count];
	unsigned int i;

	for (i = 0; i < covered_count; i++) {
		if (covered[i].hwif == hwif)
			return 0;
	}
	if (covered_count == MAX_PORTS)
		return -ENOSPC;
	spin_lock_irq(&hwif->lock);
	port->hwif = hwif;
	port->below = hwif->tp_ops;
	port->ops = *hwif->tp_ops;
	port->ops.exec_command = count_and_execute;
	covered_count++;
	WRITE_ONCE(hwif->tp_ops, &port->ops);
	spin_unlock_irq(&hwif->lock);
	return 0;
}

static int __init stack_ops_init(void)
{
	bus_for_each_dev(&ide_bus_type, NULL, NULL, cover_port);
	return covered_count ? 0 : -ENODEV;
}
module_init(stack_ops_init);

/* A request that is under way remembers the operations: not before it is over. */
static bool try_uncover_port(struct covered_port *port)
{
	bool busy;

	spin_lock_irq(&port->hwif->lock);
	busy = port->hwif->busy;
	if (!busy)
		WRITE_ONCE(port->hwif->tp_ops, port->below);
	spin_unlock_irq(&port->hwif->lock);
	return !busy;
}

static void __exit stack_ops_exit(void)
{
	unsigned int i;

	for (i = 0; i < covered_count; i++) {
		while (!try_uncover_port(&covered[i]))
			usleep_range(1000, 2000);
	}
}
module_exit(stack_ops_exit);

MODULE_DESCRIPTION("Puts operations on top of drivers/ide's, for tests");
MODULE_LICENSE("GPL");
