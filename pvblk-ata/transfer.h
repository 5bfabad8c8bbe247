/* SPDX-License-Identifier: GPL-2.0 */
/* PIO data in batches. */
#ifndef PVBLK_TRANSFER_H
#define PVBLK_TRANSFER_H

struct ata_port_operations;

void pvblk_transfer_replace(struct ata_port_operations *ops);

#endif /* PVBLK_TRANSFER_H */
