#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Disk and card are suspended and resumed in mid traffic.
. "$(dirname "$0")/../lib/nic.sh"

# cycle DEVICE...: with all that belongs to it
cycle() { echo "$*" > /sys/module/suspend_devices/parameters/cycle; }

# the disk, libata's port, the controller
cycle_disk() {
	local path
	path=$(readlink -f "/sys/block/$(block)/device")
	path=${path#/sys/devices/pci0000:00/}
	if [ $hooks = pvblk_ata ]; then
		cycle "$path" "${path%%/host*}" "${path%%/*}"
	else
		cycle "$path" "${path%%/*}"
	fi
}

# No command fails or gets lost, and afterwards ours issue them again.
disk_sleeps() {
	kernel_mark
	mode "$1"
	is_accelerated
	writer_start "suspend$1" 16m
	for _ in 1 2 3; do
		cycle_disk
		still_writing
	done
	writer_stop
	is_accelerated
	no_complaints
}

cycle_card() { cycle "$(basename "$(readlink -f "/sys/class/net/$(card)/device")")"; }

card_sleeps() {
	traffic_start
	for _ in 1 2 3; do
		cycle_card
		wait_until reaches $peer
	done
	traffic_end
	wait_until reaches $peer
	echoed tcp 200000
}

card_sleeps_down() {
	ip link set "$(card)" down
	cycle_card
	ip link set "$(card)" up
	lab-net
	wait_until reaches $peer
}

nic_begin
need $disk
insert tools/selftests/suspend/suspend_devices/suspend_devices.ko
trap 'nic_restore; guest_restore; remove suspend_devices' EXIT
iperf_start
ktap_plan 5
ktap_test "the peer echoes" echo_start
ktap_test "the disk under fio --verify, with the host" disk_sleeps host
ktap_test "so without it" disk_sleeps alone
ktap_test "the card in traffic" card_sleeps
ktap_test "the card while it is down" card_sleeps_down
ktap_end
