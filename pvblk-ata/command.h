/* SPDX-License-Identifier: GPL-2.0 */
/* The replaced operations: a command from its submission to its answer. */
#ifndef PVBLK_COMMAND_H
#define PVBLK_COMMAND_H

struct ata_port_operations;
struct pvblk_port;

/* at most: stop, PRD, clear, 5 + 5 task file registers, device, command, start */
#define PVBLK_SUBMIT_OPS	16
/* at most: the bus master's status, Status */
#define PVBLK_ANSWER_OPS	2

const char *pvblk_command_unfit(const struct ata_port_operations *ops);
void pvblk_command_replace(struct ata_port_operations *ops);
void pvblk_command_settle(struct pvblk_port *port);

#endif /* PVBLK_COMMAND_H */
