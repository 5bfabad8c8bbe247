// SPDX-License-Identifier: GPL-2.0
/* The network device: up and down, and what the stack asks of it. */
#include <linux/bitmap.h>
#include <linux/etherdevice.h>
#include <linux/interrupt.h>

#include "compat/netdevice.h"
#include "compat/xdp.h"
#include "pve1000.h"

static void start_device(struct pve1000 *card)
{
	pve1000_hw_reset(card);
	/* a virtual machine that was moved finds other costs; ITR needs them */
	pve1000_hw_calibrate(card);
	pve1000_hw_set_up(card);
}

/**
 * pve1000_up() - start the card
 * @card: the card, stopped, with rings allocated
 *
 * Context: rtnl_lock() held; may sleep.
 * Return: 0 or -ENOMEM.
 */
int pve1000_up(struct pve1000 *card)
{
	struct net_device *netdev = card->netdev;
	unsigned int vid;
	int err;

	start_device(card);
	err = pve1000_rx_start(card);
	if (err)
		return err;
	pve1000_tx_start(card);
	for_each_set_bit(vid, card->vlans, VLAN_N_VID)
		pve1000_hw_set_vlan(card, vid, true);
	napi_enable(&card->napi);
	netif_addr_lock_bh(netdev);
	pve1000_hw_set_rx_mode(card);
	netif_addr_unlock_bh(netdev);
	netif_start_queue(netdev);
	WRITE_ONCE(card->running, true);
	pve1000_irq_unmask(card);
	/* QEMU's link is up from the start: no interrupt will tell */
	schedule_work(&card->link_work);
	return 0;
}

/**
 * pve1000_down() - stop the card; its rings stay allocated
 * @card: the card, up
 *
 * Context: rtnl_lock() held; may sleep.
 */
void pve1000_down(struct pve1000 *card)
{
	WRITE_ONCE(card->running, false);
	/* first, or the watchdog may take the closed queue for a hung one */
	netif_carrier_off(card->netdev);
	pve1000_tx_close(card);
	pve1000_irq_mask(card);
	cancel_work_sync(&card->link_work);
	/* again: until then the work may have found the link up */
	netif_carrier_off(card->netdev);
	napi_disable(&card->napi);
	/* from here on the card accesses no buffers: they can be freed */
	pve1000_hw_reset(card);
	pve1000_tx_stop(card);
	pve1000_rx_stop(card);
}

static int pve1000_open(struct net_device *netdev)
{
	struct pve1000 *card = netdev_priv(netdev);
	int err;

	err = pve1000_rings_alloc(card);
	if (err)
		return err;
	err = request_irq(card->pdev->irq, pve1000_irq, IRQF_SHARED,
			  netdev->name, card);
	if (err)
		goto err_rings;
	err = pve1000_up(card);
	if (err)
		goto err_irq;
	return 0;

err_irq:
	pve1000_irq_mask(card);
	free_irq(card->pdev->irq, card);
err_rings:
	pve1000_rings_free(card);
	return err;
}

static int pve1000_stop(struct net_device *netdev)
{
	struct pve1000 *card = netdev_priv(netdev);

	/* the card is down already if a restart failed */
	if (card->running)
		pve1000_down(card);
	free_irq(card->pdev->irq, card);
	pve1000_rings_free(card);
	return 0;
}

/**
 * pve1000_reset_work() - restart the card after ndo_tx_timeout
 * @work: reset_work of the card
 *
 * Context: process.
 */
void pve1000_reset_work(struct work_struct *work)
{
	struct pve1000 *card = container_of(work, struct pve1000, reset_work);

	rtnl_lock();
	if (card->running) {
		pve1000_down(card);
		if (pve1000_up(card))
			netdev_err(card->netdev, PVE1000_NO_MEMORY);
	}
	rtnl_unlock();
}

static void pve1000_tx_timeout(struct net_device *netdev, unsigned int queue)
{
	struct pve1000 *card = netdev_priv(netdev);

	schedule_work(&card->reset_work);
}

static int pve1000_set_mac(struct net_device *netdev, void *p)
{
	struct pve1000 *card = netdev_priv(netdev);
	int err = eth_mac_addr(netdev, p);

	if (!err)
		pve1000_hw_set_mac(card, netdev->dev_addr);
	return err;
}

static void pve1000_set_rx_mode(struct net_device *netdev)
{
	struct pve1000 *card = netdev_priv(netdev);

	if (card->running)
		pve1000_hw_set_rx_mode(card);
}

static int pve1000_change_mtu(struct net_device *netdev, int mtu)
{
	struct pve1000 *card = netdev_priv(netdev);

	if (card->xdp_prog && mtu > PVE1000_XDP_MAX_MTU)
		return -EINVAL;
	/* a receive buffer has the same size for every MTU */
	WRITE_ONCE(netdev->mtu, mtu);
	return 0;
}

static int pve1000_set_features(struct net_device *netdev,
				netdev_features_t features)
{
	struct pve1000 *card = netdev_priv(netdev);

	netdev->features = features;
	pve1000_hw_set_features(card, features);
	netif_addr_lock_bh(netdev);
	pve1000_set_rx_mode(netdev);
	netif_addr_unlock_bh(netdev);
	return 0;
}

static netdev_features_t pve1000_fix_features(struct net_device *netdev,
					      netdev_features_t features)
{
	/* CTRL.VME switches both directions at once */
	if (features & NETIF_F_HW_VLAN_CTAG_RX)
		features |= NETIF_F_HW_VLAN_CTAG_TX;
	else
		features &= ~NETIF_F_HW_VLAN_CTAG_TX;
	return features;
}

static int pve1000_vlan_add(struct net_device *netdev, __be16 proto, u16 vid)
{
	pve1000_hw_set_vlan(netdev_priv(netdev), vid, true);
	return 0;
}

static int pve1000_vlan_kill(struct net_device *netdev, __be16 proto, u16 vid)
{
	/* tags of VID 0 are a priority alone: such frames are everybody's */
	if (!vid)
		return 0;
	pve1000_hw_set_vlan(netdev_priv(netdev), vid, false);
	return 0;
}

static void read_stats(struct u64_stats_sync *syncp,
		       const struct pve1000_stats *from,
		       struct pve1000_stats *to)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(syncp);
		*to = *from;
	} while (u64_stats_fetch_retry(syncp, start));
}

static void pve1000_get_stats64(struct net_device *netdev,
				struct rtnl_link_stats64 *s)
{
	struct pve1000 *card = netdev_priv(netdev);
	struct pve1000_stats rx, tx;

	read_stats(&card->rx.syncp, &card->rx.stats, &rx);
	read_stats(&card->tx.syncp, &card->tx.stats, &tx);
	s->rx_packets = rx.packets;
	s->rx_bytes = rx.bytes;
	s->rx_errors = rx.errors;
	s->rx_dropped = rx.dropped;
	s->rx_length_errors = rx.length_errors;
	s->rx_crc_errors = rx.crc_errors;
	s->rx_frame_errors = rx.frame_errors;
	s->multicast = rx.multicast;
	s->tx_packets = tx.packets;
	s->tx_bytes = tx.bytes;
	s->tx_dropped = tx.dropped;
}

static int pve1000_ioctl(struct net_device *netdev, struct ifreq *ifr, int cmd)
{
	struct pve1000 *card = netdev_priv(netdev);

	return generic_mii_ioctl(&card->mii, if_mii(ifr), cmd, NULL);
}

static const struct net_device_ops pve1000_netdev_ops = {
	.ndo_open		= pve1000_open,
	.ndo_stop		= pve1000_stop,
	.ndo_start_xmit		= pve1000_tx_xmit,
	.ndo_features_check	= pve1000_tx_features_check,
	.ndo_tx_timeout		= pve1000_tx_timeout,
	.ndo_set_mac_address	= pve1000_set_mac,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_set_rx_mode	= pve1000_set_rx_mode,
	.ndo_change_mtu		= pve1000_change_mtu,
	.ndo_set_features	= pve1000_set_features,
	.ndo_fix_features	= pve1000_fix_features,
	.ndo_vlan_rx_add_vid	= pve1000_vlan_add,
	.ndo_vlan_rx_kill_vid	= pve1000_vlan_kill,
	.ndo_get_stats64	= pve1000_get_stats64,
	.pve1000_ndo_ioctl	= pve1000_ioctl,
	.ndo_bpf		= pve1000_xdp_bpf,
	.ndo_xdp_xmit		= pve1000_xdp_xmit,
};

/**
 * pve1000_netdev_init() - describe the card to the stack
 * @card: the card, its register window mapped
 *
 * Context: before register_netdev().
 */
void pve1000_netdev_init(struct pve1000 *card)
{
	struct net_device *netdev = card->netdev;

	netdev->netdev_ops = &pve1000_netdev_ops;
	netdev->ethtool_ops = &pve1000_ethtool_ops;
	netdev->watchdog_timeo = 5 * HZ;
	netdev->min_mtu = ETH_MIN_MTU;
	netdev->max_mtu = PVE1000_MAX_MTU;
	netdev->priv_flags |= IFF_UNICAST_FLT | IFF_SUPP_NOFCS |
			      IFF_LIVE_ADDR_CHANGE;
	netdev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
			      NETIF_F_HW_VLAN_CTAG_RX |
			      NETIF_F_HW_VLAN_CTAG_TX |
			      NETIF_F_HW_VLAN_CTAG_FILTER;
	/*
	 * Real cards have errata here. Segments of IPv6 leave QEMU with a
	 * payload length that is 40 too large (hw/net/e1000.c: xmit_seg()).
	 */
	if (card->emulated && card->mac >= PVE1000_82544)
		netdev->hw_features |= NETIF_F_TSO;
	netdev->features = netdev->hw_features;
	netdev->vlan_features = netdev->hw_features &
				(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO);
	netdev->hw_features |= NETIF_F_RXALL | NETIF_F_RXFCS;
	netdev->features |= NETIF_F_HIGHDMA;
	pve1000_xdp_features(netdev);
	pve1000_netif_napi_add(netdev, &card->napi, pve1000_irq_poll);

	card->mii.dev = netdev;
	card->mii.phy_id = 1;
	card->mii.phy_id_mask = 0x1f;
	card->mii.reg_num_mask = 0x1f;
	card->mii.supports_gmii = 1;
	card->mii.mdio_read = pve1000_hw_mdio_read;
	card->mii.mdio_write = pve1000_hw_mdio_write;
}
