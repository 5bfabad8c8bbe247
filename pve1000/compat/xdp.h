/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <net/xdp.h>. */
#ifndef PVE1000_COMPAT_XDP_H
#define PVE1000_COMPAT_XDP_H

#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/version.h>
#include <net/xdp.h>

/* 5.12: xdp_init_buff() and xdp_prepare_buff() */
static inline void pve1000_xdp_buff(struct xdp_buff *xdp, u32 size,
				    struct xdp_rxq_info *rxq, void *hard_start,
				    unsigned int headroom, unsigned int len)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
	xdp_init_buff(xdp, size, rxq);
	xdp_prepare_buff(xdp, hard_start, headroom, len, true);
#else
	xdp->rxq = rxq;
	xdp->frame_sz = size;
	xdp->data_hard_start = hard_start;
	xdp->data = hard_start + headroom;
	xdp->data_meta = xdp->data;
	xdp->data_end = xdp->data + len;
#endif
}

/* 5.11: xdp_rxq_info_reg() wants the id of the NAPI */
static inline int pve1000_xdp_rxq_info_reg(struct xdp_rxq_info *rxq,
					   struct net_device *netdev,
					   struct napi_struct *napi)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return xdp_rxq_info_reg(rxq, netdev, 0, napi->napi_id);
#else
	return xdp_rxq_info_reg(rxq, netdev, 0);
#endif
}

/* 5.17: bpf_warn_invalid_xdp_action() names device and program, too */
static inline void pve1000_warn_xdp_action(struct net_device *netdev,
					   struct bpf_prog *prog, u32 act)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
	bpf_warn_invalid_xdp_action(netdev, prog, act);
#else
	bpf_warn_invalid_xdp_action(act);
#endif
}

/* 5.18: frames may have fragments */
static inline bool pve1000_xdp_has_frags(struct xdp_frame *xdpf)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 18, 0)
	return xdp_frame_has_frags(xdpf);
#else
	return false;
#endif
}

/* 6.3: drivers declare what they support */
static inline void pve1000_xdp_features(struct net_device *netdev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	netdev->xdp_features = NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT |
			       NETDEV_XDP_ACT_NDO_XMIT;
#endif
}

/* 5.13: ndo_xdp_xmit() leaves the frames that it did not take to its caller */
static inline void pve1000_xdp_not_sent(struct xdp_frame *xdpf)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 13, 0)
	xdp_return_frame_rx_napi(xdpf);
#endif
}

#endif /* PVE1000_COMPAT_XDP_H */
