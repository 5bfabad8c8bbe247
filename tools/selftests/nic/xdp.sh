#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# XDP programs in the driver.
. "$(dirname "$0")/../lib/nic.sh"

# Nothing arrives; each frame is counted.
dropped() {
	local before
	before=$(count rx_xdp_drop)
	refused reaches $peer
	lab l1 ping -c 20 -i 0.02 -W 1 -q $card_address > /dev/null || true
	[ $(($(count rx_xdp_drop) - before)) -ge 1 ]
}

# sent_back COUNTER: the peer sees again what it sent
sent_back() {
	local before seen
	before=$(count "$1")
	seen=$(lab l1 cat /sys/class/net/$peer_tap/statistics/rx_packets)
	peer_knows_card reachable
	lab l1 ping -c 200 -i 0.01 -W 1 -q $card_address > /dev/null || true
	wait_until eval "[ \$(count $1) -ge $((before + 200)) ]"
	wait_until eval "[ \$(lab l1 cat /sys/class/net/$peer_tap/statistics/rx_packets) -ge $((seen + 200)) ]"
}

# Amid traffic, again and again.
comes_and_goes() {
	local i
	traffic_start
	for ((i = 0; i < 10; i++)); do
		with_program pass sleep 0.3
	done
	traffic_end
	both $peer
}

# timeout(1) ends it
stays_attached() {
	timeout 10 $xdp_return "$(card)" pass > /dev/null
	[ $? = 124 ]
}

long_frames() {
	with_program pass refused ip link set "$(card)" mtu 9000
	ip link set "$(card)" mtu 9000
	refused stays_attached 2> /dev/null
	ip link set "$(card)" mtu 1500
}

longer_frames_dropped() {
	refused lab l1 ping -c 5 -i 0.1 -W 1 -q -s 4000 $card_address > /dev/null
	wait_until eval "[ \$(count rx_xdp_drop) -ge $(($1 + 5)) ]"
}

# Longer ones than the MTU, which need several buffers: no program sees them.
longer_frames() {
	local before
	before=$(count rx_xdp_drop)
	lab l1 ip link set $peer_tap mtu 9000
	at_end lab l1 ip link set $peer_tap mtu 1500
	lab l1 ping -c 1 -W 10 -q -s 4000 $card_address > /dev/null
	with_program pass longer_frames_dropped "$before"
}

nic_begin
need $xdp_return
iperf_start
ktap_plan 9
ktap_test "the peer echoes" echo_start
ktap_test "a program that passes everything" with_program pass both $peer
ktap_test "one that puts metadata before everything" with_program meta both $peer
ktap_test "one that drops everything" with_program drop dropped
ktap_test "one that sends everything back" with_program tx sent_back rx_xdp_tx
ktap_test "one that redirects to where it came from" with_program redirect sent_back rx_xdp_redirect
ktap_test "programs come and go amid traffic" comes_and_goes
ktap_test "longer frames than the MTU are dropped" longer_frames
ktap_test "frames of several buffers exclude them" long_frames
ktap_end
