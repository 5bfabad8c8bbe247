// SPDX-License-Identifier: GPL-2.0
/*
 * Writes PIO data in batches.
 *
 * KVM hands each element of "rep outs" to user space by itself
 * (arch/x86/kvm/emulate.c: em_out()), so a sector costs as many trips as it has
 * words. It reads "rep ins" ahead in blocks (pio_in_emulated()), so reads are
 * left to libata.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "port.h"
#include "transfer.h"

/* as ata_sff_data_xfer32() decides */
static u8 size_of_word(const struct pvblk_port *port)
{
	return port->stock->sff_data_xfer == ata_sff_data_xfer32 &&
	       port->ap->pflags & ATA_PFLAG_PIO32 ? 4 : 2;
}

static void add_word(struct pvblk_port *port, const unsigned char *buf, u8 size)
{
	u32 value = 0;

	memcpy(&value, buf, size);
	pvio_port_write(port->data,
			pvblk_port_number(port->ap->ioaddr.data_addr), size,
			value);
}

/* Returns how many bytes were written: all but a last word that is not whole. */
static unsigned int write_words(struct pvblk_port *port,
				const unsigned char *buf, unsigned int buflen)
{
	u8 size = size_of_word(port);
	unsigned int words = buflen / size, i, count;

	for (i = 0; i < words; i += count) {
		pvio_batch_reset(port->data);
		for (count = 0; count < min_t(unsigned int, words - i,
					      PVIO_MAX_OPS); count++)
			add_word(port, buf + (i + count) * size, size);
		pvio_batch_run(port->data);
	}
	return words * size;
}

/* Called with ap->lock held, by ata_sff_hsm_move(): it guards the batch, too. */
static unsigned int pvblk_data_xfer(struct ata_queued_cmd *qc,
				    unsigned char *buf, unsigned int buflen,
				    int rw)
{
	struct pvblk_port *port = pvblk_port_find(qc->dev->link->ap);
	unsigned int done = 0;

	if (!port)
		return ata_sff_data_xfer32(qc, buf, buflen, rw);
	if (rw == WRITE && pvio_host_serves())
		done = write_words(port, buf, buflen);
	if (done < buflen)
		done += port->stock->sff_data_xfer(qc, buf + done,
						   buflen - done, rw);
	return done;
}

/**
 * pvblk_transfer_replace() - put the replacement into a copy of operations
 * @ops: a port's operations
 *
 * A transfer of the driver's own stays.
 *
 * Context: any.
 */
void pvblk_transfer_replace(struct ata_port_operations *ops)
{
	if (ops->sff_data_xfer == ata_sff_data_xfer ||
	    ops->sff_data_xfer == ata_sff_data_xfer32)
		ops->sff_data_xfer = pvblk_data_xfer;
}
