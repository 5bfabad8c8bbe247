/* SPDX-License-Identifier: GPL-2.0 */
/* A port of drivers/ide whose operations are replaced. */
#ifndef PVBLK_IDE_PORT_H
#define PVBLK_IDE_PORT_H

#include <linux/ide.h>
#include <linux/list.h>
#include <linux/spinlock.h>

#include "../channel.h"

/* What drivers/ide has said and the device does not know yet. */
enum pvblk_ide_held {
	PVBLK_IDE_NOTHING,
	PVBLK_IDE_SELECTED,	/* which device; perhaps its registers */
	PVBLK_IDE_TRANSFER,	/* and how the bus master is to be set up */
	PVBLK_IDE_COMMAND,	/* all but the bus master's start */
};

/**
 * struct pvblk_ide_port - a port whose operations are replaced
 * @hwif:	the port
 * @stock_tp:	its own operations for the command block
 * @stock_dma:	and for the bus master
 * @node:	in the list of ports, which is read under RCU
 * @gone:	in a list of those that only wait to be freed
 * @data_lock:	guards the channel's data batch
 * @channel:	its registers
 * @status:	of each device, as read after its last command, or 0
 * @held:	what the device does not know yet
 * @drive:	the device that was selected last
 * @tf:		the registers, while something is held
 * @hob:	and those of the high order
 * @tf_valid:	which of @tf are held
 * @hob_valid:	which of @hob are held
 * @shortened:	the last command was an LBA48 one that was issued with a 28-bit address
 * @high_order:	the last write of Device Control has the high order read
 * @draining:	no more commands are issued here: the port is being detached
 * @accelerated: commands issued here
 * @passed:	commands left to drivers/ide
 *
 * @hwif to @stock_dma do not change while the port is attached. What follows @data_lock
 * belongs to whoever has hwif->busy: the request that set it, until its command is
 * issued, then the interrupt or timeout handler. It passes from one to the other under
 * hwif->lock: a command is issued, and the handler asks whether it is over, with that
 * held. Under that lock alone, while no command is under way, the handler of a stray
 * interrupt reads Status. The data of a PIO command may be written while its interrupt
 * is handled already, hence a lock for the batch.
 */
struct pvblk_ide_port {
	ide_hwif_t *hwif;
	const struct ide_tp_ops *stock_tp;
	const struct ide_dma_ops *stock_dma;
	struct list_head node;
	struct list_head gone;
	/* see above */
	spinlock_t data_lock;

	struct pvblk_channel channel;
	u8 status[2];
	enum pvblk_ide_held held;
	ide_drive_t *drive;
	struct ide_taskfile tf;
	struct ide_taskfile hob;
	u8 tf_valid;
	u8 hob_valid;
	bool shortened;
	bool high_order;
	bool draining;
	u64 accelerated;
	u64 passed;
};

extern bool pvblk_ide_force;

struct pvblk_ide_port *pvblk_ide_port_find(const ide_hwif_t *hwif);
int pvblk_ide_port_attach(ide_hwif_t *hwif);
int pvblk_ide_port_detach(ide_hwif_t *hwif);
void pvblk_ide_port_abandon(ide_hwif_t *hwif);
void pvblk_ide_ports_free(void);
int pvblk_ide_ports_init(void);
void pvblk_ide_ports_exit(void);

#endif /* PVBLK_IDE_PORT_H */
