// SPDX-License-Identifier: GPL-2.0
/*
 * The replaced operations of a port.
 *
 * channel.c issues a DMA or non-data command, and answers its interrupt.
 * The operations that libata's handler calls then find that answer instead of the
 * registers. Whatever goes wrong is left to libata, from the same interrupt on.
 */
#include <linux/ata.h>
#include <linux/io.h>

#include "command.h"
#include "packet.h"
#include "port.h"

/* These say which address registers a command has. */
#define ADDRESS_FLAGS	(ATA_TFLAG_ISADDR | ATA_TFLAG_LBA48)

/*
 * Exits that stock libata makes for a command, its interrupt included
 * (drivers/ata/libata-sff.c): first those of DMA commands, then those of
 * commands without data. Each figure is more than a command takes here.
 */
static const u8 stock_exits[2][ADDRESS_FLAGS + 1] = {
	{
		[0]					= 21,
		[ATA_TFLAG_LBA48]			= 21,
		[ATA_TFLAG_ISADDR]			= 26,
		[ATA_TFLAG_ISADDR | ATA_TFLAG_LBA48]	= 31,
	}, {
		[0]					= 12,
		[ATA_TFLAG_LBA48]			= 12,
		[ATA_TFLAG_ISADDR]			= 17,
		[ATA_TFLAG_ISADDR | ATA_TFLAG_LBA48]	= 22,
	},
};

/*
 * More of them for a packet: a wait for DRQ, six words, and a read of alternate
 * Status as a delay.
 */
#define STOCK_EXITS_PACKET	8

/*
 * A module that has copied our operations into its own, put on top of ours, may
 * have replaced any of those that libata's functions call. The batches would
 * pass them over, so libata's functions serve until it is gone.
 */
static bool are_our_ops_on_top(const struct pvblk_port *port)
{
	return READ_ONCE(port->ap->ops) == &port->ops;
}

static bool is_port_in_state(const struct pvblk_port *port,
			     enum pvblk_state state)
{
	return port && READ_ONCE(port->channel.state) == state &&
	       are_our_ops_on_top(port);
}

/*
 * libata has just issued @qc: what the registers hold is known now. A packet and the
 * start of the bus master follow later, which changes nothing of that. Foreign drives
 * that take packets may need libata's waits in the command behind one.
 */
static void learn_registers(struct pvblk_port *port,
			    const struct ata_queued_cmd *qc)
{
	const struct ata_taskfile *tf = &qc->tf;

	if (port->channel.ask_dma && qc->dev->class != ATA_DEV_ATA)
		return;
	if (ata_is_dma(tf->protocol) && tf->flags & ATA_TFLAG_DEVICE)
		pvblk_channel_learn(&port->channel, tf);
}

/* with cylinders and heads, the head in Device may change, too */
static bool is_plain_disk_command(const struct ata_queued_cmd *qc)
{
	const struct ata_taskfile *tf = &qc->tf;

	if (qc->dev->class != ATA_DEV_ATA)
		return false;
	if (tf->protocol != ATA_PROT_DMA && tf->protocol != ATA_PROT_NODATA)
		return false;
	return !(tf->flags & ATA_TFLAG_ISADDR) || tf->flags & ATA_TFLAG_LBA;
}

static bool can_accelerate_command(const struct pvblk_port *port,
				   const struct ata_queued_cmd *qc)
{
	const struct ata_taskfile *tf = &qc->tf;
	const struct ata_port *ap = qc->ap;

	if (!port->channel.known || port->draining || !are_our_ops_on_top(port))
		return false;
	if (ap->pflags & (ATA_PFLAG_EH_IN_PROGRESS | ATA_PFLAG_FROZEN))
		return false;
	if (!is_plain_disk_command(qc) && !pvblk_packet_is_plain(port, qc))
		return false;
	/* a command that user space made up, with any effect on registers */
	if (qc->flags & ATA_QCFLAG_RESULT_TF)
		return false;
	if (tf->flags & ATA_TFLAG_POLLING || ap->flags & ATA_FLAG_PIO_POLLING)
		return false;
	return tf->flags & ATA_TFLAG_DEVICE && tf->ctl == ap->last_ctl;
}

static unsigned int count_stock_exits(const struct ata_taskfile *tf)
{
	unsigned int exits = stock_exits[!ata_is_dma(tf->protocol)]
					[tf->flags & ADDRESS_FLAGS];

	return ata_is_atapi(tf->protocol) ? exits + STOCK_EXITS_PACKET : exits;
}

static void submit_command(struct pvblk_port *port,
			   const struct ata_queued_cmd *qc)
{
	const struct ata_taskfile *tf = &qc->tf;

	port->ap->hsm_task_state = HSM_ST_LAST;
	port->accelerated++;
	pvblk_channel_issue(&port->channel, tf,
			    ata_is_atapi(tf->protocol) ? qc->cdb : NULL,
			    port->ap->bmdma_prd_dma, count_stock_exits(tf));
}

static unsigned int pvblk_qc_issue(struct ata_queued_cmd *qc)
{
	struct pvblk_port *port = pvblk_port_find(qc->ap);
	unsigned int err_mask;

	if (!port)
		return ata_bmdma_qc_issue(qc);
	if (can_accelerate_command(port, qc)) {
		submit_command(port, qc);
		return 0;
	}
	pvblk_channel_settle(&port->channel);
	err_mask = ata_bmdma_qc_issue(qc);
	if (!err_mask)
		learn_registers(port, qc);
	port->passed++;
	return err_mask;
}

/* What the interrupt handler asks first for a DMA command. */
static u8 pvblk_bmdma_status(struct ata_port *ap)
{
	struct pvblk_port *port = pvblk_port_find(ap);

	if (!is_port_in_state(port, PVBLK_ISSUED) || port->channel.nodata)
		return ata_bmdma_status(ap);
	if (!pvblk_channel_answer(&port->channel))
		return 0;
	if (port->channel.state == PVBLK_ANSWERED)
		return ATA_DMA_INTR;
	return ata_bmdma_status(ap) | ATA_DMA_INTR;
}

static void pvblk_bmdma_stop(struct ata_queued_cmd *qc)
{
	if (!is_port_in_state(pvblk_port_find(qc->ap), PVBLK_ANSWERED))
		ata_bmdma_stop(qc);
}

/* What the interrupt handler asks first for any other command. */
static u8 pvblk_check_altstatus(struct ata_port *ap)
{
	struct pvblk_port *port = pvblk_port_find(ap);

	if (is_port_in_state(port, PVBLK_ISSUED) && port->channel.nodata)
		return pvblk_channel_answer(&port->channel) ? port->channel.status :
						port->channel.status | ATA_BUSY;
	if (is_port_in_state(port, PVBLK_ANSWERED))
		return port->channel.status;
	return ioread8(ap->ioaddr.altstatus_addr);
}

static u8 pvblk_check_status(struct ata_port *ap)
{
	struct pvblk_port *port = pvblk_port_find(ap);

	if (is_port_in_state(port, PVBLK_ANSWERED))
		return port->channel.status;
	return ata_sff_check_status(ap);
}

/*
 * What the interrupt handler asks where no command was found to be over. For
 * one of ours it has been asked just now, by pvblk_bmdma_status(), which reads
 * Status: to ask again would cost that again, and clear what came since.
 */
static bool pvblk_irq_check(struct ata_port *ap)
{
	struct pvblk_port *port = pvblk_port_find(ap);

	if (!port || (is_port_in_state(port, PVBLK_ISSUED) && !port->channel.ask_dma))
		return false;
	return port->stock->sff_irq_check && port->stock->sff_irq_check(ap);
}

/* What the interrupt handler does last. */
static void pvblk_irq_clear(struct ata_port *ap)
{
	struct pvblk_port *port = pvblk_port_find(ap);

	if (is_port_in_state(port, PVBLK_ANSWERED)) {
		pvblk_channel_finish(&port->channel);
		return;
	}
	/*
	 * libata found the end of our command by itself: its interrupt was
	 * lost, or another module's operations are on top now.
	 */
	if (port && port->channel.state != PVBLK_IDLE)
		pvblk_channel_forget(&port->channel);
	ata_bmdma_irq_clear(ap);
}

/* Error handling begins, or a reset: none of it is ours. */
static void pvblk_freeze(struct ata_port *ap)
{
	struct pvblk_port *port = pvblk_port_find(ap);

	/* the bus master of a command under way is the error handler's */
	if (is_port_in_state(port, PVBLK_IDLE))
		pvblk_channel_settle(&port->channel);
	else if (port)
		pvblk_channel_forget(&port->channel);
	ata_sff_freeze(ap);
}

/* The operations that a port must have, as the batches do what these do. */
static const struct {
	const char *name;
	size_t at;
	void *function;
} standard_ops[] = {
#define STANDARD(op, function) \
	{ #op, offsetof(struct ata_port_operations, op), function }
	STANDARD(qc_issue, ata_bmdma_qc_issue),
	STANDARD(freeze, ata_sff_freeze),
	STANDARD(sff_dev_select, ata_sff_dev_select),
	STANDARD(sff_set_devctl, NULL),
	STANDARD(sff_check_status, ata_sff_check_status),
	STANDARD(sff_check_altstatus, NULL),
	STANDARD(sff_tf_load, ata_sff_tf_load),
	STANDARD(sff_exec_command, ata_sff_exec_command),
	STANDARD(sff_irq_clear, ata_bmdma_irq_clear),
	STANDARD(bmdma_setup, ata_bmdma_setup),
	STANDARD(bmdma_start, ata_bmdma_start),
	STANDARD(bmdma_stop, ata_bmdma_stop),
	STANDARD(bmdma_status, ata_bmdma_status),
#undef STANDARD
};

/**
 * pvblk_command_unfit() - whether a port's operations are the standard ones
 * @ops: the operations
 *
 * A driver that replaces one has its reasons, and the batches would pass them
 * over.
 *
 * Context: any.
 * Return: NULL, or the name of an operation that is the driver's own.
 */
const char *pvblk_command_unfit(const struct ata_port_operations *ops)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(standard_ops); i++) {
		if (*(void **)((char *)ops + standard_ops[i].at) !=
		    standard_ops[i].function)
			return standard_ops[i].name;
	}
	return NULL;
}

/**
 * pvblk_command_replace() - put the replacements into a copy of operations
 * @ops: a port's operations that pvblk_command_unfit() found nothing against
 *
 * Context: any.
 */
void pvblk_command_replace(struct ata_port_operations *ops)
{
	ops->qc_issue = pvblk_qc_issue;
	ops->freeze = pvblk_freeze;
	ops->sff_check_status = pvblk_check_status;
	ops->sff_check_altstatus = pvblk_check_altstatus;
	ops->sff_irq_check = pvblk_irq_check;
	ops->sff_irq_clear = pvblk_irq_clear;
	ops->bmdma_stop = pvblk_bmdma_stop;
	ops->bmdma_status = pvblk_bmdma_status;
}
