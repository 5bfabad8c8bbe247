// SPDX-License-Identifier: GPL-2.0
/*
 * Which disks are to have no scheduler: a hypervisor's own, whose requests the host
 * schedules again. A disk that is none of these may be a real one that was passed
 * through to the guest. What the administrator says about a disk comes first.
 */
#include <linux/glob.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <scsi/scsi_device.h>

#include "choice.h"
#include "compat/ide.h"

/* What vendor and model of INQUIRY begin with; an ATA disk's vendor is "ATA". */
static const struct {
	const char *vendor;
	const char *model;
	const char *kind;
} scsi_disks[] = {
	{ "ATA     ", "QEMU HARDDISK", "QEMU" },
	{ "QEMU    ", "QEMU HARDDISK", "QEMU" },
	{ "ATA     ", "VBOX HARDDISK", "VirtualBox" },
	{ "VBOX    ", "HARDDISK", "VirtualBox" },
	{ "ATA     ", "VMware Virtual", "VMware" },
	{ "VMware", "Virtual", "VMware" },
	{ "VMware", "VMware Virtual", "VMware" },
	{ "ATA     ", "Virtual HD", "Hyper-V" },
	{ "Msft    ", "Virtual ", "Hyper-V" },
};

static const char *find_scsi_kind(const char *vendor, const char *model)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(scsi_disks); i++) {
		if (!strncmp(vendor, scsi_disks[i].vendor,
			     strlen(scsi_disks[i].vendor)) &&
		    !strncmp(model, scsi_disks[i].model,
			     strlen(scsi_disks[i].model)))
			return scsi_disks[i].kind;
	}
	return NULL;
}

/* Names, as the types and buses themselves are in modules that may not be there. */
static bool is_called(const char *name, const char *wanted)
{
	return name && !strcmp(name, wanted);
}

static const char *find_kind(struct device *parent)
{
	if (!parent)
		return NULL;
	if (parent->bus && is_called(parent->bus->name, "virtio"))
		return "virtio";
	if (parent->bus && is_called(parent->bus->name, "xen"))
		return "Xen";
	if (parent->type && is_called(parent->type->name, "scsi_device"))
		return find_scsi_kind(to_scsi_device(parent)->vendor,
				      to_scsi_device(parent)->model);
	if (parent->bus && is_called(parent->bus->name, "ide"))
		return find_scsi_kind("ATA     ", pvelv_ide_model(parent));
	/* a namespace's parent is the controller, and its parent the PCI device */
	if (parent->class && is_called(parent->class->name, "nvme") &&
	    parent->parent && dev_is_pci(parent->parent) &&
	    to_pci_dev(parent->parent)->vendor == PCI_VENDOR_ID_REDHAT)
		return "QEMU";
	return NULL;
}

/* What the administrator said, a pattern each. Written by pvelv_choice_init() alone. */
static char *patterns_text;
static const char *patterns[16];
static unsigned int patterns_count;

/**
 * pvelv_choice_init() - take what the administrator said
 * @text: patterns of names, as in "sda,!vd*", or NULL
 *
 * Context: may sleep.
 * Return: 0 or a negative error: -E2BIG for too many patterns.
 */
int pvelv_choice_init(const char *text)
{
	char *rest, *pattern;

	if (!text)
		return 0;
	patterns_text = kstrdup(text, GFP_KERNEL);
	if (!patterns_text)
		return -ENOMEM;
	rest = patterns_text;
	while ((pattern = strsep(&rest, "\n, "))) {
		if (!*pattern)
			continue;
		if (patterns_count == ARRAY_SIZE(patterns)) {
			pvelv_choice_exit();
			return -E2BIG;
		}
		patterns[patterns_count++] = pattern;
	}
	return 0;
}

/**
 * pvelv_choice_exit() - undo pvelv_choice_init()
 *
 * Context: may sleep.
 */
void pvelv_choice_exit(void)
{
	patterns_count = 0;
	kfree(patterns_text);
}

/**
 * pvelv_choice_of() - whether a disk is to have no scheduler
 * @name:	of its device
 * @parent:	the device that it is added to and that is there, or NULL
 * @why:	is set to the reason, for people
 *
 * Context: any.
 * Return: true if so.
 */
bool pvelv_choice_of(const char *name, struct device *parent, const char **why)
{
	unsigned int i;

	for (i = 0; i < patterns_count; i++) {
		bool excludes = patterns[i][0] == '!';

		if (!glob_match(patterns[i] + excludes, name))
			continue;
		*why = excludes ? "excluded" : "listed";
		return !excludes;
	}
	*why = find_kind(parent);
	if (*why)
		return true;
	*why = "not known as a virtual disk";
	return false;
}
