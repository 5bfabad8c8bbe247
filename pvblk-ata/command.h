/* SPDX-License-Identifier: GPL-2.0 */
/* The replaced operations: a command from its submission to its answer. */
#ifndef PVBLK_COMMAND_H
#define PVBLK_COMMAND_H

struct ata_port_operations;

const char *pvblk_command_unfit(const struct ata_port_operations *ops);
void pvblk_command_replace(struct ata_port_operations *ops);

#endif /* PVBLK_COMMAND_H */
