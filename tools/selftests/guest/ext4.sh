#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A file system written by the hooked driver, checked by the stock one.
. "$(dirname "$0")/../lib/guest.sh"

mnt=/tmp/mnt
part=/tmp/part

sums() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

# on MODE
on() {
	local device
	mode "$1"
	mkfs.ext4 -q -F -b 4096 $disk 200M
	mkdir -p $mnt
	mount -t ext4 $disk $mnt
	mkdir $mnt/copy
	cp -r "$top/pvio" "$top/pvblk-ata" "$top/host-shim" "$top/tools/lab" $mnt/copy
	# changes in place, and small files with a flush each
	dd if=/dev/urandom of=$mnt/noise bs=1M count=12 conv=fsync status=none
	dd if=/dev/urandom of=$mnt/noise bs=4k count=64 seek=100 conv=notrunc,fsync status=none
	for i in $(seq 20); do echo "$i" > "$mnt/copy/small$i"; sync "$mnt/copy/small$i"; done
	rm -r $mnt/copy/lab
	sums $mnt > /tmp/written
	umount $mnt

	[ "$1" = stock ] || [ "$(accelerated)" -gt 100 ] || fail "the hooks were not used"
	unhook
	e2fsck -fn $disk > /tmp/fsck 2>&1 || fail "fsck: $(tail -n 3 /tmp/fsck)"
	mount -t ext4 -o ro $disk $mnt
	sums $mnt > /tmp/read
	umount $mnt
	cmp /tmp/written /tmp/read
	no_complaints
}

guest_begin
need $disk
kernel_mark
ktap_plan 2
ktap_test "ext4 by the host: written, checked, read back" on host
ktap_test "ext4 without it: written, checked, read back" on alone
ktap_end
