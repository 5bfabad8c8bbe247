#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The other models that QEMU has, and cards that share an interrupt.
. "$(dirname "$0")/../lib/nic.sh"

irq_of() { cat "/sys/class/net/$(card)/device/irq"; }

works() {
	wait_until reaches $peer
	echoed tcp 500000
	echoed udp 40
}

# model N DEVICE_ID
model() {
	use_card "$1"
	expect driver "$(card_driver)" pve1000
	expect device "$(cat "/sys/class/net/$(card)/device/device")" "$2"
	works
	ethtool -t "$(card)" offline
	ip link set "$(card)" mtu 9000
	ip link set "$(card)" down
	ip link set "$(card)" up
	lab-net
	ip link set "$(card)" mtu 1500
	works
}

# A PC routes the interrupts of four slots in turn to four lines: the fifth card
# has that of the first (hw/pci-host/i440fx.c: pci_slot_get_pirq()).
shared_interrupt() {
	local irq first
	use_card 5
	irq=$(irq_of)
	use_card 1
	first=$(card)
	expect "the first card's interrupt" "$(irq_of)" "$irq"
	traffic_start
	use_card 5
	works
	ip link set "$(card)" down
	wait_until_more rx_packets "$first"
	ip link set "$(card)" up
	lab-net
	works
	traffic_end
	use_card 1
	works
}

# wait_until_more COUNTER INTERFACE
wait_until_more() {
	local before
	before=$(cat "/sys/class/net/$2/statistics/$1")
	wait_until eval "[ \$(cat /sys/class/net/$2/statistics/$1) -gt $((before + 200)) ]"
}

nic_begin
lab l1 "pgrep iperf3 > /dev/null || iperf3 -s -D"
ktap_plan 4
ktap_test "the peer echoes" echo_start
ktap_test "82544GC" model 1 0x100c
ktap_test "82545EM" model 2 0x100f
ktap_test "two cards with one interrupt" shared_interrupt
ktap_end
