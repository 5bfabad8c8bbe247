// SPDX-License-Identifier: GPL-2.0
/* The parameter "allow" of the host module: who is served. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vm_fixture.h"

#define PARAMETER	"/sys/module/pvio_host/parameters/allow"
#define NOT_SERVED	(-1000l)	/* KVM's own answer, -KVM_ENOSYS */

/* Returns 0 or -errno. */
static int allow(const char *text)
{
	int fd = open(PARAMETER, O_WRONLY | O_CLOEXEC);
	int r = write(fd, text, strlen(text)) < 0 ? -errno : 0;

	close(fd);
	return r;
}

static const char *allowed(void)
{
	static char text[4096];
	int fd = open(PARAMETER, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	return text;
}

TEST_F(vm, all_by_default)
{
	EXPECT_STREQ("all\n", allowed());
	vmm_batch(&self->v, 0);
	EXPECT_DONE(&self->v, 0);
}

TEST_F(vm, users_and_processes)
{
	struct vmm *v = &self->v;
	char text[64];

	EXPECT_EQ(0, allow("uid=1,pid=1"));
	EXPECT_STREQ("uid=1,pid=1\n", allowed());
	vmm_batch(v, 0);
	EXPECT_DONE(v, NOT_SERVED);
	vmm_call(v, PVIO_HC_QUERY, PVIO_QUERY_VERSION, 0, 0);
	EXPECT_DONE(v, NOT_SERVED);

	snprintf(text, sizeof(text), "uid=1,pid=%d\n", getpid());
	EXPECT_EQ(0, allow(text));
	vmm_batch(v, 0);
	EXPECT_DONE(v, 0);

	snprintf(text, sizeof(text), "uid=%u", getuid());
	EXPECT_EQ(0, allow(text));
	vmm_batch(v, 0);
	EXPECT_DONE(v, 0);

	EXPECT_EQ(0, allow("all"));
	EXPECT_STREQ("all\n", allowed());
}

/* What is under way comes to its end. */
TEST_F(vm, changed_in_mid_batch)
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
	EXPECT_EQ(0, allow("all"));
}

TEST_F(vm, bad_lists)
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
	EXPECT_EQ(0, allow("all"));
}

TEST_HARNESS_MAIN
