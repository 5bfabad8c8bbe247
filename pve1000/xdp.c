// SPDX-License-Identifier: GPL-2.0
/* XDP: programs that see each received frame, and the frames they send. */
#include <linux/bpf.h>
#include <linux/bpf_trace.h>
#include <linux/filter.h>

#include "compat/xdp.h"
#include "pve1000.h"

static bool send_frame_back(struct pve1000 *card, struct xdp_buff *xdp)
{
	struct netdev_queue *txq = pve1000_tx_queue(card);
	struct xdp_frame *xdpf = xdp_convert_buff_to_frame(xdp);
	int err;

	if (unlikely(!xdpf))
		return false;
	/* the poll function, which this runs in, rings at its end */
	__netif_tx_lock(txq, smp_processor_id());
	err = pve1000_tx_xdp(card, xdpf, PVE1000_TX_XDP_TX);
	__netif_tx_unlock(txq);
	return !err;
}

/**
 * pve1000_xdp_run() - run a program on a frame
 * @card:	the card
 * @prog:	the program
 * @xdp:	the frame
 *
 * Context: the poll function.
 * Return: XDP_PASS; XDP_TX or XDP_REDIRECT if the frame went there, and its
 * buffer with it; in all other cases XDP_DROP.
 */
u32 pve1000_xdp_run(struct pve1000 *card, struct bpf_prog *prog,
		    struct xdp_buff *xdp)
{
	struct pve1000_rx *rx = &card->rx;
	u32 act = bpf_prog_run_xdp(prog, xdp);

	switch (act) {
	case XDP_PASS:
		return act;
	case XDP_TX:
		if (!send_frame_back(card, xdp))
			break;
		rx->xdp_tx++;
		return act;
	case XDP_REDIRECT:
		if (xdp_do_redirect(card->netdev, xdp, prog))
			break;
		rx->xdp_redirect++;
		rx->xdp_flush = true;
		return act;
	default:
		pve1000_warn_xdp_action(card->netdev, prog, act);
		fallthrough;
	case XDP_ABORTED:
		break;
	case XDP_DROP:
		rx->xdp_drop++;
		return XDP_DROP;
	}
	trace_xdp_exception(card->netdev, prog, act);
	rx->xdp_drop++;
	return XDP_DROP;
}

/**
 * pve1000_xdp_xmit() - ndo_xdp_xmit: frames redirected to this card
 * @netdev:	the device
 * @n:		how many
 * @frames:	the frames
 * @flags:	XDP_XMIT_FLUSH
 *
 * Context: softirq.
 * Return: how many were queued, or -errno.
 */
int pve1000_xdp_xmit(struct net_device *netdev, int n,
		     struct xdp_frame **frames, u32 flags)
{
	struct pve1000 *card = netdev_priv(netdev);
	struct netdev_queue *txq = pve1000_tx_queue(card);
	int sent = 0, i;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	if (unlikely(!netif_carrier_ok(netdev)))
		return -ENETDOWN;
	__netif_tx_lock(txq, smp_processor_id());
	for (i = 0; i < n; i++) {
		if (pve1000_tx_xdp(card, frames[i], PVE1000_TX_XDP_FRAME))
			break;
		sent++;
	}
	/* a call without the flag is followed by one that has it */
	if (flags & XDP_XMIT_FLUSH || sent < n)
		pve1000_doorbell_ring(card);
	__netif_tx_unlock(txq);
	for (; i < n; i++)
		pve1000_xdp_not_sent(frames[i]);
	return sent;
}

static int set_xdp_prog(struct net_device *netdev, struct netdev_bpf *bpf)
{
	struct pve1000 *card = netdev_priv(netdev);
	struct bpf_prog *old;

	if (bpf->prog && netdev->mtu > PVE1000_XDP_MAX_MTU) {
		NL_SET_ERR_MSG_MOD(bpf->extack,
				   "frames of one buffer only: lower the MTU");
		return -EOPNOTSUPP;
	}
	old = xchg(&card->xdp_prog, bpf->prog);
	/* freed after a grace period, as the poll function may still run it */
	if (old)
		bpf_prog_put(old);
	return 0;
}

/**
 * pve1000_xdp_bpf() - ndo_bpf
 * @netdev:	the device
 * @bpf:	what to do
 *
 * Context: rtnl_lock() held.
 * Return: 0 or -errno.
 */
int pve1000_xdp_bpf(struct net_device *netdev, struct netdev_bpf *bpf)
{
	switch (bpf->command) {
	case XDP_SETUP_PROG:
		return set_xdp_prog(netdev, bpf);
	default:
		return -EINVAL;
	}
}
