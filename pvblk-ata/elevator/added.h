/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PVELV_ADDED_H
#define PVELV_ADDED_H

int pvelv_added_init(void);
void pvelv_added_exit(void);

#endif /* PVELV_ADDED_H */
