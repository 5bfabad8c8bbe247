// SPDX-License-Identifier: GPL-2.0
/*
 * Which packet commands are issued in one batch.
 *
 * A drive waits for its packet after the command, and says by DRQ or by an interrupt
 * when it is ready for it. QEMU's is ready at once, so the packet follows in the
 * batch of the command. The kernel asks each drive every two seconds for a new
 * medium: that alone takes 37 exits with libata.
 */
#include "packet.h"
#include "port.h"

static bool takes_packets_at_once(const struct pvblk_port *port,
				  const struct ata_device *dev)
{
	return !port->channel.ask_dma && dev->class == ATA_DEV_ATAPI &&
	       dev->cdb_len == PVBLK_PACKET_BYTES &&
	       !(dev->flags & ATA_DFLAG_CDB_INTR);
}

/**
 * pvblk_packet_is_plain() - whether a command is a packet that one batch can issue
 * @port: the port
 * @qc: the command
 *
 * Context: any.
 * Return: whether it is.
 */
bool pvblk_packet_is_plain(const struct pvblk_port *port,
			   const struct ata_queued_cmd *qc)
{
	return (qc->tf.protocol == ATAPI_PROT_DMA ||
		qc->tf.protocol == ATAPI_PROT_NODATA) &&
	       takes_packets_at_once(port, qc->dev);
}

/*
 * libata moves by PIO what is not a multiple of 16 bytes, as some drives hang
 * otherwise (libata-core.c: atapi_check_dma()). QEMU's bus master takes the even part
 * of each length in the PRD table (hw/ide/pci.c: bmdma_rw_buf()); SCSI has filled an
 * odd one up. Behind data of this type SCSI adds a drain for what the drive has more of.
 * Other packets would not end: QEMU does not interrupt when its PRD table is too short.
 */
static bool can_move_by_dma(const struct pvblk_port *port,
			    const struct ata_queued_cmd *qc)
{
	const struct ata_device *dev = qc->dev;

	return qc->tf.protocol == ATAPI_PROT_PIO &&
	       atapi_cmd_type(qc->cdb[0]) == ATAPI_MISC &&
	       !(qc->tf.flags & ATA_TFLAG_WRITE) && !(qc->nbytes & 1) &&
	       !(dev->flags & (ATA_DFLAG_PIO | ATA_DFLAG_DMADIR)) &&
	       takes_packets_at_once(port, dev);
}

/*
 * libata asks this of a SCSI command that has been translated, before it maps the
 * data: whether the command has to wait. None has.
 */
static int pvblk_qc_defer(struct ata_queued_cmd *qc)
{
	struct pvblk_port *port = pvblk_port_find(qc->ap);

	if (port && !port->draining && can_move_by_dma(port, qc)) {
		qc->tf.protocol = ATAPI_PROT_DMA;
		qc->tf.feature |= ATAPI_PKT_DMA;
	}
	return 0;
}

/**
 * pvblk_packet_replace() - put the replacement into a copy of operations
 * @ops: a port's operations
 *
 * Standard controllers have none to begin with. A driver that decides by itself which
 * packets wait, or may use DMA, goes on doing so.
 *
 * Context: any.
 */
void pvblk_packet_replace(struct ata_port_operations *ops)
{
	if (!ops->qc_defer && !ops->check_atapi_dma)
		ops->qc_defer = pvblk_qc_defer;
}
