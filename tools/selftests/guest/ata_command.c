// SPDX-License-Identifier: GPL-2.0
/*
 * Sends an ATA command to a disk, past the block layer: the protocols that the
 * kernel itself uses seldom. SG_IO does it for libata, HDIO_DRIVE_TASKFILE for
 * drivers/ide.
 *
 *	ata_command DISK identify		PIO in, 512 bytes to stdout
 *	ata_command DISK read LBA		PIO in, one sector to stdout
 *	ata_command DISK write LBA		PIO out, one sector from stdin
 *	ata_command DISK power			no data: prints Sector Count
 *
 * And for drivers/ide alone:
 *	ata_command DISK reset			resets the channel
 *	ata_command DISK dma			uses DMA again, as after a reset
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/hdreg.h>
#include <scsi/sg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECTOR		512
#define ATA_16		0x85	/* ATA PASS-THROUGH(16), SAT-3 12.2.3 */
#define NO_DATA		(3 << 1)
#define PIO_IN		(4 << 1)
#define PIO_OUT		(5 << 1)
#define CK_COND		0x20	/* give the registers back as sense */
#define ONE_BLOCK_IN	0x0e	/* from the device, in blocks, by count */
#define ONE_BLOCK_OUT	0x06
#define LBA_MODE	0x40

static unsigned char data[SECTOR], sense[32];
static int count = -1;	/* Sector Count, if the driver has told that */

static const struct command {
	const char *name;
	uint8_t code, protocol, flags;
	int direction;
} commands[] = {
	{ "identify", 0xec, PIO_IN, ONE_BLOCK_IN, SG_DXFER_FROM_DEV },
	{ "read", 0x20, PIO_IN, ONE_BLOCK_IN, SG_DXFER_FROM_DEV },
	{ "write", 0x30, PIO_OUT, ONE_BLOCK_OUT, SG_DXFER_TO_DEV },
	{ "power", 0xe5, NO_DATA, CK_COND, SG_DXFER_NONE },
};

static int send_taskfile(int fd, const struct command *c, uint32_t lba)
{
	int in = c->direction == SG_DXFER_FROM_DEV;
	int out = c->direction == SG_DXFER_TO_DEV;
	struct {
		ide_task_request_t task;
		unsigned char data[SECTOR];
	} request = {
		.task = {
			.io_ports = { 0, 0, in || out, lba, lba >> 8, lba >> 16,
				      LBA_MODE | (lba >> 24 & 0xf), c->code },
			.data_phase = in ? TASKFILE_IN : out ? TASKFILE_OUT :
							       TASKFILE_NO_DATA,
			.req_cmd = in ? IDE_DRIVE_TASK_IN :
				   out ? IDE_DRIVE_TASK_OUT :
					 IDE_DRIVE_TASK_NO_DATA,
			.in_size = in ? SECTOR : 0,
			.out_size = out ? SECTOR : 0,
		},
	};

	memcpy(request.data, data, SECTOR);
	if (ioctl(fd, HDIO_DRIVE_TASKFILE, &request)) {
		perror("HDIO_DRIVE_TASKFILE");
		return 1;
	}
	memcpy(data, request.data, SECTOR);
	count = request.task.io_ports[2];
	return 0;
}

static int send_command(int fd, const struct command *c, uint32_t lba)
{
	int has_data = c->direction != SG_DXFER_NONE;
	unsigned char cdb[16] = {
		[0] = ATA_16, [1] = c->protocol, [2] = c->flags,
		[6] = has_data, [8] = lba, [10] = lba >> 8, [12] = lba >> 16,
		[13] = LBA_MODE | (lba >> 24 & 0xf), [14] = c->code,
	};
	struct sg_io_hdr io = {
		.interface_id = 'S',
		.cmdp = cdb, .cmd_len = sizeof(cdb),
		.dxfer_direction = c->direction,
		.dxferp = has_data ? data : NULL,
		.dxfer_len = has_data ? SECTOR : 0,
		.sbp = sense, .mx_sb_len = sizeof(sense),
		.timeout = 120000,
	};

	if (ioctl(fd, SG_IO, &io)) {
		if (errno == EINVAL || errno == ENOTTY)
			return send_taskfile(fd, c, lba);
		perror("SG_IO");
		return 1;
	}
	/* CK_COND makes a good end a check condition, too */
	if (io.host_status || (io.status && c->flags != CK_COND)) {
		fprintf(stderr, "%s: status %#x, host %#x, driver %#x\n",
			c->name, io.status, io.host_status, io.driver_status);
		return 1;
	}
	return 0;
}

/* An ATA status return descriptor (SAT-3 12.2.7) has the registers. */
static int print_count(void)
{
	const unsigned char *d = sense + 8;

	if (count >= 0) {
		printf("%#x\n", count);
		return 0;
	}
	if ((sense[0] & 0x7f) != 0x72 || d[0] != 9 || d[13] & 1) {
		fprintf(stderr, "no registers, or an error in them\n");
		return 1;
	}
	printf("%#x\n", d[5]);
	return 0;
}

static int run(int fd, const struct command *c, uint32_t lba)
{
	if (c->direction == SG_DXFER_TO_DEV &&
	    fread(data, 1, SECTOR, stdin) != SECTOR) {
		fprintf(stderr, "not a sector on stdin\n");
		return 1;
	}
	if (send_command(fd, c, lba))
		return 1;
	if (c->direction == SG_DXFER_FROM_DEV)
		return fwrite(data, 1, SECTOR, stdout) != SECTOR;
	return c->direction == SG_DXFER_NONE ? print_count() : 0;
}

static int change_driver(int fd, const char *what)
{
	int done = !strcmp(what, "reset") ? ioctl(fd, HDIO_DRIVE_RESET, NULL) :
					    ioctl(fd, HDIO_SET_DMA, 1);

	if (done < 0)
		perror(what);
	return done < 0;
}

int main(int argc, char **argv)
{
	unsigned int i;
	int fd;

	if (argc < 3)
		goto usage;
	fd = open(argv[1], O_RDWR);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(argv[2], commands[i].name))
			return run(fd, &commands[i],
				   argc > 3 ? strtoul(argv[3], NULL, 0) : 0);
	}
	if (!strcmp(argv[2], "reset") || !strcmp(argv[2], "dma"))
		return change_driver(fd, argv[2]);
usage:
	fprintf(stderr, "usage: ata_command DISK identify|power|read LBA|write LBA|reset|dma\n");
	return 2;
}
