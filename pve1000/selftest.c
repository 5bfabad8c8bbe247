// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool -t. Online: the link. Offline, with the card taken down: registers,
 * EEPROM, the interrupt, and a frame through the PHY's loopback.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/interrupt.h>

#include "pve1000.h"
#include "selftest.h"

enum {
	TEST_REGISTERS,
	TEST_EEPROM,
	TEST_INTERRUPT,
	TEST_LOOPBACK,
	TEST_LINK,
};

const char pve1000_selftest_names[PVE1000_SELFTESTS][ETH_GSTRING_LEN] = {
	[TEST_REGISTERS]	= "registers (offline)",
	[TEST_EEPROM]		= "EEPROM (offline)",
	[TEST_INTERRUPT]	= "interrupt (offline)",
	[TEST_LOOPBACK]		= "loopback (offline)",
	[TEST_LINK]		= "link (on/offline)",
};

#define LOOPBACK_BYTES	1000

/* The bits of @mask can be written, and must read back as written. */
static int test_registers(struct pve1000 *card)
{
	static const struct {
		u16 reg;
		u32 mask;
	} tests[] = {
		{ RDBAL, 0xfffffff0 }, { RDBAH, 0xffffffff },
		{ TDBAL, 0xfffffff0 }, { TDBAH, 0xffffffff },
		{ RDLEN, 0x000fff80 }, { TDLEN, 0x000fff80 },
		{ VET, 0x0000ffff }, { MTA, 0xffffffff },
	};
	static const u32 patterns[] = { 0x5a5a5a5a, 0xa5a5a5a5, 0, ~0U };
	unsigned int i, j;
	u32 before, seen;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		before = pve1000_read(card, tests[i].reg);
		for (j = 0; j < ARRAY_SIZE(patterns); j++) {
			pve1000_write(card, tests[i].reg,
				      patterns[j] & tests[i].mask);
			seen = pve1000_read(card, tests[i].reg);
			if ((seen ^ patterns[j]) & tests[i].mask)
				return tests[i].reg;
		}
		pve1000_write(card, tests[i].reg, before);
	}
	return 0;
}

/* 8254x SDM 5.6.35: all words add up to a constant. */
static int test_eeprom(struct pve1000 *card)
{
	unsigned int i;
	u16 sum = 0;
	int word;

	for (i = 0; i < EEPROM_WORDS; i++) {
		word = pve1000_hw_read_eeprom(card, i);
		if (word < 0)
			return word;
		sum += word;
	}
	return sum == EEPROM_SUM ? 0 : -EINVAL;
}

static int test_interrupt(struct pve1000 *card)
{
	u64 before = READ_ONCE(card->interrupts);
	int i;

	/* a cause that the handler does nothing about */
	pve1000_write(card, IMS, INT_TEST);
	pve1000_write(card, ICS, INT_TEST);
	for (i = 0; i < 100 && READ_ONCE(card->interrupts) == before; i++)
		usleep_range(1000, 2000);
	pve1000_irq_mask(card);
	return READ_ONCE(card->interrupts) == before ? -ETIMEDOUT : 0;
}

static void make_loopback_frame(struct pve1000 *card, u8 *frame)
{
	unsigned int i;

	ether_addr_copy(frame, card->netdev->dev_addr);
	ether_addr_copy(frame + ETH_ALEN, card->netdev->dev_addr);
	for (i = 2 * ETH_ALEN; i < LOOPBACK_BYTES; i++)
		frame[i] = i;
}

/* Sends with the first descriptor; the poll function does not run. */
static int send_loopback_frame(struct pve1000 *card, u8 *frame)
{
	struct pve1000_tx_desc *desc = &card->tx.desc[0];
	struct device *dev = &card->pdev->dev;
	dma_addr_t dma;
	int i, err = -ETIMEDOUT;

	dma = dma_map_single(dev, frame, LOOPBACK_BYTES, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, dma))
		return -ENOMEM;
	desc->addr = cpu_to_le64(dma);
	desc->lower = cpu_to_le32(LOOPBACK_BYTES | TXD_DTYP_DATA |
				  TXD_CMD_DEXT | TXD_CMD_IFCS | TXD_CMD_EOP |
				  TXD_CMD_RS);
	desc->upper = 0;
	pve1000_write(card, TDT, 1);
	for (i = 0; i < 100 && err; i++) {
		if (READ_ONCE(desc->upper) & cpu_to_le32(TXD_STAT_DD))
			err = 0;
		else
			usleep_range(1000, 2000);
	}
	dma_unmap_single(dev, dma, LOOPBACK_BYTES, DMA_TO_DEVICE);
	return err;
}

static bool is_received_frame(struct pve1000 *card, unsigned int index,
			      const u8 *frame)
{
	struct pve1000_rx *rx = &card->rx;
	struct page *page = rx->pages[index];

	if (le16_to_cpu(rx->desc[index].length) != LOOPBACK_BYTES)
		return false;
	dma_sync_single_for_cpu(&card->pdev->dev,
				pve1000_rx_buffer_dma(page), LOOPBACK_BYTES,
				DMA_BIDIRECTIONAL);
	return !memcmp(page_address(page) + PVE1000_RX_HEADROOM, frame,
		       LOOPBACK_BYTES);
}

/* Others may send to the card, too: the frame is one of those that come. */
static int await_loopback_frame(struct pve1000 *card, const u8 *frame)
{
	struct pve1000_rx *rx = &card->rx;
	unsigned int tries, index = 0;

	for (tries = 0; tries < 100; tries++) {
		while (index < rx->fill &&
		       READ_ONCE(rx->desc[index].status) & RXD_STAT_DD) {
			/* the rest of the descriptor is read after DD */
			dma_rmb();
			if (is_received_frame(card, index++, frame))
				return 0;
		}
		usleep_range(1000, 2000);
	}
	return -ETIMEDOUT;
}

static int loop_frame_back(struct pve1000 *card)
{
	u8 *frame = kmalloc(LOOPBACK_BYTES, GFP_KERNEL);
	int err;

	if (!frame)
		return -ENOMEM;
	make_loopback_frame(card, frame);
	err = send_loopback_frame(card, frame);
	if (!err)
		err = await_loopback_frame(card, frame);
	kfree(frame);
	return err;
}

static int test_loopback(struct pve1000 *card)
{
	struct net_device *netdev = card->netdev;
	int bmcr, err;

	err = pve1000_rx_start(card);
	if (err)
		return err;
	pve1000_tx_start(card);
	bmcr = pve1000_hw_mdio_read(netdev, 1, MII_BMCR);
	pve1000_hw_mdio_write(netdev, 1, MII_BMCR,
			      BMCR_LOOPBACK | BMCR_FULLDPLX | BMCR_SPEED1000);
	pve1000_write(card, RCTL, RCTL_EN | RCTL_SECRC | RCTL_BSIZE_2048);
	pve1000_flush(card);
	/* QEMU receives nothing for a second after a write of RCTL */
	msleep(1200);
	err = loop_frame_back(card);
	pve1000_hw_mdio_write(netdev, 1, MII_BMCR, bmcr);
	pve1000_hw_reset(card);
	pve1000_tx_stop(card);
	pve1000_rx_stop(card);
	return err;
}

static int test_link(struct pve1000 *card)
{
	return pve1000_read(card, STATUS) & STATUS_LU ? 0 : -ENOLINK;
}

static void run_offline_tests(struct pve1000 *card, u64 *results)
{
	bool was_up = card->running;

	if (was_up)
		pve1000_down(card);
	results[TEST_REGISTERS] = test_registers(card);
	results[TEST_EEPROM] = test_eeprom(card);
	/* a card that was down has no interrupt handler and no rings */
	if (was_up) {
		pve1000_hw_reset(card);
		pve1000_hw_set_up(card);
		results[TEST_INTERRUPT] = test_interrupt(card);
		results[TEST_LOOPBACK] = test_loopback(card);
		if (pve1000_up(card))
			netdev_err(card->netdev, PVE1000_NO_MEMORY);
	}
}

/**
 * pve1000_selftest() - ethtool -t
 * @card:	the card
 * @test:	what is asked for, and whether it failed
 * @results:	0 for each test that passed, or was not made
 *
 * Context: rtnl_lock() held; may sleep.
 */
void pve1000_selftest(struct pve1000 *card, struct ethtool_test *test,
		      u64 *results)
{
	unsigned int i;

	memset(results, 0, PVE1000_SELFTESTS * sizeof(*results));
	results[TEST_LINK] = test_link(card);
	if (test->flags & ETH_TEST_FL_OFFLINE)
		run_offline_tests(card, results);
	for (i = 0; i < PVE1000_SELFTESTS; i++)
		if (results[i])
			test->flags |= ETH_TEST_FL_FAILED;
}
