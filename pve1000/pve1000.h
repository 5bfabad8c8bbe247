/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One emulated 8254x card.
 *
 * Who owns what:
 *
 *	struct pve1000_tx	the lock of the transmit queue
 *	struct pve1000_rx	the poll function, which runs on one CPU at a
 *				time; but writes of RDT are under tail_lock
 *	registers of set-up	rtnl_lock()
 *	CTRL, MDIC, EERD	lock of struct pve1000
 *
 * The interrupt is not masked while packets are received (see irq.c).
 * "8254x SDM" is the manual that regs.h names.
 */
#ifndef PVE1000_H
#define PVE1000_H

#include <linux/hrtimer.h>
#include <linux/if_vlan.h>
#include <linux/io.h>
#include <linux/mii.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <net/xdp.h>
#include <uapi/linux/bpf.h>

#include "compat/page_pool.h"
#include "../pvio/pvio.h"
#include "regs.h"

#define PVE1000_NAME		"pve1000"
#define PVE1000_NO_MEMORY	"no memory to start again: set it down and up\n"

#define PVE1000_RING_MIN	80
#define PVE1000_RING_MAX	4096
/* 8254x SDM 13.4.38: TDLEN, and RDLEN, is a multiple of 128 bytes */
#define PVE1000_RING_MULTIPLE	8
#define PVE1000_TX_RING		512
#define PVE1000_RX_RING		512

/*
 * That of e1000 (MAX_JUMBO_FRAME_SIZE there), and below what RCTL.LPE lets
 * through: 16384 bytes with the FCS (8254x SDM 13.4.22).
 */
#define PVE1000_MAX_MTU		16110

/* 8254x SDM 13.3: registers are in the first 128 KiB */
#define PVE1000_BAR_BYTES	0x20000

/* The least time between two interrupts, as a multiple of an exit's. */
#define PVE1000_ITR_EXITS	2
/* 8254x SDM 13.4.18: ITR has 16 bits, in units of 256 ns */
#define PVE1000_ITR_MAX_USECS	16777

/* A receive buffer is a page: room for XDP, the frame, skb_shared_info. */
#define PVE1000_RX_HEADROOM	XDP_PACKET_HEADROOM
#define PVE1000_RX_BYTES	2048

/* The largest MTU of which every frame, with a VLAN tag, fits one buffer. */
#define PVE1000_XDP_MAX_MTU	(PVE1000_RX_BYTES - VLAN_ETH_HLEN - ETH_FCS_LEN)

enum pve1000_mac {
	PVE1000_82543,
	PVE1000_82544,
	PVE1000_82540,
	PVE1000_82545,
};

struct pve1000_stats {
	u64 packets;
	u64 bytes;
	u64 errors;
	u64 dropped;
	u64 length_errors;
	u64 crc_errors;
	u64 frame_errors;
	u64 multicast;
};

enum pve1000_tx_kind {
	PVE1000_TX_NONE,	/* a context descriptor, or nothing */
	PVE1000_TX_SKB,
	PVE1000_TX_XDP_TX,	/* a receive buffer sent back */
	PVE1000_TX_XDP_FRAME,	/* redirected here, mapped here */
};

/**
 * struct pve1000_tx_buffer - what belongs to one transmit descriptor
 * @packet:	struct sk_buff or xdp_frame, in the last descriptor
 * @dma:	mapping to undo
 * @len:	bytes of @dma, 0 for no mapping
 * @bytes:	of all frames on the wire, in the last descriptor
 * @eop:	in the first descriptor of a packet, the index of its last
 * @segs:	frames on the wire, in the last descriptor
 * @page:	@dma was mapped as a page
 * @kind:	what @packet is
 */
struct pve1000_tx_buffer {
	void *packet;
	dma_addr_t dma;
	u32 len;
	u32 bytes;
	u16 eop;
	u16 segs;
	bool page;
	u8 kind;
};

/**
 * struct pve1000_doorbell - when the device is told what is queued
 * @waiting:	packets that it has not been told of
 * @hold:	the poll function runs, and rings when it is done
 * @armed:	@timer will come
 * @late:	a doorbell left something behind: TXDW is unmasked
 * @prompt:	doorbells in a row, with @late, that left nothing behind
 * @over_at:	local_clock() when the last doorbell was over
 * @window:	for so long after it packets wait for company, in ns
 * @window_short: what @window begins with
 * @window_long: how far it grows
 * @timer:	rings at the end of the window
 * @rings:	how many doorbells there were
 * @timer_rings: those of them that @timer rang
 *
 * Written under the lock of the transmit queue, __netif_tx_lock(). @hold alone
 * is written without, by the poll function. That one also looks at @waiting,
 * @late and @over_at before it takes the lock; the barriers in
 * pve1000_doorbell_release() and ring_or_start_timer() make it safe.
 */
struct pve1000_doorbell {
	u16 waiting;
	bool hold;
	bool armed;
	bool late;
	u8 prompt;
	u64 over_at;
	u32 window;
	u32 window_short;
	u32 window_long;
	struct hrtimer timer;
	u64 rings;
	u64 timer_rings;
};

/**
 * struct pve1000_tx - the transmit ring
 * @desc:	descriptors, shared with the device
 * @buffers:	one for each
 * @dma:	of @desc
 * @count:	descriptors
 * @next:	next to fill
 * @clean:	next to take back: [clean, rung) is with the device
 * @rung:	what TDT was last set to: [rung, next) waits for the doorbell
 * @open:	between pve1000_tx_start() and pve1000_tx_close()
 * @pacing_shift: how much a TCP flow may have queued here (sk_pacing_shift)
 * @context:	the last context descriptor, which the device remembers
 * @doorbell:	when the device is told of [rung, next)
 * @syncp:	for @stats
 * @stats:	what was sent
 * @restarts:	how often a stopped queue was woken
 *
 * All under the lock of the transmit queue, __netif_tx_lock().
 */
struct pve1000_tx {
	struct pve1000_tx_desc *desc;
	struct pve1000_tx_buffer *buffers;
	dma_addr_t dma;
	u16 count;
	u16 next;
	u16 clean;
	u16 rung;
	bool open;
	u8 pacing_shift;
	struct pve1000_tx_context context;
	struct pve1000_doorbell doorbell;
	struct u64_stats_sync syncp;
	struct pve1000_stats stats;
	u64 restarts;
};

/**
 * struct pve1000_rx - the receive ring
 * @desc:	descriptors, shared with the device
 * @pages:	the buffer of each
 * @dma:	of @desc
 * @count:	descriptors
 * @clean:	next that the device completes
 * @fill:	next to get a buffer: [clean, fill) have one
 * @discard:	the rest of a frame is to be dropped
 * @skb:	a frame of which the end has not come yet
 * @retry_work:	polls again while too few descriptors have a buffer
 * @pool:	where pages come from
 * @xdp_rxq:	what XDP programs know of the ring
 * @tail_lock:	for writes of RDT, in hard interrupts too
 * @tail:	what RDT should be: @fill when the ring was last refilled
 * @tail_written: what was last written to RDT, which KVM may still keep back
 * @tail_seen:	what of that the device has seen for certain
 * @xdp_flush:	frames wait for xdp_do_flush()
 * @syncp:	for @stats
 * @stats:	what was received
 * @flushes:	writes of RDT that were made to take effect at once
 * @alloc_failed: buffers that could not be had
 * @xdp_drop:	frames that XDP programs dropped
 * @xdp_tx:	frames that they sent back
 * @xdp_redirect: frames that they redirected
 *
 * The indices, of which each one follows the one to its left round the ring::
 *
 *	   clean       tail_seen    tail_written     tail      clean
 *	     |             |              |            |         |
 *	  ---+-------------+--------------+------------+---------+---
 *	     | the device  | RDT covers   | have a     | have    |
 *	     | may use     | them, if the | buffer, not| no      |
 *	     | them        | device looks | written yet| buffer  |
 *	  ---+-------------+--------------+------------+---------+---
 *
 * A device that looked at RDT by itself may have completed descriptors beyond
 * @tail_seen. @clean has then passed it, and it says nothing any more.
 *
 * All belongs to the poll function, which runs on one CPU at a time; it alone
 * writes @tail, which the interrupt handler reads with smp_load_acquire().
 * @tail_written and @tail_seen are written under @tail_lock.
 */
struct pve1000_rx {
	struct pve1000_rx_desc *desc;
	struct page **pages;
	dma_addr_t dma;
	u16 count;
	u16 clean;
	u16 fill;
	bool discard;
	struct sk_buff *skb;
	struct delayed_work retry_work;
	struct page_pool *pool;
	struct xdp_rxq_info xdp_rxq;
	spinlock_t tail_lock; /* writes of RDT, in hard interrupts too */
	u16 tail;
	u16 tail_written;
	u16 tail_seen;
	bool xdp_flush;
	struct u64_stats_sync syncp;
	struct pve1000_stats stats;
	u64 flushes;
	u64 alloc_failed;
	u64 xdp_drop;
	u64 xdp_tx;
	u64 xdp_redirect;
};

/**
 * struct pve1000_irq_rate - how often the card interrupts
 * @since:	jiffies when counting began
 * @count:	interrupts since then
 * @too_high:	more came than ITR allows: they are masked while NAPI polls
 * @masks:	how often they were
 *
 * Belongs to the interrupt handler, which runs on one CPU at a time.
 */
struct pve1000_irq_rate {
	unsigned long since;
	u32 count;
	bool too_high;
	u64 masks;
};

/**
 * struct pve1000 - a card
 * @netdev:	its network device
 * @pdev:	its PCI device
 * @bar:	its registers
 * @icr_batch:	writes RDT and reads ICR in one exit; under rx.tail_lock
 * @flush_batch:	writes RDT and reads STATUS in one exit; under rx.tail_lock
 * @napi:	runs pve1000_irq_poll()
 * @xdp_prog:	the XDP program or NULL; written under rtnl_lock()
 * @tx:		the transmit ring
 * @rx:		the receive ring
 * @mac:	what the card claims to be
 * @emulated:	it is QEMU that emulates the card
 * @exit_ns:	how long an access that leaves to the host takes, as measured
 * @tx_count:	descriptors of the next transmit ring; rtnl_lock()
 * @rx_count:	descriptors of the next receive ring; rtnl_lock()
 * @running:	between pve1000_up() and pve1000_down(); written under
 *		rtnl_lock(), read by the interrupt handler, too
 * @itr_usecs:	the least time between interrupts that was set by ethtool -C
 * @itr_adaptive: @exit_ns decides instead
 * @interrupts:	how many were the card's
 * @irq_rate:	how often they come
 * @rx_masked:	the causes of reception are masked until NAPI is done
 * @link_work:	reads STATUS after the link has changed
 * @reset_work:	restarts the card after ndo_tx_timeout
 * @lock:	for CTRL, MDIC and EERD
 * @mii:	for the mii library
 * @pause_autoneg: flow control as the link negotiated; ethtool -A
 * @pause_rx:	else, whether to heed pause frames
 * @pause_tx:	else, whether to send them
 * @mta:	the multicast table, as it was written; netif_addr_lock
 * @rctl:	RCTL, as it was written; netif_addr_lock
 * @vlans:	that the filter lets through; rtnl_lock()
 */
struct pve1000 {
	struct net_device *netdev;
	struct pci_dev *pdev;
	struct pvio_region bar;
	struct pvio_batch *icr_batch;
	struct pvio_batch *flush_batch;
	struct napi_struct napi;
	struct bpf_prog *xdp_prog;
	struct pve1000_tx tx;
	struct pve1000_rx rx;
	enum pve1000_mac mac;
	bool emulated;
	u32 exit_ns;
	unsigned int tx_count;
	unsigned int rx_count;
	bool running;
	u32 itr_usecs;
	bool itr_adaptive;
	u64 interrupts;
	struct pve1000_irq_rate irq_rate;
	bool rx_masked;
	struct work_struct link_work;
	struct work_struct reset_work;
	struct mutex lock; /* for CTRL, MDIC and EERD */
	struct mii_if_info mii;
	u8 pause_autoneg;
	u8 pause_rx;
	u8 pause_tx;
	u32 mta[MTA_ENTRIES];
	u32 rctl;
	unsigned long vlans[BITS_TO_LONGS(VLAN_N_VID)];
};

extern struct pvio_client *pve1000_client;

static inline u32 pve1000_read(const struct pve1000 *card, unsigned int reg)
{
	return readl(card->bar.mapped + reg);
}

static inline void pve1000_write(const struct pve1000 *card, unsigned int reg,
				 u32 value)
{
	writel(value, card->bar.mapped + reg);
}

/*
 * Makes writes take effect. KVM coalesces those of most registers; QEMU
 * performs them before it answers a read.
 */
static inline void pve1000_flush(const struct pve1000 *card)
{
	pve1000_read(card, STATUS);
}

/* Where the device writes to in a page of the receive ring. */
static inline dma_addr_t pve1000_rx_buffer_dma(struct page *page)
{
	return page_pool_get_dma_addr(page) + PVE1000_RX_HEADROOM;
}

/* The card has one. */
static inline struct netdev_queue *pve1000_tx_queue(const struct pve1000 *card)
{
	return netdev_get_tx_queue(card->netdev, 0);
}

/* hw.c */
void pve1000_hw_reset(struct pve1000 *card);
void pve1000_hw_set_up(struct pve1000 *card);
void pve1000_hw_change_ctrl(struct pve1000 *card, u32 clear, u32 set);
void pve1000_hw_set_mac(struct pve1000 *card, const u8 *addr);
int pve1000_hw_get_mac(struct pve1000 *card, u8 *addr);
void pve1000_hw_set_rx_mode(struct pve1000 *card);
void pve1000_hw_set_vlan(struct pve1000 *card, u16 vid, bool on);
void pve1000_hw_set_features(struct pve1000 *card, netdev_features_t features);
u32 pve1000_hw_itr_ns(const struct pve1000 *card);
void pve1000_hw_set_itr(struct pve1000 *card);
void pve1000_hw_calibrate(struct pve1000 *card);
int pve1000_hw_read_eeprom(struct pve1000 *card, unsigned int word);
int pve1000_hw_mdio_read(struct net_device *netdev, int phy, int reg);
void pve1000_hw_mdio_write(struct net_device *netdev, int phy, int reg,
			   int value);

/* link.c */
void pve1000_link_init(struct pve1000 *card);
void pve1000_link_work(struct work_struct *work);
void pve1000_link_set_pause(struct pve1000 *card);

/* irq.c */
irqreturn_t pve1000_irq(int irq, void *data);
int pve1000_irq_poll(struct napi_struct *napi, int budget);
void pve1000_irq_unmask(struct pve1000 *card);
void pve1000_irq_mask(struct pve1000 *card);

/* tx.c */
void pve1000_tx_init(struct pve1000 *card);
void pve1000_tx_start(struct pve1000 *card);
void pve1000_tx_close(struct pve1000 *card);
void pve1000_tx_stop(struct pve1000 *card);
netdev_features_t pve1000_tx_features_check(struct sk_buff *skb,
					    struct net_device *netdev,
					    netdev_features_t features);
netdev_tx_t pve1000_tx_xmit(struct sk_buff *skb, struct net_device *netdev);
bool pve1000_tx_full(const struct pve1000_tx *tx);
bool pve1000_tx_reap(struct pve1000 *card);
int pve1000_tx_xdp(struct pve1000 *card, struct xdp_frame *xdpf,
		   enum pve1000_tx_kind kind);

/* doorbell.c */
void pve1000_doorbell_init(struct pve1000 *card);
void pve1000_doorbell_start(struct pve1000 *card);
void pve1000_doorbell_stop(struct pve1000 *card);
void pve1000_doorbell_ring(struct pve1000 *card);
void pve1000_doorbell_try_ring(struct pve1000 *card);
bool pve1000_doorbell_ends_burst(const struct sk_buff *skb);
void pve1000_doorbell_ring_or_wait(struct pve1000 *card, bool more, bool ends);
void pve1000_doorbell_hold(struct pve1000 *card);
bool pve1000_doorbell_overdue(const struct pve1000 *card);
void pve1000_doorbell_release(struct pve1000 *card);

/* rx.c */
int pve1000_rx_start(struct pve1000 *card);
void pve1000_rx_stop(struct pve1000 *card);
void pve1000_rx_retry_work(struct work_struct *work);
int pve1000_rx_poll(struct pve1000 *card, int budget);

/* ring.c */
int pve1000_rings_alloc(struct pve1000 *card);
void pve1000_rings_free(struct pve1000 *card);
int pve1000_rings_resize(struct pve1000 *card, unsigned int tx_count,
			 unsigned int rx_count);

/* xdp.c */
int pve1000_xdp_bpf(struct net_device *netdev, struct netdev_bpf *bpf);
int pve1000_xdp_xmit(struct net_device *netdev, int n,
		     struct xdp_frame **frames, u32 flags);
u32 pve1000_xdp_run(struct pve1000 *card, struct bpf_prog *prog,
		    struct xdp_buff *xdp);

/* ethtool.c */
extern const struct ethtool_ops pve1000_ethtool_ops;

/* netdev.c */
void pve1000_netdev_init(struct pve1000 *card);
int pve1000_up(struct pve1000 *card);
void pve1000_down(struct pve1000 *card);
void pve1000_reset_work(struct work_struct *work);

#endif /* PVE1000_H */
