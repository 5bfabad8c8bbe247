/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/ftrace.h>. */
#ifndef PVIO_COMPAT_FTRACE_H
#define PVIO_COMPAT_FTRACE_H

#include <linux/ftrace.h>
#include <linux/version.h>

/* 5.11: callbacks get ftrace_regs, and are guarded from recursion on demand */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define pvio_ftrace_regs		ftrace_regs
#define pvio_ftrace_pt_regs(fregs)	ftrace_get_regs(fregs)
#define PVIO_FTRACE_RECURSION		FTRACE_OPS_FL_RECURSION
#else
#define pvio_ftrace_regs		pt_regs
#define pvio_ftrace_pt_regs(fregs)	(fregs)
#define PVIO_FTRACE_RECURSION		0
#endif

#endif /* PVIO_COMPAT_FTRACE_H */
