#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host's module goes and comes back under verified I/O, and the guest goes on.
. "$(dirname "$0")/../lib/guest.sh"

helps() { grep -qx "$1" $debugfs/pvio/host; }

# slow enough that the host's patched text is not hit at every instant: tools/lab/README.md
start_writer() {
	verified fallback $disk 32m --rate_iops=60 --time_based --runtime="$1" &
	writer=$!
}

still_writing() { kill -0 $writer || fail "the writer ended early"; }

hypercalls() { awk '$1 == "pvblk_ata" { print $4 }' $debugfs/pvio/clients; }

grows() {
	local before
	before=$(hypercalls)
	within 10 eval "[ \$(hypercalls) -gt $((before + 20)) ]" || fail "no hypercalls for batches"
}

stays() {
	local before
	before=$(hypercalls)
	sleep 2
	# one query a second may go out, but no batch is served
	[ "$(hypercalls)" -le $((before + 1)) ] || fail "batches still go to the host"
}

host_goes_and_comes() {
	hook
	start_writer 16
	within 5 helps yes
	grows
	for _ in 1 2; do
		shim_remove
		within 5 helps no
		stays
		still_writing
		shim_insert
		within 5 helps yes
		grows
		still_writing
	done
	wait $writer
	no_complaints
}

parameter() {
	hook
	start_writer 8
	within 5 helps yes
	without_host
	helps no
	stays
	with_host
	within 5 helps yes
	grows
	wait $writer
	no_complaints
}

# load the library where no host helps, and let it find one later
host_comes_late() {
	unhook
	rmmod pvio
	shim_remove
	insert pvio/pvio.ko
	hook
	verified late $disk 4m || return
	helps no
	shim_insert
	verified later $disk 4m || return
	helps yes
}

guest_begin
need $disk
kernel_mark
ktap_plan 3
ktap_test "the host's module goes and comes under I/O" host_goes_and_comes
ktap_test "so does the permission to use it" parameter
ktap_test "a host module that comes late is found" host_comes_late
ktap_end
