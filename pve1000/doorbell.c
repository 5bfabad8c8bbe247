// SPDX-License-Identifier: GPL-2.0
/*
 * The doorbell: when the device is told what is queued, by a write of TDT.
 *
 * Such a write is an exit to QEMU, and costs the same for one packet as for
 * many. A packet that comes after a pause gets its own. Those that follow
 * closely behind a doorbell wait for others to share the next one with, until
 *
 *	- the window, a time that begins with the last doorbell, is over,
 *	- PVE1000_DOORBELL_PACKETS wait,
 *	- their sender can or will send no more for now,
 *	- the ring is full, or byte queue limits stop the queue, or
 *	- the poll function, in which the stack answers what was received, ends.
 *
 * The window begins with the time of a few exits. It doubles when several
 * packets waited in it, and is set back when there was one.
 *
 * QEMU sends what is queued inside the write of TDT (hw/net/e1000.c:
 * set_tctl() calls start_xmit()). So the ring is reaped right behind it, and
 * TXDW, the interrupt of transmission, stays masked unless a device turns out
 * to complete later than that.
 */
#include <linux/sched/clock.h>
#include <linux/tcp.h>
#include <net/sock.h>

#include "compat/hrtimer.h"
#include "pve1000.h"

/* So many packets do not wait any longer. */
#define PVE1000_DOORBELL_PACKETS	64
/* After so many doorbells that left nothing behind, TXDW is masked again. */
#define PVE1000_DOORBELL_PROMPT		64
/* The shortest and the longest window, as multiples of an exit's time ... */
#define PVE1000_DOORBELL_SHORT		2
#define PVE1000_DOORBELL_LONG		128
/* ... and what no window exceeds, however long an exit takes. */
#define PVE1000_DOORBELL_MAX_NS		(10 * NSEC_PER_MSEC)

/*
 * Unmasks TXDW when a doorbell left something behind, so that an interrupt
 * tells when to reap it, and masks it when that has not happened for a while.
 * What is behind is not complete yet, or netpoll must not release it.
 */
static void watch_device(struct pve1000 *card, bool reaped)
{
	struct pve1000_doorbell *bell = &card->tx.doorbell;

	if (!reaped) {
		bell->prompt = 0;
		if (bell->late)
			return;
		bell->late = true;
		pve1000_write(card, IMS, INT_TXDW);
		/* What it completed meanwhile may not interrupt any more. */
		pve1000_tx_reap(card);
	} else if (bell->late && ++bell->prompt == PVE1000_DOORBELL_PROMPT) {
		bell->late = false;
		pve1000_write(card, IMC, INT_TXDW);
	}
}

/**
 * pve1000_doorbell_ring() - tell the device of all that is queued, and reap
 * @card: the card
 *
 * Does nothing where the device knows already, or is being stopped.
 *
 * Context: under the lock of the transmit queue.
 */
void pve1000_doorbell_ring(struct pve1000 *card)
{
	struct pve1000_doorbell *bell = &card->tx.doorbell;
	struct pve1000_tx *tx = &card->tx;

	if (!tx->open || tx->rung == tx->next)
		return;
	tx->rung = tx->next;
	bell->waiting = 0;
	bell->rings++;
	/* writel() has the barrier that makes descriptors visible before */
	pve1000_write(card, TDT, tx->rung);
	bell->over_at = local_clock();
	watch_device(card, pve1000_tx_reap(card));
}

static void reap_and_ring(struct pve1000 *card)
{
	if (card->tx.doorbell.late)
		pve1000_tx_reap(card);
	pve1000_doorbell_ring(card);
}

/**
 * pve1000_doorbell_hold() - let packets wait for pve1000_doorbell_release()
 * @card: the card
 *
 * Context: the poll function, without the lock of the transmit queue.
 */
void pve1000_doorbell_hold(struct pve1000 *card)
{
	WRITE_ONCE(card->tx.doorbell.hold, true);
}

/**
 * pve1000_doorbell_release() - send what waited since pve1000_doorbell_hold()
 * @card: the card
 *
 * Context: the poll function, softirqs off, without the lock of the transmit
 * queue, which it takes if there is something to do.
 */
void pve1000_doorbell_release(struct pve1000 *card)
{
	struct pve1000_doorbell *bell = &card->tx.doorbell;

	WRITE_ONCE(bell->hold, false);
	/* pairs with the barrier in ring_or_start_timer() */
	smp_mb();
	if (!READ_ONCE(bell->waiting) && !READ_ONCE(bell->late))
		return;
	__netif_tx_lock(pve1000_tx_queue(card), smp_processor_id());
	reap_and_ring(card);
	__netif_tx_unlock(pve1000_tx_queue(card));
}

/**
 * pve1000_doorbell_try_ring() - reap and ring, unless the lock is taken
 * @card: the card
 *
 * Context: netpoll, interrupts off. The caller may have been interrupted, or
 * called from, where the lock of the transmit queue is held.
 */
void pve1000_doorbell_try_ring(struct pve1000 *card)
{
	if (!__netif_tx_trylock(pve1000_tx_queue(card)))
		return;
	reap_and_ring(card);
	__netif_tx_unlock(pve1000_tx_queue(card));
}

/**
 * pve1000_doorbell_overdue() - whether packets are held for too long
 * @card: the card
 *
 * Context: the poll function, without the lock of the transmit queue. What it
 * reads may change meanwhile, so the answer is a hint.
 * Return: true if the longest window has passed since the last doorbell.
 */
bool pve1000_doorbell_overdue(const struct pve1000 *card)
{
	const struct pve1000_doorbell *bell = &card->tx.doorbell;

	return local_clock() - READ_ONCE(bell->over_at) > bell->window_long;
}

/* Sets the next window by how many packets this one gathered, and rings. */
static void ring_after_window(struct pve1000 *card)
{
	struct pve1000_doorbell *bell = &card->tx.doorbell;

	if (bell->waiting < 2)
		bell->window = bell->window_short;
	else
		bell->window = min(2 * bell->window, bell->window_long);
	pve1000_doorbell_ring(card);
}

static enum hrtimer_restart window_timer_fired(struct hrtimer *timer)
{
	struct pve1000 *card = container_of(timer, struct pve1000,
					    tx.doorbell.timer);
	struct pve1000_doorbell *bell = &card->tx.doorbell;
	struct pve1000_tx *tx = &card->tx;

	__netif_tx_lock(pve1000_tx_queue(card), smp_processor_id());
	bell->armed = false;
	if (bell->waiting && tx->open) {
		bell->timer_rings++;
		ring_after_window(card);
	}
	__netif_tx_unlock(pve1000_tx_queue(card));
	return HRTIMER_NORESTART;
}

/* Rings after the window, or sees to it that the timer or a release will. */
static void ring_or_start_timer(struct pve1000 *card)
{
	struct pve1000_doorbell *bell = &card->tx.doorbell;
	/* netpoll: neither a timer nor the end of a poll need ever come */
	bool now = irqs_disabled();
	u64 idle;

	/*
	 * @waiting is written before @hold is read here, and the other way
	 * round in pve1000_doorbell_release(): one of the two sees the other.
	 */
	smp_mb();
	if (READ_ONCE(bell->hold) && !now)
		return;
	idle = local_clock() - bell->over_at;
	if (idle >= bell->window || now) {
		ring_after_window(card);
	} else if (!bell->armed) {
		bell->armed = true;
		hrtimer_start(&bell->timer, ns_to_ktime(bell->window - idle),
			      HRTIMER_MODE_REL_PINNED_SOFT);
	}
}

/**
 * pve1000_doorbell_ring_or_wait() - after a packet was queued
 * @card:	the card
 * @more:	the stack has another one, which it hands over next
 * @ends:	what pve1000_doorbell_ends_burst() said of the packet
 *
 * Rings, or sees to it that somebody will: the timer, the poll function, or,
 * with @more, the next packet.
 *
 * Context: under the lock of the transmit queue, softirqs off.
 */
void pve1000_doorbell_ring_or_wait(struct pve1000 *card, bool more, bool ends)
{
	struct pve1000_doorbell *bell = &card->tx.doorbell;
	struct pve1000_tx *tx = &card->tx;

	if (netif_xmit_stopped(pve1000_tx_queue(card)) || pve1000_tx_full(tx) ||
	    bell->waiting >= PVE1000_DOORBELL_PACKETS ||
	    (ends && !more && !READ_ONCE(bell->hold)))
		pve1000_doorbell_ring(card);
	else if (!more)
		ring_or_start_timer(card);
}

/**
 * pve1000_doorbell_ends_burst() - whether waiting would delay the sender
 * @skb: a packet, not queued yet
 *
 * Context: under the lock of the transmit queue.
 * Return: true if the sender is done for now, which TCP shows by PSH, or soon
 * has to stop until packets are freed. TCP's limit is the one that
 * tcp_small_queue_check() in net/ipv4/tcp_output.c computes. Other sockets'
 * is their send buffer; half of it counts as soon.
 */
bool pve1000_doorbell_ends_burst(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;
	unsigned int queued;
	u64 limit;

	if (!sk || !sk_fullsock(sk))
		return false;
	queued = refcount_read(&sk->sk_wmem_alloc);
	if (sk->sk_protocol != IPPROTO_TCP)
		return queued > READ_ONCE(sk->sk_sndbuf) / 2;
	limit = max_t(u64, 2 * skb->truesize, READ_ONCE(sk->sk_pacing_rate) >>
		      READ_ONCE(sk->sk_pacing_shift));
	return tcp_hdr(skb)->psh || queued > limit;
}

/**
 * pve1000_doorbell_init() - once for each card
 * @card: the card
 *
 * Context: probe.
 */
void pve1000_doorbell_init(struct pve1000 *card)
{
	pve1000_hrtimer_setup(&card->tx.doorbell.timer, window_timer_fired,
			      CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_SOFT);
}

/**
 * pve1000_doorbell_start() - begin with the shortest window
 * @card: the card, reset, with @exit_ns measured
 *
 * Context: rtnl_lock() held; nobody transmits.
 */
void pve1000_doorbell_start(struct pve1000 *card)
{
	struct pve1000_doorbell *bell = &card->tx.doorbell;

	bell->waiting = 0;
	/* a poll that napi_disable() ended in mid-flood has not released */
	bell->hold = false;
	bell->late = false;
	bell->prompt = 0;
	bell->window_short = min_t(u64,
				   (u64)card->exit_ns * PVE1000_DOORBELL_SHORT,
				   PVE1000_DOORBELL_MAX_NS);
	bell->window_long = min_t(u64,
				  (u64)card->exit_ns * PVE1000_DOORBELL_LONG,
				  PVE1000_DOORBELL_MAX_NS);
	bell->window = bell->window_short;
}

/**
 * pve1000_doorbell_stop() - ring no more
 * @card: the card, whose transmit queue is stopped
 *
 * Context: rtnl_lock() held; may sleep.
 */
void pve1000_doorbell_stop(struct pve1000 *card)
{
	struct pve1000_doorbell *bell = &card->tx.doorbell;

	hrtimer_cancel(&bell->timer);
	bell->armed = false;
	bell->waiting = 0;
}
