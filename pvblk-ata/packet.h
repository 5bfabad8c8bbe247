/* SPDX-License-Identifier: GPL-2.0 */
/* Packet commands to CD-ROM drives. */
#ifndef PVBLK_PACKET_H
#define PVBLK_PACKET_H

#include <linux/types.h>

struct ata_port_operations;
struct ata_queued_cmd;
struct pvblk_port;

bool pvblk_packet_is_plain(const struct pvblk_port *port,
			   const struct ata_queued_cmd *qc);
void pvblk_packet_replace(struct ata_port_operations *ops);

#endif /* PVBLK_PACKET_H */
