/* SPDX-License-Identifier: GPL-2.0 */
/* A libata port whose operations are replaced. */
#ifndef PVBLK_PORT_H
#define PVBLK_PORT_H

#include <linux/libata.h>
#include <linux/list.h>

#include "channel.h"

/**
 * struct pvblk_port - a port whose operations are replaced
 * @ap:		the port
 * @stock:	its own operations
 * @ops:	a copy of them, some replaced; ap->ops points here
 * @node:	in the list of ports, which is read without a lock
 * @gone:	in a list of those that only wait to be freed
 * @channel:	its registers
 * @draining:	no more commands are issued here: the port is being detached
 * @accelerated: commands issued here
 * @passed:	commands left to libata
 *
 * @ap to @ops do not change while the port is attached. ap->lock guards @channel and
 * what follows it.
 */
struct pvblk_port {
	struct ata_port *ap;
	struct ata_port_operations *stock;
	struct ata_port_operations ops;
	struct list_head node;
	struct list_head gone;

	struct pvblk_channel channel;
	bool draining;
	u64 accelerated;
	u64 passed;
};

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
