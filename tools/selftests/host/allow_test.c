// SPDX-License-Identifier: GPL-2.0
/* The parameter "allow" of the host module: who is served. */
#include <stdio.h>
#include <unistd.h>

#include "module.h"
#include "vm_fixture.h"

#define PARAMETER	MODULE_PARAMETERS "allow"
#define NOT_SERVED	(-1000l)	/* KVM's own answer, -KVM_ENOSYS */

/* Returns 0 or -errno. */
static int allow(const char *text)
{
	return file_write(PARAMETER, text);
}

static const char *allowed(void)
{
	return file_read(PARAMETER);
}

FIXTURE(allowing) {
	struct vmm v;
	struct pvio_op *ops;
};

FIXTURE_SETUP(allowing)
{
	ASSERT_EQ(0, vmm_create(&self->v));
	self->ops = vmm_ops(&self->v);
}

/* Whatever becomes of a test, those behind it find what was there before. */
FIXTURE_TEARDOWN(allowing)
{
	EXPECT_EQ(0, allow("all"));
	EXPECT_STREQ("all\n", allowed());
	vmm_destroy(&self->v);
}

TEST_F(allowing, all_by_default)
{
	EXPECT_STREQ("all\n", allowed());
	vmm_batch(&self->v, 0);
	EXPECT_DONE(&self->v, 0);
}

/* The guest's call is answered so where the parameter is this. */
static void expect_answer(struct __test_metadata *_metadata, struct vmm *v,
			  const char *kind, unsigned int id, long answer)
{
	char text[64];

	snprintf(text, sizeof(text), "uid=4000000000,%s=%u\n", kind, id);
	ASSERT_EQ(0, allow(text));
	EXPECT_STREQ(text, allowed());
	vmm_batch(v, 0);
	EXPECT_DONE(v, answer) {
		TH_LOG("%s", text);
	}
}

TEST_F(allowing, users_and_processes)
{
	struct vmm *v = &self->v;

	expect_answer(_metadata, v, "pid", getpid(), 0);
	expect_answer(_metadata, v, "uid", getuid(), 0);
	/* a process's number is no user's, nor the other way round */
	expect_answer(_metadata, v, "uid", getpid(), NOT_SERVED);
	expect_answer(_metadata, v, "pid", getuid(), NOT_SERVED);
	vmm_call(v, PVIO_HC_QUERY, PVIO_QUERY_VERSION, 0, 0);
	EXPECT_DONE(v, NOT_SERVED);
}

/* What is under way comes to its end. */
TEST_F(allowing, changed_in_mid_batch)
{
	struct vmm *v = &self->v;

	port_read(&self->ops[0], 0x170, 1);
	port_read(&self->ops[1], 0x171, 1);
	vmm_batch(v, 2);
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x170, 1);
	EXPECT_EQ(0, allow("pid=1"));
	EXPECT_PORT_EXIT(v, KVM_EXIT_IO_IN, 0x171, 1);
	EXPECT_DONE(v, 2);
	vmm_batch(v, 2);
	EXPECT_DONE(v, NOT_SERVED);
}

TEST_F(allowing, bad_lists)
{
	static const char * const bad[] = {
		"\n", "none", "uid", "uid=", "uid=-1", "uid=x", "gid=1",
		"uid=1,", ",uid=1", "uid=1,,pid=1", "uid=4294967296", "all,uid=1",
	};

	EXPECT_EQ(0, allow("uid=1"));
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		EXPECT_GT(0, allow(bad[i])) {
			TH_LOG("'%s'", bad[i]);
		}
	}
	EXPECT_STREQ("uid=1\n", allowed());
}

TEST_HARNESS_MAIN
