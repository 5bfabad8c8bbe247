// SPDX-License-Identifier: GPL-2.0
/*
 * xdp_return INTERFACE pass|meta|drop|tx|redirect: attaches a program that does
 * that with every frame (redirect: to the interface it came from, meta: pass it
 * with metadata in front, or not at all), until it is killed. Says "attached"
 * when it is.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static char log_text[4096];

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load(const struct bpf_insn *insns, unsigned int count)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.expected_attach_type = BPF_XDP,
		.insns = (uintptr_t)insns,
		.insn_cnt = count,
		.license = (uintptr_t)"GPL",
		.log_buf = (uintptr_t)log_text,
		.log_size = sizeof(log_text),
		.log_level = 1,
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* r0 = @action; exit */
static int load_action(int action)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = action },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return load(insns, ARRAY_SIZE(insns));
}

/* exit with what bpf_redirect(@ifindex, 0) returns */
static int load_redirect(int ifindex)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1,
		  .imm = ifindex },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return load(insns, ARRAY_SIZE(insns));
}

/* bpf_xdp_adjust_meta(ctx, -8), write there, pass; abort where that cannot be */
static int load_meta(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = -8 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_xdp_adjust_meta },
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 0, .off = 8 },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 6,
		  .off = offsetof(struct xdp_md, data_meta) },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 3, .src_reg = 6,
		  .off = offsetof(struct xdp_md, data) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 4, .src_reg = 2 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 4, .imm = 8 },
		{ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = 4, .src_reg = 3, .off = 3 },
		{ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 2, .imm = 0x6d657461 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_ABORTED },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return load(insns, ARRAY_SIZE(insns));
}

static int load_by_name(const char *name, int ifindex)
{
	if (!strcmp(name, "pass"))
		return load_action(XDP_PASS);
	if (!strcmp(name, "meta"))
		return load_meta();
	if (!strcmp(name, "drop"))
		return load_action(XDP_DROP);
	if (!strcmp(name, "tx"))
		return load_action(XDP_TX);
	if (!strcmp(name, "redirect"))
		return load_redirect(ifindex);
	errno = EINVAL;
	return -1;
}

int main(int argc, char **argv)
{
	union bpf_attr attr = {};
	int ifindex, prog;

	if (argc != 3) {
		fprintf(stderr, "usage: xdp_return INTERFACE pass|meta|drop|tx|redirect\n");
		return 2;
	}
	ifindex = if_nametoindex(argv[1]);
	prog = load_by_name(argv[2], ifindex);
	if (!ifindex || prog < 0) {
		fprintf(stderr, "xdp_return: %s\n%s", strerror(errno), log_text);
		return 1;
	}
	attr.link_create.prog_fd = prog;
	attr.link_create.target_ifindex = ifindex;
	attr.link_create.attach_type = BPF_XDP;
	/* in the driver, not in the stack's stead */
	attr.link_create.flags = 1U << 2;
	if (bpf(BPF_LINK_CREATE, &attr) < 0) {
		fprintf(stderr, "xdp_return: cannot attach: %s\n",
			strerror(errno));
		return 1;
	}
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}
