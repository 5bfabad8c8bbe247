/* SPDX-License-Identifier: GPL-2.0 */
/* Who asked for how many exits, and what was saved. */
#ifndef PVIO_STATS_H
#define PVIO_STATS_H

struct pvio_client;

void pvio_client_count(struct pvio_client *client, unsigned int asked,
		       unsigned int calls, unsigned int on_host);
void pvio_stats_create(void);
void pvio_stats_remove(void);

#endif /* PVIO_STATS_H */
