#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An IDE CD-ROM works as before while its neighbour disks are accelerated.
. "$(dirname "$0")/../lib/guest.sh"

cd=/dev/lab/ide-cd
mnt=/tmp/cd

# the lab's noise: random.Random(1).randbytes()
expected() {
	python3 -c '
import random, hashlib, os
size = os.path.getsize("'$mnt'/data.bin")
print(hashlib.sha256(random.Random(1).randbytes(size)).hexdigest())'
}

reads_right() {
	mode "$1"
	is_accelerated
	mkdir -p $mnt
	mount -t iso9660 -o ro $cd $mnt
	expected > /tmp/expected
	writer_start beside 2m
	sha256sum $mnt/data.bin | cut -d' ' -f1 > /tmp/seen
	umount $mnt
	writer_stop
	cmp /tmp/expected /tmp/seen
	no_complaints
}

# packet commands that move no data, and one that fails
packets() {
	mode host
	blockdev --rereadpt $cd 2> /dev/null || true
	eject -t $cd 2> /dev/null || true
	! dd if=/dev/zero of=$cd bs=2k count=1 2> /dev/null || fail "a CD-ROM was written"
	dd if=$cd of=/dev/null bs=2k count=16 iflag=direct status=none
	no_complaints
}

guest_begin
need $disk $cd
kernel_mark
ktap_plan 3
ktap_test "a CD-ROM reads right beside an accelerated disk" reads_right host
ktap_test "so it does without the host" reads_right alone
ktap_test "packet commands without data, and refused writes" packets
ktap_end
