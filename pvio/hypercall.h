/* SPDX-License-Identifier: GPL-2.0 */
/* The hypercalls of pvio_abi.h, from the guest. */
#ifndef PVIO_HYPERCALL_H
#define PVIO_HYPERCALL_H

#include <linux/types.h>

#include "pvio_abi.h"

long pvio_hypercall_query(enum pvio_query item, unsigned long argument);
long pvio_hypercall_batch(phys_addr_t gpa, unsigned int count, u32 *note);

#endif /* PVIO_HYPERCALL_H */
