// SPDX-License-Identifier: GPL-2.0
/*
 * Attempts an operation again and again, and makes the first allocation of it
 * fail, then the second, and so on, until one attempt has fewer
 * (Documentation/fault-injection/fault-injection.rst: fail-nth), which has to
 * succeed. What the others end with is the kernel's choice: pci_request_region(),
 * for one, makes EBUSY of a missing page.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* No operation here has so many: it would not come to its end. */
#define MOST_ALLOCATIONS	10000

static int inet;	/* a socket for ioctls */
static unsigned int attempts;

/*
 * An operation has words of the command line, the first of which is its name.
 * @attempt returns 0 or -errno; @undo puts things back after a success.
 */
struct operation {
	const char *name;
	int words;
	int (*prepare)(char **words);
	int (*attempt)(char **words);
	void (*undo)(char **words);
};

static int result_of(long r)
{
	return r < 0 ? -errno : 0;
}

static void stop(const char *what)
{
	fprintf(stderr, "fail_nth: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* up INTERFACE */

static int set_up(const char *interface, bool up)
{
	struct ifreq request = {};

	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	if (ioctl(inet, SIOCGIFFLAGS, &request))
		return -errno;
	if (up)
		request.ifr_flags |= IFF_UP;
	else
		request.ifr_flags &= ~IFF_UP;
	return result_of(ioctl(inet, SIOCSIFFLAGS, &request));
}

static int prepare_down(char **words)
{
	return set_up(words[1], false);
}

static int attempt_up(char **words)
{
	return set_up(words[1], true);
}

static void undo_up(char **words)
{
	if (set_up(words[1], false))
		stop(words[1]);
}

/* ring INTERFACE: its rings get another size than they have */

static int attempt_ring(char **words)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };
	struct ifreq request = { .ifr_data = (char *)&ring };

	strncpy(request.ifr_name, words[1], IFNAMSIZ - 1);
	if (ioctl(inet, SIOCETHTOOL, &request))
		return -errno;
	ring.cmd = ETHTOOL_SRINGPARAM;
	ring.rx_pending = ring.rx_pending == 256 ? 264 : 256;
	ring.tx_pending = ring.rx_pending;
	return result_of(ioctl(inet, SIOCETHTOOL, &request));
}

/* xdp INTERFACE: a program that passes everything, attached by a link */

static int program, link_fd;

static int call_bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int prepare_program(char **words)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.expected_attach_type = BPF_XDP,
		.insns = (unsigned long)pass,
		.insn_cnt = 2,
		.license = (unsigned long)"GPL",
	};

	program = call_bpf(BPF_PROG_LOAD, &attr);
	return if_nametoindex(words[1]) ? result_of(program) : -ENODEV;
}

static int attempt_attach(char **words)
{
	union bpf_attr attr = {
		.link_create.prog_fd = program,
		.link_create.target_ifindex = if_nametoindex(words[1]),
		.link_create.attach_type = BPF_XDP,
		.link_create.flags = 1U << 2,	/* XDP_FLAGS_DRV_MODE */
	};

	link_fd = call_bpf(BPF_LINK_CREATE, &attr);
	return result_of(link_fd);
}

static void undo_attach(char **words)
{
	if (close(link_fd))
		stop(words[1]);
}

/* insmod FILE NAME: which is open already, as file systems are not what is tested */

static int module;

static int prepare_module(char **words)
{
	module = open(words[1], O_RDONLY | O_CLOEXEC);
	return result_of(module);
}

static int attempt_insmod(char **words)
{
	(void)words;
	return result_of(syscall(SYS_finit_module, module, "", 0));
}

static void undo_insmod(char **words)
{
	if (syscall(SYS_delete_module, words[2], O_NONBLOCK))
		stop(words[2]);
}

/* write TEXT FILE UNDO_FILE: TEXT into either, such as a device's name into "bind" */

static int write_text(const char *text, const char *file)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = result_of(write(fd, text, strlen(text)));
	close(fd);
	return r;
}

static int attempt_write(char **words)
{
	return write_text(words[1], words[2]);
}

static void undo_write(char **words)
{
	if (write_text(words[1], words[3]))
		stop(words[3]);
}

static const struct operation operations[] = {
	{ "up", 2, prepare_down, attempt_up, undo_up },
	{ "ring", 2, NULL, attempt_ring, NULL },
	{ "xdp", 2, prepare_program, attempt_attach, undo_attach },
	{ "insmod", 3, prepare_module, attempt_insmod, undo_insmod },
	{ "write", 4, NULL, attempt_write, undo_write },
	{}
};

static const struct operation *find_operation(int words, char **word)
{
	const struct operation *operation;

	for (operation = operations; operation->name; operation++) {
		if (words == operation->words && !strcmp(word[0], operation->name))
			return operation;
	}
	fputs("usage: fail_nth up|ring|xdp INTERFACE | insmod FILE NAME |\n"
	      "                write TEXT FILE UNDO_FILE\n", stderr);
	exit(2);
}

static void set_fail_nth(int fd, unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fd, text, length, 0) != length)
		stop("fail-nth");
}

/* Whether the allocation that was to fail was reached. */
static bool has_failed(int fd)
{
	char text[16] = {};

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		stop("fail-nth");
	return atoi(text) == 0;
}

/* Returns whether the operation made so many allocations. */
static bool attempt_with_fault(const struct operation *operation, char **words, int fd,
			       unsigned int *refused)
{
	bool failed;
	int r;

	set_fail_nth(fd, ++attempts);
	r = operation->attempt(words);
	failed = has_failed(fd);
	set_fail_nth(fd, 0);
	if (r && !failed) {
		fprintf(stderr, "fail_nth: %s, with all allocations: %s\n",
			operation->name, strerror(-r));
		exit(1);
	}
	if (r)
		(*refused)++;
	else if (operation->undo)
		operation->undo(words);
	return failed;
}

int main(int argc, char **argv)
{
	const struct operation *operation = find_operation(argc - 1, argv + 1);
	unsigned int refused = 0;
	int fd;

	fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		stop("this kernel does not make allocations fail");
	inet = socket(AF_INET, SOCK_DGRAM, 0);
	if (operation->prepare && operation->prepare(argv + 1))
		stop("cannot begin");
	while (attempt_with_fault(operation, argv + 1, fd, &refused)) {
		if (attempts == MOST_ALLOCATIONS)
			stop("no end");
	}
	printf("%s: %u allocations, without %u of them it fails\n", operation->name,
	       attempts - 1, refused);
	return refused ? 0 : 1;
}
