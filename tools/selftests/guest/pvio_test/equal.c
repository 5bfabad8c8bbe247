// SPDX-License-Identifier: GPL-2.0
/* Batches against instructions, on the devices of QEMU and of KVM. */
#include <linux/io.h>
#include <linux/pci.h>

#include "script.h"

/* a host bridge, and the ISA bridge at 00:01.0 */
static int pci_config(struct seq_file *m)
{
	static const struct pvio_step steps[] = {
		OUT(0xcf8, 4, 0x80000000),
		IN_IS(0xcf8, 4, 0x80000000),
		IN_IS(0xcfc, 4, 0x12378086),
		IN_IS(0xcfc, 2, 0x8086), IN_IS(0xcfe, 2, 0x1237),
		IN_IS(0xcfc, 1, 0x86), IN_IS(0xcfd, 1, 0x80),
		IN_IS(0xcfe, 1, 0x37), IN_IS(0xcff, 1, 0x12),
		OUT(0xcf8, 4, 0x80000800),
		IN_IS(0xcfc, 4, 0x70008086),
		IN_IS(0xcfe, 2, 0x7000), IN_IS(0xcff, 1, 0x70),
		OUT(0xcf8, 4, 0x80000008),
		IN(0xcfc, 4), IN(0xcfd, 1),
	};

	return pvio_script_compare(m, steps, ARRAY_SIZE(steps), NULL);
}

/* an index and a value behind it: any other order finds other values */
static int cmos(struct seq_file *m)
{
	static const struct pvio_step steps[] = {
		OUT(0x70, 1, 0x60), OUT(0x71, 1, 0xa5),
		OUT(0x70, 1, 0x61), OUT(0x71, 1, 0x5a),
		OUT(0x70, 1, 0x60), IN_IS(0x71, 1, 0xa5),
		OUT(0x70, 1, 0x61), IN_IS(0x71, 1, 0x5a),
		OUT(0x71, 1, 0), IN_IS(0x71, 1, 0),
		OUT(0x70, 1, 0x60), OUT(0x71, 1, 0),
		OUT(0x70, 1, 0x0d), IN_IS(0x71, 1, 0x80),
	};

	return pvio_script_compare(m, steps, ARRAY_SIZE(steps), NULL);
}

/* the task file of the second channel, which is idle; no command is given */
static int ata_registers(struct seq_file *m)
{
	static const struct pvio_step steps[] = {
		OUT(0x176, 1, 0xa0), IN(0x176, 1),
		OUT(0x172, 1, 0x11), OUT(0x173, 1, 0x22),
		OUT(0x174, 1, 0x33), OUT(0x175, 1, 0x44),
		IN(0x171, 1), IN(0x172, 1), IN(0x173, 1), IN(0x174, 1),
		IN(0x175, 1), IN(0x176, 1), IN(0x376, 1), IN(0x177, 1),
		IN(0x170, 2), IN(0x170, 4), IN(0x376, 1),
	};

	return pvio_script_compare(m, steps, ARRAY_SIZE(steps), NULL);
}

static int every_port_size(struct seq_file *m)
{
	u16 p = pvio_test_scratch;
	const struct pvio_step steps[] = {
		OUT(p, 4, 0x12345678), IN_IS(p, 4, 0x12345678),
		IN_IS(p, 2, 0x5678), IN_IS(p + 2, 2, 0x1234),
		IN_IS(p, 1, 0x78), IN_IS(p + 1, 1, 0x56),
		IN_IS(p + 2, 1, 0x34), IN_IS(p + 3, 1, 0x12),
		OUT(p, 2, 0xabc0), IN_IS(p, 4, 0x1234abc0),
		OUT(p + 2, 2, 0xdef0), IN_IS(p, 4, 0xdef0abc0),
		OUT(p + 1, 1, 0x44), IN_IS(p, 4, 0xdef044c0),
		OUT(p + 3, 1, 0x88), OUT(p, 1, 0), IN_IS(p, 4, 0x88f04400),
	};

	return pvio_script_compare(m, steps, ARRAY_SIZE(steps), NULL);
}

/*
 * The interrupt controller is in KVM. What is toggled is the mask of its
 * line 5, which nothing uses.
 */
static int kernel_pic(struct seq_file *m)
{
	u8 first = inb(0x21), second = inb(0xa1);
	const struct pvio_step steps[] = {
		OUT(0x21, 1, first ^ 0x20), IN_IS(0x21, 1, first ^ 0x20),
		OUT(0x21, 1, first), IN_IS(0x21, 1, first),
		IN_IS(0xa1, 1, second), OUT(0xa1, 1, second ^ 0x20),
		IN_IS(0xa1, 1, second ^ 0x20), OUT(0xa1, 1, second),
		IN_IS(0xa1, 1, second),
	};

	return pvio_script_compare(m, steps, ARRAY_SIZE(steps), NULL);
}

/* The timer, too: its speaker channel, and read-backs, which latch. */
static int kernel_pit(struct seq_file *m)
{
	static const struct pvio_step steps[] = {
		OUT(0x43, 1, 0xb0), OUT(0x42, 1, 0x34), OUT(0x42, 1, 0x12),
		OUT(0x43, 1, 0xe8), IN_BITS(0x42, 1, 0x30, 0x3f),
		OUT(0x43, 1, 0xb6), OUT(0x42, 1, 0x34), OUT(0x42, 1, 0x12),
		OUT(0x43, 1, 0xe8), IN_BITS(0x42, 1, 0x36, 0x3f),
		OUT(0x43, 1, 0xe2), IN_BITS(0x40, 1, 0x30, 0x30),
		OUT(0x61, 1, 2), IN_BITS(0x61, 1, 2, 3),
		OUT(0x61, 1, 0), IN_BITS(0x61, 1, 0, 3),
	};

	return pvio_script_compare(m, steps, ARRAY_SIZE(steps), NULL);
}

/* ports of KVM and of user space in turn: each must wait for the others */
static int kernel_and_user(struct seq_file *m)
{
	u16 p = pvio_test_scratch;
	const struct pvio_step steps[] = {
		OUT(p, 4, 0x100), OUT(0x61, 1, 2), OUT(p, 4, 0x200),
		IN_BITS(0x61, 1, 2, 3), IN_IS(p, 4, 0x200),
		OUT(0x61, 1, 0), IN_IS(p, 4, 0x200), OUT(p, 4, 0x300),
		IN_BITS(0x61, 1, 0, 3), OUT(p, 4, 0x400), IN_IS(p, 4, 0x400),
	};

	return pvio_script_compare(m, steps, ARRAY_SIZE(steps), NULL);
}

static int compare_mmio(struct seq_file *m, phys_addr_t phys,
			const struct pvio_step *steps, unsigned int count)
{
	struct pvio_region region = {
		.phys = phys,
		.mapped = ioremap(phys, PAGE_SIZE),
	};
	int r;

	if (!region.mapped)
		return -ENOMEM;
	r = pvio_script_compare(m, steps, count, &region);
	iounmap(region.mapped);
	return r;
}

static int compare_bar(struct seq_file *m, u16 vendor, u16 device, int bar,
		       const struct pvio_step *steps, unsigned int count)
{
	struct pci_dev *pdev = pci_get_device(vendor, device, NULL);
	int r;

	if (!pdev)
		return -ENODEV;
	r = pci_enable_device(pdev);
	if (!r) {
		r = compare_mmio(m, pci_resource_start(pdev, bar), steps,
				 count);
		pci_disable_device(pdev);
	}
	pci_dev_put(pdev);
	return r;
}

/* edu: identification, a register that inverts, and 8-byte ones */
static int mmio_4_and_8(struct seq_file *m)
{
	static const struct pvio_step steps[] = {
		RD_IS(0, 4, 0x010000ed),
		WR(4, 4, 0x12345678), RD_IS(4, 4, 0xedcba987),
		WR(0x80, 8, 0x1122334455667788), WR(0x88, 8, 0xffeeddccbbaa9988),
		RD_IS(0x80, 8, 0x1122334455667788),
		RD_IS(0x88, 8, 0xffeeddccbbaa9988),
		WR(4, 4, 0), WR(4, 4, 0xffffffff), RD_IS(4, 4, 0),
		WR(0x80, 4, 0xcafe), RD_IS(0x80, 4, 0xcafe),
		WR(0x80, 8, 0), RD_IS(0x80, 8, 0),
	};

	return compare_bar(m, 0x1234, 0x11e8, 0, steps, ARRAY_SIZE(steps));
}

/* bochs-display: bytes of its EDID, and 2-byte mode registers at 0x500 */
static int mmio_1_and_2(struct seq_file *m)
{
	static const struct pvio_step steps[] = {
		RD_IS(0, 1, 0), RD_IS(1, 1, 0xff), RD_IS(6, 2, 0xff),
		RD_IS(0, 4, 0xffffff00), RD_IS(0, 8, 0x00ffffffffffff00),
		RD(8, 1), RD(9, 1), RD(10, 2), RD(12, 4),
		WR(0x502, 2, 640), WR(0x504, 2, 480),
		RD_IS(0x502, 2, 640), RD_IS(0x504, 2, 480),
		WR(0x502, 2, 1024), RD_IS(0x502, 2, 1024),
		RD(0x500, 2), RD(0x604, 4),
	};

	return compare_bar(m, 0x1234, 0x1111, 2, steps, ARRAY_SIZE(steps));
}

/* in KVM: the window behind an index */
static int kernel_ioapic(struct seq_file *m)
{
	static const struct pvio_step steps[] = {
		WR(0, 4, 1), RD(0x10, 4), WR(0, 4, 0), RD(0x10, 4),
		RD_IS(0, 4, 0), WR(0, 4, 1), RD(0x10, 4), RD_IS(0, 4, 1),
	};

	return compare_mmio(m, 0xfec00000, steps, ARRAY_SIZE(steps));
}

/* @count operations: a write of the scratch register, a read of it, ... */
static int run_length(struct seq_file *m, unsigned int count)
{
	struct pvio_batch *b = pvio_test_batch;
	u16 p = pvio_test_scratch;
	unsigned int i, done;

	pvio_batch_reset(b);
	for (i = 0; i < count; i++) {
		if (i % 2)
			pvio_port_read(b, p, 4);
		else
			pvio_port_write(b, p, 4, (count << 16) + i * 4);
	}
	done = pvio_batch_run(b);
	if (pvio_test_differs(m, "operations done", done, count))
		return -EIO;
	for (i = 1; i < count; i += 2) {
		if (pvio_test_differs(m, "read back", pvio_batch_value(b, i),
				      (count << 16) + (i - 1) * 4))
			return -EIO;
	}
	i = (count - 1) / 2 * 2;
	return pvio_test_differs(m, "written last", inl(p),
				 (count << 16) + i * 4) ? -EIO : 0;
}

static int every_length(struct seq_file *m)
{
	unsigned int count;
	int r = 0;

	for (count = 1; count <= PVIO_MAX_OPS && !r; count++) {
		r = run_length(m, count);
		if (r)
			seq_printf(m, "# in a batch of %u\n", count);
	}
	return r;
}

/* Where pci-testdev keeps what: it counts writes of @data at @offset. */
#define TESTDEV_TEST	0
#define TESTDEV_OFFSET	4
#define TESTDEV_DATA	8
#define TESTDEV_COUNT	12

/*
 * Done twice, or not at all, a write would show in the count. @ports is where
 * the ports are, or 0 for @region; @base reads and writes the one or the other.
 * The host makes each an exit to user space; of what it queues, the data of a PIO
 * write to a disk are compared (exits.sh).
 */
static int count_batch(struct seq_file *m, void __iomem *base, u16 ports,
		       const struct pvio_region *region, unsigned int count)
{
	struct pvio_batch *b = pvio_test_batch;
	unsigned int i;
	u32 offset;
	u8 data;

	iowrite8(0, base + TESTDEV_TEST);
	offset = ioread32(base + TESTDEV_OFFSET);
	data = ioread32(base + TESTDEV_DATA);
	pvio_batch_reset(b);
	for (i = 0; i < count; i++)
		if (ports)
			pvio_port_write(b, ports + offset, 1, data);
		else
			pvio_mmio_write(b, region, offset, 1, data);
	pvio_batch_run(b);
	return pvio_test_differs(m, ports ? "port writes counted" :
				 "MMIO writes counted",
				 ioread32(base + TESTDEV_COUNT), count) ?
	       -EIO : 0;
}

static int count_writes(struct seq_file *m, struct pci_dev *pdev)
{
	struct pvio_region region = {
		.phys = pci_resource_start(pdev, 0),
		.mapped = pci_iomap(pdev, 0, 0),
	};
	void __iomem *ports = pci_iomap(pdev, 1, 0);
	unsigned int n;
	int r = region.mapped && ports ? 0 : -ENOMEM;

	for (n = 1; n <= PVIO_MAX_OPS && !r; n++)
		r = count_batch(m, ports, pci_resource_start(pdev, 1), NULL,
				n) ?:
		    count_batch(m, region.mapped, 0, &region, n);
	if (ports)
		pci_iounmap(pdev, ports);
	if (region.mapped)
		pci_iounmap(pdev, region.mapped);
	return r;
}

static int writes_are_done_once(struct seq_file *m)
{
	struct pci_dev *pdev = pci_get_device(PCI_VENDOR_ID_REDHAT, 0x0005,
					      NULL);
	int r;

	if (!pdev)
		return -ENODEV;
	r = pci_enable_device(pdev);
	if (!r) {
		r = count_writes(m, pdev);
		pci_disable_device(pdev);
	}
	pci_dev_put(pdev);
	return r;
}

/*
 * write 0x500, read it (stop unless the masked value is @want), write 0x600.
 * Done with an instruction after the stop, the last write would show.
 */
static int run_stop(struct seq_file *m, u32 mask, u32 want, bool stops)
{
	struct pvio_batch *b = pvio_test_batch;
	u16 p = pvio_test_scratch;
	unsigned int done;

	pvio_batch_reset(b);
	pvio_port_write(b, p, 4, 0x400);
	pvio_port_write(b, p, 4, 0x500);
	pvio_port_read(b, p, 4);
	pvio_stop_unless(b, mask, want);
	pvio_port_write(b, p, 4, 0x600);
	pvio_port_write(b, p, 4, 0x700);
	done = pvio_batch_run(b);
	if (pvio_test_differs(m, "operations done", done, stops ? 3 : 5) ||
	    pvio_test_differs(m, "value read", pvio_batch_value(b, 2), 0x500) ||
	    pvio_test_differs(m, "register", inl(p), stops ? 0x500 : 0x700))
		return -EIO;
	return 0;
}

static int conditional_stop(struct seq_file *m)
{
	return run_stop(m, ~0u, 0x500, false) ?: run_stop(m, ~0u, 0x600, true) ?:
	       run_stop(m, 0x100, 0x100, false) ?: run_stop(m, 0x100, 0, true) ?:
	       run_stop(m, 0x200, 0, false) ?: run_stop(m, 0x200, 0x200, true);
}

/* the read may be first, last, or the only operation */
static int stop_at_the_edges(struct seq_file *m)
{
	struct pvio_batch *b = pvio_test_batch;
	u16 p = pvio_test_scratch;

	outl(0x500, p);
	pvio_batch_reset(b);
	pvio_port_read(b, p, 4);
	pvio_stop_unless(b, 0x100, 0);
	if (pvio_test_differs(m, "alone", pvio_batch_run(b), 1))
		return -EIO;
	pvio_port_write(b, p, 4, 0x600);
	if (pvio_test_differs(m, "first", pvio_batch_run(b), 1) ||
	    pvio_test_differs(m, "register", inl(p), 0x500))
		return -EIO;
	pvio_batch_reset(b);
	pvio_port_write(b, p, 4, 0x600);
	pvio_port_read(b, p, 4);
	pvio_stop_unless(b, 0x100, 0x100);
	return pvio_test_differs(m, "last", pvio_batch_run(b), 2) ||
	       pvio_test_differs(m, "value", pvio_batch_value(b, 1), 0x600) ?
	       -EIO : 0;
}

static const struct pvio_test tests[] = {
	PVIO_TEST(pci_config),
	PVIO_TEST(cmos),
	PVIO_TEST(ata_registers),
	PVIO_TEST(every_port_size),
	PVIO_TEST(kernel_pic),
	PVIO_TEST(kernel_pit),
	PVIO_TEST(kernel_and_user),
	PVIO_TEST(mmio_1_and_2),
	PVIO_TEST(mmio_4_and_8),
	PVIO_TEST(kernel_ioapic),
	PVIO_TEST(every_length),
	PVIO_TEST(writes_are_done_once),
	PVIO_TEST(conditional_stop),
	PVIO_TEST(stop_at_the_edges),
	{ "under_spinlock", pvio_test_under_spinlock },
	{ "in_softirq", pvio_test_in_softirq },
	{ "in_hardirq", pvio_test_in_hardirq },
};

/**
 * pvio_equal_show() - run these tests
 * @m: receives their KTAP
 *
 * Context: may sleep.
 */
void pvio_equal_show(struct seq_file *m)
{
	pvio_tests_show(m, tests, ARRAY_SIZE(tests));
}
