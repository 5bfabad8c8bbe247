// SPDX-License-Identifier: GPL-2.0
/* The link. It is not polled: the card interrupts when it changes. */
#include <linux/bitfield.h>

#include "pve1000.h"

static const char *speed_name(u32 status)
{
	static const char * const names[] = { "10", "100", "1000", "1000" };

	return names[FIELD_GET(STATUS_SPEED, status)];
}

/* Returns what both ends agreed on, or what ethtool -A asked for. */
static u8 resolve_pause(struct pve1000 *card)
{
	struct net_device *netdev = card->netdev;
	u16 ours, theirs;

	if (!card->pause_autoneg)
		return (card->pause_tx ? FLOW_CTRL_TX : 0) |
		       (card->pause_rx ? FLOW_CTRL_RX : 0);
	ours = pve1000_hw_mdio_read(netdev, 1, MII_ADVERTISE);
	theirs = pve1000_hw_mdio_read(netdev, 1, MII_LPA);
	return mii_resolve_flowctrl_fdx(ours, theirs);
}

/**
 * pve1000_link_set_pause() - write flow control as it is to be now
 * @card: the card
 *
 * Context: rtnl_lock() held, or the link's work; may sleep.
 */
void pve1000_link_set_pause(struct pve1000 *card)
{
	u8 pause = resolve_pause(card);

	pve1000_hw_change_ctrl(card, CTRL_RFCE | CTRL_TFCE,
			       (pause & FLOW_CTRL_TX ? CTRL_TFCE : 0) |
			       (pause & FLOW_CTRL_RX ? CTRL_RFCE : 0));
}

/**
 * pve1000_link_work() - see how the link is, and tell the stack
 * @work: link_work of the card
 *
 * Context: work queue; not between pve1000_down() and pve1000_up().
 */
void pve1000_link_work(struct work_struct *work)
{
	struct pve1000 *card = container_of(work, struct pve1000, link_work);
	struct net_device *netdev = card->netdev;
	u32 status = pve1000_read(card, STATUS);
	bool up = status & STATUS_LU && status != ~0U;

	if (up == netif_carrier_ok(netdev))
		return;
	if (!up) {
		netif_carrier_off(netdev);
		netdev_info(netdev, "link is down\n");
		return;
	}
	pve1000_link_set_pause(card);
	netif_carrier_on(netdev);
	netdev_info(netdev, "link is up, %s Mbit/s, %s duplex\n",
		    speed_name(status), status & STATUS_FD ? "full" : "half");
}
