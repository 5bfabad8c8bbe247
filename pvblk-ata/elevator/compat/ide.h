/* SPDX-License-Identifier: GPL-2.0 */
/* Wraps <linux/ide.h>, which went with 5.14. */
#ifndef PVELV_COMPAT_IDE_H
#define PVELV_COMPAT_IDE_H

#include <linux/device.h>
#include <linux/kconfig.h>

#if IS_ENABLED(CONFIG_IDE)
#include <linux/ide.h>

/* The model of IDENTIFY, of a device on the bus of drivers/ide. */
static inline const char *pvelv_ide_model(struct device *dev)
{
	return (const char *)&to_ide_device(dev)->id[ATA_ID_PROD];
}
#else
static inline const char *pvelv_ide_model(struct device *dev)
{
	return "";
}
#endif

#endif /* PVELV_COMPAT_IDE_H */
