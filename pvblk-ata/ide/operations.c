// SPDX-License-Identifier: GPL-2.0
/*
 * The replaced operations of a port.
 *
 * drivers/ide says what a command is in many calls: it selects the device, waits for
 * it to be ready, writes the registers, sets up and starts the bus master. Those of a
 * command that channel.c can issue are held until the last of them. Ready the device
 * is, as it ended its last command well. Any other call that writes lets go of what is
 * held: the stock functions make up for it, and serve.
 *
 * At the interrupt the operations that the handlers call find the answer that
 * channel.c got instead of the registers. Whatever goes wrong is left to drivers/ide,
 * from the same interrupt on.
 */
#include <linux/ata.h>
#include <linux/ide.h>
#include <linux/io.h>
#include <linux/libata.h>
#include <linux/string.h>

#include "operations.h"

/*
 * Exits that drivers/ide makes for a command, its interrupt included
 * (ide-taskfile.c: do_rw_taskfile(), ide-dma.c: ide_dma_intr()): with a 28-bit address,
 * and what a 48-bit one adds.
 */
#define STOCK_EXITS_DMA		23
#define STOCK_EXITS_NODATA	13
#define STOCK_EXITS_LBA48	5

/* as in libata's lba_28_ok(): of a range with a 28-bit address the end */
#define LBA28_END		((1u << 28) - 1)

/*
 * A module that has copied our operations into its own, put on top of ours, may
 * have replaced any of those that the stock functions call. The batches would
 * pass them over, so the stock functions serve until it is gone.
 */
static bool are_our_ops_on_top(const struct pvblk_ide_port *port)
{
	return READ_ONCE(port->hwif->tp_ops) == &pvblk_ide_tp_ops &&
	       READ_ONCE(port->hwif->dma_ops) == &pvblk_ide_dma_ops;
}

static bool is_port_in_state(const struct pvblk_ide_port *port,
			     enum pvblk_state state)
{
	return port && READ_ONCE(port->channel.state) == state &&
	       are_our_ops_on_top(port);
}

static bool does_port_hold(const struct pvblk_ide_port *port)
{
	return port && READ_ONCE(port->held) != PVBLK_IDE_NOTHING;
}

/**
 * pvblk_ide_operations_let_go() - from here on the stock functions serve
 * @port: the port, or NULL
 *
 * The registers hold then what they would hold if there were only those.
 *
 * Context: any; the caller has hwif->busy, or hwif->lock while nobody has that.
 */
void pvblk_ide_operations_let_go(struct pvblk_ide_port *port)
{
	enum pvblk_ide_held held;
	ide_drive_t *drive;

	if (!port)
		return;
	/* of a command under way, ide_dma_end() stops the bus master */
	if (port->channel.state == PVBLK_IDLE)
		pvblk_channel_settle(&port->channel);
	else
		pvblk_channel_forget(&port->channel);
	held = port->held;
	WRITE_ONCE(port->held, PVBLK_IDE_NOTHING);
	if (held == PVBLK_IDE_NOTHING)
		return;
	/* do_rw_taskfile() calls nothing between exec_command and dma_start */
	WARN_ON_ONCE(held == PVBLK_IDE_COMMAND);
	drive = port->drive;
	ide_dev_select(drive);
	ide_tf_load(drive, &port->hob, port->hob_valid);
	ide_tf_load(drive, &port->tf, port->tf_valid);
	/* the table is built anew, and is what it was */
	if (held >= PVBLK_IDE_TRANSFER)
		ide_dma_setup(drive, &port->hwif->cmd);
}

/* --- submission --- */

static u8 *status_of(struct pvblk_ide_port *port, const ide_drive_t *drive)
{
	return &port->status[drive->dn & 1];
}

/* The devices may be anything again. */
static void forget_devices(struct pvblk_ide_port *port)
{
	port->status[0] = 0;
	port->status[1] = 0;
}

/*
 * The first thing that a request does. The device is known to be ready if it ended its
 * last command well.
 */
static bool can_hold_request(struct pvblk_ide_port *port,
			     const ide_drive_t *drive)
{
	const struct pvblk_channel *channel = &port->channel;
	struct request *rq = port->hwif->rq;

	if (!channel->known || channel->state != PVBLK_IDLE ||
	    READ_ONCE(port->draining) || !are_our_ops_on_top(port))
		return false;
	if (!rq || drive->media != ide_disk || drive->special_flags ||
	    drive->current_speed == 0xff)
		return false;
	return OK_STAT(*status_of(port, drive), ATA_DRDY | drive->ready_stat,
		       ATA_BUSY | ATA_DRQ | ATA_DF | ATA_ERR);
}

static void pvblk_ide_dev_select(ide_drive_t *drive)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(drive->hwif);
	struct request *rq = drive->hwif->rq;

	/* suspended devices forget all, and so does this */
	if (port && rq && ata_pm_request(rq))
		forget_devices(port);
	if (port && can_hold_request(port, drive)) {
		port->drive = drive;
		port->tf_valid = 0;
		port->hob_valid = 0;
		WRITE_ONCE(port->held, PVBLK_IDE_SELECTED);
		return;
	}
	pvblk_ide_operations_let_go(port);
	/* what the handler of a stray interrupt reads now is neither device's */
	if (port)
		WRITE_ONCE(port->drive, NULL);
	ide_dev_select(drive);
	if (port)
		WRITE_ONCE(port->drive, drive);
}

/*
 * While the registers are known, Device Control is ATA_DEVCTL_OBS: do_rw_taskfile()
 * writes that before each command.
 */
static void pvblk_ide_write_devctl(ide_hwif_t *hwif, u8 ctl)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(hwif);

	if (port && port->channel.known && port->channel.state == PVBLK_IDLE &&
	    ctl == ATA_DEVCTL_OBS && are_our_ops_on_top(port))
		return;
	pvblk_ide_operations_let_go(port);
	if (port) {
		port->high_order = ctl & ATA_HOB;
		if (ctl & (ATA_SRST | ATA_NIEN))
			forget_devices(port);
	}
	ide_write_devctl(hwif, ctl);
}

static void pvblk_ide_tf_load(ide_drive_t *drive, struct ide_taskfile *tf,
			      u8 valid)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(drive->hwif);

	if (!port || port->held != PVBLK_IDE_SELECTED) {
		pvblk_ide_operations_let_go(port);
		ide_tf_load(drive, tf, valid);
	} else if (tf == &drive->hwif->cmd.hob) {
		port->hob = *tf;
		port->hob_valid = valid;
	} else {
		port->tf = *tf;
		port->tf_valid = valid;
	}
}

static int pvblk_ide_dma_setup(ide_drive_t *drive, struct ide_cmd *cmd)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(drive->hwif);

	if (!port || port->held != PVBLK_IDE_SELECTED ||
	    cmd != &drive->hwif->cmd) {
		pvblk_ide_operations_let_go(port);
		return ide_dma_setup(drive, cmd);
	}
	/* as ide_dma_setup() does */
	if (!ide_build_dmatable(drive, cmd)) {
		ide_map_sg(drive, cmd);
		return 1;
	}
	WRITE_ONCE(port->held, PVBLK_IDE_TRANSFER);
	return 0;
}

static u32 get_low_address(const struct ide_taskfile *tf)
{
	return tf->lbah << 16 | tf->lbam << 8 | tf->lbal;
}

/*
 * drivers/ide uses 48-bit addresses on every device that knows them, which costs five
 * more writes. Where READ DMA and WRITE DMA reach, they do the same (ATA/ATAPI-7, 6.20
 * and 6.63).
 */
static void shorten_address(struct pvblk_ide_port *port,
			    struct ata_taskfile *tf)
{
	u32 count = (tf->hob_nsect << 8 | tf->nsect) ?: 65536;
	u64 first = get_low_address(&port->tf) |
		    (u64)get_low_address(&port->hob) << 24;

	if (count > 256 || first + count > LBA28_END)
		return;
	if (tf->command == ATA_CMD_READ_EXT)
		tf->command = ATA_CMD_READ;
	else if (tf->command == ATA_CMD_WRITE_EXT)
		tf->command = ATA_CMD_WRITE;
	else
		return;
	tf->device |= first >> 24;
	tf->flags &= ~ATA_TFLAG_LBA48;
	port->shortened = true;
}

static void fill_taskfile(struct pvblk_ide_port *port, u8 command,
			  struct ata_taskfile *tf)
{
	const struct ide_cmd *cmd = &port->hwif->cmd;

	*tf = (struct ata_taskfile) {
		.protocol = cmd->protocol,
		.flags = ATA_TFLAG_ISADDR | ATA_TFLAG_DEVICE | ATA_TFLAG_LBA |
			 (cmd->tf_flags & IDE_TFLAG_WRITE ? ATA_TFLAG_WRITE : 0) |
			 (port->hob_valid ? ATA_TFLAG_LBA48 : 0),
		.feature = port->tf.feature,
		.nsect = port->tf.nsect,
		.lbal = port->tf.lbal,
		.lbam = port->tf.lbam,
		.lbah = port->tf.lbah,
		.device = port->tf.device,
		.command = command,
		.hob_feature = port->hob.feature,
		.hob_nsect = port->hob.nsect,
		.hob_lbal = port->hob.lbal,
		.hob_lbam = port->hob.lbam,
		.hob_lbah = port->hob.lbah,
	};
	port->shortened = false;
	if (port->hob_valid && cmd->protocol == ATA_PROT_DMA)
		shorten_address(port, tf);
}

/* Called with hwif->lock held. */
static void issue_command(struct pvblk_ide_port *port, u8 command)
{
	bool nodata = port->hwif->cmd.protocol == ATA_PROT_NODATA;
	struct ata_taskfile tf;

	fill_taskfile(port, command, &tf);
	WRITE_ONCE(port->held, PVBLK_IDE_NOTHING);
	port->accelerated++;
	pvblk_channel_issue(&port->channel, &tf, NULL, port->hwif->dmatable_dma,
			    (nodata ? STOCK_EXITS_NODATA : STOCK_EXITS_DMA) +
			    (port->hob_valid ? STOCK_EXITS_LBA48 : 0));
}

/*
 * A read or write of the file systems', or a flush, with all its registers: not what
 * user space made up, with any effect on them. With cylinders and heads, the head in
 * Device may change, too.
 */
static bool can_issue_command(const struct pvblk_ide_port *port, u8 command)
{
	const struct ide_cmd *cmd = &port->hwif->cmd;

	if (port->tf_valid != (IDE_VALID_OUT_TF | IDE_VALID_DEVICE) ||
	    (port->hob_valid && port->hob_valid != IDE_VALID_OUT_HOB))
		return false;
	if (cmd->protocol == ATA_PROT_NODATA)
		return port->held == PVBLK_IDE_SELECTED &&
		       (command == ATA_CMD_FLUSH || command == ATA_CMD_FLUSH_EXT);
	return cmd->protocol == ATA_PROT_DMA &&
	       port->held == PVBLK_IDE_TRANSFER &&
	       cmd->tf_flags & IDE_TFLAG_FS && port->tf.device & ATA_LBA;
}

/* A command without data, or with DMA, comes with hwif->lock held. */
static void pvblk_ide_exec_command(ide_hwif_t *hwif, u8 command)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(hwif);

	if (does_port_hold(port) && can_issue_command(port, command)) {
		if (port->held == PVBLK_IDE_SELECTED) {
			issue_command(port, command);
		} else {
			port->tf.command = command;
			WRITE_ONCE(port->held, PVBLK_IDE_COMMAND);
		}
		return;
	}
	pvblk_ide_operations_let_go(port);
	ide_exec_command(hwif, command);
	if (!port)
		return;
	port->shortened = false;
	port->passed++;
	if (port->drive)
		*status_of(port, port->drive) = 0;
}

/*
 * drivers/ide has just issued the command: what the registers hold is known now. It may
 * have failed at once, and been answered, before the bus master was started.
 *
 * Called with hwif->lock held.
 */
static void learn_registers(struct pvblk_ide_port *port, ide_drive_t *drive)
{
	const struct ide_cmd *cmd = &drive->hwif->cmd;
	struct ata_taskfile tf = {
		.flags = ATA_TFLAG_ISADDR |
			 (cmd->tf_flags & IDE_TFLAG_LBA48 ? ATA_TFLAG_LBA48 : 0),
		.nsect = cmd->tf.nsect,
		.lbal = cmd->tf.lbal,
		.lbam = cmd->tf.lbam,
		.lbah = cmd->tf.lbah,
		.device = cmd->tf.device,
	};

	if (!drive->hwif->handler || !drive->waiting_for_dma)
		return;
	if (cmd->protocol != ATA_PROT_DMA || drive->media != ide_disk ||
	    !(cmd->tf_flags & IDE_TFLAG_FS) || !(cmd->tf.device & ATA_LBA))
		return;
	pvblk_channel_learn(&port->channel, &tf);
}

/*
 * The lock keeps the interrupt handler away until the port's state is what the device
 * has been told.
 */
static void pvblk_ide_dma_start(ide_drive_t *drive)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(drive->hwif);
	unsigned long flags;

	if (!port) {
		ide_dma_start(drive);
		return;
	}
	spin_lock_irqsave(&drive->hwif->lock, flags);
	if (port->held == PVBLK_IDE_COMMAND) {
		issue_command(port, port->tf.command);
	} else {
		ide_dma_start(drive);
		learn_registers(port, drive);
	}
	spin_unlock_irqrestore(&drive->hwif->lock, flags);
}

/* --- interrupt --- */

/* What the interrupt handler asks first for a DMA command. */
static int pvblk_ide_dma_test_irq(ide_drive_t *drive)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(drive->hwif);

	/* the device has not got the command yet: the interrupt is another one's */
	if (does_port_hold(port))
		return 0;
	if (!is_port_in_state(port, PVBLK_ISSUED) || port->channel.nodata)
		return ide_dma_test_irq(drive);
	return pvblk_channel_answer(&port->channel);
}

static int pvblk_ide_dma_end(ide_drive_t *drive)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(drive->hwif);

	if (is_port_in_state(port, PVBLK_ANSWERED))
		return 0;
	/* the command is given up, or another module's operations are on top */
	if (port && port->channel.state != PVBLK_IDLE)
		pvblk_channel_forget(&port->channel);
	return ide_dma_end(drive);
}

/* What the interrupt handler asks first for any other command. */
static u8 pvblk_ide_read_altstatus(ide_hwif_t *hwif)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(hwif);

	if (is_port_in_state(port, PVBLK_ISSUED) && port->channel.nodata)
		return pvblk_channel_answer(&port->channel) ?
		       port->channel.status : port->channel.status | ATA_BUSY;
	if (is_port_in_state(port, PVBLK_ANSWERED))
		return port->channel.status;
	return ide_read_altstatus(hwif);
}

/*
 * What a handler reads last, and a request first. The interrupt handler reads it, too,
 * when it expects no interrupt, with hwif->lock held: no command of this port is under
 * way then, so that while something is held there is no interrupt to be cleared.
 */
static u8 pvblk_ide_read_status(ide_hwif_t *hwif)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(hwif);
	ide_drive_t *drive = port ? READ_ONCE(port->drive) : NULL;
	u8 status;

	/* a request that issued no command may have left something held */
	if (does_port_hold(port) && hwif->busy)
		return *status_of(port, drive);
	if (is_port_in_state(port, PVBLK_ANSWERED)) {
		pvblk_channel_finish(&port->channel);
		status = port->channel.status;
	} else {
		/* of a command of ours only if its interrupt was lost, or worse */
		if (port && port->channel.state != PVBLK_IDLE)
			pvblk_channel_forget(&port->channel);
		status = ide_read_status(hwif);
	}
	if (drive)
		*status_of(port, drive) = status;
	return status;
}

/*
 * Interrupt may still be set since an earlier command (channel.c: add_dma_setup()), and
 * is no sign that this one is over. With 0, drivers/ide asks the device.
 */
static int pvblk_ide_dma_timer_expiry(ide_drive_t *drive)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(drive->hwif);
	int wait;

	/* the bus master has not been started yet, and cannot be late */
	if (does_port_hold(port))
		return WAIT_CMD;
	wait = ide_dma_sff_timer_expiry(drive);
	if (wait > 0 && is_port_in_state(port, PVBLK_ISSUED) &&
	    !(ide_dma_sff_read_status(drive->hwif) & ATA_DMA_ACTIVE))
		return 0;
	return wait;
}

/* --- anything else --- */

static void pvblk_ide_dma_host_set(ide_drive_t *drive, int on)
{
	pvblk_ide_operations_let_go(pvblk_ide_port_find(drive->hwif));
	ide_dma_host_set(drive, on);
}

/*
 * Where a command failed that was issued with a 28-bit address, drivers/ide asks for
 * the high order of a 48-bit one, to print it (ide-lib.c: ide_dump_sector()).
 */
static void pvblk_ide_tf_read(ide_drive_t *drive, struct ide_taskfile *tf,
			      u8 valid)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(drive->hwif);
	struct ide_taskfile low;

	if (does_port_hold(port))
		pvblk_ide_operations_let_go(port);
	ide_tf_read(drive, tf, valid);
	if (!port || !port->shortened || !port->high_order ||
	    !(valid & IDE_VALID_LBA))
		return;
	ide_tf_read(drive, &low, IDE_VALID_DEVICE);
	tf->nsect = 0;
	tf->lbal = low.device & 0xf;
	tf->lbam = 0;
	tf->lbah = 0;
}

static void pvblk_ide_output_data(ide_drive_t *drive, struct ide_cmd *cmd,
				  void *buf, unsigned int len)
{
	struct pvblk_ide_port *port = pvblk_ide_port_find(drive->hwif);
	unsigned int done = 0;
	unsigned long flags;

	if (does_port_hold(port))
		pvblk_ide_operations_let_go(port);
	/* 2: with reads in between, for some controllers on the VESA local bus */
	if (port && !(drive->io_32bit & 2)) {
		spin_lock_irqsave(&port->data_lock, flags);
		done = pvblk_channel_write_data(&port->channel, buf, len,
						drive->io_32bit ? 4 : 2);
		spin_unlock_irqrestore(&port->data_lock, flags);
	}
	if (done < len)
		ide_output_data(drive, cmd, buf + done, len - done);
}

/*
 * The operations that a port must have beside sff_dma_ops, as the batches do what these
 * do: default_tp_ops, which is not exported.
 */
static const struct ide_tp_ops standard_tp_ops = {
	.exec_command = ide_exec_command,
	.read_status = ide_read_status,
	.read_altstatus = ide_read_altstatus,
	.write_devctl = ide_write_devctl,
	.dev_select = ide_dev_select,
	.tf_load = ide_tf_load,
	.tf_read = ide_tf_read,
	.input_data = ide_input_data,
	.output_data = ide_output_data,
};

/**
 * pvblk_ide_operations_unfit() - whether a port's operations are the standard ones
 * @hwif: the port
 *
 * A driver that replaces one has its reasons, and the batches would pass them
 * over.
 *
 * Context: any.
 * Return: NULL, or what is the driver's own.
 */
const char *pvblk_ide_operations_unfit(const ide_hwif_t *hwif)
{
	const struct ide_port_ops *port_ops = hwif->port_ops;

	if (memcmp(hwif->tp_ops, &standard_tp_ops, sizeof(standard_tp_ops)))
		return "task file operations of its own";
	if (memcmp(hwif->dma_ops, &sff_dma_ops, sizeof(sff_dma_ops)))
		return "DMA operations of its own";
	if (hwif->rw_disk)
		return "a preparation of disk commands";
	if (port_ops && (port_ops->test_irq || port_ops->maskproc))
		return "an interrupt of its own";
	if (hwif->host_flags & IDE_HFLAG_BROKEN_ALTSTATUS)
		return "no alternate status";
	return NULL;
}

/* What takes their place: the same for each port, as those are. */
const struct ide_tp_ops pvblk_ide_tp_ops = {
	.exec_command = pvblk_ide_exec_command,
	.read_status = pvblk_ide_read_status,
	.read_altstatus = pvblk_ide_read_altstatus,
	.write_devctl = pvblk_ide_write_devctl,
	.dev_select = pvblk_ide_dev_select,
	.tf_load = pvblk_ide_tf_load,
	.tf_read = pvblk_ide_tf_read,
	.input_data = ide_input_data,
	.output_data = pvblk_ide_output_data,
};

const struct ide_dma_ops pvblk_ide_dma_ops = {
	.dma_host_set = pvblk_ide_dma_host_set,
	.dma_setup = pvblk_ide_dma_setup,
	.dma_start = pvblk_ide_dma_start,
	.dma_end = pvblk_ide_dma_end,
	.dma_test_irq = pvblk_ide_dma_test_irq,
	.dma_lost_irq = ide_dma_lost_irq,
	.dma_timer_expiry = pvblk_ide_dma_timer_expiry,
	.dma_sff_read_status = ide_dma_sff_read_status,
};
