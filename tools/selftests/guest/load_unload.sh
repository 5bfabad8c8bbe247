#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The hooks go into a disk in use, and out again, and no request is lost or repeated.
. "$(dirname "$0")/../lib/guest.sh"

# while_writing NAME CYCLE: CYCLE, again and again
while_writing() {
	writer_start "$1" 16m
	for _ in 1 2; do
		$2
		still_writing
	done
	writer_stop
	no_complaints
}

hooks() {
	local before
	hook
	before=$(accelerated)
	wait_until eval "[ \$(accelerated) -gt $((before + 10)) ] || ! writing"
	unhook
}

# from nothing to nothing
hooks_and_library() {
	hook
	sleep 0.3
	unhook
	rmmod pvio
	sleep 0.2
	insert pvio/pvio.ko
}

# under_io NOHOST
under_io() {
	echo "$1" > $nohost
	while_writing "hooks$1" hooks
}

library_in_use() {
	hook
	refused rmmod pvio 2> /dev/null
}

read_disk() { dd if=$disk of=/dev/null bs=4k count=100 iflag=direct status=none; }

# Another module puts its operations on top of ours: every command goes through
# it, and only when it has gone can ours go. Until then nobody else has to wait.
beneath_another() {
	local path before remover
	path=$(readlink -f "/sys/block/$(block)/device" | sed -E 's,/(ata|ide)[0-9].*,,')
	hook
	is_accelerated
	insert tools/selftests/guest/stack_ops/stack_ops.ko
	before=$(accelerated)
	read_disk
	expect "commands that passed the other module over" "$(accelerated)" "$before"
	[ "$(cat /sys/module/stack_ops/parameters/issued)" -ge 100 ]
	rmmod $hooks &
	remover=$!
	wait_until eval "kernel_since | grep -q 'waiting for another module'"
	# this takes the lock of the controller
	timeout 60 cat "$path/driver_override"
	read_disk
	kill -0 $remover
	remove stack_ops
	wait $remover
	hook
	is_accelerated
	no_complaints
}

# what the stock driver reads is what the hooks wrote, and the reverse
across() {
	unhook
	dd if=/dev/urandom of=/tmp/noise bs=1M count=4 status=none
	dd if=/tmp/noise of=$disk bs=64k oflag=direct status=none
	hook
	dd if=$disk of=/tmp/back bs=64k count=64 iflag=direct status=none
	cmp /tmp/noise /tmp/back
	dd if=/dev/urandom of=/tmp/other bs=1M count=4 status=none
	dd if=/tmp/other of=$disk bs=64k oflag=direct status=none
	unhook
	dd if=$disk of=/tmp/back bs=64k count=64 iflag=direct status=none
	cmp /tmp/other /tmp/back
}

guest_begin
need $disk
trap 'remove stack_ops; guest_restore' EXIT
kernel_mark
ktap_plan 6
ktap_test "hooks in and out under fio --verify, by the host" under_io 0
ktap_test "hooks in and out under fio --verify, without it" under_io 1
ktap_test "hooks and library in and out under fio --verify" while_writing both hooks_and_library
ktap_test "the library stays while it is used" library_in_use
ktap_test "beneath the operations of another module" beneath_another
ktap_test "both drivers read what the other wrote" across
ktap_end
