/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the test module share. */
#ifndef PVIO_TEST_H
#define PVIO_TEST_H

#include <linux/seq_file.h>

#include "../../../../pvio/pvio.h"

/**
 * struct pvio_test - a test
 * @name:	for people
 * @run:	returns 0, -ENODEV to be skipped, or another error: failed, with
 *		the reason written to @m
 */
struct pvio_test {
	const char *name;
	int (*run)(struct seq_file *m);
};

#define PVIO_TEST(function) { #function, function }

bool pvio_test_differs(struct seq_file *m, const char *what, u64 seen,
		       u64 expected);
void pvio_tests_show(struct seq_file *m, const struct pvio_test *tests,
		     unsigned int count);

/* The one batch, of PVIO_MAX_OPS; a debugfs file is read by one at a time. */
extern struct pvio_client *pvio_test_client;
extern struct pvio_batch *pvio_test_batch;
/*
 * The PRD address of the second IDE channel: four bytes that a device keeps
 * but for the lowest two bits, and nobody uses while the channel is idle.
 */
extern u16 pvio_test_scratch;

void pvio_equal_show(struct seq_file *m);
int pvio_hostile_show(struct seq_file *m);

int pvio_test_in_softirq(struct seq_file *m);
int pvio_test_in_hardirq(struct seq_file *m);
int pvio_test_under_spinlock(struct seq_file *m);

void pvio_trigger_create(struct dentry *dir);
void pvio_trigger_settle(void);

#endif /* PVIO_TEST_H */
