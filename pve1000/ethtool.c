// SPDX-License-Identifier: GPL-2.0
/* What ethtool shows and sets. */
#include <linux/bitfield.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>

#include "compat/ethtool.h"
#include "pve1000.h"
#include "selftest.h"

static void get_drvinfo(struct net_device *netdev, struct ethtool_drvinfo *info)
{
	struct pve1000 *card = netdev_priv(netdev);

	strscpy(info->driver, PVE1000_NAME, sizeof(info->driver));
	strscpy(info->bus_info, pci_name(card->pdev), sizeof(info->bus_info));
}

static const u16 dumped[] = {
	CTRL, STATUS, RCTL, RDLEN, RDH, RDT, RDTR, TCTL, TDLEN, TDH, TDT, TIDV,
	ITR, IMS, RXCSUM, FCTTV, TIPG, RDBAL, RDBAH, TDBAL, TDBAH, RAL(0),
	RAH(0), VET, PBA, LEDCTL,
};

static int get_regs_len(struct net_device *netdev)
{
	return sizeof(u32) * ARRAY_SIZE(dumped);
}

static void get_regs(struct net_device *netdev, struct ethtool_regs *regs,
		     void *p)
{
	struct pve1000 *card = netdev_priv(netdev);
	u32 *out = p;
	unsigned int i;

	regs->version = 1;
	for (i = 0; i < ARRAY_SIZE(dumped); i++)
		out[i] = pve1000_read(card, dumped[i]);
}

static int get_eeprom_len(struct net_device *netdev)
{
	return EEPROM_WORDS * sizeof(u16);
}

static int get_eeprom(struct net_device *netdev, struct ethtool_eeprom *e,
		      u8 *bytes)
{
	struct pve1000 *card = netdev_priv(netdev);
	unsigned int i;
	int word = 0;

	e->magic = card->pdev->vendor | card->pdev->device << 16;
	for (i = e->offset; i < e->offset + e->len; i++) {
		if (i == e->offset || !(i & 1))
			word = pve1000_hw_read_eeprom(card, i / 2);
		if (word < 0)
			return word;
		bytes[i - e->offset] = i & 1 ? word >> 8 : word;
	}
	return 0;
}

static void get_ringparam(PVE1000_RINGPARAM_ARGS)
{
	struct pve1000 *card = netdev_priv(netdev);

	ring->rx_max_pending = PVE1000_RING_MAX;
	ring->tx_max_pending = PVE1000_RING_MAX;
	ring->rx_pending = card->rx_count;
	ring->tx_pending = card->tx_count;
}

static unsigned int round_ring_size(u32 asked)
{
	return round_up(clamp_t(u32, asked, PVE1000_RING_MIN, PVE1000_RING_MAX),
			PVE1000_RING_MULTIPLE);
}

static int set_ringparam(PVE1000_RINGPARAM_ARGS)
{
	struct pve1000 *card = netdev_priv(netdev);
	unsigned int tx = round_ring_size(ring->tx_pending);
	unsigned int rx = round_ring_size(ring->rx_pending);

	if (ring->rx_mini_pending || ring->rx_jumbo_pending)
		return -EINVAL;
	if (tx == card->tx_count && rx == card->rx_count)
		return 0;
	return pve1000_rings_resize(card, tx, rx);
}

static int get_coalesce(PVE1000_COALESCE_ARGS)
{
	struct pve1000 *card = netdev_priv(netdev);

	if (card->mac < PVE1000_82540)
		return -EOPNOTSUPP;
	c->use_adaptive_rx_coalesce = card->itr_adaptive;
	c->rx_coalesce_usecs = pve1000_hw_itr_ns(card) / NSEC_PER_USEC;
	return 0;
}

static int set_coalesce(PVE1000_COALESCE_ARGS)
{
	struct pve1000 *card = netdev_priv(netdev);

	if (card->mac < PVE1000_82540)
		return -EOPNOTSUPP;
	if (c->rx_coalesce_usecs > PVE1000_ITR_MAX_USECS)
		return -EINVAL;
	card->itr_adaptive = c->use_adaptive_rx_coalesce;
	card->itr_usecs = c->rx_coalesce_usecs;
	pve1000_hw_set_itr(card);
	return 0;
}

static void get_pauseparam(struct net_device *netdev,
			   struct ethtool_pauseparam *pause)
{
	struct pve1000 *card = netdev_priv(netdev);
	u32 ctrl = pve1000_read(card, CTRL);

	pause->autoneg = card->pause_autoneg;
	pause->rx_pause = !!(ctrl & CTRL_RFCE);
	pause->tx_pause = !!(ctrl & CTRL_TFCE);
}

static int set_pauseparam(struct net_device *netdev,
			  struct ethtool_pauseparam *pause)
{
	struct pve1000 *card = netdev_priv(netdev);

	card->pause_autoneg = pause->autoneg;
	card->pause_rx = pause->rx_pause;
	card->pause_tx = pause->tx_pause;
	pve1000_link_set_pause(card);
	return 0;
}

static int get_link_ksettings(struct net_device *netdev,
			      struct ethtool_link_ksettings *cmd)
{
	struct pve1000 *card = netdev_priv(netdev);
	u32 status = pve1000_read(card, STATUS);
	static const int speeds[] = { SPEED_10, SPEED_100, SPEED_1000,
				      SPEED_1000 };

	mii_ethtool_get_link_ksettings(&card->mii, cmd);
	/* the MAC knows better than the emulated PHY */
	cmd->base.speed = SPEED_UNKNOWN;
	cmd->base.duplex = DUPLEX_UNKNOWN;
	if (status & STATUS_LU) {
		cmd->base.speed = speeds[FIELD_GET(STATUS_SPEED, status)];
		cmd->base.duplex = status & STATUS_FD ? DUPLEX_FULL :
							DUPLEX_HALF;
	}
	return 0;
}

static int set_link_ksettings(struct net_device *netdev,
			      const struct ethtool_link_ksettings *cmd)
{
	struct pve1000 *card = netdev_priv(netdev);

	return mii_ethtool_set_link_ksettings(&card->mii, cmd);
}

static int nway_reset(struct net_device *netdev)
{
	struct pve1000 *card = netdev_priv(netdev);

	return mii_nway_restart(&card->mii);
}

/* Counted here, by a field of struct pve1000. */
#define OWN(string, field) { string, offsetof(struct pve1000, field) }

static const struct {
	char name[ETH_GSTRING_LEN];
	size_t offset;
} own_stats[] = {
	OWN("rx_packets", rx.stats.packets),
	OWN("rx_bytes", rx.stats.bytes),
	OWN("rx_errors", rx.stats.errors),
	OWN("rx_dropped", rx.stats.dropped),
	OWN("rx_multicast", rx.stats.multicast),
	OWN("rx_alloc_failed", rx.alloc_failed),
	OWN("rx_flushes", rx.flushes),
	OWN("rx_xdp_drop", rx.xdp_drop),
	OWN("rx_xdp_tx", rx.xdp_tx),
	OWN("rx_xdp_redirect", rx.xdp_redirect),
	OWN("tx_packets", tx.stats.packets),
	OWN("tx_bytes", tx.stats.bytes),
	OWN("tx_dropped", tx.stats.dropped),
	OWN("tx_doorbells", tx.doorbell.rings),
	OWN("tx_timer_doorbells", tx.doorbell.timer_rings),
	OWN("tx_restarts", tx.restarts),
	OWN("interrupts", interrupts),
	OWN("interrupts_masked", irq_rate.masks),
};

/*
 * Counted by the card. Real cards clear a counter that is read (8254x SDM
 * 13.7), QEMU clears some of them only. So these are shown as they are read,
 * and not added up.
 */
static const struct {
	char name[ETH_GSTRING_LEN];
	u16 reg;
} card_stats[] = {
	{ "card_crcerrs", CRCERRS }, { "card_algnerrc", ALGNERRC },
	{ "card_symerrs", SYMERRS }, { "card_rxerrc", RXERRC },
	{ "card_mpc", MPC }, { "card_scc", SCC }, { "card_ecol", ECOL },
	{ "card_mcc", MCC }, { "card_latecol", LATECOL },
	{ "card_colc", COLC }, { "card_dc", DC }, { "card_sec", SEC },
	{ "card_rlec", RLEC }, { "card_xonrxc", XONRXC },
	{ "card_xontxc", XONTXC }, { "card_xoffrxc", XOFFRXC },
	{ "card_xofftxc", XOFFTXC }, { "card_gprc", GPRC },
	{ "card_bprc", BPRC }, { "card_mprc", MPRC }, { "card_gptc", GPTC },
	{ "card_rnbc", RNBC }, { "card_ruc", RUC }, { "card_rfc", RFC },
	{ "card_roc", ROC }, { "card_rjc", RJC }, { "card_tpr", TPR },
	{ "card_tpt", TPT }, { "card_mptc", MPTC }, { "card_bptc", BPTC },
	{ "card_tsctc", TSCTC },
};

static int get_sset_count(struct net_device *netdev, int set)
{
	switch (set) {
	case ETH_SS_STATS:
		return ARRAY_SIZE(own_stats) + ARRAY_SIZE(card_stats);
	case ETH_SS_TEST:
		return PVE1000_SELFTESTS;
	default:
		return -EOPNOTSUPP;
	}
}

static void get_strings(struct net_device *netdev, u32 set, u8 *out)
{
	unsigned int i;

	if (set == ETH_SS_TEST) {
		memcpy(out, pve1000_selftest_names,
		       sizeof(pve1000_selftest_names));
		return;
	}
	for (i = 0; i < ARRAY_SIZE(own_stats); i++, out += ETH_GSTRING_LEN)
		memcpy(out, own_stats[i].name, ETH_GSTRING_LEN);
	for (i = 0; i < ARRAY_SIZE(card_stats); i++, out += ETH_GSTRING_LEN)
		memcpy(out, card_stats[i].name, ETH_GSTRING_LEN);
}

static void get_ethtool_stats(struct net_device *netdev,
			      struct ethtool_stats *stats, u64 *out)
{
	struct pve1000 *card = netdev_priv(netdev);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(own_stats); i++)
		*out++ = *(u64 *)((void *)card + own_stats[i].offset);
	for (i = 0; i < ARRAY_SIZE(card_stats); i++)
		*out++ = pve1000_read(card, card_stats[i].reg);
}

static void self_test(struct net_device *netdev, struct ethtool_test *test,
		      u64 *results)
{
	pve1000_selftest(netdev_priv(netdev), test, results);
}

const struct ethtool_ops pve1000_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS |
				     ETHTOOL_COALESCE_USE_ADAPTIVE_RX,
	.get_drvinfo		= get_drvinfo,
	.get_regs_len		= get_regs_len,
	.get_regs		= get_regs,
	.get_eeprom_len		= get_eeprom_len,
	.get_eeprom		= get_eeprom,
	.get_ringparam		= get_ringparam,
	.set_ringparam		= set_ringparam,
	.get_coalesce		= get_coalesce,
	.set_coalesce		= set_coalesce,
	.get_pauseparam		= get_pauseparam,
	.set_pauseparam		= set_pauseparam,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= get_link_ksettings,
	.set_link_ksettings	= set_link_ksettings,
	.nway_reset		= nway_reset,
	.get_sset_count		= get_sset_count,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_ethtool_stats,
	.self_test		= self_test,
	.get_ts_info		= ethtool_op_get_ts_info,
};
