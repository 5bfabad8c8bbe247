// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupt. A read of ICR tells the causes, clears them and lowers the
 * line. Drivers usually mask the interrupt while NAPI polls, which would be
 * two more exits for each. Here it stays unmasked: if it comes while the poll
 * function runs, napi_schedule() has that run once more, and ITR limits how
 * often it comes. A device that heeds no ITR, as QEMU's with mitigation=off,
 * could interrupt for every frame of a flood, and the guest would do nothing
 * else. While one exceeds its limit by far, the usual way is taken.
 */
#include <linux/interrupt.h>

#include "pve1000.h"

#define CAUSES_RX	(INT_RXT0 | INT_RXDMT0 | INT_RXO)
#define CAUSES_POLL	(CAUSES_RX | INT_TXDW)
#define CAUSES_LINK	(INT_LSC | INT_RXSEQ)

/*
 * With a host, RDT is written in the batch that reads ICR, which costs no
 * further exit.
 */
static u32 read_icr(struct pve1000 *card)
{
	struct pve1000_rx *rx = &card->rx;
	unsigned int index;
	u32 icr = 0;
	u16 tail;

	spin_lock(&rx->tail_lock);
	/* pairs with refill_ring(): descriptors before @tail are filled in */
	tail = smp_load_acquire(&rx->tail);
	/* another's interrupt on the same line may come while a ring is made */
	if (tail != rx->tail_written && READ_ONCE(card->running) &&
	    pvio_host_serves()) {
		pvio_batch_reset(card->icr_batch);
		pvio_mmio_write(card->icr_batch, &card->bar, RDT, 4, tail);
		index = pvio_mmio_read(card->icr_batch, &card->bar, ICR, 4);
		if (pvio_batch_run(card->icr_batch) > index)
			icr = pvio_batch_value(card->icr_batch, index);
		rx->tail_written = tail;
	} else {
		icr = pve1000_read(card, ICR);
	}
	/* before it answered the read, QEMU has performed coalesced writes */
	rx->tail_seen = rx->tail_written;
	spin_unlock(&rx->tail_lock);
	return icr;
}

/* How often interrupts come is looked at after so long. */
#define PVE1000_RATE_JIFFIES	(HZ / 10 ?: 1)

/* Masking begins above twice the rate that ITR allows, and ends below that rate. */
static void watch_irq_rate(struct pve1000 *card)
{
	struct pve1000_irq_rate *rate = &card->irq_rate;
	unsigned long passed = jiffies - rate->since;
	u64 busy, limit;

	rate->count++;
	if (passed < PVE1000_RATE_JIFFIES)
		return;
	busy = (u64)rate->count * pve1000_hw_itr_ns(card);
	limit = (u64)passed * TICK_NSEC;
	if (busy > 2 * limit)
		rate->too_high = true;
	else if (busy < limit)
		rate->too_high = false;
	rate->since = jiffies;
	rate->count = 0;
}

/*
 * The flag is set after the causes are masked, and the poll is scheduled last.
 * So a poll that ends in between is followed by one that finds the flag and
 * unmasks.
 */
static void schedule_poll(struct pve1000 *card)
{
	if (unlikely(card->irq_rate.too_high) && !READ_ONCE(card->rx_masked)) {
		pve1000_write(card, IMC, CAUSES_RX);
		WRITE_ONCE(card->rx_masked, true);
		card->irq_rate.masks++;
	}
	napi_schedule_irqoff(&card->napi);
}

static void unmask_rx(struct pve1000 *card)
{
	if (likely(!READ_ONCE(card->rx_masked)))
		return;
	WRITE_ONCE(card->rx_masked, false);
	pve1000_write(card, IMS, CAUSES_RX);
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

	/* reads of a card that was unplugged are all ones */
	if (!icr || icr == ~0U)
		return IRQ_NONE;
	card->interrupts++;
	watch_irq_rate(card);
	/* not while the card is being stopped, and the work cancelled */
	if (icr & CAUSES_LINK && READ_ONCE(card->running))
		schedule_work(&card->link_work);
	if (icr & CAUSES_POLL)
		schedule_poll(card);
	return IRQ_HANDLED;
}

/**
 * pve1000_irq_poll() - the poll function of NAPI
 * @napi:	of the card
 * @budget:	the most descriptors to take in; 0 for netpoll
 *
 * Context: softirq, on one CPU at a time. Netpoll: any, interrupts off.
 * Return: descriptors taken in; as many as @budget to be called again.
 */
int pve1000_irq_poll(struct napi_struct *napi, int budget)
{
	struct pve1000 *card = container_of(napi, struct pve1000, napi);
	int work;

	/* perhaps called with the transmit queue locked, or after a panic */
	if (unlikely(!budget)) {
		pve1000_doorbell_try_ring(card);
		return 0;
	}
	/* what the stack sends in answer shares the doorbell at the end */
	pve1000_doorbell_hold(card);
	work = pve1000_rx_poll(card, budget);
	if (work < budget && napi_complete_done(napi, work))
		unmask_rx(card);
	/* after a full @budget the next call comes at once: answers wait */
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
	card->rx_masked = false;
	card->irq_rate.too_high = false;
	card->irq_rate.count = 0;
	card->irq_rate.since = jiffies;
	pve1000_write(card, IMS, CAUSES_RX | CAUSES_LINK);
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
