// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs pvio/clients: a line for each client with
 *	batches		batches run
 *	asked		operations in them: what the exits would have been
 *	calls		hypercalls made for them
 *	saved		exits that the hypercalls replaced
 *	avoided		exits of operations that the client left out altogether
 */
#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "pvio.h"
#include "stats.h"

struct pvio_counts {
	u64 batches;
	u64 asked;
	u64 calls;
	u64 saved;
	u64 avoided;
};

/**
 * struct pvio_client - a user of the library
 * @node:	in clients, under clients_lock
 * @counts:	counters of each CPU
 * @name:	for people
 */
struct pvio_client {
	struct list_head node;
	struct pvio_counts __percpu *counts;
	const char *name;
};

static LIST_HEAD(clients);
static DEFINE_MUTEX(clients_lock);
static struct dentry *pvio_dir;

/**
 * pvio_client_register() - become a client of the library
 * @name: for the statistics; must stay valid
 *
 * Context: may sleep.
 * Return: the client, or NULL without memory.
 */
struct pvio_client *pvio_client_register(const char *name)
{
	struct pvio_client *client = kzalloc(sizeof(*client), GFP_KERNEL);

	if (!client)
		return NULL;
	client->counts = alloc_percpu(struct pvio_counts);
	if (!client->counts) {
		kfree(client);
		return NULL;
	}
	client->name = name;
	mutex_lock(&clients_lock);
	list_add_tail(&client->node, &clients);
	mutex_unlock(&clients_lock);
	return client;
}
EXPORT_SYMBOL_GPL(pvio_client_register);

/**
 * pvio_client_unregister() - undo pvio_client_register()
 * @client: the client, whose batches are freed already; or NULL
 *
 * Context: may sleep.
 */
void pvio_client_unregister(struct pvio_client *client)
{
	if (!client)
		return;
	mutex_lock(&clients_lock);
	list_del(&client->node);
	mutex_unlock(&clients_lock);
	free_percpu(client->counts);
	kfree(client);
}
EXPORT_SYMBOL_GPL(pvio_client_unregister);

/**
 * pvio_client_avoided() - count exits that the client did without
 * @client:	the client
 * @exits:	operations that it would have made otherwise
 *
 * Context: any.
 */
void pvio_client_avoided(struct pvio_client *client, unsigned int exits)
{
	this_cpu_add(client->counts->avoided, exits);
}
EXPORT_SYMBOL_GPL(pvio_client_avoided);

/**
 * pvio_client_count() - count a batch
 * @client:	whose it is
 * @asked:	its operations
 * @calls:	hypercalls made for it
 * @on_host:	operations that those did
 *
 * Context: any.
 */
void pvio_client_count(struct pvio_client *client, unsigned int asked,
		       unsigned int calls, unsigned int on_host)
{
	this_cpu_inc(client->counts->batches);
	this_cpu_add(client->counts->asked, asked);
	if (!calls)
		return;
	this_cpu_add(client->counts->calls, calls);
	if (on_host > calls)
		this_cpu_add(client->counts->saved, on_host - calls);
}

static void print_client(struct seq_file *m, const struct pvio_client *client)
{
	struct pvio_counts sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct pvio_counts *c = per_cpu_ptr(client->counts, cpu);

		sum.batches += READ_ONCE(c->batches);
		sum.asked += READ_ONCE(c->asked);
		sum.calls += READ_ONCE(c->calls);
		sum.saved += READ_ONCE(c->saved);
		sum.avoided += READ_ONCE(c->avoided);
	}
	seq_printf(m, "%s %llu %llu %llu %llu %llu\n", client->name,
		   sum.batches, sum.asked, sum.calls, sum.saved, sum.avoided);
}

static int clients_show(struct seq_file *m, void *unused)
{
	struct pvio_client *client;

	seq_puts(m, "client batches asked calls saved avoided\n");
	mutex_lock(&clients_lock);
	list_for_each_entry(client, &clients, node)
		print_client(m, client);
	mutex_unlock(&clients_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(clients);

static int host_serves_show(struct seq_file *m, void *unused)
{
	seq_puts(m, pvio_host_serves() ? "yes\n" : "no\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(host_serves);

/**
 * pvio_stats_create() - show the counters, and whether the host serves batches
 *
 * Context: may sleep. Without debugfs nothing is shown.
 */
void pvio_stats_create(void)
{
	pvio_dir = debugfs_create_dir("pvio", NULL);
	debugfs_create_file("clients", 0444, pvio_dir, NULL, &clients_fops);
	debugfs_create_file("host", 0444, pvio_dir, NULL, &host_serves_fops);
}

/**
 * pvio_stats_remove() - undo pvio_stats_create()
 *
 * Context: may sleep; waits for readers.
 */
void pvio_stats_remove(void)
{
	debugfs_remove_recursive(pvio_dir);
}
