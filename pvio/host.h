/* SPDX-License-Identifier: GPL-2.0 */
/* What the host offers, as far as the guest knows. */
#ifndef PVIO_HOST_H
#define PVIO_HOST_H

#include <linux/types.h>

unsigned int pvio_host_max_ops(void);
void pvio_host_lost(void);
void pvio_host_detect(void);

#endif /* PVIO_HOST_H */
