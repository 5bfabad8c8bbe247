#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory that cannot be had, wherever the driver asks for some: it says so, stays
# as it was, and works when there is memory again.
. "$(dirname "$0")/../lib/nic.sh"
. "$(dirname "$0")/lib.sh"

works_again() {
	fail_none
	ip link set "$(card)" up
	lab-net
	wait_until reaches $peer
	echoed tcp 200000
}

goes_up() {
	fail_each up "$(card)"
	works_again
}

# Whatever fails, the rings that there were go on.
changes_size() {
	traffic_start
	fail_each ring "$(card)"
	traffic_end
	wait_until reaches $peer
	ethtool -G "$(card)" rx 256 tx 256
	works_again
}

takes_a_program() {
	fail_each xdp "$(card)"
	works_again
}

is_probed() {
	local device driver=/sys/bus/pci/drivers/pve1000
	device=$(basename "$(readlink -f "/sys/class/net/$(card)/device")")
	echo "$device" > $driver/unbind
	fail_each write "$device" $driver/bind $driver/unbind
	echo "$device" > $driver/bind
	works_again
}

floods() {
	fail_some
	timeout 20 iperf3 -c $peer -t 5 --bidir > /dev/null || true
	timeout 20 iperf3 -c $peer -u -l 1400 -b 0 -t 5 -R > /dev/null || true
	lab l1 "ping -f -w 5 -s 1400 -q $card_address" > /dev/null || true
	works_again
}

nic_begin
faults_needed
trap 'fail_none; nic_restore' EXIT
iperf_start
ktap_plan 6
ktap_test "the peer echoes" echo_start
ktap_test "each allocation of going up" goes_up
ktap_test "each of a new ring size, in traffic" changes_size
ktap_test "each of attaching an XDP program" takes_a_program
ktap_test "each of the probe function" is_probed
ktap_test "some of those in floods" floods
ktap_end
