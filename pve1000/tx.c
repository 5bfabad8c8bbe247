// SPDX-License-Identifier: GPL-2.0
/*
 * The transmit ring: how packets become descriptors, and how they are taken
 * back when the device has sent them. When it is told of them is decided in
 * doorbell.c.
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/log2.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/sock.h>

#include "compat/tcp.h"
#include "compat/xdp.h"
#include "pve1000.h"

/* A power of two below what 8254x SDM 3.3.3 allows in a buffer: 16288 bytes. */
#define PVE1000_TX_BYTES	8192
/*
 * Descriptors of the largest packet: a context, its head, its fragments, and
 * one more each time that a piece of it exceeds PVE1000_TX_BYTES.
 */
#define PVE1000_TX_WORST	(MAX_SKB_FRAGS + 2 + 65536 / PVE1000_TX_BYTES)
static_assert(PVE1000_RING_MIN > PVE1000_TX_WORST);
/* A TCP flow may queue here what it sends in the time of so many exits. */
#define PVE1000_TX_FLOW		64

static u16 next_tx_index(const struct pve1000_tx *tx, u16 i)
{
	return ++i == tx->count ? 0 : i;
}

/* One stays free: TDH == TDT tells the device that the ring is empty. */
static u16 free_descriptors(const struct pve1000_tx *tx)
{
	return (tx->clean > tx->next ? 0 : tx->count) +
	       tx->clean - tx->next - 1;
}

/**
 * pve1000_tx_full() - whether the largest packet would not fit any more
 * @tx: the ring
 *
 * Context: under the lock of the transmit queue.
 * Return: true if the queue has to stop.
 */
bool pve1000_tx_full(const struct pve1000_tx *tx)
{
	return free_descriptors(tx) < PVE1000_TX_WORST;
}

static void unmap_buffer(struct device *dev, struct pve1000_tx_buffer *b)
{
	if (!b->len)
		return;
	if (b->page)
		dma_unmap_page(dev, b->dma, b->len, DMA_TO_DEVICE);
	else
		dma_unmap_single(dev, b->dma, b->len, DMA_TO_DEVICE);
	b->len = 0;
}

static void release_packet(struct pve1000_tx_buffer *b)
{
	switch (b->kind) {
	case PVE1000_TX_SKB:
		dev_consume_skb_any(b->packet);
		break;
	case PVE1000_TX_XDP_TX:
	case PVE1000_TX_XDP_FRAME:
		xdp_return_frame(b->packet);
		break;
	}
	b->kind = PVE1000_TX_NONE;
}

static bool packet_sent(const struct pve1000_tx *tx, u16 eop)
{
	if (!(READ_ONCE(tx->desc[eop].upper) & cpu_to_le32(TXD_STAT_DD)))
		return false;
	/* what DD gives back is touched after DD was seen */
	dma_rmb();
	return true;
}

/* What was sent. Byte queue limits (bql) do not know of XDP's frames. */
struct sent_counts {
	unsigned int packets;
	unsigned int bytes;
	unsigned int bql_packets;
	unsigned int bql_bytes;
};

/* Takes back the packet that begins at @i. Returns the index behind it. */
static u16 reap_packet(struct pve1000 *card, u16 i, struct sent_counts *sent)
{
	struct pve1000_tx *tx = &card->tx;
	u16 end = next_tx_index(tx, tx->buffers[i].eop);
	struct pve1000_tx_buffer *last = &tx->buffers[tx->buffers[i].eop];

	for (; i != end; i = next_tx_index(tx, i))
		unmap_buffer(&card->pdev->dev, &tx->buffers[i]);
	sent->packets += last->segs;
	sent->bytes += last->bytes;
	if (last->kind == PVE1000_TX_SKB) {
		sent->bql_packets++;
		sent->bql_bytes += last->bytes;
	}
	release_packet(last);
	return end;
}

static void count_sent(struct pve1000 *card, const struct sent_counts *sent)
{
	struct pve1000_tx *tx = &card->tx;

	if (sent->packets) {
		u64_stats_update_begin(&tx->syncp);
		tx->stats.packets += sent->packets;
		tx->stats.bytes += sent->bytes;
		u64_stats_update_end(&tx->syncp);
	}
	if (sent->bql_packets)
		netdev_tx_completed_queue(pve1000_tx_queue(card),
					  sent->bql_packets, sent->bql_bytes);
}

/*
 * The pages of XDP's frames are given back with softirqs switched off and on,
 * which must not be done where netpoll sends, with interrupts off. They stay
 * until a reap with interrupts on.
 */
static bool may_release(const struct pve1000_tx *tx)
{
	u16 eop = tx->buffers[tx->clean].eop;

	return tx->buffers[eop].kind == PVE1000_TX_SKB || !irqs_disabled();
}

/**
 * pve1000_tx_reap() - take back what the device has sent
 * @card: the card
 *
 * Context: under the lock of the transmit queue.
 * Return: true if nothing is left that the device was told of.
 */
bool pve1000_tx_reap(struct pve1000 *card)
{
	struct netdev_queue *txq = pve1000_tx_queue(card);
	struct pve1000_tx *tx = &card->tx;
	struct sent_counts sent = {};

	while (tx->clean != tx->rung &&
	       packet_sent(tx, tx->buffers[tx->clean].eop)) {
		if (!may_release(tx)) {
			/*
			 * The poll function takes it back, with interrupts on.
			 * Until then the doorbell counts it as unsent.
			 */
			napi_schedule(&card->napi);
			break;
		}
		tx->clean = reap_packet(card, tx->clean, &sent);
	}
	count_sent(card, &sent);
	if (netif_tx_queue_stopped(txq) && tx->open && !pve1000_tx_full(tx)) {
		netif_tx_wake_queue(txq);
		tx->restarts++;
	}
	return tx->clean == tx->rung;
}

static bool map_buffer(struct pve1000 *card, u16 i, void *data,
		       struct page *page, unsigned int offset, unsigned int len)
{
	struct pve1000_tx_buffer *b = &card->tx.buffers[i];
	struct device *dev = &card->pdev->dev;

	b->page = page;
	b->dma = page ? dma_map_page(dev, page, offset, len, DMA_TO_DEVICE) :
			dma_map_single(dev, data, len, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, b->dma)) {
		b->len = 0;
		return false;
	}
	b->len = len;
	return true;
}

static void put_data_descriptor(struct pve1000_tx *tx, u16 *i, dma_addr_t dma,
				u32 lower, u32 upper)
{
	tx->desc[*i].addr = cpu_to_le64(dma);
	tx->desc[*i].lower = cpu_to_le32(lower);
	tx->desc[*i].upper = cpu_to_le32(upper);
	*i = next_tx_index(tx, *i);
}

/* One or more descriptors from @i on for one piece of memory. */
static bool fill_descriptors(struct pve1000 *card, u16 *i, void *data,
			     const skb_frag_t *frag, unsigned int len,
			     u32 lower, u32 upper)
{
	struct pve1000_tx *tx = &card->tx;
	unsigned int piece, offset = 0;

	for (; len; len -= piece, offset += piece) {
		piece = min_t(unsigned int, len, PVE1000_TX_BYTES);
		if (!map_buffer(card, *i, data + offset,
				frag ? skb_frag_page(frag) : NULL,
				frag ? skb_frag_off(frag) + offset : 0, piece))
			return false;
		put_data_descriptor(tx, i, tx->buffers[*i].dma, lower | piece,
				    upper);
	}
	return true;
}

/* Ends the packet that began at tx->next and goes up to before @next. */
static void finish_packet(struct pve1000_tx *tx, u16 next,
			  enum pve1000_tx_kind kind, void *packet,
			  unsigned int segs, unsigned int bytes)
{
	u16 eop = next ? next - 1 : tx->count - 1;
	struct pve1000_tx_buffer *b = &tx->buffers[eop];

	tx->desc[eop].lower |= cpu_to_le32(TXD_CMD_EOP | TXD_CMD_RS);
	tx->buffers[tx->next].eop = eop;
	b->kind = kind;
	b->packet = packet;
	b->segs = segs;
	b->bytes = bytes;
	tx->next = next;
	tx->doorbell.waiting++;
}

/* Undoes what was filled in from tx->next up to before @end. */
static void unmap_unfinished(struct pve1000 *card, u16 end)
{
	u16 i;

	for (i = card->tx.next; i != end; i = next_tx_index(&card->tx, i))
		unmap_buffer(&card->pdev->dev, &card->tx.buffers[i]);
}

/* The device keeps the last context (8254x SDM 3.3.5), so none is repeated. */
static void put_context_descriptor(struct pve1000_tx *tx, u16 *i,
				   const struct pve1000_tx_context *context)
{
	if (!memcmp(context, &tx->context, sizeof(*context)))
		return;
	tx->context = *context;
	memcpy(&tx->desc[*i], context, sizeof(*context));
	*i = next_tx_index(tx, *i);
}

/*
 * 8254x SDM 3.5: the device fills in lengths and sums of each segment. TCP's
 * checksum field holds the sum of the pseudo header, to which the device adds
 * the length.
 */
static void prepare_tso_sums(struct sk_buff *skb)
{
	struct iphdr *ip = ip_hdr(skb);

	ip->tot_len = 0;
	ip->check = 0;
	tcp_hdr(skb)->check = ~csum_tcpudp_magic(ip->saddr, ip->daddr, 0,
						 IPPROTO_TCP, 0);
}

static void put_tso_context(struct pve1000_tx *tx, struct sk_buff *skb, u16 *i)
{
	unsigned int hdrlen = skb_tcp_all_headers(skb);
	unsigned int network = skb_network_offset(skb);
	unsigned int transport = skb_transport_offset(skb);
	const struct pve1000_tx_context context = {
		.ipcss = network,
		.ipcso = network + offsetof(struct iphdr, check),
		.ipcse = cpu_to_le16(transport - 1),
		.tucss = transport,
		.tucso = transport + offsetof(struct tcphdr, check),
		.hdrlen = hdrlen,
		.mss = cpu_to_le16(skb_shinfo(skb)->gso_size),
		.lower = cpu_to_le32((skb->len - hdrlen) | TXD_CMD_DEXT |
				     TXD_CMD_TSE | TXD_CMD_TCP | TXD_CMD_IP),
	};

	prepare_tso_sums(skb);
	/* the device counts in this one, so that even an equal one is queued */
	tx->context.lower = 0;
	put_context_descriptor(tx, i, &context);
}

static void put_checksum_context(struct pve1000_tx *tx, struct sk_buff *skb,
				 u16 *i)
{
	struct pve1000_tx_context context = {
		.tucss = skb_checksum_start_offset(skb),
		.tucso = skb_checksum_start_offset(skb) + skb->csum_offset,
		.lower = cpu_to_le32(TXD_CMD_DEXT),
	};

	put_context_descriptor(tx, i, &context);
}

/* Queues the context of @skb; its data descriptors get @lower and @upper. */
static void put_offload_context(struct pve1000_tx *tx, struct sk_buff *skb,
				u16 *i, u32 *lower, u32 *upper)
{
	*lower = TXD_CMD_DEXT | TXD_DTYP_DATA;
	*upper = 0;
	if (likely(!skb->no_fcs))
		*lower |= TXD_CMD_IFCS;
	if (skb_vlan_tag_present(skb)) {
		*lower |= TXD_CMD_VLE;
		*upper |= (u32)skb_vlan_tag_get(skb) << TXD_SPECIAL_SHIFT;
	}
	if (skb_is_gso(skb)) {
		put_tso_context(tx, skb, i);
		*lower |= TXD_CMD_TSE;
		*upper |= TXD_POPTS_TXSM | TXD_POPTS_IXSM;
	} else if (skb->ip_summed == CHECKSUM_PARTIAL) {
		put_checksum_context(tx, skb, i);
		*upper |= TXD_POPTS_TXSM;
	}
}

static bool queue_skb(struct pve1000 *card, struct sk_buff *skb)
{
	struct pve1000_tx *tx = &card->tx;
	struct pve1000_tx_context before = tx->context;
	unsigned int segs = 1, bytes = skb->len, f;
	u32 lower, upper;
	u16 i = tx->next;
	bool ok;

	put_offload_context(tx, skb, &i, &lower, &upper);
	ok = fill_descriptors(card, &i, skb->data, NULL, skb_headlen(skb),
			      lower, upper);
	for (f = 0; ok && f < skb_shinfo(skb)->nr_frags; f++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[f];

		ok = fill_descriptors(card, &i, NULL, frag, skb_frag_size(frag),
				      lower, upper);
	}
	if (unlikely(!ok)) {
		unmap_unfinished(card, i);
		tx->context = before;
		return false;
	}
	if (skb_is_gso(skb)) {
		unsigned int hdrlen = skb_tcp_all_headers(skb);

		/* what the device makes of it; gso_segs is not to be trusted */
		segs = DIV_ROUND_UP(skb->len - hdrlen,
				    skb_shinfo(skb)->gso_size);
		bytes += (segs - 1) * hdrlen;
	}
	skb_tx_timestamp(skb);
	finish_packet(tx, i, PVE1000_TX_SKB, skb, segs, bytes);
	netdev_tx_sent_queue(pve1000_tx_queue(card), bytes);
	return true;
}

/*
 * Before prepare_tso_sums() writes into the headers: they must not be shared,
 * and in one piece. Frees the skb if it fails.
 */
static bool unshare_headers(struct sk_buff *skb)
{
	if (likely(!skb_cow_head(skb, 0) &&
		   pskb_may_pull(skb, skb_tcp_all_headers(skb))))
		return true;
	dev_kfree_skb_any(skb);
	return false;
}

/* Counts a packet that was freed. One before it may count on its doorbell. */
static netdev_tx_t drop_packet(struct pve1000 *card)
{
	struct pve1000_tx *tx = &card->tx;

	u64_stats_update_begin(&tx->syncp);
	tx->stats.dropped++;
	u64_stats_update_end(&tx->syncp);
	if (!netdev_xmit_more())
		pve1000_doorbell_ring(card);
	return NETDEV_TX_OK;
}

/**
 * pve1000_tx_features_check() - ndo_features_check
 * @skb:	the packet
 * @netdev:	the device
 * @features:	what the stack would leave to the card
 *
 * Context: softirqs off.
 * Return: those of @features that the card can do for this packet: a context
 * has a byte for each offset of a header and for their length.
 */
netdev_features_t pve1000_tx_features_check(struct sk_buff *skb,
					    struct net_device *netdev,
					    netdev_features_t features)
{
	unsigned int end;

	features = vlan_features_check(skb, features);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return features;
	end = skb_is_gso(skb) ? skb_tcp_all_headers(skb) :
		skb_checksum_start_offset(skb) + skb->csum_offset;
	if (unlikely(end > U8_MAX))
		features &= ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);
	return features;
}

/**
 * pve1000_tx_xmit() - ndo_start_xmit
 * @skb:	the packet
 * @netdev:	the device
 *
 * Context: under the lock of the transmit queue, softirqs off.
 * Return: NETDEV_TX_OK, or NETDEV_TX_BUSY for a ring that is full.
 */
netdev_tx_t pve1000_tx_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct pve1000 *card = netdev_priv(netdev);
	struct pve1000_tx *tx = &card->tx;
	bool ends = pve1000_doorbell_ends_burst(skb);

	if (unlikely(pve1000_tx_full(tx))) {
		netif_tx_stop_queue(pve1000_tx_queue(card));
		return NETDEV_TX_BUSY;
	}
	sk_pacing_shift_update(skb->sk, tx->pacing_shift);
	if (unlikely(skb_is_gso(skb) ? !unshare_headers(skb) :
				       skb_put_padto(skb, ETH_ZLEN)))
		return drop_packet(card);
	if (unlikely(!queue_skb(card, skb))) {
		dev_kfree_skb_any(skb);
		return drop_packet(card);
	}
	pve1000_doorbell_ring_or_wait(card, netdev_xmit_more(), ends);
	/* still full: the device is late, and reaping will wake the queue */
	if (pve1000_tx_full(tx))
		netif_tx_stop_queue(pve1000_tx_queue(card));
	return NETDEV_TX_OK;
}

/**
 * pve1000_tx_xdp() - queue a frame of XDP
 * @card:	the card
 * @xdpf:	the frame
 * @kind:	PVE1000_TX_XDP_TX or PVE1000_TX_XDP_FRAME
 *
 * Context: under the lock of the transmit queue.
 * Return: 0, or -errno with the frame still the caller's.
 */
int pve1000_tx_xdp(struct pve1000 *card, struct xdp_frame *xdpf,
		   enum pve1000_tx_kind kind)
{
	const u32 lower = TXD_CMD_DEXT | TXD_DTYP_DATA | TXD_CMD_IFCS;
	struct device *dev = &card->pdev->dev;
	struct pve1000_tx *tx = &card->tx;
	struct page *page;
	dma_addr_t dma;
	u16 i = tx->next;

	if (!tx->open)
		return -ENETDOWN;
	if (pve1000_xdp_has_frags(xdpf))
		return -EOPNOTSUPP;
	if (pve1000_tx_full(tx))
		pve1000_doorbell_ring(card);
	if (pve1000_tx_full(tx))
		return -ENOSPC;
	if (kind == PVE1000_TX_XDP_FRAME) {
		if (!fill_descriptors(card, &i, xdpf->data, NULL, xdpf->len,
				      lower, 0))
			return -ENOMEM;
	} else {
		/* the page pool has mapped it, for both directions */
		page = virt_to_page(xdpf->data);
		dma = page_pool_get_dma_addr(page) +
		      offset_in_page(xdpf->data);
		dma_sync_single_for_device(dev, dma, xdpf->len,
					   DMA_BIDIRECTIONAL);
		put_data_descriptor(tx, &i, dma, lower | xdpf->len, 0);
	}
	finish_packet(tx, i, kind, xdpf, 1, xdpf->len);
	return 0;
}

/**
 * pve1000_tx_init() - once for each card
 * @card: the card
 *
 * Context: probe.
 */
void pve1000_tx_init(struct pve1000 *card)
{
	u64_stats_init(&card->tx.syncp);
	pve1000_doorbell_init(card);
}

/**
 * pve1000_tx_start() - begin with an empty ring
 * @card: the card, reset
 *
 * Context: rtnl_lock() held; nobody transmits.
 */
void pve1000_tx_start(struct pve1000 *card)
{
	struct pve1000_tx *tx = &card->tx;
	u64 flow = (u64)card->exit_ns * PVE1000_TX_FLOW;

	tx->next = 0;
	tx->clean = 0;
	tx->rung = 0;
	memset(&tx->context, 0, sizeof(tx->context));
	pve1000_doorbell_start(card);
	/* a flow may queue what it sends in a second (2^30 ns) >> this */
	tx->pacing_shift = clamp(30 - order_base_2(flow), 5, 10);

	pve1000_write(card, TDBAL, lower_32_bits(tx->dma));
	pve1000_write(card, TDBAH, upper_32_bits(tx->dma));
	pve1000_write(card, TDLEN, tx->count * sizeof(*tx->desc));
	pve1000_write(card, TDH, 0);
	pve1000_write(card, TDT, 0);
	pve1000_write(card, TCTL, TCTL_EN | TCTL_PSP | TCTL_CT | TCTL_COLD |
				  TCTL_RTLC);
	tx->open = true;
}

/**
 * pve1000_tx_close() - queue nothing, and ring for nothing, any more
 * @card: the card
 *
 * Context: rtnl_lock() held; may sleep.
 */
void pve1000_tx_close(struct pve1000 *card)
{
	/* in this order: while it is open, reaping may wake the queue */
	netif_tx_lock_bh(card->netdev);
	card->tx.open = false;
	netif_tx_unlock_bh(card->netdev);
	netif_tx_disable(card->netdev);
	pve1000_doorbell_stop(card);
}

/**
 * pve1000_tx_stop() - drop what has not been sent
 * @card: the card, closed by pve1000_tx_close(), its transmitter off
 *
 * The end of a poll may still be reaping, behind napi_complete_done().
 *
 * Context: rtnl_lock() held.
 */
void pve1000_tx_stop(struct pve1000 *card)
{
	struct pve1000_tx *tx = &card->tx;
	u16 i;

	netif_tx_lock_bh(card->netdev);
	tx->open = false;
	for (i = tx->clean; i != tx->next; i = next_tx_index(tx, i)) {
		unmap_buffer(&card->pdev->dev, &tx->buffers[i]);
		release_packet(&tx->buffers[i]);
	}
	tx->clean = tx->next;
	tx->rung = tx->next;
	netdev_tx_reset_queue(pve1000_tx_queue(card));
	netif_tx_unlock_bh(card->netdev);
}
