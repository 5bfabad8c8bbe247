/* SPDX-License-Identifier: GPL-2.0 */
/* An ATA channel with a bus master: what its registers hold, commands in batches. */
#ifndef PVBLK_CHANNEL_H
#define PVBLK_CHANNEL_H

#include <linux/types.h>

#include "../pvio/pvio.h"

struct ata_taskfile;

/* How far the command is that was issued here. */
enum pvblk_state {
	PVBLK_IDLE,		/* none: the stock driver's functions serve */
	PVBLK_ISSUED,		/* the device works on it */
	PVBLK_ANSWERED,		/* its interrupt came, Status has been read */
};

/**
 * struct pvblk_channel - the registers of two devices that share them
 * @client:	whose batches these are
 * @command:	the first port of the command block
 * @bmdma:	the first port of the bus master
 * @ask_dma:	not QEMU's: only the bus-master status tells whose interrupt it is
 * @submit:	the batch that issues a command
 * @answer:	the batch that answers its interrupt
 * @data:	the batch that writes PIO data
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
 *
 * The first seven do not change. Whoever may use the registers guards the rest, and
 * what the batches hold: see the struct that this one is part of. What the registers
 * hold is known once the stock driver has issued a DMA command, and is forgotten as
 * soon as it does anything else with them. The bus master is stopped, and its interrupt
 * bit cleared, in the batch of the next command: @unstopped and @uncleared say whether
 * that is still to be done.
 */
struct pvblk_channel {
	struct pvio_client *client;
	u16 command;
	u16 bmdma;
	bool ask_dma;
	struct pvio_batch *submit;
	struct pvio_batch *answer;
	struct pvio_batch *data;

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
};

#define PVBLK_DEVICE_UNKNOWN	0xffff

/* of the packets that drives of QEMU's take (hw/ide/atapi.c: ATAPI_PACKET_SIZE) */
#define PVBLK_PACKET_BYTES	12

int pvblk_channel_init(struct pvblk_channel *channel);
void pvblk_channel_release(struct pvblk_channel *channel);
void pvblk_channel_forget(struct pvblk_channel *channel);
void pvblk_channel_settle(struct pvblk_channel *channel);
void pvblk_channel_learn(struct pvblk_channel *channel,
			 const struct ata_taskfile *tf);
void pvblk_channel_issue(struct pvblk_channel *channel,
			 const struct ata_taskfile *tf, const u8 *cdb,
			 u32 prd, unsigned int stock_exits);
bool pvblk_channel_answer(struct pvblk_channel *channel);
void pvblk_channel_finish(struct pvblk_channel *channel);
unsigned int pvblk_channel_write_data(struct pvblk_channel *channel,
				      const unsigned char *buf,
				      unsigned int len, u8 size);

#endif /* PVBLK_CHANNEL_H */
