// SPDX-License-Identifier: GPL-2.0
/*
 * A text console whose cursor does not blink. On a framebuffer it is drawn anew five times
 * a second, each of which wakes a CPU that is idle, and has the picture copied where a
 * driver needs that. Nobody looks at most virtual machines. The cursor may stay invisible
 * until something is written. vgacon's is the device's, and blinks without the CPU.
 */
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mount.h>

#include "../sysfs_file.h"
#include "measure.h"

/* "1" while the cursor of the console in the foreground is about to blink, "-1" without one */
#define BLINK_FILE	"devices/virtual/graphics/fbcon/cursor_blink"
/* drivers/video/fbdev/core/fbcon.c: fbcon_startup() */
#define BLINKS_A_SECOND	5

static struct vfsmount *sysfs;
static struct pvio_client *cursor_client;
/* It blinked when it was looked at first; since then, until when its blinks are counted. */
static bool stopped;
static unsigned long counted_until;

static void count_blinks(void)
{
	unsigned int seconds = (jiffies - counted_until) / HZ;

	if (!stopped)
		return;
	pvio_client_avoided(cursor_client, seconds * BLINKS_A_SECOND);
	counted_until += seconds * HZ;
}

/* A framebuffer comes later than this module, or takes another's place. */
static void cursor_look(void)
{
	char text[8];

	count_blinks();
	if (pvio_sysfs_read(sysfs, BLINK_FILE, text, sizeof(text)) || strcmp(text, "1"))
		return;
	if (pvio_sysfs_write(sysfs, BLINK_FILE, "0"))
		return;
	if (!stopped)
		counted_until = jiffies;
	stopped = true;
}

static int cursor_start(struct pvio_client *client)
{
	sysfs = pvio_sysfs_mount();
	if (IS_ERR(sysfs))
		return PTR_ERR(sysfs);
	cursor_client = client;
	stopped = false;
	cursor_look();
	return 0;
}

static void cursor_stop(void)
{
	count_blinks();
	if (stopped)
		pvio_sysfs_write(sysfs, BLINK_FILE, "1");
	kern_unmount(sysfs);
}

static int cursor_show(char *text, size_t size)
{
	return stopped ? scnprintf(text, size, " fbcon") : 0;
}

const struct pvquiet_measure pvquiet_cursor = {
	.name = "cursor",
	.client = "pvquiet_cursor",
	.start = cursor_start,
	.stop = cursor_stop,
	.look = cursor_look,
	.show = cursor_show,
};
