/* SPDX-License-Identifier: GPL-2.0 */
/* Batches as plain instructions. */
#ifndef PVIO_DIRECT_H
#define PVIO_DIRECT_H

#include "pvio.h"

unsigned int pvio_direct_run(struct pvio_batch *b, unsigned int from);

#endif /* PVIO_DIRECT_H */
