// SPDX-License-Identifier: GPL-2.0
/* Has PIO data written in batches. */
#include "port.h"
#include "transfer.h"

/* as ata_sff_data_xfer32() decides */
static u8 size_of_word(const struct pvblk_port *port)
{
	return port->stock->sff_data_xfer == ata_sff_data_xfer32 &&
	       port->ap->pflags & ATA_PFLAG_PIO32 ? 4 : 2;
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
	if (rw == WRITE)
		done = pvblk_channel_write_data(&port->channel, buf, buflen,
						size_of_word(port));
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
