// SPDX-License-Identifier: GPL-2.0
/* Puts replaced operations into live ports, and the stock ones back. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "command.h"
#include "packet.h"
#include "port.h"
#include "transfer.h"

/* Taken inside the device lock of the controller. */
static DEFINE_MUTEX(ports_lock);
/* Changed under ports_lock; the replaced operations read it without. */
static LIST_HEAD(ports);
/* Their stock operations are back, but the replaced ones may still run. */
static LIST_HEAD(detached);
/*
 * Their controller went while another module had its operations on top. It may
 * remember ours, so they stay until this module goes.
 */
static LIST_HEAD(abandoned);
static struct dentry *pvblk_dir;

struct pvio_client *pvblk_client;

/**
 * pvblk_port_find() - what this module knows of a port
 * @ap: the port
 *
 * libata's error handler calls some operations without ap->lock, even while the
 * port is being detached. What this returns stays valid for them: none of our
 * operations sleeps, and a port is freed only when a grace period of tasks has
 * passed since it left the list.
 *
 * Context: any; in our operations, or with ports_lock held.
 * Return: the port, or NULL if it is not attached.
 */
struct pvblk_port *pvblk_port_find(const struct ata_port *ap)
{
	struct pvblk_port *port;

	list_for_each_entry_lockless(port, &ports, node) {
		if (port->ap == ap)
			return port;
	}
	return NULL;
}

/*
 * QEMU's controllers have its subsystem vendor. Any other may be a real one
 * that is passed through, with real wires.
 */
static bool is_qemu_port(const struct ata_port *ap)
{
	return dev_is_pci(ap->host->dev) &&
	       to_pci_dev(ap->host->dev)->subsystem_vendor ==
	       PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
}

/* Whether the command block's registers follow one another. */
static bool has_standard_block(const struct ata_ioports *io)
{
	struct ata_ioports standard = *io;

	ata_sff_std_ports(&standard);
	return !memcmp(&standard, io, sizeof(standard));
}

static const char *find_misfit(struct ata_port *ap)
{
	const struct ata_ioports *io = &ap->ioaddr;

	if (ata_port_is_dummy(ap))
		return "unused";
	if (!is_qemu_port(ap) && !pvblk_force)
		return "not QEMU's";
	if (!io->bmdma_addr || !io->altstatus_addr || !io->ctl_addr)
		return "no bus master";
	if (!pvblk_is_port(io->cmd_addr) || !pvblk_is_port(io->ctl_addr) ||
	    !pvblk_is_port(io->bmdma_addr))
		return "not in port space";
	if (!has_standard_block(io))
		return "registers of its own order";
	return pvblk_command_unfit(ap->ops);
}

static void free_port(struct pvblk_port *port)
{
	pvblk_channel_release(&port->channel);
	kfree(port);
}

static struct pvblk_port *make_port(struct ata_port *ap)
{
	struct pvblk_port *port = kzalloc(sizeof(*port), GFP_KERNEL);

	if (!port)
		return NULL;
	port->channel.client = pvblk_client;
	port->channel.command = pvblk_port_number(ap->ioaddr.cmd_addr);
	port->channel.bmdma = pvblk_port_number(ap->ioaddr.bmdma_addr);
	port->channel.ask_dma = !is_qemu_port(ap);
	if (pvblk_channel_init(&port->channel)) {
		kfree(port);
		return NULL;
	}
	port->ap = ap;
	port->stock = ap->ops;
	port->ops = *ap->ops;
	pvblk_command_replace(&port->ops);
	pvblk_packet_replace(&port->ops);
	pvblk_transfer_replace(&port->ops);
	return port;
}

/**
 * pvblk_port_attach() - take a port over, if it is one we understand
 * @ap: the port, live or not
 *
 * A command under way is finished by libata's functions: the replaced ones call
 * them for every command that they have not issued.
 *
 * Context: may sleep; device lock of the controller held.
 * Return: 0, also where the port is left alone, or -ENOMEM.
 */
int pvblk_port_attach(struct ata_port *ap)
{
	const char *reason = find_misfit(ap);
	struct pvblk_port *port;
	unsigned long flags;
	int r = 0;

	mutex_lock(&ports_lock);
	if (pvblk_port_find(ap))
		goto out;
	if (reason) {
		ata_port_dbg(ap, "left alone: %s\n", reason);
		goto out;
	}
	port = make_port(ap);
	if (!port) {
		r = -ENOMEM;
		goto out;
	}
	list_add_tail_rcu(&port->node, &ports);
	spin_lock_irqsave(ap->lock, flags);
	WRITE_ONCE(ap->ops, &port->ops);
	spin_unlock_irqrestore(ap->lock, flags);
	ata_port_info(ap, "commands go through pvio\n");
out:
	mutex_unlock(&ports_lock);
	return r;
}

/*
 * Not while a command of ours is under way, nor during error handling, which
 * calls operations without ap->lock and looks them up twice
 * (ata_sff_altstatus()).
 */
static bool is_port_idle(const struct pvblk_port *port)
{
	return port->channel.state == PVBLK_IDLE &&
	       !(port->ap->pflags &
		 (ATA_PFLAG_EH_PENDING | ATA_PFLAG_EH_IN_PROGRESS));
}

/*
 * Returns -EAGAIN if the port is in use now, and -EBUSY if another module has
 * put its own operations on top: only that can take them away.
 */
static int try_restore_ops(struct pvblk_port *port)
{
	struct ata_port *ap = port->ap;
	unsigned long flags;
	int r = 0;

	spin_lock_irqsave(ap->lock, flags);
	port->draining = true;
	if (ap->ops != &port->ops) {
		r = -EBUSY;
	} else if (!is_port_idle(port)) {
		r = -EAGAIN;
	} else {
		pvblk_channel_settle(&port->channel);
		WRITE_ONCE(ap->ops, port->stock);
	}
	spin_unlock_irqrestore(ap->lock, flags);
	return r;
}

/**
 * pvblk_port_detach() - give a port back to libata
 * @ap: the port, attached or not
 *
 * Its memory is freed by pvblk_ports_free().
 *
 * Context: may sleep, until the command under way is over: libata bounds that
 * by its time-outs. Device lock of the controller held.
 * Return: 0, or -EBUSY while another module has its operations on top; then
 * the port stays attached, but no more commands are accelerated.
 */
int pvblk_port_detach(struct ata_port *ap)
{
	struct pvblk_port *port;
	int r = 0;

	mutex_lock(&ports_lock);
	port = pvblk_port_find(ap);
	if (!port)
		goto out;
	while ((r = try_restore_ops(port)) == -EAGAIN)
		usleep_range(500, 1000);
	if (r)
		goto out;
	list_del_rcu(&port->node);
	list_add_tail(&port->gone, &detached);
	ata_port_info(ap, "commands go through libata\n");
out:
	mutex_unlock(&ports_lock);
	return r;
}

/**
 * pvblk_port_abandon() - forget a port that could not be detached
 * @ap: the port, whose controller is about to lose its driver
 *
 * From here on our operations do what libata's do, if they are called at all.
 *
 * Context: may sleep; device lock of the controller held.
 */
void pvblk_port_abandon(struct ata_port *ap)
{
	struct pvblk_port *port;

	mutex_lock(&ports_lock);
	port = pvblk_port_find(ap);
	if (port) {
		ata_port_warn(ap, "goes with another module's operations on top of ours\n");
		list_del_rcu(&port->node);
		list_add_tail(&port->gone, &abandoned);
	}
	mutex_unlock(&ports_lock);
}

/**
 * pvblk_ports_free() - free what is left of detached ports
 *
 * One grace period does for all of them, however many.
 *
 * Context: may sleep.
 */
void pvblk_ports_free(void)
{
	struct pvblk_port *port, *next;

	mutex_lock(&ports_lock);
	if (!list_empty(&detached)) {
		/* callers without ap->lock do not sleep in our functions */
		synchronize_rcu_tasks();
		list_for_each_entry_safe(port, next, &detached, gone) {
			list_del(&port->gone);
			free_port(port);
		}
	}
	mutex_unlock(&ports_lock);
}

/*
 * debugfs pvblk_ata/ports: a line for each port taken over, with the commands
 * that were accelerated and those that were left to libata.
 */
static int ports_show(struct seq_file *m, void *unused)
{
	struct pvblk_port *port;

	seq_puts(m, "port accelerated passed\n");
	mutex_lock(&ports_lock);
	list_for_each_entry(port, &ports, node)
		seq_printf(m, "ata%u %llu %llu\n", port->ap->print_id,
			   READ_ONCE(port->accelerated),
			   READ_ONCE(port->passed));
	mutex_unlock(&ports_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ports);

/**
 * pvblk_ports_init() - prepare for ports
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int pvblk_ports_init(void)
{
	pvblk_client = pvio_client_register("pvblk_ata");
	if (!pvblk_client)
		return -ENOMEM;
	pvblk_dir = debugfs_create_dir("pvblk_ata", NULL);
	debugfs_create_file("ports", 0444, pvblk_dir, NULL, &ports_fops);
	return 0;
}

/**
 * pvblk_ports_exit() - undo pvblk_ports_init()
 *
 * Context: may sleep; every port is detached.
 */
void pvblk_ports_exit(void)
{
	list_splice_init(&abandoned, &detached);
	pvblk_ports_free();
	debugfs_remove_recursive(pvblk_dir);
	pvio_client_unregister(pvblk_client);
}
