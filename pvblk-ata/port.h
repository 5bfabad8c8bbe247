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
	PVBLK_ANSWERED,		/* its interrupt came, Status has been read */
};

/**
 * struct pvblk_port - a port whose operations are replaced
 * @ap:		the port
 * @stock:	its own operations
 * @ops:	a copy of them, some replaced; ap->ops points here
 * @node:	in the list of ports, which is read without a lock
 * @gone:	in a list of those that only wait to be freed
 * @submit:	the batch that issues a command
 * @answer:	the batch that answers its interrupt
 * @data:	the batch that writes PIO data
 * @ask_dma:	only the bus-master status tells whose interrupt it is
 * @draining:	no more commands are issued here: the port is being detached
 * @state:	how far the command is
 * @nodata:	it moves no data, so the bus master has no part in it
 * @status:	the Status register, when PVBLK_ANSWERED
 * @known:	the next members, down to @uncleared, are right, and the PRD
 *		table's address is in its register
 * @device:	the Device register, or PVBLK_DEVICE_UNKNOWN
 * @zero_features: how many of the last two writes of Features were zero
 * @dma_cmd:	the bus-master Command register, without Start
 * @dma_cap:	the bus-master Status register's capability bits
 * @unstopped:	Start is still set since the last command
 * @uncleared:	Interrupt is still set since the last command
 * @accelerated: commands issued here
 * @passed:	commands left to libata
 *
 * @ap to @ask_dma do not change while the port is attached. ap->lock guards
 * the rest, and what the batches hold. What the registers hold is known once
 * libata has issued a DMA command, and is forgotten as soon as libata does
 * anything else with the port. The bus master is stopped, and its interrupt bit
 * cleared, in the batch of the next command: @unstopped and @uncleared say
 * whether that is still to be done.
 */
struct pvblk_port {
	struct ata_port *ap;
	struct ata_port_operations *stock;
	struct ata_port_operations ops;
	struct list_head node;
	struct list_head gone;
	struct pvio_batch *submit;
	struct pvio_batch *answer;
	struct pvio_batch *data;
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
 * What ioport_map() returns on x86 (lib/iomap.c): a number between PIO_OFFSET
 * and PIO_RESERVED, whose low bits are the port.
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

struct pvblk_port *pvblk_port_find(const struct ata_port *ap);
int pvblk_port_attach(struct ata_port *ap);
int pvblk_port_detach(struct ata_port *ap);
void pvblk_port_abandon(struct ata_port *ap);
void pvblk_ports_free(void);
int pvblk_ports_init(void);
void pvblk_ports_exit(void);

#endif /* PVBLK_PORT_H */
