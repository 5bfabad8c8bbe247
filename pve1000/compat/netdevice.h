/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/netdevice.h>. */
#ifndef PVE1000_COMPAT_NETDEVICE_H
#define PVE1000_COMPAT_NETDEVICE_H

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/version.h>

/* 5.15: MII ioctls have an operation of their own */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
#define pve1000_ndo_ioctl	ndo_eth_ioctl
#else
#define pve1000_ndo_ioctl	ndo_do_ioctl
#endif

/* 5.15: eth_hw_addr_set(); since 5.17 dev_addr is const without it */
static inline void pve1000_set_dev_addr(struct net_device *netdev,
					const u8 *addr)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
	eth_hw_addr_set(netdev, addr);
#else
	ether_addr_copy(netdev->dev_addr, addr);
#endif
	ether_addr_copy(netdev->perm_addr, addr);
}

/* 6.1: netif_napi_add() has no weight any more */
static inline void
pve1000_netif_napi_add(struct net_device *netdev, struct napi_struct *napi,
		       int (*poll)(struct napi_struct *napi, int budget))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
	netif_napi_add(netdev, napi, poll);
#else
	netif_napi_add(netdev, napi, poll, NAPI_POLL_WEIGHT);
#endif
}

#endif /* PVE1000_COMPAT_NETDEVICE_H */
