#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two disks on one cable: commands in turn, each disk gets its own.
. "$(dirname "$0")/../lib/guest.sh"

slave=/dev/lab/ide-slave

both_at_once() {
	mode "$1"
	verified master $disk 2m & writer=$!
	verified slave $slave 2m
	wait $writer
	[ "$(accelerated)" -gt 1000 ] || fail "the hooks were not used"
	no_complaints
}

# the same sector of both, in turn
kept_apart() {
	local i
	mode "$1"
	for i in 1 2 3 4 5 6; do
		printf "master$i%4090s" "" | dd of=$disk bs=4k seek=9 oflag=direct iflag=fullblock status=none
		printf "slave$i%4091s" "" | dd of=$slave bs=4k seek=9 oflag=direct iflag=fullblock status=none
		expect master "$(dd if=$disk bs=4k skip=9 count=1 iflag=direct status=none | cut -c1-7)" "master$i"
		expect slave "$(dd if=$slave bs=4k skip=9 count=1 iflag=direct status=none | cut -c1-6)" "slave$i"
	done
	no_complaints
}

guest_begin
need $disk $slave
kernel_mark
ktap_plan 4
ktap_test "master and slave at once, by the host" both_at_once host
ktap_test "master and slave at once, without it" both_at_once alone
ktap_test "master and slave in turn, by the host" kept_apart host
ktap_test "master and slave in turn, without it" kept_apart alone
ktap_end
