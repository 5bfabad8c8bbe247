// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of an ATA channel with a bus master, whichever driver it has.
 *
 * A DMA or non-data command is issued by one batch of writes. Left
 * out is what drivers do for the sake of real wires: the waits for idle, the
 * alternate-status reads as delays, the re-reads of registers, the unchanged
 * ones. Stopping the bus master and clearing its interrupt bit ride with the
 * next command: QEMU's engine has stopped by itself when it interrupts, but
 * starts only when Start goes from 0 to 1 (hw/ide/pci.c: bmdma_cmd_writeb()).
 *
 * At the interrupt, reading Status is all that must be done.
 */
#include <linux/ata.h>
#include <linux/io.h>
#include <linux/libata.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "channel.h"

/* The registers of the command block, from its first port on (ATA/ATAPI-7, 5.4). */
enum {
	REG_DATA,
	REG_FEATURES,
	REG_NSECT,
	REG_LBAL,
	REG_LBAM,
	REG_LBAH,
	REG_DEVICE,
	REG_STATUS,
	REG_COMMAND = REG_STATUS,
};

/*
 * At most, for a disk: stop, PRD, clear, 5 + 5 task file registers, device, command,
 * start; for a packet: stop, 5 task file registers, device, command, 6 words, start.
 */
#define SUBMIT_OPS	16
/* at most: the bus master's status, Status */
#define ANSWER_OPS	2

static void fill_answer_batch(struct pvblk_channel *channel)
{
	if (channel->ask_dma) {
		pvio_port_read(channel->answer, channel->bmdma + ATA_DMA_STATUS, 1);
		pvio_stop_unless(channel->answer, ATA_DMA_INTR, ATA_DMA_INTR);
	}
	pvio_port_read(channel->answer, channel->command + REG_STATUS, 1);
}

/**
 * pvblk_channel_init() - get a channel's batches
 * @channel: zero but for its client, ports and ask_dma
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int pvblk_channel_init(struct pvblk_channel *channel)
{
	channel->submit = pvio_batch_alloc(channel->client, SUBMIT_OPS);
	channel->answer = pvio_batch_alloc(channel->client, ANSWER_OPS);
	channel->data = pvio_batch_alloc(channel->client, PVIO_MAX_OPS);
	if (!channel->submit || !channel->answer || !channel->data) {
		pvblk_channel_release(channel);
		return -ENOMEM;
	}
	fill_answer_batch(channel);
	return 0;
}

/**
 * pvblk_channel_release() - undo pvblk_channel_init()
 * @channel: the channel, which nobody uses any more
 *
 * Context: may sleep.
 */
void pvblk_channel_release(struct pvblk_channel *channel)
{
	pvio_batch_free(channel->submit);
	pvio_batch_free(channel->answer);
	pvio_batch_free(channel->data);
}

/**
 * pvblk_channel_forget() - from here on others may do to the registers what they like
 * @channel: the channel
 *
 * Context: any; the caller may use the registers.
 */
void pvblk_channel_forget(struct pvblk_channel *channel)
{
	channel->state = PVBLK_IDLE;
	channel->known = false;
	channel->unstopped = false;
	channel->uncleared = false;
	channel->zero_features = 0;
}

/**
 * pvblk_channel_settle() - leave the bus master as the stock driver would
 * @channel: a channel with no command of ours under way
 *
 * Context: any; the caller may use the registers.
 */
void pvblk_channel_settle(struct pvblk_channel *channel)
{
	if (channel->unstopped)
		outb(channel->dma_cmd, channel->bmdma + ATA_DMA_CMD);
	if (channel->uncleared)
		outb(channel->dma_cap | ATA_DMA_INTR | ATA_DMA_ERR,
		     channel->bmdma + ATA_DMA_STATUS);
	pvblk_channel_forget(channel);
}

/*
 * A device may count up the address registers during a transfer, and QEMU does
 * (hw/ide/core.c: ide_dma_cb(), ide_set_sector()). Bits 27 to 24 of a 28-bit
 * address are in Device, which holds what was written only if they stay as they
 * are.
 */
static void remember_device(struct pvblk_channel *channel,
			    const struct ata_taskfile *tf)
{
	u32 low = tf->lbah << 16 | tf->lbam << 8 | tf->lbal;
	bool lba28 = tf->flags & ATA_TFLAG_ISADDR &&
		     !(tf->flags & ATA_TFLAG_LBA48);

	if (lba28 && (low + (tf->nsect ?: 256)) >> 24)
		channel->device = PVBLK_DEVICE_UNKNOWN;
	else
		channel->device = tf->device;
}

/**
 * pvblk_channel_learn() - know what the registers hold
 * @channel:	the channel
 * @tf:		of a DMA command that the stock driver has just issued, with its Device
 *		register
 *
 * Context: any; the caller may use the registers.
 */
void pvblk_channel_learn(struct pvblk_channel *channel,
			 const struct ata_taskfile *tf)
{
	remember_device(channel, tf);
	channel->dma_cmd = inb(channel->bmdma + ATA_DMA_CMD) & ~ATA_DMA_START;
	channel->dma_cap = inb(channel->bmdma + ATA_DMA_STATUS) &
			   ~(ATA_DMA_INTR | ATA_DMA_ERR | ATA_DMA_ACTIVE);
	channel->known = true;
}

static void add_write8(struct pvblk_channel *channel, u16 reg, u8 value)
{
	pvio_port_write(channel->submit, channel->command + reg, 1, value);
}

static void add_dma_write8(struct pvblk_channel *channel, u16 reg, u8 value)
{
	pvio_port_write(channel->submit, channel->bmdma + reg, 1, value);
}

static void add_features(struct pvblk_channel *channel,
			 const struct ata_taskfile *tf)
{
	bool lba48 = tf->flags & ATA_TFLAG_LBA48;
	bool zero = !tf->feature && !(lba48 && tf->hob_feature);

	/*
	 * Features keeps the last two bytes written to it, and an LBA48 command
	 * uses both. READ and WRITE DMA have none (ACS-3, 7.23 and 7.58), so a
	 * zero is written until it is there, and then no more.
	 */
	if (zero && channel->zero_features > lba48)
		return;
	if (lba48)
		add_write8(channel, REG_FEATURES, tf->hob_feature);
	add_write8(channel, REG_FEATURES, tf->feature);
	channel->zero_features = zero ?
				 min(channel->zero_features + 1 + lba48, 2) : 0;
}

/* In the order of the registers, as drivers write them. */
static void add_taskfile(struct pvblk_channel *channel,
			 const struct ata_taskfile *tf)
{
	if (tf->flags & ATA_TFLAG_ISADDR) {
		add_features(channel, tf);
		if (tf->flags & ATA_TFLAG_LBA48) {
			add_write8(channel, REG_NSECT, tf->hob_nsect);
			add_write8(channel, REG_LBAL, tf->hob_lbal);
			add_write8(channel, REG_LBAM, tf->hob_lbam);
			add_write8(channel, REG_LBAH, tf->hob_lbah);
		}
		add_write8(channel, REG_NSECT, tf->nsect);
		add_write8(channel, REG_LBAL, tf->lbal);
		add_write8(channel, REG_LBAM, tf->lbam);
		add_write8(channel, REG_LBAH, tf->lbah);
	}
	if (tf->device != channel->device)
		add_write8(channel, REG_DEVICE, tf->device);
	remember_device(channel, tf);
	add_write8(channel, REG_COMMAND, tf->command);
}

/*
 * QEMU has set DRQ when the write of PACKET returns (hw/ide/core.c: cmd_packet()), so
 * nothing has to be waited for between the two.
 */
static void add_packet(struct pvblk_channel *channel, const u8 *cdb)
{
	unsigned int i;

	for (i = 0; i < PVBLK_PACKET_BYTES; i += 2)
		pvio_port_write(channel->submit, channel->command + REG_DATA, 2,
				cdb[i] | cdb[i + 1] << 8);
}

/* The direction must not change while the bus master is started. */
static void add_dma_setup(struct pvblk_channel *channel,
			  const struct ata_taskfile *tf, u32 prd)
{
	u8 cmd = channel->dma_cmd & ~ATA_DMA_WR;

	if (!(tf->flags & ATA_TFLAG_WRITE))
		cmd |= ATA_DMA_WR;
	if (channel->unstopped || cmd != channel->dma_cmd)
		add_dma_write8(channel, ATA_DMA_CMD, cmd);
	channel->dma_cmd = cmd;
	/*
	 * QEMU raises the next interrupt whether the bit is set or not
	 * (hw/ide/pci.c: bmdma_irq()), and leaves the address of the PRD table
	 * as it was written. So both may stay there, but not with another
	 * controller, whose engine may have moved the address on.
	 */
	if (!channel->ask_dma)
		return;
	pvio_port_write(channel->submit, channel->bmdma + ATA_DMA_TABLE_OFS, 4, prd);
	if (channel->uncleared)
		add_dma_write8(channel, ATA_DMA_STATUS,
			       channel->dma_cap | ATA_DMA_INTR | ATA_DMA_ERR);
	channel->uncleared = false;
}

/**
 * pvblk_channel_issue() - issue a command in one batch
 * @channel:	a channel that is idle and known
 * @tf:		the command, DMA or without data, with its Device register
 * @cdb:	for PACKET, which must be to a drive of QEMU's: the packet of
 *		%PVBLK_PACKET_BYTES; else NULL
 * @prd:	address of the PRD table, the same at each command
 * @stock_exits: exits that the stock driver would make for it, its interrupt included
 *
 * The PRD table is visible to the device before the batch starts it.
 *
 * Context: any; the caller may use the registers.
 */
void pvblk_channel_issue(struct pvblk_channel *channel,
			 const struct ata_taskfile *tf, const u8 *cdb,
			 u32 prd, unsigned int stock_exits)
{
	pvio_batch_reset(channel->submit);
	channel->nodata = !ata_is_dma(tf->protocol);
	if (!channel->nodata)
		add_dma_setup(channel, tf, prd);
	add_taskfile(channel, tf);
	if (cdb)
		add_packet(channel, cdb);
	if (!channel->nodata) {
		add_dma_write8(channel, ATA_DMA_CMD,
			       channel->dma_cmd | ATA_DMA_START);
		channel->unstopped = true;
	}
	channel->state = PVBLK_ISSUED;
	pvio_batch_run(channel->submit);
	pvio_client_avoided(channel->client,
			    stock_exits - channel->submit->count -
			    channel->answer->count);
}

/*
 * Reads Status, which clears the interrupt; before that, where only the bus
 * master can tell whose interrupt it is, the bus master's status. Returns false
 * if that says that the interrupt is not this channel's.
 */
static bool read_interrupt_status(struct pvblk_channel *channel, u8 *dma_status)
{
	struct pvio_batch *b = channel->answer;

	*dma_status = 0;
	/* without data the bus master knows nothing of the command */
	if (channel->nodata) {
		channel->status = inb(channel->command + REG_STATUS);
		return true;
	}
	if (pvio_batch_run(b) < b->count)
		return false;
	if (channel->ask_dma)
		*dma_status = pvio_batch_value(b, 0);
	channel->status = pvio_batch_value(b, b->count - 1);
	return true;
}

/**
 * pvblk_channel_answer() - answer an interrupt while a command is issued
 * @channel: a channel that is PVBLK_ISSUED
 *
 * While the device works on the command, Status has BSY, or in QEMU DRQ during DMA
 * (hw/ide/core.c: ide_sector_start_dma()): then the interrupt is another channel's. A
 * packet without data for which the drive has some all the same goes wrong.
 *
 * Context: any; the caller may use the registers.
 * Return: whether the command is over: if well, the channel is PVBLK_ANSWERED. If not,
 * it is idle, nothing is known, and the stock driver is to look at the registers.
 */
bool pvblk_channel_answer(struct pvblk_channel *channel)
{
	u8 dma_status;

	if (!read_interrupt_status(channel, &dma_status))
		return false;
	if (channel->status & ATA_BUSY)
		return false;
	if (channel->status & (ATA_ERR | ATA_DF) || dma_status & ATA_DMA_ERR ||
	    (channel->status & ATA_DRQ && channel->nodata)) {
		pvblk_channel_forget(channel);
		return true;
	}
	if (channel->status & ATA_DRQ)
		return false;
	channel->state = PVBLK_ANSWERED;
	return true;
}

/**
 * pvblk_channel_finish() - the driver has taken the answer
 * @channel: a channel that is PVBLK_ANSWERED
 *
 * Context: any; the caller may use the registers.
 */
void pvblk_channel_finish(struct pvblk_channel *channel)
{
	channel->state = PVBLK_IDLE;
	channel->uncleared = true;
}

static void add_word(struct pvblk_channel *channel, const unsigned char *buf,
		     u8 size)
{
	u32 value = 0;

	memcpy(&value, buf, size);
	pvio_port_write(channel->data, channel->command + REG_DATA, size, value);
}

/**
 * pvblk_channel_write_data() - write PIO data in batches
 * @channel:	the channel
 * @buf:	what is written
 * @len:	bytes of it
 * @size:	of a word, 2 or 4 bytes
 *
 * KVM hands each element of "rep outs" to user space by itself
 * (arch/x86/kvm/emulate.c: em_out()), so a sector costs as many trips as it has
 * words. It reads "rep ins" ahead in blocks (pio_in_emulated()), so reads are
 * left to the stock driver.
 *
 * Context: any; the caller may use the registers.
 * Return: how many bytes were written: all but a last word that is not whole, or none
 * where no host serves.
 */
unsigned int pvblk_channel_write_data(struct pvblk_channel *channel,
				      const unsigned char *buf,
				      unsigned int len, u8 size)
{
	unsigned int words = len / size, i, count;

	if (!pvio_host_serves())
		return 0;
	for (i = 0; i < words; i += count) {
		pvio_batch_reset(channel->data);
		for (count = 0; count < min_t(unsigned int, words - i,
					      PVIO_MAX_OPS); count++)
			add_word(channel, buf + (i + count) * size, size);
		pvio_batch_run(channel->data);
	}
	return words * size;
}
