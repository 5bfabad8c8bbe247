/* SPDX-License-Identifier: GPL-2.0 */
/* The replaced operations: a command from its submission to its answer. */
#ifndef PVBLK_IDE_OPERATIONS_H
#define PVBLK_IDE_OPERATIONS_H

#include "port.h"

extern const struct ide_tp_ops pvblk_ide_tp_ops;
extern const struct ide_dma_ops pvblk_ide_dma_ops;

const char *pvblk_ide_operations_unfit(const ide_hwif_t *hwif);
void pvblk_ide_operations_let_go(struct pvblk_ide_port *port);

#endif /* PVBLK_IDE_OPERATIONS_H */
