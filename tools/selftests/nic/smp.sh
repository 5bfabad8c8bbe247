#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two CPUs: one sends while the other one is in the poll function.
. "$(dirname "$0")/../lib/nic.sh"

# The pages of frames that a program sends back are released only with interrupts
# on. netconsole sends with interrupts off, and meets such frames in the ring while
# the other CPU is still in the poll function.
netconsole_beside_it() {
	local before flood
	before=$(count rx_xdp_tx)
	netconsole_start
	echo 0 > "/proc/irq/$(cat "/sys/class/net/$(card)/device/irq")/smp_affinity_list"
	taskset -pc 1 $BASHPID
	# ping ends at the first error, as where nobody answers ARP
	peer_knows_card permanent
	at_end lab l1 pkill ping
	lab l1 ping -f -l 64 -w 300 -s 1000 -q $card_address > /dev/null &
	flood=$!
	wait_until eval "[ \$(count rx_xdp_tx) -gt $((before + 100)) ]"
	log_lines 200
	kill -0 $flood
	lab l1 pkill ping
	wait $flood || true
	lines_arrived
}

nic_begin
need $xdp_return
[ "$(nproc)" -ge 2 ] || ktap_skip_all "one CPU"
ktap_plan 2
ktap_test "the peer echoes" echo_start
ktap_test "netconsole beside a program that sends everything back" \
	with_program tx netconsole_beside_it
ktap_end
