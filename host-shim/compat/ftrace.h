/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/ftrace.h>. */
#ifndef PVIO_HOST_COMPAT_FTRACE_H
#define PVIO_HOST_COMPAT_FTRACE_H

#include <linux/ftrace.h>
#include <linux/version.h>

/*
 * Since 5.11 a callback gets ftrace_regs in the place of pt_regs, and a guard
 * against recursion only where it asks for one.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define pvio_host_ftrace_regs			ftrace_regs
#define pvio_host_ftrace_pt_regs(fregs)		ftrace_get_regs(fregs)
#define PVIO_HOST_FTRACE_RECURSION		FTRACE_OPS_FL_RECURSION
#else
#define pvio_host_ftrace_regs			pt_regs
#define pvio_host_ftrace_pt_regs(fregs)		(fregs)
#define PVIO_HOST_FTRACE_RECURSION		0
#endif

/*
 * 6.2, and later stable releases of 6.1, exported ftrace_free_filter(). Before
 * that a filter can only be emptied, which leaves a few bytes allocated. The
 * function leaves the pointers to what it has freed, so that @ops could not be
 * registered again.
 */
static inline void pvio_host_ftrace_free_filter(struct ftrace_ops *ops)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	ftrace_free_filter(ops);
	ops->func_hash->filter_hash = NULL;
	ops->func_hash->notrace_hash = NULL;
#else
	ftrace_set_filter(ops, NULL, 0, 1);
#endif
}

#endif /* PVIO_HOST_COMPAT_FTRACE_H */
