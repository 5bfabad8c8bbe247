// SPDX-License-Identifier: GPL-2.0
/*
 * The registers that are written when the card is set up, none of them on a
 * hot path. KVM coalesces most of these writes, which take effect with the
 * next access that QEMU sees: hence the flushes. QEMU resets nothing when
 * CTRL.RST is written (hw/net/e1000.c: set_ctrl()), so whatever matters is
 * written here as well.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>

#include "pve1000.h"

#define EERD_TRIES	1000
#define MDIC_TRIES	64

/**
 * pve1000_hw_reset() - stop and reset the card
 * @card: the card
 *
 * Context: may sleep; rtnl_lock() held or nobody else knows the card yet.
 */
void pve1000_hw_reset(struct pve1000 *card)
{
	pve1000_write(card, IMC, ~0U);
	pve1000_write(card, RCTL, 0);
	card->rctl = 0;
	pve1000_write(card, TCTL, TCTL_PSP);
	pve1000_flush(card);
	/* let transfers under way end, as e1000_reset_hw() does */
	usleep_range(1000, 2000);
	pve1000_write(card, CTRL, pve1000_read(card, CTRL) | CTRL_RST);
	/* no access while the EEPROM is loaded (8254x SDM 13.4.1) */
	usleep_range(5000, 10000);
	pve1000_write(card, IMC, ~0U);
	pve1000_read(card, ICR);
}

/**
 * pve1000_hw_change_ctrl() - change bits of CTRL
 * @card:	the card
 * @clear:	bits to clear
 * @set:	bits to set, then
 *
 * Context: may sleep.
 */
void pve1000_hw_change_ctrl(struct pve1000 *card, u32 clear, u32 set)
{
	mutex_lock(&card->lock);
	pve1000_write(card, CTRL, (pve1000_read(card, CTRL) & ~clear) | set);
	mutex_unlock(&card->lock);
}

static void set_link(struct pve1000 *card)
{
	pve1000_hw_change_ctrl(card, CTRL_FRCSPD | CTRL_FRCDPLX | CTRL_RFCE |
			       CTRL_TFCE, CTRL_SLU | CTRL_ASDE);
	pve1000_write(card, FCAL, FCAL_PAUSE);
	pve1000_write(card, FCAH, FCAH_PAUSE);
	pve1000_write(card, FCT, FCT_PAUSE);
	pve1000_write(card, FCTTV, FCTTV_LONG);
}

static void clear_tables(struct pve1000 *card)
{
	unsigned int i;

	/* reset leaves them as they are (8254x SDM 13.5) */
	for (i = 0; i < MTA_ENTRIES; i++)
		pve1000_write(card, MTA + 4 * i, 0);
	memset(card->mta, 0, sizeof(card->mta));
	for (i = 1; i <= RA_ENTRIES; i++)
		pve1000_write(card, RAH(i), 0);
}

static void write_exact_address(struct pve1000 *card, unsigned int i,
				const u8 *addr)
{
	pve1000_write(card, RAL(i), get_unaligned_le32(addr));
	pve1000_write(card, RAH(i), get_unaligned_le16(addr + 4) | RAH_AV);
}

/**
 * pve1000_hw_set_up() - write all registers but those of the rings
 * @card: the card, just reset
 *
 * Context: rtnl_lock() held.
 */
void pve1000_hw_set_up(struct pve1000 *card)
{
	set_link(card);
	clear_tables(card);
	pve1000_hw_set_mac(card, card->netdev->dev_addr);
	pve1000_write(card, VET, ETH_P_8021Q);
	pve1000_write(card, TIPG, TIPG_COPPER);
	pve1000_write(card, RDTR, 0);
	pve1000_write(card, TIDV, 0);
	if (card->mac >= PVE1000_82540) {
		pve1000_write(card, RADV, 0);
		pve1000_write(card, TADV, 0);
		/* no management controller is to take the ARP requests */
		pve1000_write(card, MANC,
			      pve1000_read(card, MANC) & ~MANC_ARP_EN);
	}
	pve1000_hw_set_itr(card);
	pve1000_hw_set_features(card, card->netdev->features);
}

/**
 * pve1000_hw_set_mac() - write the station address
 * @card:	the card
 * @addr:	the address
 *
 * Context: rtnl_lock() held.
 */
void pve1000_hw_set_mac(struct pve1000 *card, const u8 *addr)
{
	write_exact_address(card, 0, addr);
	pve1000_flush(card);
}

/* 8254x SDM 13.5.1, with RCTL.MO 0: bits 47 to 36 of the address count */
static void set_hash_bit(u32 *mta, const u8 *addr)
{
	u16 bit = (addr[4] >> 4) | (u16)addr[5] << 4;

	mta[bit >> 5] |= BIT(bit & 31);
}

static void write_mta(struct pve1000 *card, const u32 *mta)
{
	unsigned int i;

	for (i = 0; i < MTA_ENTRIES; i++) {
		if (mta[i] == card->mta[i])
			continue;
		card->mta[i] = mta[i];
		pve1000_write(card, MTA + 4 * i, mta[i]);
	}
}

/*
 * Unicast addresses need exact entries; multicast ones take what is left of
 * those, and the hash table the rest. Returns the bits of RCTL that let all
 * addresses of a kind through.
 */
static u32 write_address_filters(struct pve1000 *card)
{
	struct net_device *netdev = card->netdev;
	bool promisc = netdev->flags & IFF_PROMISC;
	struct netdev_hw_addr *ha;
	u32 mta[MTA_ENTRIES] = {};
	unsigned int i = 1;
	u32 rctl = 0;

	if (promisc || netdev_uc_count(netdev) > RA_ENTRIES)
		rctl |= RCTL_UPE;
	else
		netdev_for_each_uc_addr(ha, netdev)
			write_exact_address(card, i++, ha->addr);
	if (promisc || netdev->flags & IFF_ALLMULTI)
		rctl |= RCTL_MPE;
	else
		netdev_for_each_mc_addr(ha, netdev) {
			if (i <= RA_ENTRIES)
				write_exact_address(card, i++, ha->addr);
			else
				set_hash_bit(mta, ha->addr);
		}
	for (; i <= RA_ENTRIES; i++)
		pve1000_write(card, RAH(i), 0);
	write_mta(card, mta);
	return rctl;
}

/**
 * pve1000_hw_set_rx_mode() - write what is to be received
 * @card: the card
 *
 * That is what ndo_set_rx_mode gives, and the features that are in RCTL.
 *
 * Context: netif_addr_lock held, the card up.
 */
void pve1000_hw_set_rx_mode(struct pve1000 *card)
{
	struct net_device *netdev = card->netdev;
	u32 rctl = RCTL_EN | RCTL_BAM | RCTL_BSIZE_2048 | RCTL_LPE;

	rctl |= write_address_filters(card);
	if (netdev->features & NETIF_F_HW_VLAN_CTAG_FILTER &&
	    !(netdev->flags & IFF_PROMISC))
		rctl |= RCTL_VFE;
	if (netdev->features & NETIF_F_RXALL)
		rctl |= RCTL_SBP | RCTL_UPE | RCTL_MPE;
	if (!(netdev->features & NETIF_F_RXFCS))
		rctl |= RCTL_SECRC;
	/* QEMU receives nothing for a second after a write: set_rx_control() */
	if (rctl != card->rctl)
		pve1000_write(card, RCTL, rctl);
	card->rctl = rctl;
	pve1000_flush(card);
}

/**
 * pve1000_hw_set_vlan() - let a VLAN through the filter, or not
 * @card:	the card
 * @vid:	the VLAN
 * @on:		whether to
 *
 * Context: rtnl_lock() held.
 */
void pve1000_hw_set_vlan(struct pve1000 *card, u16 vid, bool on)
{
	const unsigned int word = vid / 32;
	u32 vfta = 0;
	unsigned int i;

	__assign_bit(vid, card->vlans, on);
	for (i = 0; i < 32; i++)
		if (test_bit(word * 32 + i, card->vlans))
			vfta |= BIT(i);
	pve1000_write(card, VFTA + 4 * word, vfta);
	pve1000_flush(card);
}

/**
 * pve1000_hw_set_features() - write what ethtool -K switches
 * @card:	the card
 * @features:	what is to be on
 *
 * Features that are bits of RCTL: see pve1000_hw_set_rx_mode().
 *
 * Context: rtnl_lock() held.
 */
void pve1000_hw_set_features(struct pve1000 *card, netdev_features_t features)
{
	pve1000_hw_change_ctrl(card, CTRL_VME,
			       features & NETIF_F_HW_VLAN_CTAG_RX ? CTRL_VME :
								    0);
	pve1000_write(card, RXCSUM,
		      features & NETIF_F_RXCSUM ? RXCSUM_TUOFL : 0);
	pve1000_flush(card);
}

/**
 * pve1000_hw_itr_ns() - the least time between two interrupts, as it is set
 * @card: the card
 *
 * The first interrupt after a pause comes at once whatever ITR is, so there is
 * no need to lower it under little load: it depends on the cost of an exit.
 *
 * Context: any.
 * Return: nanoseconds.
 */
u32 pve1000_hw_itr_ns(const struct pve1000 *card)
{
	if (!card->itr_adaptive)
		return card->itr_usecs * NSEC_PER_USEC;
	return min_t(u64, (u64)PVE1000_ITR_EXITS * card->exit_ns,
		     PVE1000_ITR_MAX_USECS * NSEC_PER_USEC);
}

/**
 * pve1000_hw_set_itr() - write the least time between two interrupts
 * @card: the card
 *
 * Context: rtnl_lock() held.
 */
void pve1000_hw_set_itr(struct pve1000 *card)
{
	/* in units of 256 ns (8254x SDM 13.4.18); older cards have no ITR */
	if (card->mac >= PVE1000_82540)
		pve1000_write(card, ITR, pve1000_hw_itr_ns(card) / 256);
}

/**
 * pve1000_hw_calibrate() - measure how long an access takes, for @exit_ns
 * @card: the card
 *
 * Context: probe, or rtnl_lock() held; the card was reset just before.
 */
void pve1000_hw_calibrate(struct pve1000 *card)
{
	u64 start, least = U32_MAX;
	int i;

	for (i = 0; i < 8; i++) {
		start = ktime_get_ns();
		pve1000_flush(card);
		least = min(least, ktime_get_ns() - start);
	}
	card->exit_ns = max_t(u64, least, 1);
}

/**
 * pve1000_hw_read_eeprom() - read a word of the EEPROM
 * @card:	the card
 * @word:	which, less than EEPROM_WORDS
 *
 * Context: may sleep.
 * Return: the word, or -EIO where the card does not answer.
 */
int pve1000_hw_read_eeprom(struct pve1000 *card, unsigned int word)
{
	int err = -EIO;
	u32 eerd;
	int i;

	mutex_lock(&card->lock);
	pve1000_write(card, EERD, word << EERD_ADDR_SHIFT | EERD_START);
	for (i = 0; i < EERD_TRIES; i++) {
		eerd = pve1000_read(card, EERD);
		if (eerd & EERD_DONE) {
			err = eerd >> EERD_DATA_SHIFT;
			break;
		}
		usleep_range(5, 20);
	}
	mutex_unlock(&card->lock);
	return err;
}

static bool read_eeprom_mac(struct pve1000 *card, u8 *addr)
{
	int word, i;

	for (i = 0; i < ETH_ALEN / 2; i++) {
		word = pve1000_hw_read_eeprom(card, i);
		if (word < 0)
			return false;
		put_unaligned_le16(word, addr + 2 * i);
	}
	return is_valid_ether_addr(addr);
}

/**
 * pve1000_hw_get_mac() - read the permanent station address
 * @card:	the card, just reset
 * @addr:	where to
 *
 * It is in the first words of the EEPROM, which are read by EERD: bit by bit,
 * as e1000 reads it, would take hundreds of accesses. Where that fails, RAL
 * and RAH hold what a reset has loaded from there, or, as a reset does nothing
 * in QEMU, what the last driver has written.
 *
 * Context: probe.
 * Return: 0, or -EINVAL where there is none.
 */
int pve1000_hw_get_mac(struct pve1000 *card, u8 *addr)
{
	if (read_eeprom_mac(card, addr))
		return 0;
	put_unaligned_le32(pve1000_read(card, RAL(0)), addr);
	put_unaligned_le16(pve1000_read(card, RAH(0)), addr + 4);
	return is_valid_ether_addr(addr) ? 0 : -EINVAL;
}

/* By MDIC (8254x SDM 13.4.8). Returns the data, or -EIO. */
static int run_mdic_command(struct pve1000 *card, u32 command)
{
	u32 value;
	int i;

	pve1000_write(card, MDIC, command);
	for (i = 0; i < MDIC_TRIES; i++) {
		value = pve1000_read(card, MDIC);
		if (value & MDIC_R)
			return value & MDIC_E ? -EIO : value & MDIC_DATA;
		usleep_range(50, 100);
	}
	return -EIO;
}

/**
 * pve1000_hw_mdio_read() - read a register of the PHY, for the mii library
 * @netdev:	the device
 * @phy:	ignored: there is one
 * @reg:	which
 *
 * Context: may sleep.
 * Return: its value; what cannot be read is 0.
 */
int pve1000_hw_mdio_read(struct net_device *netdev, int phy, int reg)
{
	struct pve1000 *card = netdev_priv(netdev);
	int value;

	/* the 82543 has no MDIC; its PHY hangs on pins of CTRL */
	if (card->mac == PVE1000_82543)
		return 0;
	mutex_lock(&card->lock);
	value = run_mdic_command(card, MDIC_OP_READ | MDIC_PHYADD_1 |
				       (u32)reg << MDIC_REGADD_SHIFT);
	mutex_unlock(&card->lock);
	return max(value, 0);
}

/**
 * pve1000_hw_mdio_write() - write a register of the PHY, for the mii library
 * @netdev:	the device
 * @phy:	ignored: there is one
 * @reg:	which
 * @value:	what
 *
 * Context: may sleep.
 */
void pve1000_hw_mdio_write(struct net_device *netdev, int phy, int reg,
			   int value)
{
	struct pve1000 *card = netdev_priv(netdev);

	if (card->mac == PVE1000_82543)
		return;
	mutex_lock(&card->lock);
	run_mdic_command(card, MDIC_OP_WRITE | MDIC_PHYADD_1 |
				       (u32)reg << MDIC_REGADD_SHIFT |
				       (value & MDIC_DATA));
	mutex_unlock(&card->lock);
}
