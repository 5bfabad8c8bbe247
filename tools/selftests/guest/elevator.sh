#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# pvelv: disks of the hypervisor have no I/O scheduler, from their first request on.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=../lib/guest.sh
. "$(dirname "$0")/../lib/guest.sh"
tracing=$debugfs/tracing
virtio=$(basename "$(readlink -f /dev/lab/virtio0)")

load() {
	insert pvblk-ata/elevator/pvelv.ko "$@"
	at_end unload
}
unload() { remove pvelv; }

# scheduler DISK
scheduler() { sed 's/.*\[\(.*\)\].*/\1/' "/sys/block/$1/queue/scheduler"; }

choose() { echo "$2" > "/sys/block/$1/queue/scheduler"; }

# is_written_down DISK WORDS: what pvelv says of it begins with these
is_written_down() { grep -q "^$1 $2" $debugfs/pvelv/disks; }

switches_and_puts_back() {
	local name
	load
	for name in "$(block)" "$virtio"; do
		expect "$name" "$(scheduler "$name")" none
		is_written_down "$name" "switched mq-deadline"
	done
	unload
	for name in "$(block)" "$virtio"; do
		expect "$name" "$(scheduler "$name")" mq-deadline
	done
}

under_verified_writes() {
	kernel_mark
	writer_start four 48m --numjobs=4 --offset_increment=12m --size=12m
	for _ in 1 2 3; do
		load
		expect "loaded" "$(scheduler "$(block)")" none
		unload
		expect "removed" "$(scheduler "$(block)")" mq-deadline
	done
	writer_stop
	no_complaints
}

# What enters the only scheduler that is there without being asked for.
count_scheduled() {
	echo > $tracing/kprobe_events
	echo 'p:scheduled dd_insert_requests' > $tracing/kprobe_events
	echo 1 > $tracing/events/kprobes/scheduled/enable
	"$@"
	scheduled=$(awk '$1 == "scheduled" { print $2 }' $tracing/kprobe_profile)
	echo 0 > $tracing/events/kprobes/scheduled/enable
	echo > $tracing/kprobe_events
}

# The disks go and come, and their partitions are looked for.
disks_come() {
	local path device
	path=$(readlink -f "/sys/block/$(block)/device")
	device=${path##*/}
	echo 1 > "$path/delete"
	wait_until eval "[ ! -e $path ]"
	echo "- - -" > "/sys/class/scsi_host/host${device%%:*}/scan"
	device=$(basename "$(readlink -f "/sys/block/$virtio/device")")
	echo "$device" > /sys/bus/virtio/drivers/virtio_blk/unbind
	wait_until eval "[ ! -e /sys/block/$virtio ]"
	echo "$device" > /sys/bus/virtio/drivers/virtio_blk/bind
	wait_until eval "[ -e /sys/block/$virtio/queue/scheduler ] && [ -b $disk ]"
	dd if=$disk of=/dev/null bs=4k count=1 iflag=direct status=none
	dd "if=/dev/$virtio" of=/dev/null bs=4k count=1 iflag=direct status=none
}

from_the_first_request() {
	local name
	count_scheduled disks_come
	echo "$scheduled requests entered a scheduler without the module"
	[ "$scheduled" -gt 0 ]
	load
	count_scheduled disks_come
	expect "requests that entered a scheduler" "$scheduled" 0
	for name in "$(block)" "$virtio"; do
		expect "$name" "$(scheduler "$name")" none
		wait_until is_written_down "$name" "new mq-deadline"
	done
	unload
	for name in "$(block)" "$virtio"; do
		expect "$name, put back" "$(scheduler "$name")" mq-deadline
	done
}

# bfq before, mq-deadline since: neither is touched.
respects_choices() {
	at_end choose "$virtio" mq-deadline
	modprobe bfq || ktap_skip "no bfq here"
	choose "$virtio" bfq
	load
	is_written_down "$virtio" "kept bfq somebody chose its scheduler"
	expect "chosen before" "$(scheduler "$virtio")" bfq
	choose "$(block)" bfq
	unload
	expect "chosen since" "$(scheduler "$(block)")" bfq
	choose "$(block)" mq-deadline
	load
	disks_come
	choose "$(block)" mq-deadline
	sleep 3
	expect "chosen at once" "$(scheduler "$(block)")" mq-deadline
	unload
	expect "chosen at once, after removal" "$(scheduler "$(block)")" mq-deadline
}

# A disk that scsi_debug makes says that it is Linux's.
fake() { ls /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block; }

real_disks() {
	at_end eval "! loaded scsi_debug || modprobe -r scsi_debug"
	load
	modprobe scsi_debug dev_size_mb=8 || ktap_skip "no scsi_debug here"
	wait_until fake
	wait_until is_written_down "$(fake)" "kept mq-deadline not known as a virtual disk"
	expect "one that comes" "$(scheduler "$(fake)")" mq-deadline
	unload
	load
	expect "one that is there" "$(scheduler "$(fake)")" mq-deadline
	unload
	load "disks=$(fake),!*"
	expect "one that is listed" "$(scheduler "$(fake)")" none
	is_written_down "$(fake)" "switched mq-deadline listed"
	expect "one that is excluded" "$(scheduler "$virtio")" mq-deadline
	is_written_down "$virtio" "kept mq-deadline excluded"
}

# It is removed while disks come and go.
removed_meanwhile() {
	local name
	kernel_mark
	for _ in $(seq 5); do
		load
		disks_come &
		coming=$!
		unload
		wait $coming
	done
	[ ! -e $debugfs/pvelv ]
	for name in "$(block)" "$virtio"; do
		expect "$name" "$(scheduler "$name")" mq-deadline
	done
	no_complaints
}

# Nothing of it is left in a controller whose disk was not there at that moment.
comes_later() {
	local path
	load
	path=$(readlink -f "/sys/block/$(block)/device")
	echo 1 > "$path/delete"
	wait_until eval "[ ! -e $path ]"
	unload
	path=${path##*/}
	echo "- - -" > "/sys/class/scsi_host/host${path%%:*}/scan"
	wait_until eval "[ -b $disk ]"
	expect "scheduler" "$(scheduler "$(block)")" mq-deadline
}

too_many_patterns() {
	kernel_mark
	refused insmod "$top/pvblk-ata/elevator/pvelv.ko" "disks=$(seq -s, 17)"
	kernel_since | grep 'pvelv: disks=: 16 patterns at most'
}

guest_begin
need /dev/lab/virtio0 $tracing/kprobe_events
ktap_plan 8
ktap_test "disks that are there have none, and get theirs back" switches_and_puts_back
ktap_test "switched three times under verified writes" under_verified_writes
ktap_test "disks that come have none from their first request on" from_the_first_request
ktap_test "what somebody chose stays" respects_choices
ktap_test "real disks keep theirs, unless they are listed" real_disks
ktap_test "removed while disks come and go" removed_meanwhile
ktap_test "a disk that comes when it is gone" comes_later
ktap_test "too many patterns are refused" too_many_patterns
ktap_end
