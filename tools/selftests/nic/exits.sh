#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What packets and interrupts cost in exits: counts, no times.
. "$(dirname "$0")/../lib/nic.sh"

# section NAME COMMAND...: JSON of its exits, in $json; the card's, in $mine
section() {
	local name=$1
	shift
	lab begin "$name"
	"$@" > "/tmp/$name.out" 2>&1
	json=$(lab end -p "$name")
	mine=$(card_exits "$json")
	echo "$name: $(jq -c . <<< "$mine")"
}

pings() {
	section pings ping -c 100 -i 0.02 -q $peer
	[ "$(sum "$mine")" -le 210 ] || fail "$(sum "$mine") exits for 100 pings"
	[ "$(register "$mine" $TDT)" -ge 100 ]
}

# What was under way before may come late.
idle() {
	lab l1 ip link set $peer_tap multicast off
	wait_until idle_for_4s
}

idle_for_4s() {
	section idle sleep 4
	[ "$(sum "$mine")" = 0 ]
}

# send_flood: datagrams of 64 bytes, as fast as they go
send_flood() {
	sent=$(count tx_packets) interrupts=$(count interrupts) received=$(count rx_packets)
	section flood iperf3 -c $peer -u -l 64 -b 0 -t 4
	sent=$(($(count tx_packets) - sent))
	interrupts=$(($(count interrupts) - interrupts))
	received=$(($(count rx_packets) - received))
	echo "$sent sent, $received received, $interrupts interrupts"
	[ "$sent" -gt 4000 ]
}

# How many share a doorbell depends on how fast they come. A machine that is busy
# otherwise is slow to send; below a thousand a second it is no flood. Under lockdep
# the way through the stack alone takes longer than a doorbell waits for company.
flood() {
	local sent interrupts received try
	[ ! -e /proc/lockdep ] || ktap_skip "a kernel with lockdep sends no flood"
	for try in {1..8}; do
		send_flood && break
	done
	[ "$sent" -gt 4000 ] || ktap_skip "after $try tries: no thousand datagrams a second here"
	# e1000 makes six exits for each
	[ $(($(sum "$mine") * 4)) -le "$sent" ] || fail "$(sum "$mine") exits"
	# not one for what was sent
	[ "$interrupts" -le "$received" ]
}

# receive: each interrupt is one exit, and RDT comes along
receive() {
	local interrupts calls reads
	interrupts=$(count interrupts)
	section "receive.$1" iperf3 -c $peer -t 4 -R
	interrupts=$(($(count interrupts) - interrupts))
	calls=$(jq '.exits.by_reason | (.vmmcall // 0) + (.vmcall // 0)' <<< "$json")
	reads=$(register "$mine" $ICR)
	echo "$interrupts interrupts, $reads reads of ICR, $calls hypercalls"
	[ "$interrupts" -gt 50 ] || fail "no traffic"
	[ "$reads" -le $((interrupts + 2)) ]
	case $1 in
	host) [ "$calls" -gt 0 ] && [ "$calls" -le $((interrupts + 30)) ] ;;
	alone) [ "$(register "$mine" $RDT)" -le $((interrupts)) ] ;;
	esac
}

nic_begin
iperf_start
ktap_plan 5
ktap_test "a ping costs two exits" pings
ktap_test "an idle link costs none" idle
ktap_test "a flood shares its doorbells, and sends without interrupts" flood
ktap_test "an interrupt costs one exit, with the host" receive host
without_host
ktap_test "an interrupt costs one exit, without it" receive alone
ktap_end
