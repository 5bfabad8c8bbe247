// SPDX-License-Identifier: GPL-2.0
/*
 * The replaced operations of a port.
 *
 * A DMA or non-data command to a disk is issued by one batch of writes. Left
 * out is what libata does for the sake of real wires: the waits for idle, the
 * alternate-status reads as delays, the re-reads of registers, the unchanged
 * ones. Stopping the bus master and clearing its interrupt bit ride with the
 * next command: QEMU's engine has stopped by itself when it interrupts, but
 * starts only when Start goes from 0 to 1 (hw/ide/pci.c: bmdma_cmd_writeb()).
 *
 * At the interrupt, reading Status is all that must be done. The operations
 * that libata's handler calls then find that answer instead of the registers.
 * Whatever goes wrong is left to libata, from the same interrupt on.
 */
#include <linux/ata.h>
#include <linux/io.h>

#include "command.h"
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
	return port && READ_ONCE(port->state) == state &&
	       are_our_ops_on_top(port);
}

static void add_write8(struct pvio_batch *b, void __iomem *addr, u8 value)
{
	pvio_port_write(b, pvblk_port_number(addr), 1, value);
}

/* From here on libata may do to the registers what it likes. */
static void forget_registers(struct pvblk_port *port)
{
	port->state = PVBLK_IDLE;
	port->known = false;
	port->unstopped = false;
	port->uncleared = false;
	port->zero_features = 0;
}

/**
 * pvblk_command_settle() - leave the bus master as stock libata would
 * @port: a port with no command of ours under way
 *
 * Context: ap->lock held.
 */
void pvblk_command_settle(struct pvblk_port *port)
{
	void __iomem *bmdma = port->ap->ioaddr.bmdma_addr;

	if (port->unstopped)
		iowrite8(port->dma_cmd, bmdma + ATA_DMA_CMD);
	if (port->uncleared)
		iowrite8(port->dma_cap | ATA_DMA_INTR | ATA_DMA_ERR,
			 bmdma + ATA_DMA_STATUS);
	forget_registers(port);
}

/*
 * A device may count up the address registers during a transfer, and QEMU does
 * (hw/ide/core.c: ide_dma_cb(), ide_set_sector()). Bits 27 to 24 of a 28-bit
 * address are in Device, which holds what was written only if they stay as they
 * are.
 */
static void remember_device(struct pvblk_port *port,
			    const struct ata_taskfile *tf)
{
	u32 low = tf->lbah << 16 | tf->lbam << 8 | tf->lbal;
	bool lba28 = tf->flags & ATA_TFLAG_ISADDR &&
		     !(tf->flags & ATA_TFLAG_LBA48);

	if (lba28 && (low + (tf->nsect ?: 256)) >> 24)
		port->device = PVBLK_DEVICE_UNKNOWN;
	else
		port->device = tf->device;
}

/* libata has just issued @qc: what the registers hold is known now. */
static void learn_registers(struct pvblk_port *port,
			    const struct ata_queued_cmd *qc)
{
	const struct ata_taskfile *tf = &qc->tf;
	void __iomem *bmdma = port->ap->ioaddr.bmdma_addr;

	if (tf->protocol != ATA_PROT_DMA || qc->dev->class != ATA_DEV_ATA ||
	    !(tf->flags & ATA_TFLAG_DEVICE))
		return;
	remember_device(port, tf);
	port->dma_cmd = ioread8(bmdma + ATA_DMA_CMD) & ~ATA_DMA_START;
	port->dma_cap = ioread8(bmdma + ATA_DMA_STATUS) &
			~(ATA_DMA_INTR | ATA_DMA_ERR | ATA_DMA_ACTIVE);
	port->known = true;
}

static bool can_accelerate_command(const struct pvblk_port *port,
				   const struct ata_queued_cmd *qc)
{
	const struct ata_taskfile *tf = &qc->tf;
	const struct ata_port *ap = qc->ap;

	if (!port->known || port->draining || !are_our_ops_on_top(port))
		return false;
	if (qc->dev->class != ATA_DEV_ATA)
		return false;
	if (ap->pflags & (ATA_PFLAG_EH_IN_PROGRESS | ATA_PFLAG_FROZEN))
		return false;
	if (tf->protocol != ATA_PROT_DMA && tf->protocol != ATA_PROT_NODATA)
		return false;
	/* a command that user space made up, with any effect on registers */
	if (qc->flags & ATA_QCFLAG_RESULT_TF)
		return false;
	if (tf->flags & ATA_TFLAG_POLLING || ap->flags & ATA_FLAG_PIO_POLLING)
		return false;
	/* with cylinders and heads, the head in Device may change, too */
	if (tf->flags & ATA_TFLAG_ISADDR && !(tf->flags & ATA_TFLAG_LBA))
		return false;
	return tf->flags & ATA_TFLAG_DEVICE && tf->ctl == ap->last_ctl;
}

static void add_features(struct pvblk_port *port, const struct ata_taskfile *tf)
{
	const struct ata_ioports *io = &port->ap->ioaddr;
	bool lba48 = tf->flags & ATA_TFLAG_LBA48;
	bool zero = !tf->feature && !(lba48 && tf->hob_feature);

	/*
	 * Features keeps the last two bytes written to it, and an LBA48 command
	 * uses both. READ and WRITE DMA have none (ACS-3, 7.23 and 7.58), so a
	 * zero is written until it is there, and then no more.
	 */
	if (zero && port->zero_features > lba48)
		return;
	if (lba48)
		add_write8(port->submit, io->feature_addr, tf->hob_feature);
	add_write8(port->submit, io->feature_addr, tf->feature);
	port->zero_features = zero ? min(port->zero_features + 1 + lba48, 2) : 0;
}

/* The order of libata's ata_sff_tf_load(). */
static void add_taskfile(struct pvblk_port *port, const struct ata_taskfile *tf)
{
	const struct ata_ioports *io = &port->ap->ioaddr;
	struct pvio_batch *b = port->submit;

	if (tf->flags & ATA_TFLAG_ISADDR) {
		add_features(port, tf);
		if (tf->flags & ATA_TFLAG_LBA48) {
			add_write8(b, io->nsect_addr, tf->hob_nsect);
			add_write8(b, io->lbal_addr, tf->hob_lbal);
			add_write8(b, io->lbam_addr, tf->hob_lbam);
			add_write8(b, io->lbah_addr, tf->hob_lbah);
		}
		add_write8(b, io->nsect_addr, tf->nsect);
		add_write8(b, io->lbal_addr, tf->lbal);
		add_write8(b, io->lbam_addr, tf->lbam);
		add_write8(b, io->lbah_addr, tf->lbah);
	}
	if (tf->device != port->device)
		add_write8(b, io->device_addr, tf->device);
	remember_device(port, tf);
	add_write8(b, io->command_addr, tf->command);
}

/* The direction must not change while the bus master is started. */
static void add_dma_setup(struct pvblk_port *port, const struct ata_taskfile *tf)
{
	void __iomem *bmdma = port->ap->ioaddr.bmdma_addr;
	u8 cmd = port->dma_cmd & ~ATA_DMA_WR;

	if (!(tf->flags & ATA_TFLAG_WRITE))
		cmd |= ATA_DMA_WR;
	if (port->unstopped || cmd != port->dma_cmd)
		add_write8(port->submit, bmdma + ATA_DMA_CMD, cmd);
	port->dma_cmd = cmd;
	/*
	 * QEMU raises the next interrupt whether the bit is set or not
	 * (hw/ide/pci.c: bmdma_irq()), and leaves the address of the PRD table
	 * as it was written. So both may stay there, but not with another
	 * controller, whose engine may have moved the address on.
	 */
	if (!port->ask_dma)
		return;
	pvio_port_write(port->submit,
			pvblk_port_number(bmdma + ATA_DMA_TABLE_OFS), 4,
			port->ap->bmdma_prd_dma);
	if (port->uncleared)
		add_write8(port->submit, bmdma + ATA_DMA_STATUS,
			   port->dma_cap | ATA_DMA_INTR | ATA_DMA_ERR);
	port->uncleared = false;
}

static void submit_command(struct pvblk_port *port,
			   const struct ata_queued_cmd *qc)
{
	const struct ata_taskfile *tf = &qc->tf;
	struct pvio_batch *b = port->submit;
	struct ata_port *ap = port->ap;

	pvio_batch_reset(b);
	port->nodata = tf->protocol == ATA_PROT_NODATA;
	if (!port->nodata)
		add_dma_setup(port, tf);
	add_taskfile(port, tf);
	if (!port->nodata) {
		add_write8(b, ap->ioaddr.bmdma_addr + ATA_DMA_CMD,
			   port->dma_cmd | ATA_DMA_START);
		port->unstopped = true;
	}
	ap->hsm_task_state = HSM_ST_LAST;
	port->state = PVBLK_ISSUED;
	port->accelerated++;

	/* the PRD table is visible to the device before the batch starts it */
	pvio_batch_run(b);
	pvio_client_avoided(pvblk_client,
			    stock_exits[port->nodata][tf->flags & ADDRESS_FLAGS] -
			    b->count - port->answer->count);
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
	pvblk_command_settle(port);
	err_mask = ata_bmdma_qc_issue(qc);
	if (!err_mask)
		learn_registers(port, qc);
	port->passed++;
	return err_mask;
}

/*
 * Reads Status, which clears the interrupt; before that, where only the bus
 * master can tell whose interrupt it is, the bus master's status. Returns false
 * if that says that the interrupt is not this port's.
 */
static bool read_interrupt_status(struct pvblk_port *port, u8 *dma_status)
{
	struct pvio_batch *b = port->answer;

	*dma_status = 0;
	/* without data the bus master knows nothing of the command */
	if (port->nodata) {
		port->status = ata_sff_check_status(port->ap);
		return true;
	}
	if (pvio_batch_run(b) < b->count)
		return false;
	if (port->ask_dma)
		*dma_status = pvio_batch_value(b, 0);
	port->status = pvio_batch_value(b, b->count - 1);
	return true;
}

/*
 * Returns whether the command is over. While the device works on it, Status has
 * BSY, or in QEMU DRQ during DMA (hw/ide/core.c: ide_sector_start_dma()): then
 * the interrupt is another port's. An error is left to libata to look at.
 */
static bool answer_interrupt(struct pvblk_port *port)
{
	u8 dma_status;

	if (!read_interrupt_status(port, &dma_status))
		return false;
	if (port->status & ATA_BUSY)
		return false;
	if (port->status & (ATA_ERR | ATA_DF) || dma_status & ATA_DMA_ERR) {
		forget_registers(port);
		return true;
	}
	if (port->status & ATA_DRQ)
		return false;
	port->state = PVBLK_ANSWERED;
	return true;
}

/* What the interrupt handler asks first for a DMA command. */
static u8 pvblk_bmdma_status(struct ata_port *ap)
{
	struct pvblk_port *port = pvblk_port_find(ap);

	if (!is_port_in_state(port, PVBLK_ISSUED) || port->nodata)
		return ata_bmdma_status(ap);
	if (!answer_interrupt(port))
		return 0;
	if (port->state == PVBLK_ANSWERED)
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

	if (is_port_in_state(port, PVBLK_ISSUED) && port->nodata)
		return answer_interrupt(port) ? port->status :
						port->status | ATA_BUSY;
	if (is_port_in_state(port, PVBLK_ANSWERED))
		return port->status;
	return ioread8(ap->ioaddr.altstatus_addr);
}

static u8 pvblk_check_status(struct ata_port *ap)
{
	struct pvblk_port *port = pvblk_port_find(ap);

	if (is_port_in_state(port, PVBLK_ANSWERED))
		return port->status;
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

	if (!port || (is_port_in_state(port, PVBLK_ISSUED) && !port->ask_dma))
		return false;
	return port->stock->sff_irq_check && port->stock->sff_irq_check(ap);
}

/* What the interrupt handler does last. */
static void pvblk_irq_clear(struct ata_port *ap)
{
	struct pvblk_port *port = pvblk_port_find(ap);

	if (is_port_in_state(port, PVBLK_ANSWERED)) {
		port->state = PVBLK_IDLE;
		port->uncleared = true;
		return;
	}
	/*
	 * libata found the end of our command by itself: its interrupt was
	 * lost, or another module's operations are on top now.
	 */
	if (port && port->state != PVBLK_IDLE)
		forget_registers(port);
	ata_bmdma_irq_clear(ap);
}

/* Error handling begins, or a reset: none of it is ours. */
static void pvblk_freeze(struct ata_port *ap)
{
	struct pvblk_port *port = pvblk_port_find(ap);

	/* the bus master of a command under way is the error handler's */
	if (is_port_in_state(port, PVBLK_IDLE))
		pvblk_command_settle(port);
	else if (port)
		forget_registers(port);
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
