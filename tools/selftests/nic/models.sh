#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The other models that QEMU has, and cards that share an interrupt.
. "$(dirname "$0")/../lib/nic.sh"

irq_of() { cat "/sys/class/net/$(card)/device/irq"; }

works() {
	wait_until reaches $peer
	both $peer
}

# model N DEVICE_ID
model() {
	use_card "$1"
	expect driver "$(card_driver)" pve1000
	expect device "$(cat "/sys/class/net/$(card)/device/device")" "$2"
	works
	ethtool -t "$(card)" offline
	ip link set "$(card)" down
	ip link set "$(card)" up
	lab-net
	works
	mtu 9000
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
	wait_until_more "$first" 200
	ip link set "$(card)" up
	lab-net
	works
	traffic_end
	use_card 1
	works
}

nic_begin
iperf_start
ktap_plan 4
ktap_test "the peer echoes" echo_start
ktap_test "82544GC" model 1 0x100c
ktap_test "82545EM" model 2 0x100f
ktap_test "two cards with one interrupt" shared_interrupt
ktap_end
