/* SPDX-License-Identifier: GPL-2.0 */
/* A libata port whose operations are replaced. */
#ifndef PVBLK_PORT_H
#define PVBLK_PORT_H

#include <linux/libata.h>
#include <linux/list.h>

#include "../pvio/pvio.h"

/* How far the command is that this module issued. */
enum pvblk_state {
	PVBLK_IDLE,		/* none: libata's own functions serve */
	PVBLK_ISSUED,		/* the device works on it */
	PVBLK_ANSWERED,		/* its interrupt came, @status says how it went */
};

/**
 * struct pvblk_port - a port whose operations are replaced
 * @ap:		the port
 * @self:	where @ops is, unlike in a copy that somebody else made of it
 * @stock:	its own operations
 * @ops:	a copy of them, some replaced; ap->ops points here
 * @node:	in the list of ports
 * @submit:	the batch that issues a command
 * @answer:	the batch that answers its interrupt
 * @ask_dma:	the bus-master status has to be asked whose interrupt it is
 * @draining:	no more commands are issued here: the port is being let go
 * @state:	how far the command is
 * @nodata:	it moves no data: the bus master has no part in it
 * @status:	the Status register, when PVBLK_ANSWERED
 * @known:	what follows holds, and the PRD address is in its register
 * @device:	the Device register, PVBLK_DEVICE_UNKNOWN where that has changed
 * @zero_features: how many of the last two writes of Features were zero
 * @dma_cmd:	the bus-master Command register, without Start
 * @dma_cap:	the bus-master Status register's capability bits
 * @unstopped:	Start is still set since the last command
 * @uncleared:	Interrupt is still set since the last command
 * @accelerated: commands issued here
 * @passed:	commands left to libata
 *
 * All but @ap to @ask_dma are guarded by ap->lock. The registers become known
 * by watching libata issue a DMA command, and are forgotten whenever libata
 * does anything else. What is left over of a command rides with the next.
 */
struct pvblk_port {
	struct ata_port *ap;
	const struct ata_port_operations *self;
	struct ata_port_operations *stock;
	struct ata_port_operations ops;
	struct list_head node;
	struct pvio_batch *submit;
	struct pvio_batch *answer;
	bool ask_dma;

	bool draining;
	enum pvblk_state state;
	bool nodata;
	u8 status;

	bool known;
	u16 device;
	u8 zero_features;
	u8 dma_cmd;
	u8 dma_cap;
	bool unstopped;
	bool uncleared;

	u64 accelerated;
	u64 passed;
};

#define PVBLK_DEVICE_UNKNOWN	0xffff

/*
 * The lookups of ioport_map() on x86 (lib/iomap.c): a port is a cookie
 * between PIO_OFFSET and PIO_RESERVED with the number in its low bits.
 */
static inline bool pvblk_is_port(void __iomem *addr)
{
	return (unsigned long)addr > 0x10000 && (unsigned long)addr < 0x40000;
}

static inline u16 pvblk_port_number(void __iomem *addr)
{
	return (unsigned long)addr & 0xffff;
}

extern struct pvio_client *pvblk_client;
extern bool pvblk_force;

int pvblk_port_attach(struct ata_port *ap);
void pvblk_port_detach(struct ata_port *ap);
void pvblk_ports_free(void);
int pvblk_ports_init(void);
void pvblk_ports_exit(void);

#endif /* PVBLK_PORT_H */
