// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of both rings, and how rings of other sizes take their place. What
 * is in them belongs to tx.c and rx.c.
 */
#include "compat/xdp.h"
#include "pve1000.h"

static int alloc_tx_ring(struct pve1000 *card, struct pve1000_tx *tx)
{
	tx->count = card->tx_count;
	tx->buffers = kvcalloc(tx->count, sizeof(*tx->buffers), GFP_KERNEL);
	if (!tx->buffers)
		return -ENOMEM;
	tx->desc = dma_alloc_coherent(&card->pdev->dev,
				      tx->count * sizeof(*tx->desc), &tx->dma,
				      GFP_KERNEL);
	if (!tx->desc) {
		kvfree(tx->buffers);
		return -ENOMEM;
	}
	return 0;
}

static void free_tx_ring(struct pve1000 *card, struct pve1000_tx *tx)
{
	dma_free_coherent(&card->pdev->dev, tx->count * sizeof(*tx->desc),
			  tx->desc, tx->dma);
	kvfree(tx->buffers);
}

static int create_pool(struct pve1000 *card, struct pve1000_rx *rx)
{
	struct page_pool_params params = {
		.flags = PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
		.pool_size = rx->count,
		.nid = NUMA_NO_NODE,
		.dev = &card->pdev->dev,
		/* XDP_TX sends from the same pages */
		.dma_dir = DMA_BIDIRECTIONAL,
		.offset = PVE1000_RX_HEADROOM,
		.max_len = PVE1000_RX_BYTES,
	};
	struct page_pool *pool = page_pool_create(&params);

	if (IS_ERR(pool))
		return PTR_ERR(pool);
	rx->pool = pool;
	return 0;
}

static int alloc_rx_ring(struct pve1000 *card, struct pve1000_rx *rx)
{
	int err;

	rx->count = card->rx_count;
	rx->pages = kvcalloc(rx->count, sizeof(*rx->pages), GFP_KERNEL);
	if (!rx->pages)
		return -ENOMEM;
	err = -ENOMEM;
	rx->desc = dma_alloc_coherent(&card->pdev->dev,
				      rx->count * sizeof(*rx->desc), &rx->dma,
				      GFP_KERNEL);
	if (!rx->desc)
		goto err_pages;
	err = create_pool(card, rx);
	if (err)
		goto err_desc;
	err = pve1000_xdp_rxq_info_reg(&rx->xdp_rxq, card->netdev, &card->napi);
	if (err)
		goto err_pool;
	err = xdp_rxq_info_reg_mem_model(&rx->xdp_rxq, MEM_TYPE_PAGE_POOL,
					 rx->pool);
	if (err)
		goto err_rxq;
	return 0;

err_rxq:
	xdp_rxq_info_unreg(&rx->xdp_rxq);
err_pool:
	page_pool_destroy(rx->pool);
err_desc:
	dma_free_coherent(&card->pdev->dev, rx->count * sizeof(*rx->desc),
			  rx->desc, rx->dma);
err_pages:
	kvfree(rx->pages);
	return err;
}

static void free_rx_ring(struct pve1000 *card, struct pve1000_rx *rx)
{
	xdp_rxq_info_unreg(&rx->xdp_rxq);
	page_pool_destroy(rx->pool);
	dma_free_coherent(&card->pdev->dev, rx->count * sizeof(*rx->desc),
			  rx->desc, rx->dma);
	kvfree(rx->pages);
}

static int alloc_both(struct pve1000 *card, struct pve1000_tx *tx,
		      struct pve1000_rx *rx)
{
	int err = alloc_tx_ring(card, tx);

	if (err)
		return err;
	err = alloc_rx_ring(card, rx);
	if (err)
		free_tx_ring(card, tx);
	return err;
}

static void free_both(struct pve1000 *card, struct pve1000_tx *tx,
		      struct pve1000_rx *rx)
{
	free_rx_ring(card, rx);
	free_tx_ring(card, tx);
}

/**
 * pve1000_rings_alloc() - make the rings of a card
 * @card: the card; its tx_count and rx_count say how large
 *
 * Context: rtnl_lock() held; may sleep.
 * Return: 0 or -errno, with nothing left allocated.
 */
int pve1000_rings_alloc(struct pve1000 *card)
{
	return alloc_both(card, &card->tx, &card->rx);
}

/**
 * pve1000_rings_free() - free the rings of a card
 * @card: the card, down
 *
 * Context: rtnl_lock() held; may sleep.
 */
void pve1000_rings_free(struct pve1000 *card)
{
	free_both(card, &card->tx, &card->rx);
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

/*
 * Memory is allocated before the card goes down, so that the card keeps its
 * rings if there is none.
 */
static int replace_rings(struct pve1000 *card, struct pve1000_tx *tx,
			 struct pve1000_rx *rx)
{
	int err = alloc_both(card, tx, rx);

	if (err)
		return err;
	pve1000_down(card);
	swap_rings(card, tx, rx);
	err = pve1000_up(card);
	if (err) {
		swap_rings(card, tx, rx);
		if (pve1000_up(card))
			netdev_err(card->netdev, PVE1000_NO_MEMORY);
	}
	free_both(card, tx, rx);
	return err;
}

/**
 * pve1000_rings_resize() - change the ring sizes
 * @card:	the card
 * @tx_count:	descriptors
 * @rx_count:	descriptors
 *
 * Context: rtnl_lock() held; may sleep.
 * Return: 0, or -errno with the rings as they were.
 */
int pve1000_rings_resize(struct pve1000 *card, unsigned int tx_count,
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
