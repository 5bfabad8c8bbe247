// SPDX-License-Identifier: GPL-2.0
/*
 * pve1000 - the emulated Intel 8254x network card without the exits
 *
 * Probe and remove, up and down, and what the stack asks of a device.
 */
#include <asm/cpufeature.h>
#include <linux/bitmap.h>
#include <linux/etherdevice.h>
#include <linux/interrupt.h>
#include <linux/module.h>

#include "compat/netdevice.h"
#include "compat/xdp.h"
#include "pve1000.h"

static bool force;
module_param(force, bool, 0444);
MODULE_PARM_DESC(force, "bind outside a virtual machine, too");

struct pvio_client *pve1000_client;

static const struct pci_device_id pve1000_ids[] = {
	/* QEMU e1000, VirtualBox PRO/1000 MT Desktop */
	{ PCI_VDEVICE(INTEL, 0x100e), PVE1000_82540 },
	/* QEMU e1000-82545em, VirtualBox PRO/1000 MT Server, VMware */
	{ PCI_VDEVICE(INTEL, 0x100f), PVE1000_82545 },
	/* QEMU e1000-82544gc */
	{ PCI_VDEVICE(INTEL, 0x100c), PVE1000_82544 },
	/* VirtualBox PRO/1000 T Server */
	{ PCI_VDEVICE(INTEL, 0x1004), PVE1000_82543 },
	{ }
};
MODULE_DEVICE_TABLE(pci, pve1000_ids);

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

static int alloc_rings(struct pve1000 *card)
{
	int err = pve1000_tx_alloc(card, &card->tx, card->tx_count);

	if (err)
		return err;
	err = pve1000_rx_alloc(card, &card->rx, card->rx_count);
	if (err)
		pve1000_tx_free(card, &card->tx);
	return err;
}

static void free_rings(struct pve1000 *card)
{
	pve1000_rx_free(card, &card->rx);
	pve1000_tx_free(card, &card->tx);
}

static int pve1000_open(struct net_device *netdev)
{
	struct pve1000 *card = netdev_priv(netdev);
	int err;

	err = alloc_rings(card);
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
	free_rings(card);
	return err;
}

static int pve1000_stop(struct net_device *netdev)
{
	struct pve1000 *card = netdev_priv(netdev);

	/* the card is down already if a restart failed */
	if (card->running)
		pve1000_down(card);
	free_irq(card->pdev->irq, card);
	free_rings(card);
	return 0;
}

static void swap_rings(struct pve1000 *card, struct pve1000_tx *tx,
		       struct pve1000_rx *rx)
{
	swap(card->tx.desc, tx->desc);
	swap(card->tx.buffers, tx->buffers);
	swap(card->tx.dma, tx->dma);
	swap(card->tx.count, tx->count);
	swap(card->rx.desc, rx->desc);
	swap(card->rx.pages, rx->pages);
	swap(card->rx.dma, rx->dma);
	swap(card->rx.count, rx->count);
	swap(card->rx.pool, rx->pool);
	swap(card->rx.xdp_rxq, rx->xdp_rxq);
}

static int replace_rings(struct pve1000 *card, struct pve1000_tx *tx,
			 struct pve1000_rx *rx)
{
	int err;

	err = pve1000_tx_alloc(card, tx, card->tx_count);
	if (err)
		return err;
	err = pve1000_rx_alloc(card, rx, card->rx_count);
	if (err)
		goto err_tx;
	pve1000_down(card);
	swap_rings(card, tx, rx);
	err = pve1000_up(card);
	if (err) {
		swap_rings(card, tx, rx);
		if (pve1000_up(card))
			netdev_err(card->netdev, PVE1000_NO_MEMORY);
	}
	pve1000_rx_free(card, rx);
err_tx:
	pve1000_tx_free(card, tx);
	return err;
}

/**
 * pve1000_resize() - change the ring sizes
 * @card:	the card
 * @tx_count:	descriptors
 * @rx_count:	descriptors
 *
 * Context: rtnl_lock() held; may sleep.
 * Return: 0, or -errno with the rings as they were.
 */
int pve1000_resize(struct pve1000 *card, unsigned int tx_count,
		   unsigned int rx_count)
{
	unsigned int tx_before = card->tx_count, rx_before = card->rx_count;
	struct {
		struct pve1000_tx tx;
		struct pve1000_rx rx;
	} *other;
	int err = 0;

	card->tx_count = tx_count;
	card->rx_count = rx_count;
	if (card->running) {
		other = kzalloc(sizeof(*other), GFP_KERNEL);
		err = other ? replace_rings(card, &other->tx, &other->rx) :
			      -ENOMEM;
		kfree(other);
	}
	if (err) {
		card->tx_count = tx_before;
		card->rx_count = rx_before;
	}
	return err;
}

static void restart_card(struct work_struct *work)
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

static void set_up_netdev(struct pve1000 *card)
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

static int map_bar(struct pve1000 *card)
{
	struct pci_dev *pdev = card->pdev;
	int err;

	err = pcim_enable_device(pdev);
	if (err)
		return err;
	err = pcim_iomap_regions(pdev, BIT(0), PVE1000_NAME);
	if (err)
		return err;
	card->bar.mapped = pcim_iomap_table(pdev)[0];
	card->bar.phys = pci_resource_start(pdev, 0);
	if (pci_resource_len(pdev, 0) < PVE1000_BAR_BYTES)
		return -ENODEV;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	pci_set_master(pdev);
	return err;
}

static int alloc_batches(struct pve1000 *card)
{
	card->batch = pvio_batch_alloc(pve1000_client, 2);
	card->flush = pvio_batch_alloc(pve1000_client, 2);
	return card->batch && card->flush ? 0 : -ENOMEM;
}

static void free_batches(struct pve1000 *card)
{
	pvio_batch_free(card->flush);
	pvio_batch_free(card->batch);
}

static void init_card(struct pve1000 *card, struct pci_dev *pdev,
		      enum pve1000_mac mac)
{
	card->pdev = pdev;
	card->mac = mac;
	/* a real card may be passed through to a virtual machine */
	card->emulated = pdev->subsystem_vendor == PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
	/* as pve1000_vlan_kill() has it */
	set_bit(0, card->vlans);
	card->tx_count = PVE1000_TX_RING;
	card->rx_count = PVE1000_RX_RING;
	card->itr_adaptive = true;
	card->pause_autoneg = true;
	card->msg_enable = NETIF_MSG_DRV | NETIF_MSG_PROBE | NETIF_MSG_LINK;
	mutex_init(&card->lock);
	spin_lock_init(&card->rx.tail_lock);
	u64_stats_init(&card->rx.syncp);
	pve1000_tx_init(card);
	INIT_DELAYED_WORK(&card->rx.retry_work, pve1000_rx_retry_work);
	INIT_WORK(&card->link_work, pve1000_link_work);
	INIT_WORK(&card->reset_work, restart_card);
}

static int pve1000_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct net_device *netdev;
	struct pve1000 *card;
	u8 addr[ETH_ALEN];
	int err;

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR) && !force) {
		pci_info(pdev, "not in a virtual machine: left to e1000\n");
		return -ENODEV;
	}
	netdev = alloc_etherdev(sizeof(*card));
	if (!netdev)
		return -ENOMEM;
	SET_NETDEV_DEV(netdev, &pdev->dev);
	pci_set_drvdata(pdev, netdev);
	card = netdev_priv(netdev);
	card->netdev = netdev;
	init_card(card, pdev, id->driver_data);
	err = map_bar(card);
	if (err)
		goto err_netdev;
	err = alloc_batches(card);
	if (err)
		goto err_batches;

	pve1000_hw_reset(card);
	pve1000_hw_calibrate(card);
	err = pve1000_hw_get_mac(card, addr);
	if (err) {
		pci_err(pdev, "the card has no valid MAC address\n");
		goto err_batches;
	}
	pve1000_set_dev_addr(netdev, addr);
	set_up_netdev(card);
	netif_carrier_off(netdev);
	err = register_netdev(netdev);
	if (err)
		goto err_batches;
	netdev_info(netdev, "%pM, an exit takes %u ns\n", addr, card->exit_ns);
	return 0;

err_batches:
	free_batches(card);
err_netdev:
	free_netdev(netdev);
	return err;
}

static void pve1000_remove(struct pci_dev *pdev)
{
	struct net_device *netdev = pci_get_drvdata(pdev);
	struct pve1000 *card = netdev_priv(netdev);

	unregister_netdev(netdev);
	cancel_work_sync(&card->reset_work);
	/* on a shared line the handler may have queued it behind down() */
	cancel_work_sync(&card->link_work);
	free_batches(card);
	free_netdev(netdev);
}

static void pve1000_shutdown(struct pci_dev *pdev)
{
	struct net_device *netdev = pci_get_drvdata(pdev);

	rtnl_lock();
	netif_device_detach(netdev);
	if (netif_running(netdev))
		dev_close(netdev);
	rtnl_unlock();
	pci_clear_master(pdev);
}

static int __maybe_unused pve1000_suspend(struct device *dev)
{
	struct net_device *netdev = dev_get_drvdata(dev);
	struct pve1000 *card = netdev_priv(netdev);

	rtnl_lock();
	netif_device_detach(netdev);
	if (card->running)
		pve1000_down(card);
	rtnl_unlock();
	return 0;
}

static int __maybe_unused pve1000_resume(struct device *dev)
{
	struct net_device *netdev = dev_get_drvdata(dev);
	struct pve1000 *card = netdev_priv(netdev);
	int err = 0;

	rtnl_lock();
	pci_set_master(card->pdev);
	if (netif_running(netdev))
		err = pve1000_up(card);
	/* down it can be taken up again by hand; detached it could not */
	if (err)
		dev_close(netdev);
	netif_device_attach(netdev);
	rtnl_unlock();
	return err;
}

static SIMPLE_DEV_PM_OPS(pve1000_pm_ops, pve1000_suspend, pve1000_resume);

static struct pci_driver pve1000_driver = {
	.name		= PVE1000_NAME,
	.id_table	= pve1000_ids,
	.probe		= pve1000_probe,
	.remove		= pve1000_remove,
	.shutdown	= pve1000_shutdown,
	.driver.pm	= &pve1000_pm_ops,
};

static int __init pve1000_init(void)
{
	int err;

	pve1000_client = pvio_client_register(PVE1000_NAME);
	if (!pve1000_client)
		return -ENOMEM;
	err = pci_register_driver(&pve1000_driver);
	if (err)
		pvio_client_unregister(pve1000_client);
	return err;
}
module_init(pve1000_init);

static void __exit pve1000_exit(void)
{
	pci_unregister_driver(&pve1000_driver);
	pvio_client_unregister(pve1000_client);
}
module_exit(pve1000_exit);

MODULE_DESCRIPTION("Emulated Intel 8254x network cards without the exits");
MODULE_AUTHOR("The pvio maintainers");
MODULE_VERSION(PVIO_VERSION);
MODULE_LICENSE("GPL");
