/* SPDX-License-Identifier: GPL-2.0 */
/* Which virtual machines the module serves. */
#ifndef PVIO_HOST_ALLOW_H
#define PVIO_HOST_ALLOW_H

#include <linux/types.h>

bool pvio_host_caller_allowed(void);

#endif /* PVIO_HOST_ALLOW_H */
