// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupt. Reading ICR says why, clears it, and lowers the line; no
 * cause is masked meanwhile. The poll function that is scheduled is NAPI's
 * only in that generic receive offload hangs on it: the kernel calls it once
 * more if an interrupt came while it ran.
 */
#include <linux/interrupt.h>

#include "pve1000.h"

#define CAUSES_POLL	(INT_RXT0 | INT_RXDMT0 | INT_RXO | INT_TXDW)
#define CAUSES_LINK	(INT_LSC | INT_RXSEQ)

/* RDT rides along where it is free: in a batch that leaves once anyway. */
static u32 read_icr(struct pve1000 *card)
{
	struct pve1000_rx *rx = &card->rx;
	unsigned int index;
	u32 icr = 0;
	u16 tail;

	spin_lock(&rx->tail_lock);
	/* descriptors were filled before it moved */
	tail = smp_load_acquire(&rx->tail);
	if (tail != rx->tail_written && pvio_host_serves()) {
		pvio_batch_reset(card->batch);
		pvio_mmio_write(card->batch, &card->bar, RDT, 4, tail);
		index = pvio_mmio_read(card->batch, &card->bar, ICR, 4);
		if (pvio_batch_run(card->batch) > index)
			icr = pvio_batch_value(card->batch, index);
		rx->tail_written = tail;
	} else {
		icr = pve1000_read(card, ICR);
	}
	rx->tail_seen = rx->tail_written;
	spin_unlock(&rx->tail_lock);
	return icr;
}

/**
 * pve1000_irq() - the interrupt handler
 * @irq:	the interrupt, perhaps shared
 * @data:	struct pve1000
 *
 * Context: hard interrupt.
 * Return: IRQ_HANDLED if it was ours.
 */
irqreturn_t pve1000_irq(int irq, void *data)
{
	struct pve1000 *card = data;
	u32 icr = read_icr(card);

	/* all ones: the card is gone */
	if (!icr || icr == ~0U)
		return IRQ_NONE;
	card->interrupts++;
	if (icr & CAUSES_LINK)
		schedule_work(&card->link_work);
	if (icr & CAUSES_POLL)
		napi_schedule_irqoff(&card->napi);
	return IRQ_HANDLED;
}

/**
 * pve1000_irq_poll() - what an interrupt has to do, in softirq
 * @napi:	of the card
 * @budget:	the most frames to take in; 0 for netpoll
 *
 * Context: softirq, on one CPU at a time.
 * Return: the work done, @budget to be called again.
 */
int pve1000_irq_poll(struct napi_struct *napi, int budget)
{
	struct pve1000 *card = container_of(napi, struct pve1000, napi);
	int work;

	/* netpoll: perhaps from under a lock of ours, and the kernel's end */
	if (unlikely(!budget)) {
		pve1000_doorbell_try_ring(card);
		return 0;
	}
	/* what the stack sends in answer goes out in one go below */
	pve1000_doorbell_hold(card);
	work = pve1000_rx_poll(card, budget);
	if (work < budget)
		napi_complete_done(napi, work);
	/* more is there: what is answered to it may as well come along */
	if (work < budget || pve1000_doorbell_overdue(card))
		pve1000_doorbell_release(card);
	return work;
}

/**
 * pve1000_irq_unmask() - let the card interrupt
 * @card: the card
 *
 * Context: process, rtnl_lock() held.
 */
void pve1000_irq_unmask(struct pve1000 *card)
{
	pve1000_write(card, IMS, INT_RXT0 | INT_RXDMT0 | INT_RXO | INT_LSC |
				 INT_RXSEQ);
	pve1000_flush(card);
}

/**
 * pve1000_irq_mask() - silence the card, and wait for the handler to end
 * @card: the card
 *
 * Context: process, rtnl_lock() held; may sleep.
 */
void pve1000_irq_mask(struct pve1000 *card)
{
	pve1000_write(card, IMC, ~0U);
	pve1000_flush(card);
	synchronize_irq(card->pdev->irq);
}
