#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A guest with two CPUs that is saved and restored twenty times, and moved to another
# QEMU twenty times, with and without the host module on either side, each in the midst
# of requests and packets.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
times=20
# whether the host module is there, in one QEMU after the other
serving=(yes yes no no)

works_on() {
	wait_until helps "$1"
	disk_moves
	records_move
}

is_saved_often() {
	local number
	for number in $(seq $times); do
		monitor "savevm state"
		works_on yes
		monitor "loadvm state"
		works_on yes
		echo "$number"
	done
	works
}

# moves FROM BEFORE AFTER: from QEMU number FROM. Where the host module goes or comes
# with it, it is stopped meanwhile: here one module serves both QEMUs.
moves() {
	local source=$work/qmp$1 before=$2 after=$3
	[ "$before" = "$after" ] || LAB_QMP=$source qmp stop
	LAB_QMP=$source qmp migrate "{\"uri\": \"unix:$work/migration\"}"
	wait_until eval "LAB_QMP=$source qmp query-migrate | grep -q '\"completed\"'"
	LAB_QMP=$source qmp quit
	wait_until gone "$previous"
	case $before$after in
	yesno) rmmod pvio_host ;;
	noyes) insmod "$host_module" ;;
	esac
	[ "$before" = "$after" ] || qmp cont
	works_on "$after"
	no_complaints
}

machine_begin $((4 + times)) -smp 2
ktap_test "saved and restored in mid-request $times times" is_saved_often
for number in $(seq $times); do
	before=${serving[(number - 1) % 4]} after=${serving[number % 4]}
	previous=$vm
	start_vm $((number % 2)) -smp 2 -incoming "unix:$work/migration"
	ktap_test "moved, $number, the host's help before: $before, then: $after" \
		moves $(((number - 1) % 2)) $before $after
	[ $ktap_failed = 0 ] || break
done
ktap_test "the file system is whole" is_whole
ktap_end
