/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/serial_core.h>. */
#ifndef PVQUIET_COMPAT_SERIAL_CORE_H
#define PVQUIET_COMPAT_SERIAL_CORE_H

#include <linux/serial_core.h>
#include <linux/version.h>

/* 6.17: a port's serial_in() and serial_out() say how wide registers and values are */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define PVQUIET_UART_OFFSET	unsigned int
#define PVQUIET_UART_READ	u32
#define PVQUIET_UART_WRITE	u32
#else
#define PVQUIET_UART_OFFSET	int
#define PVQUIET_UART_READ	unsigned int
#define PVQUIET_UART_WRITE	int
#endif

#endif /* PVQUIET_COMPAT_SERIAL_CORE_H */
