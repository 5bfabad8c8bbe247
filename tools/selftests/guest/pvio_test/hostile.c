// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that breaks the rules of pvio_abi.h on purpose: each call must end
 * with the documented error and must not have touched device or memory.
 */
#include <linux/io.h>
#include <linux/slab.h>

#include "raw.h"
#include "test.h"

#define POISON		0xdeadbeefdeadbeefull
#define BEFORE		0x1000
#define AFTER		0x2000

/* an address that the host would take for device memory: nobody is there */
#define FREE_MMIO	0xfd000000
#define APIC_PAGE	0xfee00000
#define IOAPIC_PAGE	0xfec00000

/* A page, and memory behind it, so that batches can cross its end. */
static struct pvio_op *ops;

/* A good write, @middle, and a good read: all or nothing. */
static void fill(struct pvio_op *at, const struct pvio_op *middle)
{
	at[0] = (struct pvio_op) {
		.kind = PVIO_PORT_WRITE, .size = 4,
		.addr = pvio_test_scratch, .value = AFTER,
	};
	at[1] = *middle;
	at[2] = (struct pvio_op) {
		.kind = PVIO_PORT_READ, .size = 4,
		.addr = pvio_test_scratch, .value = POISON,
	};
	outl(BEFORE, pvio_test_scratch);
}

static bool nothing_ran(struct seq_file *m, const struct pvio_op *at)
{
	return !pvio_test_differs(m, "register", inl(pvio_test_scratch),
				  BEFORE) &&
	       !pvio_test_differs(m, "memory", at[2].value, POISON);
}

static const struct pvio_op harmless = {
	.kind = PVIO_PORT_READ, .size = 1, .addr = 0x80,
};

/* Without this, the refusals below would prove nothing. */
static int good_batch(struct seq_file *m)
{
	fill(ops, &harmless);
	if (pvio_test_differs(m, "result",
			      pvio_test_hypercall(PVIO_HC_BATCH,
						  virt_to_phys(ops), 3, 0),
			      3) ||
	    pvio_test_differs(m, "register", inl(pvio_test_scratch), AFTER) ||
	    pvio_test_differs(m, "memory", ops[2].value, AFTER))
		return -EIO;
	return 0;
}

static int refused(struct seq_file *m, const char *name,
		   const struct pvio_op *middle, int error)
{
	long r;

	fill(ops, middle);
	r = pvio_test_hypercall(PVIO_HC_BATCH, virt_to_phys(ops), 3, 0);
	if (pvio_test_differs(m, "result", r, error) || !nothing_ran(m, ops)) {
		seq_printf(m, "# with %s\n", name);
		return -EIO;
	}
	return 0;
}

#define OP(kind_, size_, addr_, ...) \
	{ .kind = kind_, .size = size_, .addr = addr_, __VA_ARGS__ }

static int bad_port_fields(struct seq_file *m)
{
	static const struct {
		const char *name;
		struct pvio_op op;
	} cases[] = {
		{ "kind 4", OP(4, 1, 0x80) },
		{ "kind 255", OP(255, 1, 0x80) },
		{ "size 0", OP(PVIO_PORT_READ, 0, 0x80) },
		{ "size 3", OP(PVIO_PORT_READ, 3, 0x80) },
		{ "size 8", OP(PVIO_PORT_READ, 8, 0x80) },
		{ "write of size 8", OP(PVIO_PORT_WRITE, 8, 0x80) },
		{ "size 255", OP(PVIO_PORT_WRITE, 255, 0x80) },
		{ "flags", OP(PVIO_PORT_READ, 1, 0x80, .flags = 1) },
		{ "high flags", OP(PVIO_PORT_READ, 1, 0x80, .flags = 0x8000) },
		{ "reserved", OP(PVIO_PORT_READ, 1, 0x80, .reserved = 1) },
		{ "mask of a write", OP(PVIO_PORT_WRITE, 1, 0x80, .mask = 1) },
		{ "want of a write", OP(PVIO_PORT_WRITE, 1, 0x80, .want = 1) },
		{ "want without mask", OP(PVIO_PORT_READ, 1, 0x80, .want = 1) },
		{ "want beside mask",
		  OP(PVIO_PORT_READ, 1, 0x80, .mask = 1, .want = 2) },
		{ "port 0x10000", OP(PVIO_PORT_READ, 1, 0x10000) },
		{ "port beyond 32 bits", OP(PVIO_PORT_READ, 1, 1ull << 32 | 0x80) },
		{ "port over the end", OP(PVIO_PORT_READ, 2, 0xffff) },
		{ "four over the end", OP(PVIO_PORT_WRITE, 4, 0xfffd) },
		{ "the VAPIC's port", OP(PVIO_PORT_WRITE, 1, 0x7e) },
		{ "the VAPIC's other port", OP(PVIO_PORT_WRITE, 1, 0x7f) },
		{ "the VAPIC's port at the end", OP(PVIO_PORT_WRITE, 4, 0x7b) },
	};
	unsigned int i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(cases) && !r; i++)
		r = refused(m, cases[i].name, &cases[i].op, -PVIO_EINVAL);
	return r;
}

static int bad_mmio_fields(struct seq_file *m)
{
	const struct {
		const char *name;
		struct pvio_op op;
	} cases[] = {
		{ "size 0", OP(PVIO_MMIO_READ, 0, IOAPIC_PAGE) },
		{ "size 3", OP(PVIO_MMIO_READ, 3, IOAPIC_PAGE) },
		{ "size 16", OP(PVIO_MMIO_WRITE, 16, FREE_MMIO) },
		{ "address 1 of 2", OP(PVIO_MMIO_READ, 2, FREE_MMIO + 1) },
		{ "address 2 of 4", OP(PVIO_MMIO_READ, 4, FREE_MMIO + 2) },
		{ "address 4 of 8", OP(PVIO_MMIO_WRITE, 8, FREE_MMIO + 4) },
		{ "over a page", OP(PVIO_MMIO_READ, 4, FREE_MMIO + 0xffe) },
		{ "read of memory",
		  OP(PVIO_MMIO_READ, 4, virt_to_phys(ops)) },
		{ "write of memory",
		  OP(PVIO_MMIO_WRITE, 8,
		     virt_to_phys(&ops[2]) + offsetof(struct pvio_op, value)) },
		{ "address 0", OP(PVIO_MMIO_WRITE, 1, 0) },
		{ "local APIC", OP(PVIO_MMIO_READ, 4, APIC_PAGE + 0x20) },
		{ "end of interrupt", OP(PVIO_MMIO_WRITE, 4, APIC_PAGE + 0xb0) },
		{ "beyond physical addresses",
		  OP(PVIO_MMIO_READ, 4, 1ull << 52) },
		{ "the last address", OP(PVIO_MMIO_READ, 1, ~0ull) },
		{ "flags", OP(PVIO_MMIO_READ, 4, IOAPIC_PAGE, .flags = 1) },
		{ "mask of a write",
		  OP(PVIO_MMIO_WRITE, 4, FREE_MMIO, .mask = 1) },
	};
	unsigned int i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(cases) && !r; i++)
		r = refused(m, cases[i].name, &cases[i].op, -PVIO_EINVAL);
	return r;
}

/* The batch itself: @at is where its three good operations are. */
static int call_refused(struct seq_file *m, const char *name,
			struct pvio_op *at, u64 gpa, u64 count, u64 rdx,
			int error)
{
	long r;

	fill(at, &harmless);
	r = pvio_test_hypercall(PVIO_HC_BATCH, gpa, count, rdx);
	if (pvio_test_differs(m, "result", r, error) || !nothing_ran(m, at)) {
		seq_printf(m, "# with %s\n", name);
		return -EIO;
	}
	return 0;
}

static int bad_count(struct seq_file *m)
{
	phys_addr_t gpa = virt_to_phys(ops);

	return call_refused(m, "129", ops, gpa, 129, 0, -PVIO_E2BIG) ?:
	       call_refused(m, "2^27", ops, gpa, 1 << 27, 0, -PVIO_E2BIG) ?:
	       call_refused(m, "2^32 + 3", ops, gpa, (1ull << 32) + 3, 0,
			    -PVIO_E2BIG) ?:
	       call_refused(m, "-1", ops, gpa, ~0ull, 0, -PVIO_E2BIG) ?:
	       call_refused(m, "0", ops, gpa, 0, 0, 0);
}

static int bad_address(struct seq_file *m)
{
	struct pvio_op *end = &ops[PVIO_MAX_OPS];
	phys_addr_t gpa = virt_to_phys(ops);
	void *odd = (void *)ops + 4;

	return call_refused(m, "2 + 1 over a page", end - 2,
			    virt_to_phys(end - 2), 3, 0, -PVIO_EINVAL) ?:
	       call_refused(m, "128 + 8 bytes", ops, gpa + 8, PVIO_MAX_OPS, 0,
			    -PVIO_EINVAL) ?:
	       call_refused(m, "4 of 8", odd, gpa + 4, 3, 0, -PVIO_EINVAL) ?:
	       call_refused(m, "no memory", ops, 1ull << 40, 3, 0,
			    -PVIO_EFAULT) ?:
	       call_refused(m, "no such memory", ops, ~0xfffull, 3, 0,
			    -PVIO_EFAULT) ?:
	       call_refused(m, "a device", ops, IOAPIC_PAGE, 3, 0,
			    -PVIO_EFAULT);
}

static int bad_rdx(struct seq_file *m)
{
	phys_addr_t gpa = virt_to_phys(ops);

	return call_refused(m, "1", ops, gpa, 3, 1, -PVIO_EINVAL) ?:
	       call_refused(m, "2^63", ops, gpa, 3, 1ull << 63, -PVIO_EINVAL) ?:
	       call_refused(m, "a note", ops, gpa, 3, PVIO_HANDOVER | 1,
			    -PVIO_EINVAL);
}

static int queries(struct seq_file *m)
{
	static const struct {
		const char *name;
		u64 call, item;
		long answer;
	} cases[] = {
		{ "version", PVIO_HC_QUERY, PVIO_QUERY_VERSION,
		  PVIO_ABI_VERSION },
		{ "features", PVIO_HC_QUERY, PVIO_QUERY_FEATURES,
		  PVIO_FEATURE_PORT | PVIO_FEATURE_MMIO | PVIO_FEATURE_STOP },
		{ "largest batch", PVIO_HC_QUERY, PVIO_QUERY_MAX_OPS,
		  PVIO_MAX_OPS },
		{ "unknown item", PVIO_HC_QUERY, 1000, 0 },
		{ "call before", PVIO_HC_FIRST - 1, 0, -PVIO_ENOSYS },
		{ "call behind", PVIO_HC_LAST + 1, 0, -PVIO_ENOSYS },
		{ "call beyond 32 bits", PVIO_HC_QUERY | 1ull << 32, 0,
		  -PVIO_ENOSYS },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (pvio_test_differs(m, cases[i].name,
				      pvio_test_hypercall(cases[i].call,
							  cases[i].item, 0, 0),
				      cases[i].answer))
			return -EIO;
	}
	return 0;
}

/* The page is the host's to write only where reads keep their values. */
static int only_values_are_written(struct seq_file *m)
{
	static const struct pvio_op write = {
		.kind = PVIO_PORT_WRITE, .size = 1, .addr = 0x80,
		.value = POISON,
	};
	struct pvio_op before[4];
	unsigned int i;

	fill(ops, &write);
	ops[3] = ops[0];
	memcpy(before, ops, sizeof(before));
	if (pvio_test_differs(m, "result",
			      pvio_test_hypercall(PVIO_HC_BATCH,
						  virt_to_phys(ops), 3, 0), 3))
		return -EIO;
	before[2].value = AFTER;
	for (i = 0; i < ARRAY_SIZE(before); i++) {
		if (pvio_test_differs(m, "operation",
				      memcmp(&before[i], &ops[i],
					     sizeof(*ops)), 0))
			return -EIO;
	}
	return 0;
}

static const struct pvio_test tests[] = {
	PVIO_TEST(good_batch),
	PVIO_TEST(bad_port_fields),
	PVIO_TEST(bad_mmio_fields),
	PVIO_TEST(bad_count),
	PVIO_TEST(bad_address),
	PVIO_TEST(bad_rdx),
	PVIO_TEST(queries),
	PVIO_TEST(only_values_are_written),
};

/**
 * pvio_hostile_show() - run these tests
 * @m: receives their KTAP
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int pvio_hostile_show(struct seq_file *m)
{
	ops = kzalloc(2 * PAGE_SIZE, GFP_KERNEL);
	if (!ops)
		return -ENOMEM;
	pvio_tests_show(m, tests, ARRAY_SIZE(tests));
	kfree(ops);
	return 0;
}
