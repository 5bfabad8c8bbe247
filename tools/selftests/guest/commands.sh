#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Commands other than plain 28-bit reads and writes, and what those leave behind.
. "$(dirname "$0")/../lib/guest.sh"

# user space's own commands, of protocols that are left to libata, amid ours
passthrough() {
	local i
	mode "$1"
	dd if=/dev/urandom of=/tmp/sector bs=512 count=1 status=none
	writer_start through 8m --offset=64m
	for i in 1 2 3 4 5; do
		"$guest_dir/ata_command" $disk identify | cmp -n 20 - <(
			"$guest_dir/ata_command" $disk identify)
		"$guest_dir/ata_command" $disk write 5 < /tmp/sector
		"$guest_dir/ata_command" $disk read 5 | cmp - /tmp/sector
		expect "power mode" "$("$guest_dir/ata_command" $disk power)" 0xff
	done
	writer_stop
	dd if=$disk bs=512 skip=5 count=1 iflag=direct status=none | cmp - /tmp/sector
	no_complaints
	is_accelerated
}

flushes() {
	lab l1 qmp query-blockstats |
		jq '[.. | objects | select(.flush_operations) | .flush_operations] | max'
}

# a flush asked for is a flush done
flush() {
	local before after
	mode "$1"
	before=$(flushes)
	fio --name=flush --filename=$disk --rw=write --bs=4k --size=400k \
		--ioengine=psync --fsync=1 --output-format=terse > /dev/null
	after=$(flushes)
	# none behind the last write
	[ $((after - before)) -ge 99 ] || fail "$((after - before)) flushes for 99 fsync()"
	no_complaints
}

# Bits 27 to 24 of the address are in Device, and QEMU moves them on as it goes
across_2_to_24() {
	mode "$1"
	dd if=/dev/zero of=$disk bs=4k seek=32 count=1 oflag=direct status=none
	dd if=/dev/urandom of=/tmp/block bs=4k count=1 status=none
	for _ in 1 2; do
		dd if=$disk of=/dev/null bs=4k skip=$((0xfffff8 / 8)) count=1 iflag=direct status=none
		dd if=/tmp/block of=$disk bs=4k seek=32 count=1 oflag=direct status=none
	done
	mode stock
	dd if=$disk bs=4k skip=32 count=1 iflag=direct status=none | cmp - /tmp/block
	dd if=$disk bs=4k skip=$(((0x1000000 + 256) / 8)) count=1 iflag=direct status=none |
		cmp - <(head -c 4096 /dev/zero)
}

# 48-bit and 28-bit addresses in turn
lba48() {
	mode "$1"
	verified low $disk 2m & writer=$!
	verified high $disk 2m --offset=150g
	wait $writer
	is_accelerated
	no_complaints
}

guest_begin
need $disk
kernel_mark
ktap_plan 8
for m in host alone; do
	ktap_test "flush: $m" flush $m
	ktap_test "LBA48 and LBA28 in turn: $m" lba48 $m
	ktap_test "commands of user space amid I/O: $m" passthrough $m
	ktap_test "28-bit addresses across 2^24: $m" across_2_to_24 $m
done
ktap_end
