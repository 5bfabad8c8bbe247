#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the guest: the same traffic through e1000 as it comes, pve1000 with
# and without the host's help, and virtio-net, in turn, ROUNDS times. Exits
# are counted by the lab's sections, the rest goes to files.
set -eu

rounds=$1 seconds=$2
top=$(cd "$(dirname "$0")/../.." && pwd)
nohost=/sys/module/pvio/parameters/nohost

# The first card is emulated, the second paravirtual; a tap each.
card_of() { grep -l "52:54:00:4c:41:0$1" /sys/class/net/*/address | cut -d/ -f5; }

setup() {
	case $1 in
	stock) modprobe e1000 ;;
	noshim) echo 1 > $nohost; insmod "$top/pve1000/pve1000.ko" ;;
	shim) insmod "$top/pve1000/pve1000.ko" ;;
	esac
	lab-net
	case $1 in
	virtio) card=$(card_of 1) peer=192.168.78.1 ;;
	*) card=$(card_of 0) peer=192.168.77.1 ;;
	esac
	until ping -c 1 -W 1 -q $peer > /dev/null; do :; done
}

teardown() {
	case $1 in
	stock) rmmod e1000 ;;
	noshim | shim) rmmod pve1000; echo 0 > $nohost ;;
	esac
}

sent() { cat "/sys/class/net/$card/statistics/tx_packets"; }

interrupts() { awk -v card="$card" '$NF == card { print $2; exit }' /proc/interrupts; }

# Where its registers are; virtio's are not counted.
registers() { awk 'NR == 1 { print $1 }' "/sys/class/net/$card/device/resource" 2> /dev/null || echo 0; }

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

traffic() {
	measure "$1" ping ping -c 100 -i 0.02 -q $peer
	measure "$1" flood iperf3 -c $peer -u -l 64 -b 0 -t "$seconds" --json
	measure "$1" send iperf3 -c $peer -t "$seconds" --json
	measure "$1" receive iperf3 -c $peer -t "$seconds" -R --json
	[ "$round" -gt 1 ] || measure "$1" idle sleep 4
}

insmod "$top/pvio/pvio.ko"
lab l1 "iperf3 -s -D; ip link set tap0 multicast off; ip link set tap1 multicast off"
for round in $(seq "$rounds"); do
	lab log "network, round $round of $rounds"
	for mode in stock shim noshim virtio; do
		setup $mode
		traffic $mode
		teardown $mode
	done
done
