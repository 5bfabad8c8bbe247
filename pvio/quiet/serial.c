// SPDX-License-Identifier: GPL-2.0
/*
 * Characters to serial ports in bursts
 *
 * The 8250 driver writes up to 16 characters without a look at the UART, or asks before
 * each one whether it may go on. Here these writes wait for one batch, and what a 16550A
 * must answer is answered: it takes 16 characters once its transmitter is empty.
 *
 * Nothing waits for long. The console ends each record with a read of LSR and a write of
 * IER, and the interrupt handler ends with IER what does not fill the FIFO
 * (serial8250_console_write(), serial8250_tx_chars(),
 * drivers/tty/serial/8250/8250_port.c). Each access to another register performs first
 * what waits. flush_stale() is for a driver that would do otherwise.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/hardirq.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/serial_8250.h>
#include <linux/serial_reg.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/suspend.h>
#include <linux/workqueue.h>

#include "compat/serial_core.h"
#include "measure.h"
#include "serial_queue.h"

#ifndef CONFIG_SERIAL_8250_NR_UARTS
#define CONFIG_SERIAL_8250_NR_UARTS	1
#endif
#define PORTS			(CONFIG_SERIAL_8250_NR_UARTS < 4 ? CONFIG_SERIAL_8250_NR_UARTS : 4)

/* IIR says what is pending, and whether the FIFOs are on (16550D datasheet, 8.6). */
#define IIR_PENDING		0x0f
#define IIR_FIFO_ENABLED	0xc0
#define LSR_EMPTY		(UART_LSR_TEMT | UART_LSR_THRE)
/* What tells of received characters and errors before it tells of the transmitter. */
#define IER_RECEIVER		(UART_IER_RDI | UART_IER_RLSI)

/**
 * struct quiet_port - a serial port whose characters go in bursts
 * @port:	the driver's
 * @client:	whose batches these are
 * @stock_in:	its own way to read a register
 * @stock_out:	its own way to write one
 * @queue:	writes that wait
 * @stuck:	the queue was waited for in vain, and was held ever since
 * @lcr:	the registers as they were written last, also by who could not hold the
 *		queue: one byte each
 * @mcr:	likewise
 * @ier:	likewise
 * @fifo:	the FIFOs are on
 * @fifo_is_ours: they were off, as nobody has the port open
 * @room:	characters that the transmitter takes without being asked
 * @wrote:	the last access was a character that waits
 * @told_empty:	an interrupt has said that the transmitter is empty, and nothing was
 *		written since
 * @told_cpu:	which CPU it was said to
 * @handles:	that interrupt is being handled: MSR is read next
 * @msr:	MSR as it was read last, without its deltas; 0 if it was not
 * @msr_is_old:	MSR was answered since it was read last: its deltas are of then
 * @seen:	characters that waited when flush_stale() looked
 *
 * Who holds @queue owns what stands below @fifo. The first four do not change while the
 * port's functions are ours.
 */
struct quiet_port {
	struct uart_port *port;
	struct pvio_client *client;

	typeof(((struct uart_port *)NULL)->serial_in) stock_in;
	typeof(((struct uart_port *)NULL)->serial_out) stock_out;
	struct quiet_queue queue;
	bool stuck;

	u8 lcr;
	u8 mcr;
	u8 ier;
	bool fifo;

	bool fifo_is_ours;
	unsigned int room;
	bool wrote;
	bool told_empty;
	int told_cpu;
	bool handles;
	u8 msr;
	bool msr_is_old;
	unsigned int seen;
};

/* From before the machine sleeps until after: a UART without power forgets its FIFOs. */
static bool sleeps;

/* Set before a port's functions are ours, and cleared when nobody runs them any more. */
static struct quiet_port *ports[PORTS];

/*
 * Exported by the driver, but declared in a header of its own. It is looked up, as a
 * kernel may have no such driver.
 */
struct uart_8250_port *serial8250_get_port(int line);

/* Nobody but the console and a debugger write characters then, and they poll. */
static bool is_polled(const struct quiet_port *qp)
{
	return !qp->ier;
}

static bool divisor_is_visible(const struct quiet_port *qp)
{
	return qp->lcr & UART_LCR_DLAB;
}

static bool is_character(const struct quiet_port *qp, unsigned int offset)
{
	return offset == UART_TX && !divisor_is_visible(qp);
}

static bool is_ier(const struct quiet_port *qp, unsigned int offset)
{
	return offset == UART_IER && !divisor_is_visible(qp);
}

static void note_write(struct quiet_port *qp, unsigned int offset, u8 value)
{
	switch (offset) {
	case UART_IER:
		if (!divisor_is_visible(qp))
			WRITE_ONCE(qp->ier, value);
		break;
	case UART_FCR:
		WRITE_ONCE(qp->fifo, value & UART_FCR_ENABLE_FIFO);
		break;
	case UART_LCR:
		WRITE_ONCE(qp->lcr, value);
		break;
	case UART_MCR:
		WRITE_ONCE(qp->mcr, value);
		break;
	}
}

/* For so long the queue of another CPU is waited for, which does not wait itself. */
#define HOLD_TIMEOUT_US		1000000

/* What others wrote meanwhile is not known. */
static void forget_transmitter(struct quiet_port *qp)
{
	qp->room = 0;
	qp->wrote = false;
	qp->told_empty = false;
	qp->handles = false;
	WRITE_ONCE(qp->stuck, false);
}

/*
 * Where an oops is printed, nothing waits from then on. Who waited in vain for a CPU that
 * is stopped, by a debugger or by its host, does so once.
 */
static bool try_hold(struct quiet_port *qp)
{
	unsigned int us;

	for (us = 0; us < HOLD_TIMEOUT_US; us++) {
		if (unlikely(oops_in_progress)) {
			quiet_queue_take(&qp->queue);
			return false;
		}
		if (quiet_queue_hold(&qp->queue)) {
			if (unlikely(qp->stuck))
				forget_transmitter(qp);
			return true;
		}
		/* it may be this CPU's own, before an interrupt that cannot be masked */
		if (in_nmi() || READ_ONCE(qp->stuck) || quiet_queue_is_taken(&qp->queue))
			return false;
		udelay(1);
	}
	WRITE_ONCE(qp->stuck, true);
	return false;
}

/*
 * The driver reads IIR, and opens and closes a port, without its lock. What waits must go
 * before whatever another CPU writes meanwhile. Interrupts are off wherever the queue is
 * held, so that no handler on this CPU finds it held. setserial(8) may have moved the port.
 */
static bool hold(struct quiet_port *qp, unsigned long *flags)
{
	if (unlikely(qp->port->iobase != qp->queue.base))
		return false;
	local_irq_save(*flags);
	if (try_hold(qp))
		return true;
	local_irq_restore(*flags);
	return false;
}

static void let_go(struct quiet_port *qp, unsigned long flags)
{
	quiet_queue_let_go(&qp->queue);
	local_irq_restore(flags);
}

/* A character of software flow control goes alone; it is nobody's burst. */
static bool character_may_wait(const struct quiet_port *qp)
{
	return qp->fifo && qp->room && !READ_ONCE(sleeps) &&
	       !(qp->mcr & UART_MCR_LOOP) && !qp->port->x_char;
}

/* Whoever polls looks at LSR next; the interrupt handler may have written its last. */
static void queue_character(struct quiet_port *qp, u8 value)
{
	quiet_queue_add(&qp->queue, UART_TX, value);
	qp->wrote = true;
	if (!--qp->room && !is_polled(qp))
		quiet_queue_run(&qp->queue);
}

/*
 * The console masks all interrupts while it writes, and polls: LSR is read next. The driver
 * knows which ones it will want again.
 */
static bool masks_for_a_while(const struct quiet_port *qp, u8 value)
{
	return !value && up_to_u8250p(qp->port)->ier;
}

static void write_ier(struct quiet_port *qp, u8 value)
{
	/* the driver would have read and dropped what changed before it asks for events */
	if (value & UART_IER_MSI && qp->msr_is_old) {
		qp->stock_in(qp->port, UART_MSR);
		qp->msr_is_old = false;
	}
	if (!qp->queue.count && !masks_for_a_while(qp, value)) {
		qp->stock_out(qp->port, UART_IER, value);
		return;
	}
	quiet_queue_add(&qp->queue, UART_IER, value);
	if (qp->queue.count > 1)
		quiet_queue_run(&qp->queue);
}

static void write_held(struct quiet_port *qp, unsigned int offset, u8 value)
{
	/* again: since it was noted, the holder before may have turned the FIFOs on */
	if (offset == UART_FCR) {
		WRITE_ONCE(qp->fifo, value & UART_FCR_ENABLE_FIFO);
		qp->fifo_is_ours = false;
	}
	qp->told_empty = false;
	qp->handles = false;
	if (is_character(qp, offset) && character_may_wait(qp)) {
		queue_character(qp, value);
		return;
	}
	qp->wrote = false;
	if (is_character(qp, offset))
		qp->room = qp->room ? qp->room - 1 : 0;
	if (is_ier(qp, offset)) {
		write_ier(qp, value);
		return;
	}
	quiet_queue_run(&qp->queue);
	qp->stock_out(qp->port, offset, value);
}

static void quiet_out(struct uart_port *port, PVQUIET_UART_OFFSET offset,
		      PVQUIET_UART_WRITE value)
{
	struct quiet_port *qp = ports[port->line];
	unsigned long flags;

	note_write(qp, offset, value);
	if (hold(qp, &flags)) {
		write_held(qp, offset, value);
		let_go(qp, flags);
	} else {
		qp->stock_out(port, offset, value);
	}
}

/* A register was answered without being read. */
static u8 answer(struct quiet_port *qp, u8 value)
{
	pvio_client_avoided(qp->client, 1);
	return value;
}

/*
 * The driver leaves the FIFOs off while nobody has the port open, also where it is the
 * console. It sets them up anew when somebody opens it. To turn them on empties them, so
 * nothing may be in there: then one character after the other goes as before.
 */
static void turn_fifo_on(struct quiet_port *qp, u8 lsr)
{
	const struct uart_8250_port *up = up_to_u8250p(qp->port);

	if (qp->fifo || up->ier || READ_ONCE(sleeps) || !uart_console(qp->port) ||
	    qp->port->type != PORT_16550A ||
	    !(up->fcr & UART_FCR_ENABLE_FIFO) || divisor_is_visible(qp) ||
	    (lsr & (LSR_EMPTY | UART_LSR_DR)) != LSR_EMPTY)
		return;
	qp->stock_out(qp->port, UART_FCR, up->fcr);
	qp->fifo = true;
	qp->fifo_is_ours = true;
}

static void turn_fifo_off(struct quiet_port *qp)
{
	if (qp->fifo_is_ours && qp->stock_in(qp->port, UART_LSR) & UART_LSR_TEMT)
		qp->stock_out(qp->port, UART_FCR, 0);
}

/*
 * The interrupt of an empty transmitter is the one of lowest priority but for the modem's
 * (16550D datasheet, table IV): the receiver has nothing to tell.
 */
static u8 read_lsr(struct quiet_port *qp)
{
	u8 lsr;

	qp->handles = qp->told_empty && qp->told_cpu == smp_processor_id() &&
		      (qp->ier & IER_RECEIVER) == IER_RECEIVER;
	if (qp->handles) {
		qp->told_empty = false;
		qp->room = QUIET_FIFO_SIZE;
		return answer(qp, UART_LSR_THRE);
	}
	/* who asks twice wants to know whether the last one is out */
	if (qp->wrote && qp->room && is_polled(qp)) {
		qp->wrote = false;
		return answer(qp, UART_LSR_THRE);
	}
	qp->wrote = false;
	lsr = quiet_queue_run_and_read(&qp->queue, UART_LSR);
	qp->room = lsr & UART_LSR_THRE ? QUIET_FIFO_SIZE : 0;
	if (is_polled(qp))
		turn_fifo_on(qp, lsr);
	return lsr;
}

/* The room that was found before is not this interrupt's. */
static u8 read_iir(struct quiet_port *qp)
{
	u8 iir = quiet_queue_run_and_read(&qp->queue, UART_IIR);

	qp->wrote = false;
	qp->room = 0;
	qp->told_empty = (iir & IIR_PENDING) == UART_IIR_THRI;
	qp->told_cpu = smp_processor_id();
	if (!READ_ONCE(sleeps))
		WRITE_ONCE(qp->fifo, (iir & IIR_FIFO_ENABLED) == IIR_FIFO_ENABLED);
	return iir;
}

/*
 * While its interrupt is masked, the driver looks at no delta in the handler: they stay
 * in the register.
 */
static u8 read_msr(struct quiet_port *qp, bool handles)
{
	u8 msr;

	if (handles && qp->msr && !(qp->ier & UART_IER_MSI)) {
		qp->msr_is_old = true;
		return answer(qp, qp->msr);
	}
	qp->wrote = false;
	qp->msr_is_old = false;
	msr = quiet_queue_run_and_read(&qp->queue, UART_MSR);
	qp->msr = msr & ~UART_MSR_ANY_DELTA;
	return msr;
}

static u8 read_held(struct quiet_port *qp, unsigned int offset)
{
	bool handles = qp->handles;

	qp->handles = false;
	switch (offset) {
	case UART_LSR:
		return read_lsr(qp);
	case UART_IIR:
		if (!divisor_is_visible(qp))
			return read_iir(qp);
		break;
	case UART_MSR:
		return read_msr(qp, handles);
	}
	qp->wrote = false;
	qp->told_empty = false;
	quiet_queue_run(&qp->queue);
	return qp->stock_in(qp->port, offset);
}

static PVQUIET_UART_READ quiet_in(struct uart_port *port, PVQUIET_UART_OFFSET offset)
{
	struct quiet_port *qp = ports[port->line];
	unsigned long flags;
	u8 value;

	if (!hold(qp, &flags))
		return qp->stock_in(port, offset);
	value = read_held(qp, offset);
	let_go(qp, flags);
	return value;
}

/* Those that every PC has, whose writes a host takes together. */
static bool has_standard_address(const struct uart_port *port)
{
	return port->iotype == UPIO_PORT && !port->regshift &&
	       (port->iobase == 0x3f8 || port->iobase == 0x2f8 ||
		port->iobase == 0x3e8 || port->iobase == 0x2e8);
}

/*
 * While somebody has the port open, FCR is what the driver has noted. To read IIR would
 * take the transmitter's interrupt away then.
 */
static void read_registers(struct quiet_port *qp)
{
	const struct uart_8250_port *up = up_to_u8250p(qp->port);

	qp->lcr = qp->stock_in(qp->port, UART_LCR);
	qp->mcr = qp->stock_in(qp->port, UART_MCR);
	qp->ier = qp->stock_in(qp->port, UART_IER);
	if (up->ier)
		qp->fifo = up->fcr & UART_FCR_ENABLE_FIFO;
	else
		qp->fifo = (qp->stock_in(qp->port, UART_IIR) & IIR_FIFO_ENABLED) ==
			   IIR_FIFO_ENABLED;
}

/* Under the port's lock there is no burst under way. */
static void replace_functions(struct quiet_port *qp)
{
	struct uart_port *port = qp->port;
	unsigned long flags;

	uart_port_lock_irqsave(port, &flags);
	qp->stock_in = port->serial_in;
	qp->stock_out = port->serial_out;
	read_registers(qp);
	/* reads come without the lock, too */
	smp_store_release(&ports[port->line], qp);
	WRITE_ONCE(port->serial_in, quiet_in);
	WRITE_ONCE(port->serial_out, quiet_out);
	uart_port_unlock_irqrestore(port, flags);
}

static int attach_port(struct uart_port *port, struct pvio_client *client)
{
	struct quiet_port *qp;

	if (port->type != PORT_16550A || !has_standard_address(port))
		return -ENODEV;
	qp = kzalloc(sizeof(*qp), GFP_KERNEL);
	if (!qp)
		return -ENOMEM;
	if (quiet_queue_init(&qp->queue, client, port->iobase)) {
		kfree(qp);
		return -ENOMEM;
	}
	qp->port = port;
	qp->client = client;
	replace_functions(qp);
	return 0;
}

/* Returns false if the queue is somebody else's. */
static bool run_waiting(struct quiet_port *qp)
{
	unsigned long flags;

	if (!hold(qp, &flags))
		return false;
	quiet_queue_run(&qp->queue);
	let_go(qp, flags);
	return true;
}

/* The driver may have put its own functions back by itself. */
static void restore_functions(struct quiet_port *qp)
{
	struct uart_port *port = qp->port;
	unsigned long flags;

	uart_port_lock_irqsave(port, &flags);
	if (port->serial_out == quiet_out)
		WRITE_ONCE(port->serial_out, qp->stock_out);
	if (run_waiting(qp))
		turn_fifo_off(qp);
	if (port->serial_in == quiet_in)
		WRITE_ONCE(port->serial_in, qp->stock_in);
	uart_port_unlock_irqrestore(port, flags);
}

static void detach_all(void)
{
	unsigned int i;

	for (i = 0; i < PORTS; i++) {
		if (ports[i])
			restore_functions(ports[i]);
	}
	/* neither tasks nor interrupts are in our functions any more */
	synchronize_rcu_tasks();
	synchronize_rcu();
	for (i = 0; i < PORTS; i++) {
		if (!ports[i])
			continue;
		/* of a caller that had our function in its hands before */
		run_waiting(ports[i]);
		quiet_queue_release(&ports[i]->queue);
		kfree(ports[i]);
		ports[i] = NULL;
	}
}

#define STALE_INTERVAL		HZ

static void flush_stale(struct work_struct *work);
/* It wakes no idle CPU. */
static DECLARE_DEFERRABLE_WORK(stale_work, flush_stale);

static void flush_if_stale(struct quiet_port *qp)
{
	unsigned int waiting;
	unsigned long flags;
	bool late = false;

	uart_port_lock_irqsave(qp->port, &flags);
	waiting = READ_ONCE(qp->queue.count);
	if (waiting && waiting == qp->seen)
		late = run_waiting(qp);
	qp->seen = waiting;
	uart_port_unlock_irqrestore(qp->port, flags);
	if (late)
		pr_warn_once("ttyS%u: %u writes waited for up to two seconds: this driver ends its bursts otherwise\n",
			     qp->port->line, waiting);
}

static void flush_stale(struct work_struct *work)
{
	unsigned int i;

	for (i = 0; i < PORTS; i++) {
		if (ports[i])
			flush_if_stale(ports[i]);
	}
	schedule_delayed_work(&stale_work, STALE_INTERVAL);
}

static void forget_all_fifos(void)
{
	unsigned int i;

	for (i = 0; i < PORTS; i++) {
		if (ports[i])
			WRITE_ONCE(ports[i]->fifo, false);
	}
}

/* How they are is known again by the next IIR, or as on any console that nobody has open. */
static int forget_at_sleep(struct notifier_block *block, unsigned long event, void *unused)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
		WRITE_ONCE(sleeps, true);
		forget_all_fifos();
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
		forget_all_fifos();
		WRITE_ONCE(sleeps, false);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block suspend_notifier = {
	.notifier_call = forget_at_sleep,
};

static int attach_all(struct uart_8250_port *(*get_port)(int line),
		      struct pvio_client *client)
{
	int r, line, found = 0;

	for (line = 0; line < PORTS; line++) {
		r = attach_port(&get_port(line)->port, client);
		if (r == -ENOMEM)
			return r;
		found += !r;
	}
	return found ? 0 : -ENODEV;
}

static void serial_stop(void)
{
	unregister_pm_notifier(&suspend_notifier);
	cancel_delayed_work_sync(&stale_work);
	detach_all();
	symbol_put(serial8250_get_port);
}

static int serial_start(struct pvio_client *client)
{
	struct uart_8250_port *(*get_port)(int line) = symbol_get(serial8250_get_port);
	int r;

	if (!get_port)
		return -ENODEV;
	WRITE_ONCE(sleeps, false);
	r = attach_all(get_port, client);
	schedule_delayed_work(&stale_work, STALE_INTERVAL);
	register_pm_notifier(&suspend_notifier);
	if (r)
		serial_stop();
	return r;
}

static int serial_show(char *text, size_t size)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < PORTS; i++) {
		if (ports[i])
			len += scnprintf(text + len, size - len, " ttyS%u", i);
	}
	return len;
}

const struct pvquiet_measure pvquiet_serial = {
	.name = "serial",
	.client = "pvquiet_serial",
	.start = serial_start,
	.stop = serial_stop,
	.show = serial_show,
};
