/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PVELV_CHOICE_H
#define PVELV_CHOICE_H

#include <linux/device.h>

int pvelv_choice_init(const char *text);
void pvelv_choice_exit(void);
bool pvelv_choice_of(const char *name, struct device *parent, const char **why);

#endif /* PVELV_CHOICE_H */
