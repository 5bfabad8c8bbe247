/* SPDX-License-Identifier: GPL-2.0 */
/* What one file of this module takes off the hardware, and how it is switched. */
#ifndef PVQUIET_MEASURE_H
#define PVQUIET_MEASURE_H

#include "../pvio.h"

/**
 * struct pvquiet_measure - a kind of operation that a virtual machine can do without
 * @name:	of its switch
 * @client:	the name under which what it saves is counted
 * @start:	begins; returns 0, or a negative error when there is nothing to do here
 * @stop:	puts everything back
 * @look:	looks for what has come since, every few seconds that a CPU is awake; may
 *		be missing
 * @show:	writes what it works on into a text of some size, each with a blank before it;
 *		returns how long that is
 *
 * The functions may sleep, and run one at a time, with no lock of a file held.
 */
struct pvquiet_measure {
	const char *name;
	const char *client;
	int (*start)(struct pvio_client *client);
	void (*stop)(void);
	void (*look)(void);
	int (*show)(char *text, size_t size);
};

extern const struct pvquiet_measure pvquiet_clocksource;
extern const struct pvquiet_measure pvquiet_cursor;
extern const struct pvquiet_measure pvquiet_serial;

#endif /* PVQUIET_MEASURE_H */
