// SPDX-License-Identifier: GPL-2.0
/* Puts replaced operations into live ports, and the stock ones back. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "operations.h"
#include "port.h"

/* Taken inside the device lock of the controller. */
static DEFINE_MUTEX(ports_lock);
/* Changed under ports_lock; the replaced operations read it under RCU. */
static LIST_HEAD(ports);
/* Their stock operations are back: they wait to be freed. */
static LIST_HEAD(detached);
/*
 * Their controller went while another module had its operations on top. It may
 * remember ours, so they stay until this module goes.
 */
static LIST_HEAD(abandoned);
static struct dentry *pvblk_ide_dir;
static struct pvio_client *pvblk_ide_client;

/**
 * pvblk_ide_port_find() - what this module knows of a port
 * @hwif: the port
 *
 * What this returns stays valid in our operations: none of them sleeps, and a port is
 * freed only when a grace period of tasks has passed since it left the list.
 *
 * Context: any; in our operations, or with ports_lock held.
 * Return: the port, or NULL if it is not attached.
 */
struct pvblk_ide_port *pvblk_ide_port_find(const ide_hwif_t *hwif)
{
	struct pvblk_ide_port *port, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(port, &ports, node) {
		if (port->hwif == hwif) {
			found = port;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/*
 * QEMU's controllers have its subsystem vendor. Any other may be a real one
 * that is passed through, with real wires.
 */
static bool is_qemu_port(const ide_hwif_t *hwif)
{
	return to_pci_dev(hwif->dev)->subsystem_vendor ==
	       PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
}

/* Whether the command block's registers follow one another. */
static bool has_standard_block(const ide_hwif_t *hwif)
{
	struct ide_hw standard = {};

	ide_std_init_ports(&standard, hwif->io_ports.data_addr,
			   hwif->io_ports.ctl_addr);
	return !memcmp(&standard.io_ports, &hwif->io_ports,
		       offsetof(struct ide_io_ports, ctl_addr));
}

static const char *find_misfit(const ide_hwif_t *hwif)
{
	if (!hwif->present)
		return "unused";
	if (!hwif->dev || !dev_is_pci(hwif->dev))
		return "not of a PCI controller";
	if (!is_qemu_port(hwif) && !pvblk_ide_force)
		return "not QEMU's";
	if (hwif->host_flags & IDE_HFLAG_MMIO)
		return "not in port space";
	/* another port's requests call its operations, without its lock */
	if (hwif->host_flags & IDE_HFLAG_SERIALIZE)
		return "serialized with another port";
	if (!hwif->dma_ops || !hwif->dma_base || !hwif->io_ports.ctl_addr)
		return "no bus master";
	if (!has_standard_block(hwif))
		return "registers of its own order";
	return pvblk_ide_operations_unfit(hwif);
}

static void free_port(struct pvblk_ide_port *port)
{
	pvblk_channel_release(&port->channel);
	kfree(port);
}

static struct pvblk_ide_port *make_port(ide_hwif_t *hwif)
{
	struct pvblk_ide_port *port = kzalloc(sizeof(*port), GFP_KERNEL);

	if (!port)
		return NULL;
	port->channel.client = pvblk_ide_client;
	port->channel.command = hwif->io_ports.data_addr;
	port->channel.bmdma = hwif->dma_base;
	port->channel.ask_dma = !is_qemu_port(hwif);
	if (pvblk_channel_init(&port->channel)) {
		kfree(port);
		return NULL;
	}
	spin_lock_init(&port->data_lock);
	port->hwif = hwif;
	port->stock_tp = hwif->tp_ops;
	port->stock_dma = hwif->dma_ops;
	return port;
}

/**
 * pvblk_ide_port_attach() - take a port over, if it is one we understand
 * @hwif: the port, live or not
 *
 * A command under way is finished by the stock functions: the replaced ones call
 * them for every command that they have not issued.
 *
 * Context: may sleep; device lock of the controller held.
 * Return: 0, also where the port is left alone, or -ENOMEM.
 */
int pvblk_ide_port_attach(ide_hwif_t *hwif)
{
	const char *reason = find_misfit(hwif);
	struct pvblk_ide_port *port;
	int r = 0;

	mutex_lock(&ports_lock);
	if (pvblk_ide_port_find(hwif))
		goto out;
	if (reason) {
		pr_debug("%s: left alone: %s\n", hwif->name, reason);
		goto out;
	}
	port = make_port(hwif);
	if (!port) {
		r = -ENOMEM;
		goto out;
	}
	list_add_tail_rcu(&port->node, &ports);
	spin_lock_irq(&hwif->lock);
	WRITE_ONCE(hwif->dma_ops, &pvblk_ide_dma_ops);
	WRITE_ONCE(hwif->tp_ops, &pvblk_ide_tp_ops);
	spin_unlock_irq(&hwif->lock);
	pr_info("%s: commands go through pvio\n", hwif->name);
out:
	mutex_unlock(&ports_lock);
	return r;
}

/*
 * A probe that user space asked for remembers where it found the operations while it
 * sleeps (ide-probe.c: do_probe()). It takes no lock.
 */
static bool is_port_probed(const ide_hwif_t *hwif)
{
	return READ_ONCE(hwif->port_flags) & IDE_PFLAG_PROBING;
}

/*
 * Only while the port is neither busy nor probed: a request that waits for parked heads
 * remembers the operations, too (ide-eh.c: do_reset1()).
 *
 * Returns -EAGAIN if the port is in use now, and -EBUSY if another module has
 * put its own operations on top: only that can take them away.
 */
static int try_restore_ops(struct pvblk_ide_port *port)
{
	ide_hwif_t *hwif = port->hwif;
	int r = 0;

	spin_lock_irq(&hwif->lock);
	WRITE_ONCE(port->draining, true);
	if (hwif->busy || is_port_probed(hwif)) {
		r = -EAGAIN;
	} else {
		pvblk_ide_operations_let_go(port);
		if (hwif->tp_ops == &pvblk_ide_tp_ops &&
		    hwif->dma_ops == &pvblk_ide_dma_ops) {
			WRITE_ONCE(hwif->tp_ops, port->stock_tp);
			WRITE_ONCE(hwif->dma_ops, port->stock_dma);
		} else {
			r = -EBUSY;
		}
	}
	spin_unlock_irq(&hwif->lock);
	return r;
}

/**
 * pvblk_ide_port_detach() - give a port back to drivers/ide
 * @hwif: the port, attached or not
 *
 * Its memory is freed by pvblk_ide_ports_free().
 *
 * Context: may sleep, until the command under way is over: drivers/ide bounds that
 * by its time-outs. Device lock of the controller held.
 * Return: 0, or -EBUSY while another module has its operations on top; then
 * the port stays attached, but no more commands are accelerated.
 */
int pvblk_ide_port_detach(ide_hwif_t *hwif)
{
	struct pvblk_ide_port *port;
	int r = 0;

	mutex_lock(&ports_lock);
	port = pvblk_ide_port_find(hwif);
	if (!port)
		goto out;
	while ((r = try_restore_ops(port)) == -EAGAIN)
		usleep_range(500, 1000);
	if (r)
		goto out;
	/* a probe that has found our operations has said so before */
	smp_mb();
	while (is_port_probed(hwif))
		usleep_range(500, 1000);
	list_del_rcu(&port->node);
	list_add_tail(&port->gone, &detached);
	pr_info("%s: commands go through drivers/ide\n", hwif->name);
out:
	mutex_unlock(&ports_lock);
	return r;
}

/**
 * pvblk_ide_port_abandon() - forget a port that could not be detached
 * @hwif: the port, whose controller is about to lose its driver
 *
 * From here on our operations do what the stock ones do, if they are called at all.
 *
 * Context: may sleep; device lock of the controller held.
 */
void pvblk_ide_port_abandon(ide_hwif_t *hwif)
{
	struct pvblk_ide_port *port;

	mutex_lock(&ports_lock);
	port = pvblk_ide_port_find(hwif);
	if (port) {
		pr_warn("%s: goes with another module's operations on top of ours\n",
			hwif->name);
		list_del_rcu(&port->node);
		list_add_tail(&port->gone, &abandoned);
	}
	mutex_unlock(&ports_lock);
}

/**
 * pvblk_ide_ports_free() - free what is left of detached ports
 *
 * A command may be over, and its port detached, before the function that issued it has
 * returned. One grace period does for all of them, however many.
 *
 * Context: may sleep.
 */
void pvblk_ide_ports_free(void)
{
	struct pvblk_ide_port *port, *next;

	mutex_lock(&ports_lock);
	if (!list_empty(&detached)) {
		synchronize_rcu();
		synchronize_rcu_tasks();
		list_for_each_entry_safe(port, next, &detached, gone) {
			list_del(&port->gone);
			free_port(port);
		}
	}
	mutex_unlock(&ports_lock);
}

/*
 * debugfs pvblk_ide/ports: a line for each port taken over, with the commands
 * that were accelerated and those that were left to drivers/ide.
 */
static int ports_show(struct seq_file *m, void *unused)
{
	struct pvblk_ide_port *port;

	seq_puts(m, "port accelerated passed\n");
	mutex_lock(&ports_lock);
	list_for_each_entry(port, &ports, node)
		seq_printf(m, "%s %llu %llu\n", port->hwif->name,
			   READ_ONCE(port->accelerated),
			   READ_ONCE(port->passed));
	mutex_unlock(&ports_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ports);

/**
 * pvblk_ide_ports_init() - prepare for ports
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int pvblk_ide_ports_init(void)
{
	pvblk_ide_client = pvio_client_register("pvblk_ide");
	if (!pvblk_ide_client)
		return -ENOMEM;
	pvblk_ide_dir = debugfs_create_dir("pvblk_ide", NULL);
	debugfs_create_file("ports", 0444, pvblk_ide_dir, NULL, &ports_fops);
	return 0;
}

/**
 * pvblk_ide_ports_exit() - undo pvblk_ide_ports_init()
 *
 * Context: may sleep; every port is detached.
 */
void pvblk_ide_ports_exit(void)
{
	list_splice_init(&abandoned, &detached);
	pvblk_ide_ports_free();
	debugfs_remove_recursive(pvblk_ide_dir);
	pvio_client_unregister(pvblk_ide_client);
}
