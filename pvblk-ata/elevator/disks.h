/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PVELV_DISKS_H
#define PVELV_DISKS_H

struct gendisk;

int pvelv_disks_init(void);
void pvelv_disks_switch(void);
void pvelv_disks_came(struct gendisk *gd);
void pvelv_disks_exit(void);

#endif /* PVELV_DISKS_H */
