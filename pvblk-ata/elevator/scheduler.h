/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PVELV_SCHEDULER_H
#define PVELV_SCHEDULER_H

#include <linux/types.h>

/* ELV_NAME_MAX of the kernel (block/elevator.h) */
#define PVELV_NAME_MAX	16

int pvelv_scheduler_init(void);
void pvelv_scheduler_exit(void);
int pvelv_scheduler_read(const char *disk, char name[PVELV_NAME_MAX]);
int pvelv_scheduler_write(const char *disk, const char *name);

#endif /* PVELV_SCHEDULER_H */
