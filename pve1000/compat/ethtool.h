/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/ethtool.h>. */
#ifndef PVE1000_COMPAT_ETHTOOL_H
#define PVE1000_COMPAT_ETHTOOL_H

#include <linux/ethtool.h>
#include <linux/version.h>

/* 5.17: operations for ring sizes got arguments that netlink alone gives */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
#define PVE1000_RINGPARAM_ARGS						\
	struct net_device *netdev, struct ethtool_ringparam *ring,	\
	struct kernel_ethtool_ringparam *more, struct netlink_ext_ack *extack
#else
#define PVE1000_RINGPARAM_ARGS						\
	struct net_device *netdev, struct ethtool_ringparam *ring
#endif

/* 5.15: those for coalescing got such arguments */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
#define PVE1000_COALESCE_ARGS						\
	struct net_device *netdev, struct ethtool_coalesce *c,		\
	struct kernel_ethtool_coalesce *more, struct netlink_ext_ack *extack
#else
#define PVE1000_COALESCE_ARGS						\
	struct net_device *netdev, struct ethtool_coalesce *c
#endif

#endif /* PVE1000_COMPAT_ETHTOOL_H */
