// SPDX-License-Identifier: GPL-2.0
/*
 * pve1000 - the emulated Intel 8254x network card without the exits
 *
 * Probe and remove, suspend and resume.
 */
#include <asm/cpufeature.h>
#include <linux/etherdevice.h>
#include <linux/module.h>

#include "compat/netdevice.h"
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

static int enable_card(struct pve1000 *card)
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
	card->icr_batch = pvio_batch_alloc(pve1000_client, 2);
	card->flush_batch = pvio_batch_alloc(pve1000_client, 2);
	return card->icr_batch && card->flush_batch ? 0 : -ENOMEM;
}

static void free_batches(struct pve1000 *card)
{
	pvio_batch_free(card->flush_batch);
	pvio_batch_free(card->icr_batch);
}

static void init_card(struct pve1000 *card, struct pci_dev *pdev,
		      enum pve1000_mac mac)
{
	card->pdev = pdev;
	card->mac = mac;
	/* a real card may be passed through to a virtual machine */
	card->emulated = pdev->subsystem_vendor == PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
	/* VLAN 0 is a priority alone: see pve1000_vlan_kill() */
	set_bit(0, card->vlans);
	card->tx_count = PVE1000_TX_RING;
	card->rx_count = PVE1000_RX_RING;
	card->itr_adaptive = true;
	card->pause_autoneg = true;
	mutex_init(&card->lock);
	spin_lock_init(&card->rx.tail_lock);
	u64_stats_init(&card->rx.syncp);
	pve1000_tx_init(card);
	INIT_DELAYED_WORK(&card->rx.retry_work, pve1000_rx_retry_work);
	INIT_WORK(&card->link_work, pve1000_link_work);
	INIT_WORK(&card->reset_work, pve1000_reset_work);
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
	err = enable_card(card);
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
	pve1000_netdev_init(card);
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
