#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Batches do what the plain instructions do, and the host refuses all else.
# Most of it runs in the kernel: pvio_test/.
. "$(dirname "$0")/../lib/guest.sh"

tests=$debugfs/pvio_test

from_user_mode() { "$guest_dir/hypercall_user"; }

# one client, its lines for what was asked and what the host did
counted() {
	local before after
	before=$(awk '$1 == "pvio_test" { print $3, $4 }' $debugfs/pvio/clients)
	echo "12 10" > $tests/writes
	after=$(awk '$1 == "pvio_test" { print $3, $4 }' $debugfs/pvio/clients)
	set -- $before $after
	expect "operations" $(($3 - $1)) 120
	expect "hypercalls" $(($4 - $2)) 10
}

calls() { awk '$1 == "pvio_test" { print $4 }' $debugfs/pvio/clients; }

# Each run is made here, and the host is asked again once a second at most.
refused_batches() {
	local before asked
	before=$(calls)
	echo "4 1000" > $tests/refused
	asked=$(($(calls) - before))
	echo "asked $asked times"
	[ $asked -ge 1 ] && [ $asked -le 10 ]
}

guest_begin
insert tools/selftests/guest/pvio_test/pvio_test.ko || ktap_skip_all "no test module"
ktap_plan 6
ktap_subtests "batches equal instructions, by the host" $tests/equal
without_host
ktap_subtests "batches equal instructions, without it" $tests/equal
with_host
ktap_subtests "hostile calls are refused" $tests/hostile
ktap_test "hypercalls from user mode are refused" from_user_mode
ktap_test "exits asked for and saved are counted" counted
ktap_test "batches that the host refuses are run here" refused_batches
ktap_end
