// SPDX-License-Identifier: GPL-2.0
/*
 * The receive ring. Every buffer is a page of a page pool, of which the device
 * gets 2 KiB. Small frames are copied, and their buffer stays in the ring. Of
 * larger ones the page becomes the skb's, and the further buffers of a frame
 * that has several become its fragments.
 *
 * RDT is written seldom. KVM coalesces its writes: one by itself costs an exit
 * and takes effect only with the next access that QEMU sees. With a host that
 * serves batches it is written in the batch that reads ICR (irq.c). Without,
 * it is written when half of the ring is to be given back.
 *
 * Either way, when the device may have run out of descriptors, a read follows
 * the write at once and makes QEMU look at it. Without a descriptor the device
 * receives nothing, so it does not interrupt, so that nothing would ever make
 * it look at RDT.
 */
#include <linux/etherdevice.h>
#include <linux/filter.h>

#include "compat/xdp.h"
#include "pve1000.h"

/* Frames of up to so many bytes are copied. */
#define PVE1000_COPYBREAK	256
/* With so many descriptors left, a frame of any length still fits. */
#define PVE1000_RX_LOW		(16384 / PVE1000_RX_BYTES + 8)
/* After so long a ring is refilled again that could not be for want of memory. */
#define PVE1000_RX_RETRY	msecs_to_jiffies(20)

static u16 next_rx_index(const struct pve1000_rx *rx, u16 i)
{
	return ++i == rx->count ? 0 : i;
}

static u16 count_between(const struct pve1000_rx *rx, u16 from, u16 to)
{
	return to >= from ? to - from : rx->count - from + to;
}

static struct device *dma_device(struct pve1000 *card)
{
	return &card->pdev->dev;
}

/* One descriptor stays empty: with RDH == RDT the device has none at all. */
static void refill_ring(struct pve1000 *card)
{
	struct pve1000_rx *rx = &card->rx;
	struct page *page;

	while (next_rx_index(rx, rx->fill) != rx->clean) {
		page = rx->pages[rx->fill];
		if (!page) {
			page = page_pool_dev_alloc_pages(rx->pool);
			if (unlikely(!page)) {
				rx->alloc_failed++;
				break;
			}
			rx->pages[rx->fill] = page;
		} else {
			dma_sync_single_for_device(dma_device(card),
						   pve1000_rx_buffer_dma(page),
						   PVE1000_RX_BYTES,
						   DMA_BIDIRECTIONAL);
		}
		/* all of it: QEMU leaves the errors as it finds them */
		rx->desc[rx->fill] = (struct pve1000_rx_desc) {
			.addr = cpu_to_le64(pve1000_rx_buffer_dma(page)),
		};
		rx->fill = next_rx_index(rx, rx->fill);
	}
	/* pairs with read_icr(), which may write it to RDT from now on */
	smp_store_release(&rx->tail, rx->fill);
}

/*
 * Writes RDT if it is time to, and makes the device look at it if it may be
 * running out of descriptors. @before is what rx->fill was before the refill;
 * RDT was never set beyond it.
 *
 * An example: of 512 descriptors all but one had buffers (clean 61, fill 60).
 * The poll function took 40 frames in, 61 to 100, and refilled the ring. Now
 * clean is 101, before 60 and fill 100, and tail_seen decides:
 *
 *	300	At least 199 are left, so there is no hurry. With the host
 *		module the next interrupt takes RDT along. Without, and with
 *		tail_written 300, the 312 from there to fill are more than
 *		half of the ring: RDT is written, and takes effect later.
 *	110	There may be 9 left, less than PVE1000_RX_LOW: RDT is written
 *		and flushed.
 *	90	The device completed 90 to 100, so it saw a later RDT by itself,
 *		which one is not known. This case shows in the 501 from clean
 *		to tail_seen being more than the 471 that had buffers. For all
 *		that is certain none is left: RDT is written and flushed.
 */
static void give_back_buffers(struct pve1000 *card, u16 before)
{
	struct pve1000_rx *rx = &card->rx;
	unsigned long flags;
	u16 left;

	spin_lock_irqsave(&rx->tail_lock, flags);
	left = count_between(rx, rx->clean, rx->tail_seen);
	if (left > count_between(rx, rx->clean, before))
		left = 0;
	if (left < PVE1000_RX_LOW && rx->tail_seen != rx->fill) {
		pvio_batch_reset(card->flush_batch);
		pvio_mmio_write(card->flush_batch, &card->bar, RDT, 4, rx->fill);
		pvio_mmio_read(card->flush_batch, &card->bar, STATUS, 4);
		pvio_batch_run(card->flush_batch);
		rx->tail_written = rx->fill;
		rx->tail_seen = rx->fill;
		rx->flushes++;
	} else if (!pvio_host_serves() &&
		   count_between(rx, rx->tail_written, rx->fill) >=
		   rx->count / 2) {
		pve1000_write(card, RDT, rx->fill);
		rx->tail_written = rx->fill;
	}
	spin_unlock_irqrestore(&rx->tail_lock, flags);
}

static bool ring_is_short(const struct pve1000_rx *rx)
{
	return count_between(rx, rx->clean, rx->fill) < PVE1000_RX_LOW;
}

/**
 * pve1000_rx_retry_work() - have a ring refilled that was left short
 * @work: rx.retry_work of the card
 *
 * Context: work queue.
 */
void pve1000_rx_retry_work(struct work_struct *work)
{
	struct pve1000 *card = container_of(to_delayed_work(work),
					    struct pve1000, rx.retry_work);

	local_bh_disable();
	napi_schedule(&card->napi);
	local_bh_enable();
}

static void count_rx_error(struct pve1000_rx *rx, u8 errors)
{
	u64_stats_update_begin(&rx->syncp);
	rx->stats.errors++;
	if (errors & RXD_ERR_CE)
		rx->stats.crc_errors++;
	else if (errors)
		rx->stats.frame_errors++;
	else
		rx->stats.length_errors++;
	u64_stats_update_end(&rx->syncp);
}

static void count_rx_drop(struct pve1000_rx *rx)
{
	u64_stats_update_begin(&rx->syncp);
	rx->stats.dropped++;
	u64_stats_update_end(&rx->syncp);
}

static void set_checksum(struct pve1000 *card, struct sk_buff *skb, u8 status,
			 u8 errors)
{
	if (!(card->netdev->features & NETIF_F_RXCSUM) ||
	    status & RXD_STAT_IXSM || !(status & RXD_STAT_TCPCS))
		return;
	/* 8254x SDM 3.2.3.1; the stack checks again what is said to be wrong */
	if (!(errors & (RXD_ERR_TCPE | RXD_ERR_IPE)))
		skb->ip_summed = CHECKSUM_UNNECESSARY;
}

static void deliver_frame(struct pve1000 *card, struct sk_buff *skb,
			  const struct pve1000_rx_desc *desc)
{
	struct pve1000_rx *rx = &card->rx;

	u64_stats_update_begin(&rx->syncp);
	rx->stats.packets++;
	rx->stats.bytes += skb->len;
	if (is_multicast_ether_addr(skb->data))
		rx->stats.multicast++;
	u64_stats_update_end(&rx->syncp);

	set_checksum(card, skb, desc->status, desc->errors);
	if (desc->status & RXD_STAT_VP &&
	    card->netdev->features & NETIF_F_HW_VLAN_CTAG_RX)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q),
				       le16_to_cpu(desc->special));
	skb_record_rx_queue(skb, 0);
	skb->protocol = eth_type_trans(skb, card->netdev);
	napi_gro_receive(&card->napi, skb);
}

/* What an XDP program wrote in front of the frame goes to the stack with it. */
static void set_metadata(struct sk_buff *skb, unsigned int meta)
{
	if (meta)
		skb_metadata_set(skb, meta);
}

static struct sk_buff *copy_frame(struct pve1000 *card, const void *data,
				  unsigned int len, unsigned int meta)
{
	struct sk_buff *skb = napi_alloc_skb(&card->napi, meta + len);

	if (!skb)
		return NULL;
	skb_put_data(skb, data - meta, meta + len);
	__skb_pull(skb, meta);
	set_metadata(skb, meta);
	return skb;
}

/* Makes a skb of the page of @index, which leaves the ring. */
static struct sk_buff *wrap_page(struct pve1000 *card, u16 index,
				 unsigned int head, unsigned int len,
				 unsigned int meta)
{
	struct pve1000_rx *rx = &card->rx;
	struct page *page = rx->pages[index];
	struct sk_buff *skb = build_skb(page_address(page), PAGE_SIZE);

	if (!skb)
		return NULL;
	rx->pages[index] = NULL;
	skb_reserve(skb, head);
	skb_put(skb, len);
	set_metadata(skb, meta);
	pve1000_page_to_skb(rx->pool, skb, page);
	return skb;
}

static bool append_page(struct pve1000_rx *rx, u16 index, unsigned int len)
{
	struct page *page = rx->pages[index];
	unsigned int n = skb_shinfo(rx->skb)->nr_frags;

	if (n == MAX_SKB_FRAGS)
		return false;
	pve1000_page_to_skb(rx->pool, rx->skb, page);
	skb_add_rx_frag(rx->skb, n, page, PVE1000_RX_HEADROOM, len, PAGE_SIZE);
	rx->pages[index] = NULL;
	return true;
}

/*
 * Runs XDP, which may move both ends and write metadata in front. Returns true
 * if the frame is gone.
 */
static bool xdp_takes_frame(struct pve1000 *card, struct bpf_prog *prog,
			    u16 index, unsigned int *head, unsigned int *len,
			    unsigned int *meta)
{
	void *page = page_address(card->rx.pages[index]);
	struct xdp_buff xdp;

	pve1000_xdp_buff(&xdp, PAGE_SIZE, &card->rx.xdp_rxq, page, *head, *len);
	switch (pve1000_xdp_run(card, prog, &xdp)) {
	case XDP_PASS:
		*head = xdp.data - page;
		*len = xdp.data_end - xdp.data;
		*meta = xdp.data - xdp.data_meta;
		return false;
	case XDP_TX:
	case XDP_REDIRECT:
		card->rx.pages[index] = NULL;
		return true;
	default:
		return true;
	}
}

static struct sk_buff *begin_frame(struct pve1000 *card, u16 index,
				   unsigned int len, bool whole)
{
	unsigned int head = PVE1000_RX_HEADROOM, meta = 0;
	const void *page = page_address(card->rx.pages[index]);
	struct bpf_prog *prog = READ_ONCE(card->xdp_prog);
	struct sk_buff *skb;

	/* frames longer than the MTU have to be whole for a program, too */
	if (unlikely(prog && !whole)) {
		card->rx.xdp_drop++;
		card->rx.discard = true;
		return NULL;
	}
	if (prog && xdp_takes_frame(card, prog, index, &head, &len, &meta))
		return NULL;
	if (whole && len <= PVE1000_COPYBREAK)
		skb = copy_frame(card, page + head, len, meta);
	else
		skb = wrap_page(card, index, head, len, meta);
	if (unlikely(!skb)) {
		count_rx_drop(&card->rx);
		card->rx.discard = !whole;
	}
	return skb;
}

static void abandon_frame(struct pve1000_rx *rx, bool end)
{
	dev_kfree_skb_any(rx->skb);
	rx->skb = NULL;
	rx->discard = !end;
}

/*
 * Takes one buffer in. @desc is a copy, which the device cannot change between
 * check and use. A length beyond the buffer and a frame that does not end are
 * errors.
 */
static void receive_buffer(struct pve1000 *card, u16 index,
			   const struct pve1000_rx_desc *desc)
{
	struct pve1000_rx *rx = &card->rx;
	unsigned int len = le16_to_cpu(desc->length);
	bool end = desc->status & RXD_STAT_EOP;
	u8 errors = desc->errors & RXD_ERR_FRAME;

	if (rx->discard) {
		rx->discard = !end;
		return;
	}
	if (card->netdev->features & NETIF_F_RXALL)
		errors = 0;
	if (unlikely(len > PVE1000_RX_BYTES || errors ||
		     (!rx->skb && len < ETH_HLEN))) {
		count_rx_error(rx, errors);
		abandon_frame(rx, end);
		return;
	}
	dma_sync_single_for_cpu(dma_device(card),
				pve1000_rx_buffer_dma(rx->pages[index]), len,
				DMA_BIDIRECTIONAL);
	if (!rx->skb) {
		rx->skb = begin_frame(card, index, len, end);
	} else if (len && !append_page(rx, index, len)) {
		count_rx_error(rx, 0);
		abandon_frame(rx, end);
	}
	if (end && rx->skb) {
		deliver_frame(card, rx->skb, desc);
		rx->skb = NULL;
	}
}

/**
 * pve1000_rx_poll() - take in what has arrived
 * @card:	the card
 * @budget:	the most descriptors to look at
 *
 * Context: the poll function.
 * Return: how many of them were complete.
 */
int pve1000_rx_poll(struct pve1000 *card, int budget)
{
	struct pve1000_rx *rx = &card->rx;
	struct pve1000_rx_desc desc;
	u16 before = rx->fill;
	int work = 0;

	while (work < budget && rx->clean != rx->fill) {
		if (!(READ_ONCE(rx->desc[rx->clean].status) & RXD_STAT_DD))
			break;
		/* the rest of the descriptor is read after DD */
		dma_rmb();
		desc = rx->desc[rx->clean];
		receive_buffer(card, rx->clean, &desc);
		rx->clean = next_rx_index(rx, rx->clean);
		work++;
	}
	if (rx->xdp_flush) {
		rx->xdp_flush = false;
		xdp_do_flush();
	}
	if (work || rx->tail_written != rx->fill || ring_is_short(rx)) {
		refill_ring(card);
		give_back_buffers(card, before);
	}
	/* a device without buffers does not interrupt: nobody else would */
	if (unlikely(ring_is_short(rx)))
		schedule_delayed_work(&rx->retry_work, PVE1000_RX_RETRY);
	return work;
}

static int fill_new_ring(struct pve1000 *card)
{
	struct pve1000_rx *rx = &card->rx;

	refill_ring(card);
	return ring_is_short(rx) ? -ENOMEM : 0;
}

static void free_rx_buffers(struct pve1000_rx *rx)
{
	u16 i;

	for (i = 0; i < rx->count; i++) {
		if (rx->pages[i])
			page_pool_put_full_page(rx->pool, rx->pages[i], false);
		rx->pages[i] = NULL;
	}
	dev_kfree_skb_any(rx->skb);
	rx->skb = NULL;
	rx->discard = false;
}

/**
 * pve1000_rx_start() - fill an empty ring and hand it to the device
 * @card: the card, reset
 *
 * Context: rtnl_lock() held; may sleep.
 * Return: 0 or -ENOMEM.
 */
int pve1000_rx_start(struct pve1000 *card)
{
	struct pve1000_rx *rx = &card->rx;

	rx->clean = 0;
	rx->fill = 0;
	memset(rx->desc, 0, rx->count * sizeof(*rx->desc));
	if (fill_new_ring(card)) {
		free_rx_buffers(rx);
		return -ENOMEM;
	}
	pve1000_write(card, RDBAL, lower_32_bits(rx->dma));
	pve1000_write(card, RDBAH, upper_32_bits(rx->dma));
	pve1000_write(card, RDLEN, rx->count * sizeof(*rx->desc));
	pve1000_write(card, RDH, 0);
	spin_lock_irq(&rx->tail_lock);
	pve1000_write(card, RDT, rx->fill);
	rx->tail_written = rx->fill;
	rx->tail_seen = rx->fill;
	spin_unlock_irq(&rx->tail_lock);
	return 0;
}

/**
 * pve1000_rx_stop() - take all buffers back
 * @card: the card, its receiver off, nobody polls
 *
 * Context: rtnl_lock() held; may sleep.
 */
void pve1000_rx_stop(struct pve1000 *card)
{
	cancel_delayed_work_sync(&card->rx.retry_work);
	free_rx_buffers(&card->rx);
}
