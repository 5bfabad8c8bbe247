// SPDX-License-Identifier: GPL-2.0
/*
 * No clock that is read for nothing. While the TSC is one of the kernel's clocksources and
 * is not known to be reliable, it is compared with another twice a second
 * (clocksource_watchdog(), kernel/time/clocksource.c), which wakes a CPU that is idle,
 * also where kvm-clock is the one in use: that is made of the same TSC. Here an unused TSC
 * is no clocksource any more until this is switched off. What goes with being one, a
 * check of TSC_ADJUST when the machine wakes up, is real hardware's.
 *
 * acpi_pm and hpet cost exits at each reading: where somebody chose one of them although
 * there is kvm-clock, that is used instead.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/clocksource.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/uaccess.h>

#include "../sysfs_file.h"
#include "measure.h"

#define CLOCKSOURCE_FILE(name)	"devices/system/clocksource/clocksource0/" name
#define CURRENT_FILE	CLOCKSOURCE_FILE("current_clocksource")
#define AVAILABLE_FILE	CLOCKSOURCE_FILE("available_clocksource")
/* More than any machine has. */
#define CLOCKSOURCES	32
#define NAME_SIZE	16

static struct vfsmount *sysfs;
static struct pvio_client *clock_client;
/* The TSC, which is no clocksource meanwhile, and since when its checks are counted. */
static struct clocksource *unused_tsc;
static unsigned long counted_until;
/* The TSC is a clocksource that nobody checks. */
static bool tsc_is_reliable;
/* What was in use before, if that is not any more. */
static char replaced[NAME_SIZE];

static u64 read_probe(struct clocksource *cs)
{
	return jiffies;
}

/* Too bad to be chosen: it only shows where the list of clocksources is. */
static struct clocksource probe = {
	.name = "pvquiet",
	.rating = 1,
	.read = read_probe,
	.mask = CLOCKSOURCE_MASK(32),
};

static bool probe_stays;

/* @node may be the head of the list, which is in no clocksource. */
static bool is_verified_tsc(struct list_head *node)
{
	struct clocksource *cs = list_entry(node, struct clocksource, list);
	char name[sizeof("tsc")];
	const char *at;

	return !copy_from_kernel_nofault(&at, &cs->name, sizeof(at)) &&
	       !copy_from_kernel_nofault(name, at, sizeof(name)) &&
	       !memcmp(name, "tsc", sizeof(name)) &&
	       cs->flags & CLOCK_SOURCE_MUST_VERIFY;
}

/*
 * The kernel exports no clocksource by name. Another one that comes or goes meanwhile
 * cannot hurt: what is read need not be there, and is as it was or as it will be.
 */
static struct clocksource *search_list(void)
{
	struct list_head *node;
	unsigned int i;

	node = probe.list.next;
	for (i = 0; i < CLOCKSOURCES && node != &probe.list; i++) {
		if (is_verified_tsc(node))
			return list_entry(node, struct clocksource, list);
		if (copy_from_kernel_nofault(&node, &node->next, sizeof(node)))
			return NULL;
	}
	tsc_is_reliable = node == &probe.list;
	return NULL;
}

static struct clocksource *find_verified_tsc(void)
{
	struct clocksource *found;

	if (probe_stays || clocksource_register_hz(&probe, HZ))
		return NULL;
	found = search_list();
	if (!clocksource_unregister(&probe))
		return found;
	/* somebody made it the clock in use, by taking away all others: it has to stay */
	__module_get(THIS_MODULE);
	probe_stays = true;
	return NULL;
}

#define CHECKS_A_SECOND	2	/* WATCHDOG_INTERVAL, kernel/time/clocksource.c */

static void count_checks(void)
{
	unsigned int seconds = (jiffies - counted_until) / HZ;

	if (!unused_tsc)
		return;
	pvio_client_avoided(clock_client, seconds * CHECKS_A_SECOND);
	counted_until += seconds * HZ;
}

static bool is_in_use(const char *name)
{
	char text[NAME_SIZE];

	return !pvio_sysfs_read(sysfs, CURRENT_FILE, text, sizeof(text)) &&
	       !strcmp(text, name);
}

/* @name: with the blank that is behind each */
static bool is_available(const char *name)
{
	char text[256];

	return !pvio_sysfs_read(sysfs, AVAILABLE_FILE, text, sizeof(text)) &&
	       strstr(text, name);
}

static void leave_tsc_out(void)
{
	struct clocksource *tsc;

	if (unused_tsc || tsc_is_reliable || !is_in_use("kvm-clock") || !is_available("tsc "))
		return;
	tsc = find_verified_tsc();
	if (!tsc || clocksource_unregister(tsc))
		return;
	unused_tsc = tsc;
	counted_until = jiffies;
}

/* What is written into the file is a choice, also where it names nothing that is there. */
static void use_kvm_clock(void)
{
	char text[NAME_SIZE];

	if (!is_available("kvm-clock ") ||
	    pvio_sysfs_read(sysfs, CURRENT_FILE, text, sizeof(text)) ||
	    (strcmp(text, "acpi_pm") && strcmp(text, "hpet")))
		return;
	if (!pvio_sysfs_write(sysfs, CURRENT_FILE, "kvm-clock"))
		strscpy(replaced, text, sizeof(replaced));
}

/* The kernel may make the TSC a clocksource a while after it has booted. */
static void clocksource_look(void)
{
	count_checks();
	leave_tsc_out();
}

static int clocksource_start(struct pvio_client *client)
{
	sysfs = pvio_sysfs_mount();
	if (IS_ERR(sysfs))
		return PTR_ERR(sysfs);
	clock_client = client;
	tsc_is_reliable = false;
	use_kvm_clock();
	clocksource_look();
	return 0;
}

static void clocksource_stop(void)
{
	count_checks();
	if (unused_tsc && __clocksource_register(unused_tsc))
		pr_warn("the TSC is no clocksource any more\n");
	unused_tsc = NULL;
	if (*replaced && is_in_use("kvm-clock"))
		pvio_sysfs_write(sysfs, CURRENT_FILE, replaced);
	*replaced = '\0';
	kern_unmount(sysfs);
}

static int clocksource_show(char *text, size_t size)
{
	int len = 0;

	if (unused_tsc)
		len += scnprintf(text, size, " tsc");
	if (*replaced)
		len += scnprintf(text + len, size - len, " %s", replaced);
	return len;
}

const struct pvquiet_measure pvquiet_clocksource = {
	.name = "clocksource",
	.client = "pvquiet_clocksource",
	.start = clocksource_start,
	.stop = clocksource_stop,
	.look = clocksource_look,
	.show = clocksource_show,
};
