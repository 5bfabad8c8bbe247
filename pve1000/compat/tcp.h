/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/tcp.h>. */
#ifndef PVE1000_COMPAT_TCP_H
#define PVE1000_COMPAT_TCP_H

#include <linux/tcp.h>
#include <linux/version.h>

/* 6.0 gave the length of all headers of a TCP packet a name */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 0, 0)
static inline int skb_tcp_all_headers(const struct sk_buff *skb)
{
	return skb_transport_offset(skb) + tcp_hdrlen(skb);
}
#endif

#endif /* PVE1000_COMPAT_TCP_H */
