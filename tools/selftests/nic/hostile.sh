#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A device that writes what it should not: the driver counts it and goes on.
. "$(dirname "$0")/../lib/nic.sh"

bad=/sys/module/bad_descriptor/parameters

# survives KIND [COUNTER...]: of which one at least goes up
survives() {
	local counter before=0 after=0 kind=$1 written
	shift
	written=$(cat $bad/written)
	for counter; do
		before=$((before + $(statistic "$counter")))
	done
	echo "$kind" > $bad/kind
	lab l1 "ping -f -w 3 -s 1000 -q $card_address;
		timeout 6 iperf3 -c $card_address -u -b 0 -t 3 -l 1400" > /dev/null || true
	echo 0 > $bad/kind
	wait_until reaches $peer
	echoed tcp 500000
	for counter; do
		after=$((after + $(statistic "$counter")))
	done
	written=$(($(cat $bad/written) - written))
	echo "$written descriptors were written over, $* went up by $((after - before))"
	[ $written -gt 0 ]
	[ $# = 0 ] || [ $after -gt $before ]
}

nic_begin
insert tools/selftests/nic/bad_descriptor/bad_descriptor.ko
trap 'remove bad_descriptor; pkill iperf3; nic_restore' EXIT
iperf3 -s -D > /dev/null
ktap_plan 6
ktap_test "the peer echoes" echo_start
ktap_test "frames longer than their buffer" survives 1 rx_length_errors
ktap_test "frames of no byte" survives 2 rx_length_errors
ktap_test "frames that do not end" survives 3
ktap_test "errors of every kind" survives 4 rx_crc_errors rx_frame_errors
ktap_test "noise" survives 5 rx_errors
ktap_end
