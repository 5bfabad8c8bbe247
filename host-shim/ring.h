/* SPDX-License-Identifier: GPL-2.0 */
/* What there is to the coalesced ring apart from KVM. */
#ifndef PVIO_HOST_RING_H
#define PVIO_HOST_RING_H

#ifndef __KERNEL__
#include <stdbool.h>
#endif
#include <linux/types.h>

/*
 * QEMU registers the PCI configuration address as a coalesced port, so it
 * empties the ring before it answers a read of it (hw/pci-host/i440fx.c,
 * hw/pci-host/q35.c: memory_region_add_coalescing(&phb->conf_mem, 0, 4)).
 * KVM is told of the first byte only: the reset control register of the south
 * bridge, 0xcf9, lies over the second.
 */
#define PVIO_HOST_FLUSH_PORT	0xcf8
#define PVIO_HOST_FLUSH_SIZE	4

/**
 * pvio_host_ring_passed() - whether user space has taken an entry of the ring
 * @mark:	the entry
 * @last:	where the next entry goes, read after the entry was queued
 * @first:	the oldest entry, read after @last
 * @max:	length of the ring
 *
 * The ring has one entry less than @max. While @mark is in it, so is all from
 * @first to @last, and @mark lies nearer to @first. Both indices may move on
 * between the two reads: if @first was read first, others could queue so much
 * meanwhile that @last comes round to it. This way round, the worst is an
 * answer of false though @mark was taken: one more flush.
 *
 * Return: true only if @mark was taken.
 */
static inline bool pvio_host_ring_passed(__u32 mark, __u32 last, __u32 first,
					 __u32 max)
{
	return (mark + max - first) % max >= (last + max - first) % max;
}

#endif /* PVIO_HOST_RING_H */
