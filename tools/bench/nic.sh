#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the guest: the same traffic through e1000 as it comes, pve1000 with
# and without the host module, and virtio-net, in turn, ROUNDS times. Exits
# are counted by the lab's sections, the rest goes to files.
set -eu
# shellcheck source=../selftests/lib/nic.sh
. "$(dirname "$0")/../selftests/lib/nic.sh"

rounds=$1 seconds=$2

# The first card is emulated, the second paravirtual; a tap each.
setup() {
	use_card 1
	case $1 in
	stock) drive e1000 ;;
	alone) without_host; drive pve1000 ;;
	host) drive pve1000 ;;
	virtio) drive nobody; use_card 2; lab-net; wait_until reaches $peer ;;
	esac
}

teardown() {
	use_card 1
	drive nobody
	with_host
}

sent() { cat "/sys/class/net/$(card)/statistics/tx_packets"; }

interrupts() { awk -v card="$(card)" '$NF == card { print $2; exit }' /proc/interrupts; }

# Where its registers are; virtio's are not counted.
registers() { awk 'NR == 1 { print $1 }' "/sys/class/net/$(card)/device/resource" 2> /dev/null || echo 0; }

# measure MODE JOB COMMAND...: a section, with packets and interrupts in it
measure() {
	local name=$1.$2 packets irqs
	shift 2
	packets=$(sent) irqs=$(interrupts)
	lab begin "$name"
	"$@" > "$LAB_OUT/$name.$round"
	lab end "$name"
	echo "$name $round $(($(sent) - packets)) $(($(interrupts) - ${irqs:-0}))" \
		"$(registers)" >> "$LAB_OUT/packets"
}

# Small packets that must not wait behind a bulk transfer, which is under way.
ping_beside_tcp() {
	local bulk before
	before=$(sent)
	iperf3 -c $peer -t 600 > /dev/null &
	bulk=$!
	wait_until eval "[ \$(sent) -gt $((before + 200)) ]"
	ping -c 100 -i 0.02 -q $peer
	kill $bulk
	wait $bulk || true
}

traffic() {
	measure "$1" ping ping -c 100 -i 0.02 -q $peer
	measure "$1" flood iperf3 -c $peer -u -l 64 -b 0 -t "$seconds" --json
	measure "$1" send iperf3 -c $peer -t "$seconds" --json
	measure "$1" receive iperf3 -c $peer -t "$seconds" -R --json
	measure "$1" beside ping_beside_tcp
	[ "$round" -gt 1 ] || measure "$1" idle sleep 4
}

insert pvio/pvio.ko
lab l1 "iperf3 -s -D; ip link set tap0 multicast off; ip link set tap1 multicast off"
for round in $(seq "$rounds"); do
	lab log "network, round $round of $rounds"
	for mode in stock host alone virtio; do
		setup $mode
		traffic $mode
		teardown $mode
	done
done
