#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host's module goes and comes back under verified I/O, and the guest goes on.
. "$(dirname "$0")/../lib/guest.sh"

helps() { grep -qx "$1" $debugfs/pvio/host; }

hypercalls() { awk -v client=$hooks '$1 == client { print $4 }' $debugfs/pvio/clients; }

grows() {
	local before
	before=$(hypercalls)
	wait_until eval "[ \$(hypercalls) -gt $((before + 20)) ]"
}

stays() {
	local before
	before=$(hypercalls)
	sleep 2
	# a request may have been under way
	[ "$(hypercalls)" -le $((before + 1)) ] || fail "batches still go to the host"
}

host_goes_and_comes() {
	hook
	writer_start fallback 32m
	wait_until helps yes
	grows
	for _ in 1 2; do
		host_module_remove
		wait_until helps no
		stays
		still_writing
		host_module_insert
		wait_until helps yes
		grows
		still_writing
	done
	writer_stop
	no_complaints
}

parameter() {
	hook
	writer_start fallback 32m
	wait_until helps yes
	without_host
	helps no
	stays
	with_host
	wait_until helps yes
	grows
	writer_stop
	no_complaints
}

# it is looked for when there is I/O
host_is_found() {
	dd if=$disk of=/dev/null bs=4k count=1 iflag=direct status=none
	helps yes
}

# load the library where no host helps, and let it find one later
host_comes_late() {
	unhook
	rmmod pvio
	host_module_remove
	insert pvio/pvio.ko
	hook
	verified late $disk 1m || return
	helps no
	host_module_insert
	wait_until host_is_found
	verified later $disk 1m
}

guest_begin
need $disk
kernel_mark
ktap_plan 3
ktap_test "the host's module goes and comes under I/O" host_goes_and_comes
ktap_test "so does the permission to use it" parameter
ktap_test "a host module that comes late is found" host_comes_late
ktap_end
