/* SPDX-License-Identifier: GPL-2.0 */
/* Counters for people: debugfs pvio_host/stats and timers. */
#ifndef PVIO_HOST_STATS_H
#define PVIO_HOST_STATS_H

void pvio_host_stats_create(void);
void pvio_host_stats_remove(void);

#endif /* PVIO_HOST_STATS_H */
