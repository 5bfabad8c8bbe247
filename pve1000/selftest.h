/* SPDX-License-Identifier: GPL-2.0 */
/* ethtool -t. */
#ifndef PVE1000_SELFTEST_H
#define PVE1000_SELFTEST_H

#include <linux/ethtool.h>

#define PVE1000_SELFTESTS	5

struct pve1000;

extern const char
pve1000_selftest_names[PVE1000_SELFTESTS][ETH_GSTRING_LEN];

void pve1000_selftest(struct pve1000 *card, struct ethtool_test *test,
		      u64 *results);

#endif /* PVE1000_SELFTEST_H */
